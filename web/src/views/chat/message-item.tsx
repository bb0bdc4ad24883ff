/** One item of a conversation. */
import type { MessageView } from '@mobyclaw/protocol/session';
import { Component } from 'preact';
import { useState } from 'preact/hooks';
import { messageOf } from '../../data/api.ts';
import type { LiveTurn } from '../../data/live-turns.ts';
import type { OutboxEntry } from '../../data/outbox.ts';
import { live, outbox } from '../../data/page.ts';
import { pastTurn } from '../../data/past-turn.ts';
import { t } from '../../texts.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { MarkdownText } from '../../ui/markdown-text.tsx';
import { clockTime, fullTime } from '../../ui/time-text.ts';
import { askAgain, changePrompt, stopTurn } from './actions.ts';
import { AskedIn } from './asked-in.tsx';
import { proposal } from './chat-state.ts';
import { isAnsweredHere } from './conversation-name.ts';
import { dollars } from './dollars.ts';
import type { Item } from './items.ts';
import { Steps } from './steps.tsx';

/** Is drawn again for another item alone; what changes about the same one its parts see themselves. */
export class MessageItem extends Component<{ item: Item }> {
  override shouldComponentUpdate({ item }: { item: Item }): boolean {
    return item !== this.props.item;
  }

  render({ item }: { item: Item }) {
    switch (item.kind) {
      case 'message':
        if (item.message.role === 'marker') return <p class="marker">{t.chat.marker}</p>;
        return item.message.role === 'user' ? (
          <Question message={item.message} />
        ) : (
          <Answer message={item.message} />
        );
      case 'answer':
        return <Answer turn={item.turn} />;
      case 'waiting':
        return <Waiting turn={item.turn} position={item.position} />;
      case 'outbox':
        return <Unsent entry={item.entry} isAccepted={item.isAccepted} />;
    }
  }
}

function Question({ message }: { message: MessageView }) {
  const { text, files = [], error, turn, session, at, id } = message;
  return (
    <article class="message mine" data-message={id}>
      <h4 class="unseen">{t.chat.you}</h4>
      <div class="bubble" dir="auto">
        {text}
        <Files turn={turn} files={files} />
      </div>
      <footer>
        {error && <span class="failure">{error.message}</span>}
        <time dateTime={at} title={fullTime(at)}>
          {clockTime(at)}
        </time>
        {error && isAnsweredHere(session) && (
          <Action icon="again" label={t.chat.again} onClick={() => askAgain(session, turn, text)} />
        )}
        <Copy text={text} />
      </footer>
      {error && <AskedIn turn={turn} />}
    </article>
  );
}

/** The same one from its first word on, so that it is drawn once. @param message once it is in the history @param turn until then */
function Answer({ message, turn: followed }: { message?: MessageView; turn?: LiveTurn }) {
  const seen = followed ?? (message ? live.followed(message.turn) : null);
  const [past, setPast] = useState<LiveTurn | string | null>(null);
  const turn = seen ?? (typeof past === 'string' ? null : past);
  const ending = turn?.ending.value ?? null;
  const isWhole = message !== undefined || ending !== null;
  const error = message?.error ?? ending?.error;
  const isWriting = !isWhole && turn !== null;
  return (
    <article class="message his" data-message={message?.id} aria-busy={isWriting}>
      <h4 class={message?.sentBy === undefined ? 'unseen' : 'sent-by'}>
        {message?.sentBy === undefined ? t.moby : t.chat.byHimself(message.sentBy)}
      </h4>
      {turn && <Steps turn={turn} />}
      {turn !== null && turn === past && isBare(turn) && <p class="quiet">{t.chat.noSteps}</p>}
      {typeof past === 'string' && <p class="quiet">{past}</p>}
      {turn && isWriting && turn.notice.value !== null && <p class="quiet">{turn.notice}</p>}
      {message ? (
        <MarkdownText text={message.text} isWhole />
      ) : (
        turn && <MarkdownText text={turn.text} isWhole={isWhole} />
      )}
      <AskedIn turn={message?.turn ?? turn?.key ?? ''} />
      {isWriting && <Writing turn={turn} />}
      {error && <p class="failure">{error.message}</p>}
      {!error && message?.incomplete && <p class="failure">{t.chat.incomplete}</p>}
      {ending?.cut && <p class="quiet">{t.chat.cutAtLimit}</p>}
      {message && (
        <AnswerFooter
          message={message}
          onSteps={
            seen === null && past === null && message.sentBy === undefined
              ? () => void pastTurn(message).then(setPast, (problem) => setPast(messageOf(problem)))
              : null
          }
        />
      )}
    </article>
  );
}

/** It has said all it has on its way to the answer: nothing. */
function isBare({ steps, reasoning }: LiveTurn): boolean {
  return steps.value.length === 0 && reasoning.value === '';
}

/** Three points that move, until there is something to read. */
function Writing({ turn }: { turn: LiveTurn }) {
  if (turn.text.value !== '') return null;
  return (
    <p class="writing" role="img" aria-label={t.chat.writing}>
      <span />
      <span />
      <span />
    </p>
  );
}

