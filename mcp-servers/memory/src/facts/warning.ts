/**
 * Warnings: lines about allergies, medicine, danger, and what must never be done. A model that is wrong about one may hurt
 * somebody, so it may add to one and put it elsewhere, but not remove or soften it; the owner decides. Errs towards protecting.
 */
import { fold, plainWords } from '@mobyclaw/recall/words';
import { factWords } from './fact-words.ts';
import { isSameFact } from './same-fact.ts';

const WARNS = new RegExp(
  [
    '(?<![\\p{L}])(?:allerg|anaphyla|epipen|intoleran|unvertraglich|alergi)',
    '(?<![\\p{L}])(?:medic(?:ine|ation|ament)|medikament|arznei|insulin|dosage|dosis|overdose|prescri(?:bed|ption)|warfarin|blood thinner)',
    '(?<![\\p{L}])(?:asthma|epilep|diabet|h[ae]*mophil|pacemaker|pregnan|schwanger|embaraz|enceinte|suicid)',
    '(?<![\\p{L}])(?:never|niemals|nie|jamais|nunca|jamas|mustn|under no circumstances|auf keinen fall)(?![\\p{L}])',
    '(?<![\\p{L}])(?:must|may|should|can|darf|durfen|soll) (?:not|nicht|kein\\p{L}*)(?![\\p{L}])',
    '(?<![\\p{L}])(?:forbidden|prohibited|verboten|interdit|prohibido|dangerous|danger|gefahrlich|poison|toxic|giftig|lethal|deadly|emergency|notfall|urgence|emergencia)',
    '\\d ?mg(?![\\p{L}])',
    '过敏|過敏|禁止|绝不|絕不|药|藥|アレルギー|絶対に|薬|알레르기|절대',
  ].join('|'),
  'u',
);

/** What makes a warning less than it was, put beside it. */
const SOFTENS = new Set(
  `no not longer never mild mildly slight slightly light little bit maybe perhaps possibly probably sometimes rarely former formerly
  was were used outgrew outgrown cured healed over safe fine ok okay except unless but only old outdated false wrong mistake
  nicht kein keine mehr leicht vielleicht manchmal fruher war aber nur ausser vorbei geheilt plus pas parfois ya no leve`.split(
    /\s+/,
  ),
);

export function isWarning(line: string): boolean {
  return WARNS.test(fold(line));
}

/** @param after what takes its place; empty where it is removed @returns whether it warns less than it did */
export function isSoftened(before: string, after: string): boolean {
  if (!isWarning(before) || isSameFact(before, after)) return false;
  const old = factWords(before).map(({ key }) => key);
  const now = factWords(after);
  if (old.some((key, at) => now[at]?.key !== key)) return true;
  return plainWords(after)
    .slice(plainWords(before).length)
    .some((word) => SOFTENS.has(word));
}
