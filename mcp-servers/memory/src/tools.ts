/** The tools that the model sees. Their descriptions teach it when to use which; their errors, how to do better. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { whyText } from '@mobyclaw/lib/why-text';
import { type McpCaller, type McpTool, mcpTool, ToolError } from '@mobyclaw/mcp/tool';
import type { DayRange } from '@mobyclaw/recall/time-words';
import * as z from 'zod';
import type { Meaning } from './embedder/meaning.ts';
import type { Doubts } from './facts/doubts.ts';
import type { LineMarks } from './facts/line-marks.ts';
import { refuseRecalled } from './facts/recalled.ts';
import { asking, remember, replaceFact } from './facts/remember.ts';
import { guestNotesHead, mayRead, readableNotes, writableFile } from './guest-notes.ts';
import type { HeartbeatChanges } from './heartbeat-changes.ts';
import { linesOf, sameTitle, sectionsOf } from './markdown.ts';
import {
  DATE_FORM,
  dailyFileName,
  HEARTBEAT,
  isGuestNotes,
  MEMORY,
  type MemoryFileName,
  parseFileName,
} from './memory-file.ts';
import type { MemoryStore } from './memory-store.ts';
import { listReport, readReport, searchReport, sectionReport } from './reports.ts';
import type { Hit, SearchAnswer, SearchIndex } from './search/search-index.ts';
import type { Journal } from './sources/journal.ts';
import { why } from './sources/why.ts';

const MAX_ENTRY_CHARS = 8_000;
const MAX_EDIT_CHARS = 50_000;
const DEFAULT_SECTION = 'Notes';

export const MEMORY_INSTRUCTIONS =
  'Long-term memory in Markdown files that the owner can read and edit. MEMORY.md holds lasting facts by section; memory/YYYY-MM-DD.md is the log of a day. Write facts down as soon as you learn them, in one short sentence each.';

const text = (max: number) =>
  z
    .string()
    .max(max, `at most ${max} characters; write it shorter or in parts`)
    .refine((value) => value.trim() !== '', 'must not be empty')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    .refine((value) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value), 'must be plain text');

const fileInput = z
  .string()
  .max(200)
  .describe(
    'MEMORY.md, HEARTBEAT.md, a date such as 2026-01-31 for that day’s log, or a name from memory_list',
  );

const dayInput = z.string().max(40).optional();

const READ_ONLY = { readOnlyHint: true, openWorldHint: false };
const ADDS = { readOnlyHint: false, destructiveHint: false, openWorldHint: false };

export interface MemoryToolsOptions {
  home: string;
  store: MemoryStore;
  index: SearchIndex;
  meaning: Meaning;
  journal: Journal;
  doubts: Doubts;
  marks: LineMarks;
  changes: HeartbeatChanges;
}

export function memoryTools(options: MemoryToolsOptions): McpTool[] {
  const { home, store, index, journal, doubts, marks, changes } = options;
  const facts = { store, journal, doubts };
  return [
    mcpTool({
      name: 'memory_search',
      title: 'Search memory',
      description:
        'Searches everything remembered: MEMORY.md, all daily logs, notes of guests. Use it before you say that you do not know something about the owner, and when a topic may have come up before. Ask with the words that the note would contain; a whole question works too. Old notes are found as well as new ones: what says when something was true stands with each hit. A time in an English question, such as "last week", is understood; otherwise use from and to.',
      input: z.object({
        query: text(1_000).describe('words or a question'),
        also: z
          .array(text(1_000))
          .max(4)
          .default([])
          .describe('the same asked in other words, or in another language that the notes may be in'),
        from: dayInput.describe('only what was said on or after this day: YYYY-MM-DD, today or yesterday'),
        to: dayInput.describe('only what was said on or before this day'),
        limit: z.int().min(1).max(30).default(8).describe('how many passages at most'),
      }),
      annotations: { ...READ_ONLY, idempotentHint: true },
      async run({ query, also, from, to, limit }, caller) {
        const phrasings = [query, ...also];
        const meaning = await options.meaning.of(phrasings);
        const answer = await index.search({
          phrasings,
          meaning: meaning ?? null,
          limit,
          today: store.today().date,
          notes: readableNotes(caller),
          ...withinDays(from, to, store),
        });
        const nothing = async (): Promise<string> =>
          `Nothing found for these words. ${await sectionReport(home)} Try other words, or read the file with memory_read.`;
        const report = searchReport(
          answer,
          answer.hits.length === 0 ? await nothing() : '',
          await marksOf(answer, marks),
        );
        if (meaning !== null) return report;
        return `${report}\n\nSearched by words alone, since what they mean was not known in time.`;
      },
    }),
    mcpTool({
      name: 'memory_read',
      title: 'Read memory',
      description:
        'Reads a memory file as it stands: MEMORY.md whole or one section, HEARTBEAT.md, or the log of a day. Read a passage before you change it with memory_edit.',
      input: z.object({
        file: fileInput.default(MEMORY),
        date: z
          .string()
          .max(40)
          .optional()
          .describe('instead of file: today, yesterday or YYYY-MM-DD, for the log of that day'),
        section: z.string().max(200).optional().describe('only this section, by its heading'),
        from_line: z.int().min(1).max(1_000_000).default(1),
        max_lines: z.int().min(1).max(5_000).default(2_000),
      }),
      annotations: { ...READ_ONLY, idempotentHint: true },
      async run({ file, date, section, from_line, max_lines }, caller) {
        const name = date === undefined ? parseFileName(file) : dailyFileName(dayFor(date, store));
        const content = mayRead(name, caller) ? await store.read(name) : null;
        if (content === null) return `${name} does not exist: nothing was noted there.`;
        const title = isGuestNotes(name) ? `${name} (a guest’s words)` : name;
        if (section === undefined) return readReport(title, content, from_line, max_lines);
        return readReport(`${title} § ${section}`, sectionText(name, content, section), from_line, max_lines);
      },
    }),
    mcpTool({
      name: 'memory_list',
      title: 'List memory',
      description: 'Lists the sections of MEMORY.md, the memory files and the daily logs.',
      input: z.object({}),
      annotations: { ...READ_ONLY, idempotentHint: true },
      run: (_input, caller) => listReport(home, store.timeZone, (name) => mayRead(name, caller)),
    }),
    mcpTool({
      name: 'memory_append',
      title: 'Remember',
      description:
        'Writes a lasting fact into MEMORY.md, which you see in every conversation: names, preferences, people, decisions, how the owner wants things done. Use it at once when you learn one, without being asked. One short, complete sentence a line, understandable on its own. What is there already is not written twice. If the person said that a fact is no longer as it was, give the old line as replaces and their words as person_said; without those a fact that contradicts another stands beside it, and the owner is asked. In a guest’s conversation it goes to the notes of that conversation.',
      input: z.object({
        text: text(MAX_ENTRY_CHARS).describe(
          'the fact, such as: The owner’s name is …; several as several lines',
        ),
        section: z
          .string()
          .max(100)
          .regex(/^[^\r\n]*[\p{L}\p{N}][^\r\n]*$/u, 'must be one line with a name')
          .default(DEFAULT_SECTION)
          .describe('heading to put it under, such as About the owner, Preferences, People; made if missing'),
        replaces: text(2_000)
          .optional()
          .describe('the line that this takes the place of, as it stands; only if the person said so'),
        person_said: text(500)
          .optional()
          .describe('the words of the person that say so; goes with replaces, and is kept as the reason'),
      }),
      annotations: { ...ADDS, idempotentHint: true },
      async run({ text: entry, section, replaces, person_said }, caller) {
        const file = writableFile(caller) ?? (MEMORY as MemoryFileName);
        refuseRecalled(entry);
        if (replaces === undefined) {
          return remember(facts, { entry, section, file, head: headOf(file, caller) }, caller);
        }
        if (person_said === undefined) {
          throw new ToolError(
            'A line is replaced only because the person said so: give their words as person_said, or leave replaces out, so that both stand and the owner is asked. Nothing was changed.',
          );
        }
        if (entry.trim().includes('\n')) {
          throw new ToolError(
            'One line takes the place of one: write the others by a call of their own. Nothing was changed.',
          );
        }
        return replaceFact(
          facts,
          { file, old: replaces, is: entry.trim(), said: person_said.trim() },
          caller,
        );
      },
    }),
    mcpTool({
      name: 'memory_edit',
      title: 'Edit memory',
      description:
        'Replaces a passage of a memory file: to correct a fact, to remove one that the owner wants forgotten (empty new_text), or to change the checklist in HEARTBEAT.md. old_text must be copied exactly and stand there once. The version before is kept.',
      input: z.object({
        file: fileInput.optional(),
        old_text: text(MAX_EDIT_CHARS).describe('the passage as it stands, without line numbers'),
        new_text: z.union([text(MAX_EDIT_CHARS), z.literal('')]).describe('what stands there afterwards'),
      }),
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: false,
      },
      async run({ file, old_text, new_text }, caller) {
        const own = writableFile(caller);
        const name = file === undefined ? (own ?? (MEMORY as MemoryFileName)) : parseFileName(file);
        if (own !== null && name !== own) {
          throw new ToolError(
            `A guest asked for this, and ${name} is the owner’s. What a guest wants remembered stands in ${own}.`,
          );
        }
        refuseRecalled(new_text);
        const edit = (): Promise<void> =>
          asking(facts, caller, () => store.edit(caller, name, old_text, new_text));
        const { session = '' } = caller;
        if (name === HEARTBEAT) await changes.during({ session, was: old_text, is: new_text }, edit);
        else await edit();
        return `${name} is changed.`;
      },
    }),
    mcpTool({
      name: 'memory_log',
      title: 'Log the day',
      description:
        'Adds a line with the time to today’s log: what happened, what was done or decided, what is pending. For things that matter today or this week; lasting facts belong into memory_append.',
      input: z.object({ text: text(MAX_ENTRY_CHARS).describe('one short entry') }),
      annotations: { ...ADDS, idempotentHint: false },
      async run({ text: entry }, caller) {
        const own = writableFile(caller);
        refuseRecalled(entry);
        if (own !== null) {
          const { date, time } = store.today();
          const dated = `${date} ${time} ${entry.trim().replace(/\s*\n\s*/g, ' ')}`;
          await store.append(caller, 'Log', dated, own, headOf(own, caller));
          return `Written to ${own}:\n${dated}`;
        }
        // A flush that was killed is done again, and writes the same lines.
        const { file, line, isNew } = await store.log(caller, entry, caller.upkeep !== undefined);
        if (!isNew) return `${file} says that already; nothing was added. It stands there as:\n${line}`;
        return `Written to ${file}:\n${line}`;
      },
    }),
    mcpTool({
      name: 'memory_why',
      title: 'Why you remember it',
      description:
        'Tells where lines of the memory come from: in which conversation, when and by whom each was written, whether it was edited by hand since, and what was there before. Use it when the owner asks how you know something, or before you decide which of two lines is right.',
      input: z.object({ about: text(500).describe('words of the line, such as: tea') }),
      annotations: { ...READ_ONLY, idempotentHint: true },
      async run({ about }, caller) {
        const answer = await why(about, {
          index,
          journal,
          read: (name) => store.readable(name),
          today: store.today().date,
          only: writableFile(caller), // a guest may see no more than what he had written himself
        });
        return whyText(answer, store.timeZone);
      },
    }),
  ];
}

/** What is to be known of each hit beside its words. */
async function marksOf({ hits }: SearchAnswer, marks: LineMarks): Promise<Map<Hit, string>> {
  const found = new Map<Hit, string>();
  for (const hit of hits) {
    const [mark] = (await marks.of(hit.file, linesOf(hit.snippet))).values();
    if (mark !== undefined) found.set(hit, mark);
  }
  return found;
}

function headOf(file: MemoryFileName, caller: McpCaller): string {
  return isGuestNotes(file) ? guestNotesHead(caller) : '';
}

function dayFor(date: string, store: MemoryStore): string {
  const word = date.trim().toLowerCase();
  const today = store.today().date;
  if (word === 'today') return today;
  if (word === 'yesterday') return dayBefore(today);
  return word;
}

/** @throws ToolError where it is no range of days */
function withinDays(
  from: string | undefined,
  to: string | undefined,
  store: MemoryStore,
): { within?: DayRange } {
  const within: DayRange = {};
  if (from !== undefined) within.from = checkedDay(from, store);
  if (to !== undefined) within.to = checkedDay(to, store);
  if (within.from !== undefined && within.to !== undefined && within.from > within.to) {
    throw new ToolError(`from (${within.from}) is after to (${within.to}); write them the other way round.`);
  }
  return from === undefined && to === undefined ? {} : { within };
}

function checkedDay(text: string, store: MemoryStore): string {
  const day = dayFor(text, store);
  if (!DATE_FORM.test(day)) {
    throw new ToolError(`"${cutText(text, 40)}" is not a date; write YYYY-MM-DD, today or yesterday.`);
  }
  return day;
}

function sectionText(name: MemoryFileName, content: string, title: string): string {
  const lines = linesOf(content);
  const sections = sectionsOf(lines);
  const at = sections.findIndex((section) => section.level > 0 && sameTitle(section.title, title));
  const found = sections[at];
  if (!found) {
    const titles = sections.filter((section) => section.level > 0).map((section) => section.title);
    throw new ToolError(`${name} has no section "${title}". It has: ${titles.join(', ') || 'none'}.`);
  }
  const next = sections.slice(at + 1).find((section) => section.level <= found.level);
  return lines.slice(found.start, next?.headingIndex ?? lines.length).join('\n');
}

function dayBefore(date: string): string {
  const noon = new Date(`${date}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() - 1);
  return noon.toISOString().slice(0, 10);
}
