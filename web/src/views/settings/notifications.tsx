/** Which browsers are notified, and this one switched on and off. */
import type { PushList, PushView } from '@mobyclaw/protocol/push';
import { useState } from 'preact/hooks';
import { messageOf } from '../../data/api.ts';
import { canBeNotified, switchOff, switchOn } from '../../data/push.ts';
import { t } from '../../texts.ts';
import { dayText } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { Problem } from '../../ui/view-state.tsx';

export function Notifications() {
  const push = useResource<PushList>('/api/push', ['push', 'tokens']);
  const [problem, setProblem] = useState<string | null>(null);
  const list = push.value.value;
  const own = list?.items.find(({ thisBrowser }) => thisBrowser);
  const others = list?.items.filter(({ thisBrowser }) => !thisBrowser) ?? [];

  async function act(work: () => Promise<unknown>): Promise<void> {
    setProblem(null);
    await work().catch((error: unknown) => setProblem(messageOf(error)));
    void push.refresh();
  }

  return (
    <section>
      <h2>{t.push.title}</h2>
      <p class="quiet">{t.push.about}</p>
      {push.problem.value !== null && <Problem text={push.problem.value} />}
      {problem !== null && <Problem text={problem} />}
      {!canBeNotified() && <p class="quiet">{t.push.cannot}</p>}
      {list && canBeNotified() && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={own !== undefined}
              onChange={() => void act(() => (own ? switchOff(own) : switchOn(list, false, t.push.denied)))}
            />{' '}
            {t.push.here}
          </label>
          {own && (
            <label class="check">
              <input
                type="checkbox"
                checked={own.content}
                onChange={() => void act(() => switchOn(list, !own.content, t.push.denied))}
              />{' '}
              {t.push.content}
            </label>
          )}
        </>
      )}
      <ul class="rows">
        {others.map((one) => (
          <Other key={one.id} one={one} onEnd={() => void act(() => switchOff(one))} />
        ))}
      </ul>
    </section>
  );
}

function Other({ one, onEnd }: { one: PushView; onEnd: () => void }) {
  return (
    <li>
      <div class="row-text">
        <strong>{one.name}</strong>{' '}
        <span class="quiet">
          {t.push.since} {dayText(one.createdAt)}
        </span>
      </div>
      <button type="button" class="button" onClick={onEnd}>
        {t.push.off}
      </button>
    </li>
  );
}
