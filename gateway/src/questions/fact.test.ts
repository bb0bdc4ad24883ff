import type { Doubt } from '@mobyclaw/protocol/memory-doubt';
import { expect, test } from 'vitest';
import { readWords } from '../inbound/answer-words.ts';
import { factDraft } from './fact.ts';

const DOUBT: Doubt = {
  id: 'd1',
  kind: 'warning',
  file: 'MEMORY.md',
  old: '- Never feed the cat milk.',
  is: '',
  why: 'they differ',
  at: '2026-11-21T12:00:00.000Z',
} as Doubt;

test.each(['warning', 'contradiction'] as const)(
  'of a %s a plain yes says nothing, as it could mean either',
  (kind) => {
    const draft = factDraft({
      ...DOUBT,
      kind,
      ...(kind === 'contradiction' ? { is: '- Milk is fine.' } : {}),
    });
    const plain = { reply: false, numbered: false };
    expect(readWords(draft, 'yes', plain)).toBeNull();
    expect(readWords(draft, 'no', plain)).toEqual({ option: draft.fallback });
    const [{ id, label } = { id: '', label: '' }] = draft.options;
    expect(readWords(draft, label, plain)).toEqual({ option: id });
  },
);
