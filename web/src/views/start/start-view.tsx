/** The first visit: three things that he can do, each tried by one button, with the offline model too. */
import type { PromptAnswer } from '@mobyclaw/protocol/turn';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { newKey } from '../../data/page.ts';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { MarkdownText } from '../../ui/markdown-text.tsx';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Problem } from '../../ui/view-state.tsx';
import { HOME } from '../chat/conversation-name.ts';

const ICONS: readonly IconName[] = ['chat', 'memory', 'clock'];

export function StartView() {
  return (
    <>
      <ViewHeader title={<h1>{t.start.title}</h1>} />
      <div class="sheet start">
        <p class="lead">{t.start.about}</p>
        <ol class="start-steps">
          {t.start.steps.map((step, index) => (
            <Step key={step.title} step={step} icon={ICONS[index] ?? 'chat'} />
          ))}
        </ol>
        <p>
          <a class="button primary" href={hrefOf('chat')}>
            {t.start.toChat}
          </a>
        </p>
      </div>
    </>
  );
}

interface StepText {
  title: string;
  about: string;
  prompt: string;
  after: string;
  view: string;
}

function Step({ step: { title, about, prompt, after, view }, icon }: { step: StepText; icon: IconName }) {
  const [key] = useState(newKey); // so that trying again after a broken line is the same message
  const [isAsking, setAsking] = useState(false);
  const [answer, setAnswer] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const tryIt = async (): Promise<void> => {
    setAsking(true);
    setProblem(null);
    try {
      const body = { session: HOME, prompt };
      setAnswer((await ask<PromptAnswer>('/prompt', { method: 'POST', body, idempotencyKey: key })).text);
    } catch (error) {
      setProblem(messageOf(error));
    }
    setAsking(false);
  };
  return (
    <li class="start-step">
      <span class="start-icon">
        <Icon name={icon} />
      </span>
      <div class="start-body">
        <h2>{title}</h2>
        <p class="quiet">{about}</p>
        {answer === null && (
          <button type="button" class="start-try" disabled={isAsking} onClick={() => void tryIt()}>
            {prompt}
          </button>
        )}
        <div aria-live="polite">
          {isAsking && (
            <p class="busy">
              <span class="pulse" /> {t.chat.writing}
            </p>
          )}
          {answer !== null && (
            <>
              <p class="start-said" dir="auto">
                {prompt}
              </p>
              <div class="start-answer">
                <MarkdownText text={answer} isWhole />
              </div>
              <a href={hrefOf(view)}>{after}</a>
            </>
          )}
        </div>
        {problem !== null && <Problem text={problem} />}
      </div>
    </li>
  );
}
