import { expect, it } from 'vitest';
import { fieldsOf } from './form-schema.ts';
import { isNameOfSecret, speaksOfSecret } from './secret-words.ts';

it.each([
  'password',
  'userPassword',
  'API key',
  'PIN',
  'Passwort',
  'Kennwort',
  'contraseña',
  'mot de passe',
  'Пароль',
  '密码',
  'パスワード',
  'p\u0430ssw\u043erd',
  'passw0rd',
  'p@$$word',
  'pass\u200bword',
  'ｐａｓｓｗｏｒｄ',
  'verification code',
  'seed phrase',
  'Credit card',
])('%s names a secret', (name) => expect(isNameOfSecret(name)).toBe(true));

it.each([
  'monkey',
  'keyboard',
  'opinion',
  'shipping',
  'city',
  'postcode',
  'Nachname',
  'tokyo',
  'compassion',
  'Titel',
  'count 10',
])('%s names none', (name) => expect(isNameOfSecret(name)).toBe(false));

it.each([
  'To go on, type your Google password.',
  'Please enter the verification code that we have sent you.',
  'Wie lautet dein Passwort?',
  'Your session ended: pаsswоrd, please', // Cyrillic letters in it
  'What are the 12 words of your recovery phrase?',
])('%s speaks of one', (text) => expect(speaksOfSecret(text)).toBe(true));

it.each([
  'Which key of the piano is meant?',
  'Where shall I drop the pin?',
  'Which of the two flights: 10:35 or 17:00?',
  'How should the compass word be spelt?',
  'Do you want to pass?',
])('%s speaks of none', (text) => expect(speaksOfSecret(text)).toBe(false));

it('takes each typed field for a secret where only the message says that one is wanted', () => {
  const schema = {
    type: 'object',
    properties: { answer: { type: 'string', default: 'x' }, size: { enum: ['s', 'm'], default: 's' } },
  };
  expect(fieldsOf(schema, 'Your password?').map((field) => [field.secret, field.default])).toEqual([
    [true, undefined],
    [false, 's'],
  ]);
  expect(fieldsOf(schema, 'Your size?').some(({ secret }) => secret)).toBe(false);
  expect(fieldsOf(undefined, 'Your password?')).toMatchObject([{ secret: true }]);
  const login = { type: 'object', properties: { user: { type: 'string' }, password: { type: 'string' } } };
  expect(fieldsOf(login, 'Your password?').map(({ secret }) => secret)).toEqual([false, true]);
  const described = { type: 'object', properties: { a: { type: 'string', description: 'your PIN code' } } };
  expect(fieldsOf(described).map(({ secret }) => secret)).toEqual([true]);
});
