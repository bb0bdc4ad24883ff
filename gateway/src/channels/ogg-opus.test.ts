import { expect, test } from 'vitest';
import { oggOpus } from '../testing/speech-server.ts';
import { readOggOpus } from './ogg-opus.ts';

test('length and loudness are read without decoding', () => {
  const note = readOggOpus(oggOpus(7));
  expect(note?.seconds).toBe(7);
  expect(note?.waveform).toHaveLength(64);
  expect(Math.max(...(note?.waveform ?? []))).toBe(255);
  expect(new Set(note?.waveform).size).toBeGreaterThan(3);
});

test('the shortest note has one second, and a cut one what is there', () => {
  expect(readOggOpus(oggOpus(0))?.seconds).toBe(1);
  const whole = oggOpus(9);
  expect(readOggOpus(whole.subarray(0, whole.length - 30))?.seconds).toBe(8);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['an mp3', Buffer.from('ID3 and so on, and on, and on, and on, and on')],
  ['a WAV', Buffer.from('RIFF....WAVEfmt ')],
  [
    'an Ogg of something else',
    Buffer.concat([oggOpus(1).subarray(0, 28), Buffer.from('\x01vorbis and so on')]),
  ],
])('%s is no voice note', (_, data) => {
  expect(readOggOpus(data)).toBeNull();
});