interface AnswerFooterProps {
  message: MessageView;
  /** Null where they are shown, or there are none. */
  onSteps: (() => void) | null;
}

function AnswerFooter({ message, onSteps }: AnswerFooterProps) {
  const { at, usage, text, session, turn, sentBy } = message;
  return (
    <footer>
      <time dateTime={at} title={fullTime(at)}>
        {clockTime(at)}
      </time>
      {usage && (
        <span class="spent" title={usage.model}>
          {usage.costUsd === undefined || usage.costUsd === 0
            ? t.chat.tokens((usage.inputTokens + usage.outputTokens).toLocaleString())
            : dollars(usage.costUsd)}
        </span>
      )}
      <Copy text={text} />
      {onSteps && <Action icon="chevron" label={t.chat.showSteps} onClick={onSteps} />}
      {sentBy === undefined && isAnsweredHere(session) && (
        <Action icon="again" label={t.chat.again} onClick={() => askAgain(session, turn, '')} />
      )}
    </footer>
  );
}

function Waiting({ turn, position }: { turn: LiveTurn; position: number | null }) {
  const [edited, setEdited] = useState<string | null>(null);
  const { started, ending, prompt, key } = turn;
  const canChange = !started.value && ending.value === null && position !== null;
  if (edited !== null)
    return (
      <form
        class="message mine edit"
        onSubmit={async (event) => {
          event.preventDefault();
          if (await changePrompt(key, edited)) setEdited(null);
        }}
      >
        <textarea
          class="bubble"
          dir="auto"
          aria-label={t.chat.edit}
          value={edited}
          ref={(node) => node?.focus()}
          onInput={({ currentTarget }) => setEdited(currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && setEdited(null)}
        />
        <footer>
          <button type="button" class="button" onClick={() => setEdited(null)}>
            {t.cancel}
          </button>
          <button type="submit" class="button primary" disabled={edited.trim() === ''}>
            {t.save}
          </button>
        </footer>
      </form>
    );
  return (
    <article class="message mine">
      <h4 class="unseen">{t.chat.you}</h4>
      <div class="bubble" dir="auto">
        {prompt}
        {turn.files > 0 && (
          <span class="quiet">
            {' '}
            <Icon name="clip" /> {turn.files}
          </span>
        )}
      </div>
      <footer>
        {position === null ? (
          <span>{t.chat.merged}</span>
        ) : (
          canChange && (
            <span class="queued">
              <Icon name="clock" /> {t.chat.queued} · {t.chat.position(position)}
            </span>
          )
        )}
        {ending.value?.error && <span class="failure">{ending.value.error.message}</span>}
        {canChange && (
          <>
            <Action icon="pencil" label={t.chat.edit} onClick={() => setEdited(prompt.value)} />
            <Action icon="close" label={t.chat.withdraw} onClick={() => void stopTurn(key)} />
          </>
        )}
      </footer>
    </article>
  );
}

function Unsent({ entry, isAccepted }: { entry: OutboxEntry; isAccepted: boolean }) {
  const { key, text, files, refused, session } = entry;
  return (
    <article class="message mine unsent">
      <h4 class="unseen">{t.chat.you}</h4>
      <div class="bubble" dir="auto">
        {text}
        {files.map(({ name }) => (
          <span key={name} class="file">
            <Icon name="file" /> {name}
          </span>
        ))}
      </div>
      <footer>
        {refused === undefined ? (
          <span class="queued">
            <Icon name="clock" /> {isAccepted ? t.chat.sending : t.chat.kept}
          </span>
        ) : (
          <span class="failure">
            {t.chat.refused} {refused}
          </span>
        )}
        {refused !== undefined && (
          <Action icon="again" label={t.retry} onClick={() => void outbox.retry(key)} />
        )}
        {!isAccepted && (
          <>
            {files.length === 0 && entry.again === undefined && (
              <Action
                icon="pencil"
                label={t.chat.edit}
                onClick={() => {
                  proposal.value = { session, text };
                  void outbox.discard(key);
                }}
              />
            )}
            <Action icon="close" label={t.chat.discard} onClick={() => void outbox.discard(key)} />
          </>
        )}
      </footer>
    </article>
  );
}

function Files({ turn, files }: { turn: string; files: readonly { name: string; mime: string }[] }) {
  if (files.length === 0) return null;
  return (
    <div class="files">
      {files.map(({ name, mime }, index) => {
        const path = `/api/turns/${encodeURIComponent(turn)}/files/${index}`;
        return /^image\/(png|jpeg|gif|webp|avif)$/.test(mime) ? (
          <a key={path} href={path} download={name} title={`${t.chat.download}: ${name}`}>
            <img src={path} alt={name} loading="lazy" />
          </a>
        ) : (
          <a key={path} class="file" href={path} download={name}>
            <Icon name="file" /> {name}
          </a>
        );
      })}
    </div>
  );
}

function Copy({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  return (
    <Action
      icon="copy"
      label={done ? t.copied : t.chat.copyMessage}
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => {
          setDone(true);
          setTimeout(() => setDone(false), 1500);
        });
      }}
    />
  );
}

function Action({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }) {
  return (
    <button type="button" class="action" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
