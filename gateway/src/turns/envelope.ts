/**
 * The text of a run: one block with what the model should know (time, channel, sender, notes, the conversation so far
 * where the agent session is new, what was sent into it meanwhile), then the person's own words, untouched. The block always comes first and soul.yaml
 * says that only the first one is genuine, so nothing in a person's text can pass for it; every foreign line inside the
 * block is prefixed, so nothing quoted can end it.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { localTime } from '@mobyclaw/lib/local-time';
import { quotedLines, quotedName } from '@mobyclaw/lib/plain-name';
import { RECALLED } from '@mobyclaw/protocol/recalled';
import type { RecalledPiece } from '../recall/recalled-piece.ts';
import type { MessageRow } from '../store/message-store.ts';

const OPEN = '[moby-context]';
const CLOSE = '[/moby-context]';
const SUMMARY =
  '(a summary of what was said before, by you; the last exchanges follow as they were. history_search finds all of it.)';

const RECALLED_TITLE =
  'what you have written down or heard before and may need now (it stands there already: write none of it down again):';

const MOST_SENT_CHARS = 8000; // of what was sent meanwhile
const MOST_MESSAGE_CHARS = 2000; // of one message in these

export interface Envelope {
  /** Finds this prompt again among those that the agent has stored. */
  turn: string;
  /** Milliseconds since the epoch. */
  now: number;
  timeZone: string;
  channel: string;
  sender: string;
  /** One line each. */
  notes: readonly string[];
  /** What stands in the place of what was said before these, where the agent has not been told. */
  summary: string | null;
  /** Earlier messages of the conversation, oldest first, where the agent does not have them; as many as there is room for. */
  history: readonly Quoted[];
  /** What Moby sent into it by himself since its last turn, oldest first. */
  sent: readonly Pick<MessageRow, 'text' | 'sentBy' | 'at'>[];
  /** What belongs to the message, from memory and other conversations, the best first. */
  recalled?: readonly RecalledPiece[];
}

export interface Quoted extends Pick<MessageRow, 'role' | 'text' | 'incomplete' | 'sentBy'> {
  /** Who asked in that turn, where it was a guest's: in a group the owner's turn is told the words of both. */
  guest?: string;
}

export function writeEnvelope(envelope: Envelope, prompt: string): string {
  const lines = [
    OPEN,
    `message: ${envelope.turn}`,
    `time: ${timeLine(envelope.now, envelope.timeZone)}`,
    `channel: ${oneLine(envelope.channel)}`,
    `sender: ${senderLine(envelope.sender)}`,
    ...envelope.notes.map((note) => `note: ${oneLine(note)}`),
    ...soFarLines(envelope),
    ...sentLines(envelope),
    ...recalledLines(envelope.recalled ?? []),
    CLOSE,
    '',
    prompt,
  ];
  return lines.join('\n');
}

function soFarLines({ summary, history }: Envelope): string[] {
  const lines = [...(summary === null ? [] : [SUMMARY, quotedLines(summary)]), ...historyLines(history)];
  if (lines.length === 0) return [];
  return ['the conversation so far:', ...lines];
}

function historyLines(history: readonly Quoted[]): string[] {
  return history
    .filter(({ role }) => role !== 'marker')
    .map(({ role, text, incomplete, sentBy, guest }) => {
      const heard = guest === undefined ? 'you' : 'you, to a guest';
      const you = sentBy === null ? heard : `you, by yourself (${oneLine(sentBy)})`;
      const person = guest === undefined ? 'person' : `guest ${senderLine(guest)}`;
      return quotedLines(
        `${role === 'user' ? person : you}: ${text.trim()}${incomplete ? ' (cut off)' : ''}`,
      );
    });
}

function sentLines({ sent, timeZone }: Envelope): string[] {
  const blocks = sent.map(({ text, sentBy, at }) => {
    const { date, time } = localTime(at, timeZone);
    return `${date} ${time}, ${oneLine(sentBy ?? '')}: ${clip(text.trim())}`;
  });
  return section('you sent by yourself since your last turn here:', blocks);
}

/** Each piece begins with a mark that says whoever would write it down that it stands somewhere already. */
function recalledLines(pieces: readonly RecalledPiece[]): string[] {
  if (pieces.length === 0) return [];
  const lines = pieces.map(({ place, text }) => quotedLines(`${RECALLED} ${oneLine(place)}] ${text}`));
  return [RECALLED_TITLE, ...lines];
}

/** The newest blocks that there is room for, oldest first, every line of them prefixed. */
function section(title: string, blocks: readonly string[]): string[] {
  const quoted: string[] = [];
  let chars = 0;
  for (const block of blocks.toReversed()) {
    const prefixed = quotedLines(block);
    chars += prefixed.length;
    if (chars > MOST_SENT_CHARS) break;
    quoted.unshift(prefixed);
  }
  return quoted.length === 0 ? [] : [title, ...quoted];
}

function clip(text: string): string {
  return text.length <= MOST_MESSAGE_CHARS ? text : `${cutText(text, MOST_MESSAGE_CHARS)} …`;
}

/** A name, which anybody can choose, stands in quotation marks before the id, which nobody can. */
function senderLine(sender: string): string {
  const [, name, id] = /^(.*) (\([a-z]+:\S+\))$/s.exec(sender) ?? [];
  return name === undefined || id === undefined ? oneLine(sender) : `${quotedName(name)} ${oneLine(id)}`;
}

function oneLine(text: string): string {
  return cutText(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), 500);
}

/** Such as `Saturday 2026-11-21 09:30 (Europe/Berlin)`. */
function timeLine(now: number, timeZone: string): string {
  const { weekday, date, time } = localTime(now, timeZone);
  return `${weekday} ${date} ${time} (${timeZone})`;
}
