import { parseTime } from './time-phrase.ts';

/** What somebody wants, by the form of what they wrote. Rules, in order; the first that fits counts. */
export type Intent =
  | { kind: 'heartbeat' | 'help' | 'greeting' | 'thanks' | 'show-memory' | 'list-files' | 'unknown' }
  | { kind: 'remember'; statement: string }
  | { kind: 'log'; entry: string }
  | { kind: 'recall'; question: string }
  | { kind: 'forget' }
  | { kind: 'remind'; what: string; when: string }
  | { kind: 'list-reminders' }
  | { kind: 'cancel-reminder'; which: string };

const POLITE =
  "(?:(?:please|kindly|can you|could you|would you|will you|i want you to|i'd like you to|you should)[, ]+)*";
const GREETING =
  /^(?:hi|hello|hey|hallo|howdy|greetings|good (?:morning|afternoon|evening|day)|moin|servus)\b(?: there)?(?:,? moby)?[,.! ]*/i;

const REMEMBER = new RegExp(
  `^${POLITE}(?:also )?(?:remember|note(?: down)?|save|memori[sz]e|store|keep in mind|don't forget|do not forget|` +
    `(?:make|take) a note|write down|jot down)(?: (?:that|this|of|please|for me|(?:in|to|into) (?:(?:your|the|my) )?memory))*\\s*[:,-]?\\s+(.+)$`,
  'is',
);
const REMEMBER_TO = new RegExp(`^${POLITE}(?:remember|don't forget|do not forget) to (.+)$`, 'is');
const LOG = new RegExp(
  `^${POLITE}(?:log|add to (?:the|my|today's) log)(?: (?:that|this))?\\s*[:,-]?\\s+(.+)$`,
  'is',
);
const ASKS_MEMORY = /^(?:do|did|can|could) you (?:still |happen to )?(?:remember|know|recall)\b/i;
const QUESTION =
  /^(?:what|who|whom|whose|where|when|which|why|how|do i|does|did i|am i|is|are|was|have i|tell me|search|find|look up|recall)\b|^(?:what|who|where|when)'?s\b/i;
