/** Where one writes: text that is kept as it is typed, files from anywhere, commands with completion. */
import type { CommandView } from '@mobyclaw/protocol/command';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { keepDraft, readDraft } from '../../data/drafts.ts';
import type { LiveTurn } from '../../data/live-turns.ts';
import type { OutboxFile } from '../../data/outbox.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { useResource } from '../../ui/use-resource.ts';
import { send, stopTurn } from './actions.ts';
import { proposal } from './chat-state.ts';
import { pickFiles } from './picked-files.ts';

export function Composer({ session, running }: { session: string; running: LiveTurn | null }) {
  const [text, setText] = useState(() => readDraft(session));
  const [files, setFiles] = useState<readonly OutboxFile[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [dropping, setDropping] = useState(false);
  const [chosen, setChosen] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const isEmpty = text.trim() === '' && files.length === 0;
  const matches = useCompletions(text);

  useLayoutEffect(() => {
    const node = area.current;
    if (!node) return;
    node.style.height = 'auto';
    node.style.height = `${node.scrollHeight}px`;
  }, [text]);

  // On a phone the keyboard would cover what one came to read.
  useEffect(() => {
    if (!matchMedia('(pointer: coarse)').matches) area.current?.focus();
  }, []);

  useEffect(() => {
    if (proposal.value?.session !== session) return;
    change(proposal.value.text);
    proposal.value = null;
    area.current?.focus();
  }, [proposal.value]);

  function change(next: string): void {
    setText(next);
    setChosen(0);
    keepDraft(session, next);
  }

  async function add(list: Iterable<File>): Promise<void> {
    const picked = await pickFiles([...list], files);
    setFiles(picked.files);
    setProblem(picked.problem);
  }

  function submit(): void {
    if (isEmpty) return;
    const sent = text.trim();
    change('');
    setFiles([]);
    setProblem(null);
    void send(session, sent, files);
  }

  function complete(command: CommandView): void {
    change(`/${command.name}${command.usage === undefined ? '' : ' '}`);
    area.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const match = matches[chosen];
    if (match && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      event.preventDefault();
      setChosen((chosen + (event.key === 'ArrowDown' ? 1 : matches.length - 1)) % matches.length);
    } else if (
      match &&
      (event.key === 'Tab' || (event.key === 'Enter' && `/${match.name}` !== text.trim()))
    ) {
      event.preventDefault();
      complete(match);
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && !isPhone()) {
      event.preventDefault();
      submit();
    }
  }

  return (
    <form
      class={`composer${dropping ? ' dropping' : ''}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        void add(event.dataTransfer?.files ?? []);
      }}
    >
      {matches.length > 0 && (
        <div class="completions" id="completions" role="listbox" aria-label={t.chat.commands}>
          {matches.map((command, index) => (
            <div
              key={command.name}
              tabIndex={-1}
              id={`command-${command.name}`}
              role="option"
              aria-selected={index === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                complete(command);
              }}
            >
              <code>
                /{command.name} {command.usage}
              </code>{' '}
              <span>{command.description.replaceAll('`', '')}</span>
            </div>
          ))}
        </div>
      )}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {files.length > 0 && (
        <ul class="picked">
          {files.map((file) => (
            <li key={file.name}>
              <Icon name="file" /> {file.name}
              <button
                type="button"
                class="action"
                aria-label={`${t.remove}: ${file.name}`}
                onClick={() => setFiles(files.filter((one) => one !== file))}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="writing-line">
        <FileButton icon="clip" label={t.chat.attach} onFiles={(list) => void add(list)} />
        <FileButton icon="camera" label={t.chat.camera} camera onFiles={(list) => void add(list)} />
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          enterkeyhint={isPhone() ? 'enter' : 'send'}
          aria-label={t.chat.placeholder}
          placeholder={dropping ? t.chat.dropHere : t.chat.placeholder}
          value={text}
          aria-haspopup="listbox"
          aria-controls="completions"
          aria-autocomplete="list"
          aria-activedescendant={matches[chosen] && `command-${matches[chosen].name}`}
          onInput={({ currentTarget }) => change(currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const pasted = event.clipboardData?.files ?? [];
            if (pasted.length === 0) return;
            event.preventDefault();
            void add(pasted);
          }}
        />
        {running && isEmpty ? (
          <button
            type="button"
            class="send"
            aria-label={t.chat.stop}
            title={t.chat.stop}
            onClick={() => void stopTurn(running.key)}
          >
            <Icon name="stop" />
          </button>
        ) : (
          <button type="submit" class="send" aria-label={t.chat.send} title={t.chat.send} disabled={isEmpty}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}

interface FileButtonProps {
  icon: 'clip' | 'camera';
  label: string;
  camera?: boolean;
  onFiles: (files: Iterable<File>) => void;
}

function FileButton({ icon, label, camera = false, onFiles }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={`icon-button${camera ? ' only-touch' : ''}`}
        aria-label={label}
        title={label}
        onClick={() => input.current?.click()}
      >
        <Icon name={icon} />
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={!camera}
        {...(camera && { accept: 'image/*', capture: 'environment' as const })}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
    </>
  );
}

/** Commands that begin as the text does, while it is nothing but the beginning of one. */
function useCompletions(text: string): readonly CommandView[] {
  const commands = useResource<{ items: CommandView[] }>('/api/commands');
  const begun = /^\/([a-z]*)$/i.exec(text)?.[1]?.toLowerCase();
  if (begun === undefined) return [];
  return (commands.value.value?.items ?? []).filter(({ name }) => name.startsWith(begun)).slice(0, 8);
}

function isPhone(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
