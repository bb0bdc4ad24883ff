/** Who waits to be let in, who may talk to Moby, and in which groups he answers. Names are what people call themselves. */

import { visibleText } from '@mobyclaw/lib/visible-text';
import type { PairingsView } from '@mobyclaw/protocol/channel';
import { t } from '../../texts.ts';
import { Countdown } from '../../ui/countdown.tsx';
import { SureButton } from '../../ui/sure-button.tsx';
import { shortTime } from '../../ui/time-text.ts';
import { act } from './actions.ts';

export function Access({ view: { pending, people, groups, closedGroups } }: { view: PairingsView }) {
  return (
    <>
      {pending.length > 0 && (
        <section aria-labelledby="pending">
          <h2 id="pending">{t.channels.pending}</h2>
          <p class="quiet">{t.channels.pendingAbout}</p>
          <ul class="rows">
            {pending.map((one) => (
              <Pending
                key={one.code}
                one={one}
                hasOwner={people.some(({ platform, role }) => platform === one.platform && role === 'owner')}
              />
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="people">
        <h2 id="people">{t.channels.people}</h2>
        {people.length === 0 ? (
          <p class="quiet">{t.channels.noPeople}</p>
        ) : (
          <ul class="rows">
            {people.map(({ platform, user, name, role, lastSeenAt }) => (
              <li key={`${platform}:${user}`}>
                <div class="row-text">
                  <strong>
                    <bdi>{visibleText(name)}</bdi>
                  </strong>{' '}
                  <span class="tag">{t.channels.roles[role]}</span>
                  <span class="quiet">
                    {t.platforms[platform] ?? platform} · {user} · {t.channels.lastSeen}{' '}
                    {shortTime(lastSeenAt)}
                  </span>
                </div>
                <SureButton
                  label={t.channels.revoke}
                  sure={t.channels.sure}
                  name={name}
                  onSure={() => void act(`/api/pairings/${encodeURIComponent(`${platform}:${user}`)}/revoke`)}
                />
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-labelledby="groups">
        <h2 id="groups">{t.channels.groups}</h2>
        {groups.length + closedGroups.length === 0 && <p class="quiet">{t.channels.noGroups}</p>}
        {groups.length + closedGroups.length > 0 && (
          <ul class="rows">
            {groups.map(({ channel, mention }) => (
              <li key={channel}>
                <div class="row-text">
                  <bdi>{channel}</bdi>
                  <span class="quiet">{mention ? t.channels.onMention : t.channels.onAll}</span>
                </div>
                <button
                  type="button"
                  class="button"
                  onClick={() => void act(pathOf(channel, 'allow'), { mention: !mention })}
                >
                  {mention ? t.channels.answerAll : t.channels.answerMention}
                </button>
                <button
                  type="button"
                  class="button danger"
                  onClick={() => void act(pathOf(channel, 'close'))}
                >
                  {t.channels.close}
                </button>
              </li>
            ))}
            {closedGroups.map(({ channel, title, askedAt }) => (
              <li key={channel}>
                <div class="row-text">
                  <bdi>{title === '' ? channel : visibleText(title)}</bdi>{' '}
                  <span class="tag">{t.channels.closed}</span>
                  <span class="quiet">
                    {channel} · {t.channels.asked} {shortTime(askedAt)}
                  </span>
                </div>
                <button
                  type="button"
                  class="button primary"
                  onClick={() => void act(pathOf(channel, 'allow'))}
                >
                  {t.channels.open}
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

/** Where a platform has no owner yet it has to be said what the stranger shall be. */
function Pending({ one, hasOwner }: { one: PairingsView['pending'][number]; hasOwner: boolean }) {
  const { code, platform, user, name, expiresAt } = one;
  const approve = (role: 'owner' | 'guest'): void =>
    void act(`/api/pairings/${encodeURIComponent(code)}/approve`, { role });
  return (
    <li class="pending">
      <div class="row-text">
        <strong>
          <bdi>{visibleText(name)}</bdi>
        </strong>{' '}
        <code>{code}</code> <Countdown until={expiresAt} />
        <span class="quiet">
          {t.platforms[platform] ?? platform} · {user}
        </span>
      </div>
      <div class="row-actions">
        <button type="button" class={`button ${hasOwner ? 'primary' : ''}`} onClick={() => approve('guest')}>
          {t.channels.asGuest}
        </button>
        <SureButton
          label={t.channels.asOwner}
          sure={t.channels.sureOwner}
          name={name}
          onSure={() => approve('owner')}
        />
        <button
          type="button"
          class="button danger"
          onClick={() => void act(`/api/pairings/${encodeURIComponent(code)}/reject`)}
        >
          {t.channels.reject}
        </button>
      </div>
    </li>
  );
}

function pathOf(channel: string, what: 'allow' | 'close'): string {
  return `/api/channels/${encodeURIComponent(channel)}/${what}`;
}
