/** A voice message while it is spoken. It goes the way of every message; the gateway makes words of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from '../../data/api.ts';
import type { OutboxFile } from '../../data/outbox.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';

const LONGEST_MS = 600_000; // some 2.5 MB, half of what one file may be
const BITS_PER_SECOND = 32_000; // as messengers do it
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']; // the last ones for Safari and Firefox
const ENDINGS: Record<string, string> = { 'audio/webm': 'webm', 'audio/mp4': 'm4a', 'audio/ogg': 'ogg' };

/** Over http from another machine browsers give nobody a microphone. */
export function canRecord(): boolean {
  return 'mediaDevices' in navigator && 'MediaRecorder' in globalThis;
}

export interface RecorderProps {
  /** @param file null where it was discarded, or nothing could be recorded */
  onEnd: (file: OutboxFile | null, problem: string | null) => void;
}

/** Records from the moment it is shown. */
export function Recorder({ onEnd }: RecorderProps) {
  const recorder = useRef<MediaRecorder | null>(null);
  const end = useRef(onEnd);
  end.current = onEnd;
  const button = useRef<HTMLButtonElement>(null);
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const [ms, setMs] = useState(0);
  const isFull = ms >= LONGEST_MS;

  useEffect(() => {
    let left = false;
    let sound: MediaStream | null = null;
    navigator.mediaDevices.getUserMedia({ audio: true }).then(
      (stream) => {
        sound = stream;
        if (left) return hangUp(stream);
        const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
        const options = { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType && { mimeType }) };
        recorder.current = new MediaRecorder(stream, options);
        recorder.current.start();
        setStartedAt(performance.now());
      },
      (error: unknown) => left || end.current(null, reasonOf(error)),
    );
    return () => {
      left = true;
      if (sound) hangUp(sound);
    };
  }, []);

  useEffect(() => button.current?.focus(), [startedAt]);
  useEffect(() => {
    if (startedAt === null || isFull) return;
    const timer = setInterval(() => setMs(performance.now() - startedAt), 250);
    return () => clearInterval(timer);
  }, [startedAt, isFull]);
  useEffect(() => {
    if (isFull && recorder.current?.state === 'recording') recorder.current.pause();
  }, [isFull]);

  function send(): void {
    const { current } = recorder;
    if (!current) return;
    const parts: Blob[] = [];
    current.ondataavailable = ({ data }) => parts.push(data);
    current.onstop = () => {
      const [mime = ''] = current.mimeType.split(';');
      const name = `voice.${ENDINGS[mime] ?? 'audio'}`;
      end.current({ name, mime, content: new Blob(parts, { type: mime }), spoken: true }, null);
    };
    current.stop();
  }

  return (
    <fieldset
      class="writing-line recording"
      aria-label={t.chat.record}
      onKeyDown={(event) => event.key === 'Escape' && onEnd(null, null)}
    >
      <button
        type="button"
        class="icon-button"
        aria-label={t.chat.discard}
        title={t.chat.discard}
        onClick={() => onEnd(null, null)}
      >
        <Icon name="close" />
      </button>
      <p>
        {!isFull && startedAt !== null && <span class="pulse" />}
        <span>{startedAt === null ? t.chat.microphoneAsked : isFull ? t.chat.recordFull : t.chat.speak}</span>
        <time>{minutesOf(ms)}</time>
      </p>
      <button
        type="button"
        class="send"
        aria-label={t.chat.send}
        title={t.chat.send}
        disabled={startedAt === null}
        ref={button}
        onClick={send}
      >
        <Icon name="send" />
      </button>
    </fieldset>
  );
}

function hangUp(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function reasonOf(error: unknown): string {
  const { name } = error as DOMException;
  if (name === 'NotAllowedError') return t.chat.microphoneDenied;
  if (name === 'NotFoundError') return t.chat.microphoneMissing;
  return messageOf(error);
}

/** @returns as 1:05 */
function minutesOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