const SHOW_MEMORY =
  /^(?:please )?(?:(?:list|show|print|read)(?: me)?(?: all)? (?:(?:your|my|the) )?(?:memory|memories|notes|facts)|what (?:do|can) you (?:remember|know|recall)(?: (?:about|of) me)?|what have i told you|what(?: is|'s) in (?:your|my|the) memory)(?: so far| please)?$/i;
const LIST_FILES =
  /^(?:please )?(?:list|show)(?: me)?(?: all)? (?:(?:your|my|the) )?(?:memory )?(?:files|logs|sections)$/i;
const CANCEL_NAMED =
  /^(?:please )?(?:cancel|delete|remove|stop) (?:(?:the|my) )?(?!(?:the|my) )(.+?) (?:reminder|schedule|job)$/i;
const CANCEL =
  /^(?:please )?(?:cancel|(?:delete|remove|stop)(?: the| my)? (?:reminder|schedule|job)s?\b)(?: (?:the|my))?(?: ?(?:reminder|schedule|job)s?\b)?(?: (?:to|about|of|for))? ?(.*)$/i;
const TIME_WORD = /^(?:in|at|on|every|today|tomorrow|tonight)\b/i;
const ABOUT_SELF =
  /^(?:my [\w' -]{1,40} (?:is|are|was|has|have|likes?|lives?|works?)\b|(?:you can )?call me |i (?:am|was|live|work|like|love|prefer|hate|dislike|have|own|speak|study|use|drink|eat|enjoy|need|always|never|usually|moved|started)\b|i'm (?!sorry|fine|good|ok|here|back)|i've\b)/i;

export function readIntent(message: string): Intent {
  const whole = plain(message);
  if (/\bHEARTBEAT(?:_OK|\.md)\b/.test(whole)) return { kind: 'heartbeat' };
  const greeting = GREETING.exec(whole)?.[0] ?? '';
  const text = (greeting && whole.length > greeting.length ? whole.slice(greeting.length) : whole).replace(
    /^moby[,:!]\s*/i,
    '',
  );
  const bare = text.replace(/[?!. ]+$/, '');
  const asks = text.endsWith('?');
  if (greeting && text === whole) return { kind: 'greeting' };
  if (/^(?:help|\/help|commands|what can you do|who are you|what are you|how do you work)$/i.test(bare))
    return { kind: 'help' };
  if (
    /^(?:thanks|thank you|thx|cheers|great|perfect|ok|okay|bye|good ?bye|good night)\b/i.test(bare) &&
    bare.length < 40
  ) {
    return { kind: 'thanks' };
  }
  return (
    reminder(bare) ??
    memory(text, bare, asks) ??
    (asks || QUESTION.test(bare) ? { kind: 'recall', question: text } : { kind: 'unknown' })
  );
}

function memory(text: string, bare: string, asks: boolean): Intent | null {
  if (LIST_FILES.test(bare)) return { kind: 'list-files' };
  if (SHOW_MEMORY.test(bare)) return { kind: 'show-memory' };
  if (/^(?:please )?(?:forget|delete|remove)\b/i.test(bare)) return { kind: 'forget' };
  const log = LOG.exec(text)?.[1];
  if (log) return { kind: 'log', entry: log };
  if (ASKS_MEMORY.test(text) && !(/\bremember that\b/i.test(text) && !/^do|^did/i.test(text))) {
    return { kind: 'recall', question: text };
  }
  const todo = REMEMBER_TO.exec(text)?.[1];
  if (todo) return { kind: 'remember', statement: `to do: ${withoutQuestionMark(todo)}` };
  const statement = REMEMBER.exec(text)?.[1];
  if (statement && !/^(?:what|who|where|when|which|how)\b/i.test(statement)) {
    return { kind: 'remember', statement: withoutQuestionMark(statement) };
  }
  if (!asks && ABOUT_SELF.test(text))
    return { kind: 'remember', statement: text.replace(/^(?:you can )?call me /i, 'my name is ') };
  return null;
}

function reminder(bare: string): Intent | null {
  if (
    /^(?:please )?(?:list|show)(?: me)?(?: all)?(?: my| the)? (?:reminders|schedules?|jobs)$|^what(?:'s| is) scheduled$/i.test(
      bare,
    )
  ) {
    return { kind: 'list-reminders' };
  }
  const cancel = CANCEL_NAMED.exec(bare)?.[1] ?? CANCEL.exec(bare)?.[1];
  if (cancel !== undefined) return { kind: 'cancel-reminder', which: cancel };
  return remindAt(bare);
}

/** "remind me <when> to <what>", or the other way round. A place may look like a time, so the time that is one counts. */
function remindAt(bare: string): Intent | null {
  const rest = /^(?:please )?remind me (.+)$/is.exec(bare)?.[1];
  if (rest === undefined) return null;
  const splits = [...splitsAt(rest, / (?:to|that|about|of) /gi).map(([when, what]) => ({ when, what }))];
  const what = /^(?:to|that|about|of) (.+)$/is.exec(rest)?.[1];
  if (what !== undefined) {
    splits.push(
      ...splitsAt(what, / (?=(?:in|at|on|every|today|tomorrow|tonight)\b)/gi).map(([head, when]) => ({
        when,
        what: head,
      })),
    );
  }
  const found = splits.find(({ when }) => parseTime(when)) ?? splits.find(({ when }) => TIME_WORD.test(when));
  return found ? { kind: 'remind', ...found } : null;
}

function splitsAt(text: string, separator: RegExp): [string, string][] {
  return [...text.matchAll(separator)].map((match) => [
    text.slice(0, match.index),
    text.slice(match.index + match[0].length),
  ]);
}

function plain(message: string): string {
  return message
    .replaceAll('’', "'")
    .replace(/[ \t]+/g, ' ')
    .trim();
}

function withoutQuestionMark(text: string): string {
  return text.replace(/\?+\s*$/, '');
}
