/** What Moby asked his owner in a conversation, at the answer that it was asked for. */
import type { Question } from '@mobyclaw/protocol/question';
import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import { QuestionCard } from '../../ui/question/question-card.tsx';
import { useResource } from '../../ui/use-resource.ts';

const MOST = 500; // as the API gives at once

/** Of the conversation that is shown, by their turns. */
export const Asked = createContext<ReadonlyMap<string, readonly Question[]>>(new Map());

export function useAsked(session: string): ReadonlyMap<string, readonly Question[]> {
  const path = `/api/questions?state=all&limit=${MOST}&session=${encodeURIComponent(session)}`;
  const items = useResource<{ items: Question[] }>(path, ['questions']).value.value?.items;
  return useMemo(() => {
    const byTurn = new Map<string, Question[]>();
    for (const question of [...(items ?? [])].reverse())
      byTurn.set(question.turn, [...(byTurn.get(question.turn) ?? []), question]);
    return byTurn;
  }, [items]);
}

export function AskedIn({ turn }: { turn: string }) {
  return (
    <>
      {useContext(Asked)
        .get(turn)
        ?.map((question) => (
          <QuestionCard key={question.id} question={question} />
        ))}
    </>
  );
}
