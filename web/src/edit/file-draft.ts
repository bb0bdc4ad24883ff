/**
 * A file of the owner's while he edits it: what he began with, what he made of it, what it is by now. It is kept in
 * localStorage until it is saved, so neither a reload nor an error loses it; and it is saved with the version it was made of,
 * so it overwrites nothing that he has not seen.
 */
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import { ApiError, messageOf } from '../data/api.ts';
import { keepDraft, readDraft } from '../data/drafts.ts';

export interface FileText {
  text: string;
  /** Null: there is no such file yet. */
  version: string | null;
}

export interface FileDraftOptions {
  /** Names the draft in this browser. */
  name: string;
  /** @throws ApiError `conflict` where the file is another one by now */
  save: (text: string, version: string | null) => Promise<FileText>;
  /** Asks for the file again, which then comes by `arrived`. */
  refresh: () => Promise<void>;
}

export class FileDraft {
  readonly #options: FileDraftOptions;
  readonly #base = signal<FileText | null>(null);
  readonly #text = signal('');
  /** The file as it is by now, where that is not what was begun with. */
  readonly #theirs = signal<FileText | null>(null);
  readonly saving = signal(false);
  readonly problem = signal<string | null>(null);
  /** Counts what was saved. */
  readonly saves = signal(0);
  readonly isDirty: ReadonlySignal<boolean> = computed(
    () => this.#text.value !== (this.#base.value?.text ?? ''),
  );

  constructor(options: FileDraftOptions) {
    this.#options = options;
  }

  /** Null until the file has come. */
  get base(): ReadonlySignal<FileText | null> {
    return this.#base;
  }

  get text(): ReadonlySignal<string> {
    return this.#text;
  }

  get theirs(): ReadonlySignal<FileText | null> {
    return this.#theirs;
  }

  edit(text: string): void {
    this.#text.value = text;
    this.problem.value = null;
    this.#keep();
  }

  discard(): void {
    const now = this.#theirs.peek() ?? this.#base.peek();
    if (now) this.#settle(now);
  }

  /** The file as the gateway has it. What was being edited stays. */
  arrived(given: FileText): void {
    const now = { ...given, text: given.text.replace(/\r\n/g, '\n') }; // as a text field has it
    const base = this.#base.peek();
    if (!base) {
      const kept = readKept(this.#options.name);
      if (!kept || kept.text === now.text) {
        this.#settle(now);
        return;
      }
      batch(() => {
        this.#base.value = kept.base;
        this.#text.value = kept.text;
        this.#theirs.value = kept.base.version === now.version ? null : now;
      });
      return;
    }
    if (now.version === base.version) this.#theirs.value = null;
    else if (!this.isDirty.peek() || this.#text.peek() === now.text) this.#settle(now);
    else this.#theirs.value = now;
  }

  /** The owner has put both together. */
  resolve(text: string): void {
    const theirs = this.#theirs.peek();
    if (!theirs) return;
    batch(() => {
      this.#base.value = theirs;
      this.#theirs.value = null;
      this.edit(text);
    });
  }

  /** @param text instead of what is typed, as where an earlier version is put back @returns whether it is saved */
  async save(text = this.#text.peek()): Promise<boolean> {
    const base = this.#base.peek();
    if (!base || this.saving.peek()) return false;
    this.saving.value = true;
    this.problem.value = null;
    try {
      const saved = await this.#options.save(text, base.version);
      batch(() => {
        // What was typed meanwhile is an edit of what is saved now.
        const typed = this.#text.peek();
        this.#settle({ ...saved, text });
        if (typed !== text && typed !== base.text) this.edit(typed);
        this.saves.value++;
      });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.type === 'conflict') {
        await this.#options.refresh();
        if (this.#theirs.peek()) return false; // which says it better
      }
      this.problem.value = messageOf(error);
      return false;
    } finally {
      this.saving.value = false;
    }
  }

  #settle(now: FileText): void {
    batch(() => {
      this.#base.value = now;
      this.#text.value = now.text;
      this.#theirs.value = null;
      this.problem.value = null;
    });
    this.#keep();
  }

  #keep(): void {
    const base = this.#base.peek();
    const text = this.#text.peek();
    keepDraft(keyOf(this.#options.name), base && text !== base.text ? JSON.stringify({ text, base }) : '');
  }
}

function keyOf(name: string): string {
  return `file:${name}`;
}

function readKept(name: string): { text: string; base: FileText } | null {
  try {
    const { text, base } = JSON.parse(readDraft(keyOf(name))) as { text: string; base: FileText };
    return typeof text === 'string' && typeof base?.text === 'string' ? { text, base } : null;
  } catch {
    return null; // nothing is kept
  }
}
