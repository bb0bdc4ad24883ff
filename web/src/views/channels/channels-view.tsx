/** The messengers: whether they are connected, who waits to be let in, who may talk to Moby, in which groups he answers. */
import type { ChannelStatusView, ChannelsView as Channels, PairingsView } from '@mobyclaw/protocol/channel';
import { t } from '../../texts.ts';
import { fullTime, shortTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { Access } from './access.tsx';
import { act, problem } from './actions.ts';
import { WhatsAppLogin } from './whatsapp-login.tsx';

export function ChannelsView() {
  const channels = useResource<Channels>('/api/channels', ['channels']);
  const pairings = useResource<PairingsView>('/api/pairings', ['channels']);
  const view = channels.value.value;
  const access = pairings.value.value;
  const failure = problem.value ?? channels.problem.value ?? pairings.problem.value;
  return (
    <>
      <ViewHeader title={<h1>{t.views.channels}</h1>} />
      <section class="sheet" tabIndex={0} aria-label={t.views.channels}>
        {failure !== null && <Problem text={failure} />}
        <section aria-labelledby="messengers">
          <h2 id="messengers">{t.channels.messengers}</h2>
          {!view && <Loading />}
          {view?.items.length === 0 && <p class="empty">{t.channels.none}</p>}
          {view && view.items.length > 0 && (
            <ul class="rows">
              {view.items.map((one) => (
                <Channel key={one.channel} status={one} />
              ))}
            </ul>
          )}
          {view?.owner && <p class="quiet">{t.channels.owner(view.owner.channel)}</p>}
        </section>
        {view && view.trouble.length > 0 && <Trouble items={view.trouble} />}
        {access && <Access view={access} />}
      </section>
    </>
  );
}

function Channel({ status }: { status: ChannelStatusView }) {
  const { channel, state, since, reason, waiting, login } = status;
  const name = t.platforms[channel] ?? channel;
  return (
    <li class="channel">
      <span class={`lamp ${state}`} />
      <div class="row-text">
        <strong>{name}</strong> <span class={`tag ${state}`}>{t.channels.states[state]}</span>
        <span class="quiet">
          {t.channels.since}{' '}
          <time dateTime={since} title={fullTime(since)}>
            {shortTime(since)}
          </time>
          {waiting > 0 && ` · ${t.channels.waiting(waiting)}`}
        </span>
        {reason !== undefined && <span class={state === 'up' ? 'warning' : 'failure'}>{reason}</span>}
        {channel === 'whatsapp' && <WhatsAppLogin login={login} state={state} />}
      </div>
    </li>
  );
}

function Trouble({ items }: { items: Channels['trouble'] }) {
  return (
    <section aria-labelledby="trouble">
      <h2 id="trouble">{t.channels.trouble}</h2>
      <ul class="rows">
        {items.map(({ delivery, channel, state, error, createdAt }) => (
          <li key={delivery}>
            <div class="row-text">
              <bdi>{channel}</bdi> <span class="tag">{t.channels.undelivered[state]}</span>
              {error !== undefined && <span class="quiet">{error}</span>}
              <time class="quiet" dateTime={createdAt}>
                {shortTime(createdAt)}
              </time>
            </div>
            <button
              type="button"
              class="button"
              onClick={() => void act(`/api/channels/${encodeURIComponent(channel)}/resend`)}
            >
              {t.channels.resend}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
