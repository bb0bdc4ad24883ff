/** A text of many lines: with their numbers where they matter, with marks at some, saved by Ctrl+S. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

interface TextFieldProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  onSave: () => void;
  /** Numbers and no wrapping, as code has it. */
  isCode?: boolean;
  /** Lines that something is wrong with, from 1. */
  marked?: ReadonlySet<number>;
  /** A line to show, from 1; `at` makes the same one show again. */
  line?: { number: number; at: number } | null;
  describedBy?: string;
}

export function TextField(props: TextFieldProps) {
  const { label, text, onText, onSave, isCode = false, marked, line, describedBy } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // As high as its text, so that the view scrolls and not a box in it.
    const { current } = field;
    if (!current || isCode) return;
    const scroller = current.closest('.sheet');
    const top = scroller?.scrollTop;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight + 2}px`;
    if (scroller && top !== undefined) scroller.scrollTop = top;
  }, [text, isCode]);
  useEffect(() => {
    if (line && field.current) showLine(field.current, line.number);
  }, [line]);
  return (
    <div class={isCode ? 'text-field code' : 'text-field'}>
      {isCode && (
        <div class="gutter" ref={gutter} aria-hidden="true">
          {text.split('\n').map((_, index) => (
            <span key={index} class={marked?.has(index + 1) ? 'wrong' : undefined}>
              {index + 1}
            </span>
          ))}
        </div>
      )}
      <textarea
        ref={field}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={marked && marked.size > 0 ? 'true' : undefined}
        dir="auto"
        spellcheck={!isCode}
        autocapitalize={isCode ? 'off' : 'sentences'}
        wrap={isCode ? 'off' : 'soft'}
        value={text}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
        onScroll={({ currentTarget }) => {
          if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop;
        }}
        onKeyDown={(event) => {
          if (!(event.ctrlKey || event.metaKey) || event.key !== 's') return;
          event.preventDefault();
          onSave();
        }}
      />
    </div>
  );
}

function showLine(field: HTMLTextAreaElement, number: number): void {
  const lines = field.value.split('\n');
  const start = lines.slice(0, number - 1).reduce((sum, text) => sum + text.length + 1, 0);
  field.focus({ preventScroll: true });
  field.setSelectionRange(start, start + (lines[number - 1]?.length ?? 0));
  const scroller = field.scrollHeight > field.clientHeight + 4 ? field : field.closest('.sheet');
  if (!scroller) return;
  const share = (number - 1) / Math.max(1, lines.length);
  const inside = share * field.scrollHeight - scroller.clientHeight / 3;
  scroller.scrollTop = scroller === field ? inside : field.offsetTop + inside;
}
