/** What Moby asks his owner: how many wait, and the answers that are given here. */
import type { AnswerRequest, Question } from '@mobyclaw/protocol/question';
import { computed } from '@preact/signals';
import { t } from '../texts.ts';
import { ApiError, ask, messageOf } from './api.ts';
import { resources } from './page.ts';

const MOST = 500; // as the API gives at once

/** Those that wait, the newest first. */
export const openQuestions = resources.of<{ items: Question[] }>(`/api/questions?limit=${MOST}`, [
  'questions',
]);

export const openCount = computed(() => openQuestions.value.value?.items.length ?? 0);

/** Never rejects. @returns why the answer does not count; null where it does */
export async function answerQuestion(id: string, given: AnswerRequest): Promise<string | null> {
  try {
    await ask(`/api/questions/${encodeURIComponent(id)}/answer`, { method: 'POST', body: given });
    return null;
  } catch (error) {
    // Somebody was first: what is shown here is not true any more, whatever the line has told.
    if (!(error instanceof ApiError && error.status === 409)) return messageOf(error);
    void openQuestions.refresh();
    return t.questions.tooLate;
  }
}
