/** What the Dockerfile copies reaches the builder, which sees no more than .dockerignore lets through. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (file: string): string[] =>
  readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').split('\n');

const sources = read('Dockerfile').flatMap((line) => {
  const words = /^COPY (?!--from)(.*)$/.exec(line)?.[1]?.split(' ') ?? [];
  return words.slice(0, -1).filter((word) => word !== '.' && !word.startsWith('--'));
});
const allowed = read('.dockerignore').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));

it.each(sources)('%s', (source) => {
  const path = source.replace(/\/$/, '');
  expect(allowed.some((one) => path === one || path.startsWith(`${one}/`))).toBe(true);
});
