/** Files of a program or of `run --file`: the same are taken as from a messenger. */
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { pdfOf } from '../testing/pdf.ts';
import { startTranscriber } from '../testing/transcriber.ts';

const attachment = (name: string, mime: string, data: Uint8Array) => ({
  name,
  mime,
  data: Buffer.from(data).toString('base64'),
});

test('of a PDF the text is read, with a note that it is only that; the same key is the same message', async () => {
  const moby = await openHarness();
  const body = {
    prompt: 'What is in it?',
    attachments: [attachment('plan.pdf', 'application/pdf', pdfOf(['The umbrella is violet']))],
  };
  const headers = { 'idempotency-key': 'k' };
  const first = await moby.call('POST', '/prompt', { body, headers });
  expect(first.status).toBe(200);
  const run = moby.agent?.stats().runs[0];
  expect(run?.prompt).toContain('The umbrella is violet');
  expect(run?.prompt).toContain('"plan.pdf" you see the text alone');
  const again = await moby.call('POST', '/prompt', { body, headers });
  expect(again.body.turn).toBe(first.body.turn);
});

test.each([
  ['damaged', 'broken.pdf', 'application/pdf', Buffer.from('%PDF-1.7 no more'), 'damaged'],
  ['an archive', 'all.zip', 'application/zip', Buffer.from([80, 75, 3, 4, 0, 0]), 'Unpack it'],
  [
    'a recording nobody can listen to',
    'a.ogg',
    'audio/ogg',
    Buffer.from([79, 103, 103, 83, 0]),
    'MOBYCLAW_TRANSCRIBE_URL',
  ],
])('what is %s is refused with what to send instead', async (_, name, mime, data, advice) => {
  const moby = await openHarness();
  const answer = await moby.call('POST', '/prompt', {
    body: { prompt: 'read', attachments: [attachment(name, mime, data)] },
  });
  expect(answer.status).toBe(415);
  expect(answer.body.detail).toContain(advice);
  expect(moby.agent?.stats().runs).toHaveLength(0);
});

test('a voice message is what the sender says, however often it is sent; a picture is none', async () => {
  const transcriber = await startTranscriber('Water the plants');
  const moby = await openHarness({ env: transcriber.env });
  expect((await moby.call('GET', '/api/voice')).body).toEqual({ listens: true });
  const recording = attachment('voice.webm', 'audio/webm', Buffer.from([26, 69, 223, 163]));
  const body = { session: 'web:main', attachments: [{ ...recording, spoken: true }] };
  const headers = { 'idempotency-key': 'k' };
  const first = await moby.call('POST', '/prompt', { body, headers });
  expect(first.status).toBe(200);
  const run = moby.agent?.stats().runs[0];
  expect(run?.prompt).toContain('note: It was spoken and transcribed');
  expect(run?.prompt).toMatch(/Water the plants$/);
  const { body: history } = await moby.call('GET', '/api/sessions/web:main/messages');
  expect(history.items[0]).toMatchObject({ role: 'user', text: 'Water the plants' });
  expect(transcriber.heard[0]).toContain('filename="voice.webm"');
  // Heard differently the second time, it is the same message.
  transcriber.says = 'Water the pants';
  const again = await moby.call('POST', '/prompt', { body, headers });
  expect(again.body.turn).toBe(first.body.turn);
  const usage = await moby.call('GET', '/api/usage');
  expect(JSON.stringify(usage.body)).toContain('transcription/whisper-1');
  const picture = { ...attachment('a.png', 'image/png', Buffer.from('x')), spoken: true };
  expect((await moby.call('POST', '/prompt', { body: { attachments: [picture] } })).status).toBe(422);
});

test('where nothing can listen, that is told', async () => {
  const moby = await openHarness();
  expect((await moby.call('GET', '/api/voice')).body).toEqual({ listens: false });
});

test('a picture without a word is a message; neither of both is none', async () => {
  const moby = await openHarness();
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const attachments = [attachment('a.png', 'image/png', png)];
  expect((await moby.call('POST', '/prompt', { body: { attachments } })).status).toBe(200);
  expect(moby.agent?.stats().runs).toHaveLength(1);
  for (const body of [{ attachments: [] }, {}])
    expect((await moby.call('POST', '/prompt', { body })).status).toBe(422);
});
