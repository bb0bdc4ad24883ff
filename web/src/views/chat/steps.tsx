/** What Moby did and thought on the way to an answer: folded, with the details on demand. */
import type { ReadonlySignal } from '@preact/signals';
import type { LiveTurn, Step } from '../../data/live-turns.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';

export function Steps({ turn }: { turn: LiveTurn }) {
  const steps = turn.steps.value;
  const isOver = turn.ending.value !== null;
  return (
    <>
      <Thoughts text={turn.reasoning} isOpenEnded={!isOver && turn.text.value === ''} />
      {steps.length > 0 && (
        <details class="fold" open={false}>
          <summary>
            <Icon name="chevron" />
            <span>{isOver ? t.chat.steps(steps.length) : (steps.at(-1)?.label ?? '')}</span>
            {!isOver && steps.at(-1)?.phase !== 'end' && <span class="pulse" />}
          </summary>
          <ol class="steps">
            {steps.map((step) => (
              <StepRow key={step.id} step={step} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

function StepRow({ step: { label, name, args, ok, summary, phase } }: { step: Step }) {
  const state = phase !== 'end' ? '…' : ok === false ? t.chat.failed : '';
  return (
    <li>
      <details>
        <summary>
          {label} <code>{name}</code> {state !== '' && <em>{state}</em>}
        </summary>
        {args !== undefined && (
          <>
            <h6>{t.chat.arguments}</h6>
            <pre tabIndex={0}>{typeof args === 'string' ? args : JSON.stringify(args, null, 2)}</pre>
          </>
        )}
        {summary !== undefined && (
          <>
            <h6>{t.chat.result}</h6>
            <pre tabIndex={0}>{summary}</pre>
          </>
        )}
      </details>
    </li>
  );
}

function Thoughts({ text, isOpenEnded }: { text: ReadonlySignal<string>; isOpenEnded: boolean }) {
  if (text.value === '') return null;
  return (
    <details class="fold">
      <summary>
        <Icon name="chevron" />
        <span>{isOpenEnded ? t.chat.thinking : t.chat.thought}</span>
        {isOpenEnded && <span class="pulse" />}
      </summary>
      <p class="thoughts" dir="auto">
        {text}
      </p>
    </details>
  );
}
