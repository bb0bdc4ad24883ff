/** What a conversation's view knows besides the history: what commands answered, and what is being edited. */
import { signal } from '@preact/signals';

/** An answer of a command: shown, and not kept. */
export interface CommandNote {
  id: number;
  session: string;
  command: string;
  text: string;
}

export const notes = signal<readonly CommandNote[]>([]);
/** A text for the composer to take up, such as a message that was withdrawn to be changed. */
export const proposal = signal<{ session: string; text: string } | null>(null);
/** What went wrong with something the reader did. */
export const actionProblem = signal<string | null>(null);

let lastNote = 0;

export function addNote(session: string, command: string, text: string): void {
  notes.value = [...notes.value, { id: ++lastNote, session, command, text }];
}

export function dropNote(id: number): void {
  notes.value = notes.value.filter((note) => note.id !== id);
}
