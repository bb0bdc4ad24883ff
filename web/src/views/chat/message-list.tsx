/**
 * The messages of a conversation in their scroller: stays at the end while one is there, keeps its place while older ones
 * come in above, goes to a message that a search has found.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Conversation } from '../../data/conversation.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { MarkdownText } from '../../ui/markdown-text.tsx';
import { Problem } from '../../ui/view-state.tsx';
import { dropNote, notes } from './chat-state.ts';
import type { Item } from './items.ts';
import { MessageItem } from './message-item.tsx';

const AT_END_PX = 80;
const AT_ONCE = 10; // fills a screen; the older ones of a page are drawn after it, as many at a time
const AHEAD = '800px 0px'; // older messages are asked for before one is there

export interface MessageListProps {
  conversation: Conversation;
  items: readonly Item[];
  /** Id of a message to go to. */
  target: number | null;
}

export function MessageList({ conversation, items, target }: MessageListProps) {
  const scroller = useRef<HTMLElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const anchor = useRef<{ node: Element; top: number } | null>(null);
  const [away, setAway] = useState(false);
  const [count, setCount] = useState(AT_ONCE);
  const isAll = target !== null || count >= items.length;
  const drawn = isAll ? items : items.slice(-count);
  const first = drawn[0]?.key;
  const ownNotes = notes.value.filter(({ session }) => session === conversation.session);

  // What grows at the end keeps the end in sight.
  useEffect(() => {
    if (!column.current) return;
    const observer = new ResizeObserver(() => toEndIfPinned());
    observer.observe(column.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const node = scroller.current;
    if (!node) return;
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target: edge } of entries) {
          if (!isIntersecting) continue;
          if ((edge as HTMLElement).dataset.edge === 'older') {
            remember();
            void conversation.loadOlder();
          } else void conversation.loadNewer();
        }
      },
      { root: node, rootMargin: AHEAD },
    );
    for (const edge of node.querySelectorAll('[data-edge]')) observer.observe(edge);
    return () => observer.disconnect();
  }, [conversation, first, conversation.atStart.value, conversation.atEnd.value, isAll]);

  useEffect(() => {
    if (items.length === 0) return;
    if (isAll) {
      setCount(Number.POSITIVE_INFINITY);
      return;
    }
    let task: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      task = setTimeout(() => {
        remember();
        setCount(count + AT_ONCE);
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(task);
    };
  }, [isAll, count, items.length === 0]);

  // Older ones came in: what was read stays where it was.
  useLayoutEffect(() => {
    const kept = anchor.current;
    anchor.current = null;
    if (kept && scroller.current && kept.node.isConnected && !pinned.current)
      scroller.current.scrollTop += kept.node.getBoundingClientRect().top - kept.top;
    else toEndIfPinned();
  }, [first]);

  useLayoutEffect(() => toEndIfPinned(), [items.length, ownNotes.length]);

  useLayoutEffect(() => {
    if (target === null) return;
    pinned.current = false;
    void conversation.showAround(target).then(() =>
      requestAnimationFrame(() => {
        const node = column.current?.querySelector(`[data-message="${target}"]`);
        node?.scrollIntoView({ block: 'center' });
        node?.classList.add('found');
      }),
    );
  }, [conversation, target]);

  function remember(): void {
    const top = scroller.current?.getBoundingClientRect().top ?? 0;
    for (const node of column.current?.children ?? []) {
      const box = node.getBoundingClientRect();
      if (box.bottom > top && node.classList.contains('message')) {
        anchor.current = { node, top: box.top };
        return;
      }
    }
  }

  function toEndIfPinned(): void {
    const node = scroller.current;
    if (node && pinned.current && conversation.atEnd.value) node.scrollTop = node.scrollHeight;
  }

  function onScroll(): void {
    const node = scroller.current;
    if (!node) return;
    const isAtEnd = node.scrollHeight - node.scrollTop - node.clientHeight < AT_END_PX;
    pinned.current = isAtEnd && conversation.atEnd.value;
    setAway(!isAtEnd);
  }

  async function toEnd(): Promise<void> {
    await conversation.showEnd();
    pinned.current = true;
    toEndIfPinned();
  }

  return (
    <section class="scroller" ref={scroller} onScroll={onScroll} tabIndex={0} aria-label={t.views.chat}>
      <div class="column" ref={column}>
        {!conversation.atStart.value && items.length > 0 && isAll && (
          <button type="button" class="edge" data-edge="older" onClick={() => void conversation.loadOlder()}>
            {t.chat.older}
          </button>
        )}
        {drawn.map((item) => (
          <MessageItem key={item.key} item={item} />
        ))}
        {ownNotes.map(({ id, command, text }) => (
          <aside key={id} class="message note">
            <header>
              <code>{command}</code>
              <button type="button" class="action" aria-label={t.close} onClick={() => dropNote(id)}>
                <Icon name="close" />
              </button>
            </header>
            <MarkdownText text={text} isWhole />
          </aside>
        ))}
        {!conversation.atEnd.value && items.length > 0 && (
          <button type="button" class="edge" data-edge="newer" onClick={() => void conversation.loadNewer()}>
            {t.chat.newer}
          </button>
        )}
        {conversation.problem.value !== null && (
          <Problem text={conversation.problem.value} onRetry={() => void conversation.reload()} />
        )}
      </div>
      {(away || !conversation.atEnd.value) && items.length > 0 && (
        <button
          type="button"
          class="to-end"
          aria-label={t.chat.toEnd}
          title={t.chat.toEnd}
          onClick={() => void toEnd()}
        >
          <Icon name="down" />
        </button>
      )}
    </section>
  );
}
