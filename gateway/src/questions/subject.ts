/** What a question is about, as a hash: the same call with the same arguments is the same subject, whatever their order. */
import { createHash } from 'node:crypto';
import type { QuestionKind } from '@mobyclaw/protocol/question';
import { canonicalJson } from '../agent/json.ts';

/** @param parts JSON values, or undefined, which counts like null */
export function subjectOf(kind: QuestionKind, ...parts: readonly unknown[]): string {
  return createHash('sha256')
    .update(canonicalJson([kind, ...parts]))
    .digest('base64url');
}
