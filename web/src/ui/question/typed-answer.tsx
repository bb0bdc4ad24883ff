/** Where a question wants more than a button: a text, a number, a secret without echo, or something of a list. */

import { visibleText } from '@mobyclaw/lib/visible-text';
import type { AnswerRequest, Question } from '@mobyclaw/protocol/question';
import { useId, useState } from 'preact/hooks';
import { t } from '../../texts.ts';
import type { QuestionParts } from './question-parts.ts';

export interface TypedAnswerProps {
  question: Question;
  parts: QuestionParts;
  isBusy: boolean;
  onAnswer: (answer: AnswerRequest) => void;
}

export function TypedAnswer({ question, parts, isBusy, onAnswer }: TypedAnswerProps) {
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const id = useId();
  const { input } = question;
  if (input === null) return null;
  const { choices, hint } = parts;
  const label = parts.field === null ? t.questions.answerLabel : visibleText(parts.field);
  const isEmpty = choices === null ? typed === '' : chosen.size === 0 && !choices.several;

  function submit(event: Event): void {
    event.preventDefault();
    if (isEmpty || isBusy || input === null) return;
    const several = [...chosen].sort((a, b) => a - b).map((index) => index + 1);
    const value = choices === null ? typed : several.join(',');
    // A secret is nowhere once it is on its way.
    if (input.secret) setTyped('');
    onAnswer({ value: choices === null && input.type !== 'text' ? Number(typed) : value });
  }

  return (
    <form class="typed" onSubmit={submit} autocomplete="off">
      {choices === null ? (
        <>
          <label for={id}>{label}</label>
          <input
            id={id}
            {...(input.secret ? { type: 'password' as const } : { type: 'text' as const })}
            inputMode={input.type === 'text' ? 'text' : input.type === 'integer' ? 'numeric' : 'decimal'}
            autocomplete={input.secret ? 'new-password' : 'off'}
            autocapitalize="off"
            spellcheck={false}
            dir="auto"
            maxLength={input.maxLength}
            aria-describedby={hint ? `${id}-hint` : undefined}
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </>
      ) : (
        <fieldset>
          <legend>{label}</legend>
          {choices.titles.map((title, index) => (
            <label key={index} class="choice">
              <input
                type={choices.several ? 'checkbox' : 'radio'}
                name={id}
                checked={chosen.has(index)}
                onChange={() => setChosen(choices.several ? toggled(chosen, index) : new Set([index]))}
              />
              <bdi>{visibleText(title)}</bdi>
            </label>
          ))}
        </fieldset>
      )}
      {hint !== null && hint !== '' && (
        <p class="quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <button type="submit" class="button primary" disabled={isEmpty || isBusy}>
        {t.questions.send}
      </button>
    </form>
  );
}

function toggled(chosen: ReadonlySet<number>, index: number): ReadonlySet<number> {
  const next = new Set(chosen);
  if (!next.delete(index)) next.add(index);
  return next;
}
