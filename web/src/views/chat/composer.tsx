/** Where one writes: text that is kept as it is typed, files from anywhere, commands with completion. */
import type { VoiceView } from '@mobyclaw/protocol/voice';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { keepDraft, readDraft } from '../../data/drafts.ts';
import type { LiveTurn } from '../../data/live-turns.ts';
import type { OutboxFile } from '../../data/outbox.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { useResource } from '../../ui/use-resource.ts';
import { send, stopTurn } from './actions.ts';
import { proposal } from './chat-state.ts';
import { type Completion, useCompletions } from './completions.ts';
import { pickFiles } from './picked-files.ts';
import { canRecord, Recorder } from './recorder.tsx';

export function Composer({ session, running }: { session: string; running: LiveTurn | null }) {
  const [text, setText] = useState(() => readDraft(session));
  const [files, setFiles] = useState<readonly OutboxFile[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [dropping, setDropping] = useState(false);
  const [speaking, setSpeaking] = useState(false);
  const [chosen, setChosen] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const isEmpty = text.trim() === '' && files.length === 0;
  const matches = useCompletions(text);
  const voice = useResource<VoiceView>('/api/voice');
  const canSpeak = voice.value.value?.listens === true && canRecord();

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

  function complete({ completed }: Completion): void {
    change(completed);
    area.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const match = matches[chosen];
    if (match && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      event.preventDefault();
      setChosen((chosen + (event.key === 'ArrowDown' ? 1 : matches.length - 1)) % matches.length);
    } else if (
      match &&
      (event.key === 'Tab' || (event.key === 'Enter' && match.completed.trim() !== text.trim()))
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
        <div class="completions" id="completions" role="listbox" aria-label={t.chat.completions}>
          {matches.map((match, index) => (
            <div
              key={match.name}
              tabIndex={-1}
              id={`completion-${index}`}
              role="option"
              aria-selected={index === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                complete(match);
              }}
            >
              <code>{match.name}</code> <span>{match.about}</span>
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
      {speaking ? (
        <Recorder
          onEnd={(file, trouble) => {
            setSpeaking(false);
            setProblem(trouble);
            if (file) void send(session, '', [file]);
          }}
        />
      ) : (
        <div class="writing-line">
          <FileButton icon="clip" label={t.chat.attach} onFiles={(list) => void add(list)} />
          <FileButton icon="camera" label={t.chat.camera} camera onFiles={(list) => void add(list)} />
          {canSpeak && (
            <button
              type="button"
              class="icon-button"
              aria-label={t.chat.record}
              title={t.chat.record}
              onClick={() => setSpeaking(true)}
            >
              <Icon name="microphone" />
            </button>
          )}
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
            aria-activedescendant={matches[chosen] && `completion-${chosen}`}
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
            <button
              type="submit"
              class="send"
              aria-label={t.chat.send}
              title={t.chat.send}
              disabled={isEmpty}
            >
              <Icon name="send" />
            </button>
          )}
        </div>
      )}
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

function isPhone(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
