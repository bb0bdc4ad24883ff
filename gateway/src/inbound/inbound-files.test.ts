import { systemClock } from '@mobyclaw/lib/clock';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import type { InboundFile } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel-error.ts';
import { unreadable } from '../channels/file-kind.ts';
import { pdfOf } from '../testing/pdf.ts';
import { startTranscriber } from '../testing/transcriber.ts';
import { type FileReaderOptions, readFiles } from './inbound-files.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

const file = (kind: InboundFile['kind'], name: string, mime: string, more: Partial<InboundFile> = {}) => ({
  kind,
  name,
  mime,
  bytes: null,
  ref: name,
  ...more,
});

function options(files: Record<string, Uint8Array>, more: Partial<FileReaderOptions> = {}) {
  const asked: string[] = [];
  const download = async (ref: string, most: number): Promise<Uint8Array> => {
    asked.push(ref);
    const data = files[ref];
    if (data && data.length <= most) return data;
    const message = data ? 'The file is too large.' : 'It is gone.';
    throw new ChannelError({ channel: 'x', method: 'download', code: 'x', message, remedy: 'none' });
  };
  const { signal } = new AbortController();
  return { download, transcription: null, clock: systemClock, signal, ...more, asked };
}

const texts = (attachments: readonly { data: string }[]) =>
  attachments.map(({ data }) => Buffer.from(data, 'base64').toString());

test('of a PDF the text is read, page by page', async () => {
  const data = pdfOf(['The roof leaks', 'and the cellar floods']);
  const { attachments, notes, refusals } = await readFiles(
    [file('document', 'house.pdf', 'application/pdf')],
    [],
    options({ 'house.pdf': data }),
  );
  expect(refusals).toEqual([]);
  expect(attachments).toMatchObject([{ name: 'house.pdf', mime: 'text/plain' }]);
  expect(texts(attachments)).toEqual(['The roof leaks\n\nand the cellar floods']);
  expect(notes).toEqual([expect.stringContaining('the text alone (all 2 pages)')]);
});

test('a PDF that is too long is cut, and the model is told where', async () => {
  const data = pdfOf(Array.from({ length: 60 }, (_, index) => `page${index} ${'word '.repeat(400)}`));
  const { attachments, notes } = await readFiles(
    [file('document', 'book.pdf', 'application/pdf')],
    [],
    options({ 'book.pdf': data }),
  );
  expect(texts(attachments)[0]?.length).toBe(100_000);
  expect(notes).toEqual([expect.stringMatching(/cut within page 5\d of 60/)]);
});

test.each([
  ['a scan', pdfOf(['', '']), 'holds no text'],
  ['a damaged one', Buffer.from('%PDF-1.4 nothing'), 'is damaged'],
])('%s is refused with what to send instead', async (_, data, words) => {
  const pdf = file('document', 'x.pdf', 'application/pdf');
  const { attachments, refusals } = await readFiles([pdf], [], options({ 'x.pdf': data }));
  expect(attachments).toEqual([]);
  expect(refusals).toEqual([expect.stringContaining(words)]);
});

test('a picture is what its bytes say; a rare kind or a large one is taken in its smaller rendition', async () => {
  const files = {
    wrong: PNG,
    heic: Buffer.from('....ftypheic'),
    'heic small': PNG,
    large: Buffer.alloc(6_000_000),
    'large small': PNG,
  };
  const read = options(files);
  const { attachments, refusals } = await readFiles(
    [
      file('image', 'wrong', 'image/jpeg'),
      file('image', 'heic', 'image/heic', { smaller: 'heic small' }),
      file('image', 'large', 'image/png', { bytes: 6_000_000, smaller: 'large small' }),
      file('image', 'large', 'image/png', { smaller: 'large small' }),
    ],
    [],
    read,
  );
  expect(refusals).toEqual([]);
  expect(attachments.map(({ mime }) => mime)).toEqual(Array(4).fill('image/png'));
  expect(read.asked).toEqual(['wrong', 'heic', 'heic small', 'large small', 'large', 'large small']);
});

test.each([
  [file('image', 'a.heic', 'image/heic'), 'Send it as a photo'],
  [file('image', 'b.png', 'image/png', { bytes: 9_000_000 }), 'I take up to 5 MB. Send it as a photo'],
  [file('document', 'c.docx', 'application/msword'), 'Save it as PDF'],
  [file('document', 'd.xlsx', 'application/vnd.ms-excel'), 'Save it as CSV'],
  [file('document', 'e.zip', 'application/zip'), 'Unpack it'],
  [file('other', 'f.mp4', 'video/mp4'), 'Send a picture out of it'],
  [unreadable('a story'), 'I cannot look at a story.'],
  [file('audio', 'g.m4a', 'audio/mp4'), 'MOBYCLAW_TRANSCRIBE_URL'],
])('%j is refused with what to send instead', async (given, words) => {
  const data = Buffer.from([0x50, 0x4b, 0, 1]);
  const { attachments, refusals } = await readFiles([given], [], options({ [given.ref]: data }));
  expect(attachments).toEqual([]);
  expect(refusals).toEqual([expect.stringContaining(words)]);
});

test('what the sender says is his; a recording, and a voice message that he answers, are material', async () => {
  const { env, heard } = await startTranscriber('so it was');
  const transcription = { url: env.MOBYCLAW_TRANSCRIBE_URL ?? '', key: undefined, model: 'm' };
  const sound = Buffer.from('sound');
  const { spoken, attachments, notes } = await readFiles(
    [file('voice', 'voice.ogg', 'audio/ogg'), file('audio', 'memo.m4a', 'audio/mp4')],
    [file('voice', 'theirs.mp4', 'video/mp4')],
    options({ 'voice.ogg': sound, 'memo.m4a': sound, 'theirs.mp4': sound }, { transcription }),
  );
  expect(heard).toHaveLength(3);
  expect(spoken).toEqual(['so it was']);
  expect(attachments.map(({ name }) => name)).toEqual(['memo.m4a', 'theirs.mp4']);
  expect(notes).toHaveLength(2);
});

test('what cannot be read of a message that is answered is of interest to the model alone', async () => {
  const { refusals, notes } = await readFiles([], [file('other', 'f.mp4', 'video/mp4')], options({}));
  expect(refusals).toEqual([]);
  expect(notes).toEqual([expect.stringContaining('I cannot watch "f.mp4"')]);
});

test('a text that is too long is cut', async () => {
  const data = Buffer.from('x'.repeat(150_000));
  const log = file('document', 'a.log', 'text/plain');
  const { attachments, notes } = await readFiles([log], [], options({ 'a.log': data }));
  expect(texts(attachments)[0]).toHaveLength(100_000);
  expect(notes).toEqual([expect.stringContaining('is cut')]);
});

test('reading ends at once when it is taken back', async () => {
  const ending = new AbortController();
  const never = options(
    {},
    { signal: ending.signal, clock: new ManualClock(), download: () => new Promise(() => undefined) },
  );
  const reading = readFiles([file('image', 'a', 'image/png')], [], never);
  ending.abort(new Error('taken back'));
  await expect(reading).rejects.toThrow('taken back');
});
