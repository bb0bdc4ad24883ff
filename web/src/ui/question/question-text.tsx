/** What a question is about: the gateway's words, and apart from them those of others. */
import { t } from '../../texts.ts';
import { ForeignText } from '../foreign-text.tsx';
import { Icon } from '../icon.tsx';
import { MarkdownText } from '../markdown-text.tsx';
import type { QuestionParts } from './question-parts.ts';

export function QuestionText({ parts: { said, foreign, about } }: { parts: QuestionParts }) {
  return (
    <>
      {foreign.map((part) => (
        <ForeignText key={part.caption} {...part} />
      ))}
      {said !== '' && <MarkdownText text={said} isWhole />}
      {about !== null && (
        <details class="fold about">
          <summary>
            <Icon name="chevron" />
            <span>{t.questions.toolDescription}</span>
          </summary>
          <p class="thoughts" dir="auto">
            {about}
          </p>
        </details>
      )}
    </>
  );
}
