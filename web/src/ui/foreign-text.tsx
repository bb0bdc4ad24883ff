/**
 * What others wrote, such as a model, a page or a tool: whole, as it is, with what nobody would see in it written out, in a
 * frame that says whose words they are.
 */
import { visibleText } from '@mobyclaw/lib/visible-text';
import { t } from '../texts.ts';
import { CopyButton } from './copy-button.tsx';

const LONG_CHARS = 600; // may not be in sight as a whole

export interface ForeignTextProps {
  /** Whose words they are. */
  caption: string;
  text: string;
  /** As code: with a fixed width, and never wrapped where that would hide a space. */
  code?: boolean;
}

export function ForeignText({ caption, text, code = false }: ForeignTextProps) {
  const shown = visibleText(text);
  return (
    <figure class={`foreign${code ? ' as-code' : ''}`}>
      <figcaption>
        <span>
          {caption}
          {text.length > LONG_CHARS && ` · ${t.questions.length(text.length)}`}
        </span>
        {code && <CopyButton text={text} label={t.copy} />}
      </figcaption>
      {/* Long ones scroll, also by the keyboard. */}
      <pre tabIndex={0} dir={code ? 'ltr' : 'auto'}>
        {code ? <code>{shown}</code> : shown}
      </pre>
    </figure>
  );
}
