/**
 * The kinds of questions: how what a run wants becomes one question or several, and what the answers decide. Another kind
 * is one more entry.
 */
import type { Decision, Wanted } from '../agent/wanted.ts';
import { factRules } from './fact.ts';
import { forgetRules } from './forget.ts';
import { formKind } from './form.ts';
import { hostRules } from './host.ts';
import type { Kind, KindRules } from './kind.ts';
import { roundsKind } from './rounds.ts';
import { skillRules } from './skill.ts';
import { type RuleFor, toolKind } from './tool.ts';

export type Kinds = {
  [K in Wanted['kind']]: Kind<Extract<Wanted, { kind: K }>, Extract<Decision, { kind: K }>>;
} & { fact: KindRules; forget: KindRules; host: KindRules; skill: KindRules };

export function kinds(ruleFor: RuleFor): Kinds {
  return {
    tool: toolKind(ruleFor),
    form: formKind,
    rounds: roundsKind,
    fact: factRules,
    forget: forgetRules,
    host: hostRules,
    skill: skillRules,
  };
}
