/**
 * Sentences turned from "I" to "the owner", as memory wants them, and back to "you", as an answer needs them. A handful
 * of rules for plain English statements; what they do not know they leave as it was said.
 */
const UNCHANGED_VERBS = new Set(
  'can will would should could must might may did had was went made got said saw met bought told took came'.split(
    ' ',
  ),
);
const SPECIAL_VERBS: Record<string, string> = {
  am: 'is',
  have: 'has',
  do: 'does',
  "don't": "doesn't",
  go: 'goes',
};

/** "my name is Alice" → "The owner's name is Alice." */
export function toThirdPerson(statement: string): string {
  const text = statement
    .replaceAll('’', "'")
    .replace(/\bI'm\b/gi, 'I am')
    .replace(/\bI've\b/gi, 'I have')
    .replace(/\bI'll\b/gi, 'I will')
    .replace(/\bI'd\b/gi, 'I would')
    .replace(
      /\bi\s+((?:also|always|never|really|usually|often|just)\s+)?([a-z']+)/gi,
      (_, adverb, verb: string) => {
        return `the owner ${adverb ?? ''}${thirdPersonVerb(verb.toLowerCase())}`;
      },
    )
    .replace(/\bI\b/g, 'the owner')
    .replace(/\b(?:my|mine)\b/gi, "the owner's")
    .replace(/\bmyself\b/gi, 'the owner')
    .replace(/\bme\b/gi, 'the owner');
  return sentence(text);
}

function thirdPersonVerb(verb: string): string {
  if (SPECIAL_VERBS[verb]) return SPECIAL_VERBS[verb];
  if (UNCHANGED_VERBS.has(verb) || /(?:ed|n't)$/.test(verb)) return verb;
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ies`;
  return /(?:s|sh|ch|x|z|o)$/.test(verb) ? `${verb}es` : `${verb}s`;
}

/** "The owner's name is Alice." → "Your name is Alice." */
export function toSecondPerson(fact: string): string {
  const text = fact
    .replaceAll('’', "'")
    .replace(/\bthe (?:owner|user)'s\b/gi, 'your')
    .replace(
      /\bthe (?:owner|user)\s+((?:also|always|never|really|usually|often|just)\s+)?([a-z']+)/gi,
      (_, adverb: string | undefined, verb: string) =>
        `you ${adverb ?? ''}${secondPersonVerb(verb.toLowerCase())}`,
    )
    .replace(/\bthe (?:owner|user)\b/gi, 'you');
  return sentence(text);
}

function secondPersonVerb(verb: string): string {
  const special: Record<string, string> = {
    is: 'are',
    was: 'were',
    has: 'have',
    does: 'do',
    "doesn't": "don't",
    goes: 'go',
  };
  if (special[verb]) return special[verb];
  if (UNCHANGED_VERBS.has(verb)) return verb;
  if (verb.endsWith('ies')) return `${verb.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x|z|o)es$/.test(verb)) return verb.slice(0, -2);
  return /[^s]s$/.test(verb) ? verb.slice(0, -1) : verb;
}

export function sentence(text: string): string {
  const trimmed = text.trim().replace(/\s+/g, ' ');
  if (trimmed === '') return '';
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
