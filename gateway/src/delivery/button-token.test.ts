import { uuidv7 } from '@mobyclaw/lib/uuid';
import { expect, test } from 'vitest';
import { buttonToken, isSigned, newButtonKey, readButtonToken } from './button-token.ts';

test('a button names its question and its answer, in what Telegram takes', () => {
  const [question, key] = [uuidv7(), newButtonKey()];
  const token = buttonToken(question, 4, key);
  expect(Buffer.byteLength(token)).toBeLessThanOrEqual(64);
  const read = readButtonToken(token);
  expect(read).toMatchObject({ question, answer: 4 });
  expect(read && isSigned(read, key)).toBe(true);
});

test('the signature of another answer, another question or another key is none', () => {
  const [question, key] = [uuidv7(), newButtonKey()];
  const [head, , , mac] = buttonToken(question, 0, key).split('.');
  const [, id] = buttonToken(question, 0, key).split('.');
  const [, otherId] = buttonToken(uuidv7(), 0, key).split('.');
  const signed = (token: string, by = key): boolean => {
    const read = readButtonToken(token);
    return read !== null && isSigned(read, by);
  };
  expect(signed([head, id, 0, mac].join('.'))).toBe(true);
  expect(signed([head, id, 1, mac].join('.'))).toBe(false);
  expect(signed([head, otherId, 0, mac].join('.'))).toBe(false);
  expect(signed([head, id, 0, mac].join('.'), newButtonKey())).toBe(false);
});

test.each(['', 'q', 'q...', 'q.x.0.y', `q.${'A'.repeat(22)}.999.${'A'.repeat(20)}`, 'once'])(
  '%j is no button of ours',
  (token) => {
    expect(readButtonToken(token)).toBeNull();
  },
);
