import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, LineTooLongError } from './line-splitter.ts';

function split(chunks: Buffer[], maxBytes = 1_000_000): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line.toString('utf8')), maxBytes);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('line splitter', () => {
  it('gives the same lines wherever the bytes are cut, inside a character too', () => {
    const text = fc.array(fc.string({ unit: 'binary' }).map((line) => line.replace(/[\r\n]/g, ' ')));
    fc.assert(
      fc.property(
        text,
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.array(fc.nat(50)),
        (lines, ending, cuts) => {
          const bytes = Buffer.from(lines.map((line) => line + ending).join(''), 'utf8');
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(bytes.subarray(at));
          expect(split(chunks)).toEqual(
            lines.map((line) => Buffer.from(line).toString()).filter((line) => line !== ''),
          );
        },
      ),
    );
  });

  it('hands on a last line without an ending', () => {
    expect(split([Buffer.from('a\nb')])).toEqual(['a', 'b']);
  });

  it('takes a line of many megabytes in small pieces in a time that grows with its length alone', () => {
    const piece = Buffer.alloc(1024, 'x');
    const seconds = (megabytes: number): number => {
      const before = process.cpuUsage();
      const chunks = Array.from({ length: megabytes * 1024 }, () => piece);
      expect(split([...chunks, Buffer.from('\n')], 64 * 1024 * 1024)[0]).toHaveLength(
        megabytes * 1024 * 1024,
      );
      const used = process.cpuUsage(before);
      return (used.user + used.system) / 1e6;
    };
    seconds(2);
    expect(seconds(32)).toBeLessThan(2); // a rescan of each piece would take minutes
  });

  it('refuses a line over the limit, ended or not', () => {
    expect(() => split([Buffer.alloc(11, 'x')], 10)).toThrow(LineTooLongError);
    expect(() => split([Buffer.from('x'.repeat(6)), Buffer.from('x'.repeat(6))], 10)).toThrow(
      LineTooLongError,
    );
    expect(() => split([Buffer.from(`${'x'.repeat(11)}\n`)], 10)).toThrow(LineTooLongError);
    expect(split([Buffer.from(`${'x'.repeat(10)}\n`)], 10)).toHaveLength(1);
  });
});
