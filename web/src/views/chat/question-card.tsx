/** What Moby asks his owner in mid-answer, with its buttons; once it is settled, what was decided, by whom and where. */
import type { AnswerRequest, Question } from '@mobyclaw/protocol/question';
import { useEffect, useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import type { AskedQuestion } from '../../data/live-turns.ts';
import { t } from '../../texts.ts';
import { useResource } from '../../ui/use-resource.ts';
import { Problem } from '../../ui/view-state.tsx';
import { MarkdownText } from './markdown-text.tsx';

export function QuestionCard({ asked }: { asked: AskedQuestion }) {
  if (asked.state !== 'open')
    return (
      <p class="quiet">
        {asked.title} {asked.outcome}
      </p>
    );
  return <OpenQuestion id={asked.id} title={asked.title} />;
}

function OpenQuestion({ id, title }: { id: string; title: string }) {
  const path = `/api/questions/${encodeURIComponent(id)}`;
  const question = useResource<Question>(path);
  const [problem, setProblem] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  useEffect(() => void question.refresh(), [id]);
  const { text = '', options = [], input = null } = question.value.value ?? {};

  async function answer(given: AnswerRequest): Promise<void> {
    setProblem(null);
    try {
      await ask(`${path}/answer`, { method: 'POST', body: given });
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  return (
    <section class="question" aria-label={title}>
      <h5>{title}</h5>
      {text !== '' && <MarkdownText text={text} isWhole />}
      {input && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void answer({ value: input.type === 'text' ? typed : Number(typed) });
          }}
        >
          <TextField label={title} isSecret={input.secret === true} value={typed} onInput={setTyped} />
          <button type="submit" class="button primary" disabled={typed === ''}>
            {t.chat.answer}
          </button>
        </form>
      )}
      <div class="options">
        {options.map((option) => (
          <button
            key={option.id}
            type="button"
            class={`button ${option.style ?? ''}`}
            onClick={() => void answer({ option: option.id })}
          >
            {option.label}
          </button>
        ))}
      </div>
      {problem !== null && <Problem text={problem} />}
    </section>
  );
}

interface TextFieldProps {
  label: string;
  isSecret: boolean;
  value: string;
  onInput: (text: string) => void;
}

function TextField({ label, isSecret, value, onInput }: TextFieldProps) {
  const shared = {
    'aria-label': label,
    autocomplete: 'off' as const,
    value,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onInput(currentTarget.value),
  };
  return isSecret ? <input type="password" {...shared} /> : <input type="text" {...shared} />;
}
