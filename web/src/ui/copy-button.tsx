/** Copies a text, and says for a moment that it has. */
import { useState } from 'preact/hooks';
import { t } from '../texts.ts';

const SAID_MS = 1500;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      class="code-copy"
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => {
          setDone(true);
          setTimeout(() => setDone(false), SAID_MS);
        });
      }}
    >
      {done ? t.copied : label}
    </button>
  );
}
