/**
 * A question to the owner: what is to be decided, with its buttons; once it is settled, what was decided, by whom and where.
 * Whoever answers second is told that somebody was first.
 */
import type { AnswerRequest, Question } from '@mobyclaw/protocol/question';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { answerQuestion } from '../../data/questions.ts';
import { t } from '../../texts.ts';
import { Countdown } from '../countdown.tsx';
import { Icon } from '../icon.tsx';
import { spoken } from '../speaker.ts';
import { Problem } from '../view-state.tsx';
import { isAllowed, partsOf } from './question-parts.ts';
import { QuestionText } from './question-text.tsx';
import { TypedAnswer } from './typed-answer.tsx';

export function QuestionCard({ question, place }: { question: Question; place?: ComponentChildren }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [reason, setReason] = useState<string | null>(null);
  const card = useRef<HTMLElement>(null);
  const answered = useRef(false);
  const isOpen = question.state === 'open';
  useEffect(() => {
    if (isOpen) return;
    if (question.outcome !== undefined) spoken.value = `${question.title} ${question.outcome}`;
    // The button that was pressed is gone; whoever goes by the keyboard stays here.
    if (answered.current) card.current?.focus();
  }, [isOpen]);

  async function answer(given: AnswerRequest): Promise<void> {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    answered.current = true;
    const why = reason?.trim() ?? '';
    setProblem(await answerQuestion(question.id, { ...given, ...(why === '' ? {} : { reason: why }) }));
    setBusy(false);
  }

  if (!isOpen)
    return (
      <section class="question settled" ref={card} tabIndex={-1} aria-label={question.title}>
        <p>
          <Icon name={isAllowed(question) ? 'check' : 'close'} /> <strong>{question.title}</strong>{' '}
          <span>{question.outcome}</span>
        </p>
        {problem !== null && <Problem text={problem} />}
      </section>
    );
  const parts = partsOf(question);
  return (
    <section class="question" ref={card} tabIndex={-1} aria-label={question.title} aria-busy={busy}>
      <header>
        <Icon name="question" />
        <h3>{question.title}</h3>
        <Countdown until={question.expiresAt} />
      </header>
      {(place || question.asker !== 'owner') && (
        <p class="quiet">
          {place}{' '}
          {question.asker !== 'owner' && <span class="tag warn">{t.questions.askers[question.asker]}</span>}
        </p>
      )}
      <QuestionText parts={parts} />
      <TypedAnswer question={question} parts={parts} isBusy={busy} onAnswer={(given) => void answer(given)} />
      <div class="options">
        {question.options.map(({ id, label, style }) => (
          <button
            key={id}
            type="button"
            class={`button ${style ?? ''}`}
            onClick={() => void answer({ option: id })}
          >
            {label}
          </button>
        ))}
        {reason === null ? (
          <button type="button" class="link reason" onClick={() => setReason('')}>
            {t.questions.addReason}
          </button>
        ) : (
          <input
            class="reason"
            dir="auto"
            maxLength={1000}
            aria-label={t.questions.reason}
            placeholder={t.questions.reason}
            value={reason}
            ref={(node) => {
              if (reason === '') node?.focus();
            }}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        )}
      </div>
      {problem !== null && <Problem text={problem} />}
    </section>
  );
}
