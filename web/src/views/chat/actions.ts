/** What a reader does in a conversation. None rejects: what went wrong is shown in it. */
import type { CommandAnswer } from '@mobyclaw/protocol/command';
import { ask, messageOf } from '../../data/api.ts';
import type { OutboxFile } from '../../data/outbox.ts';
import { outbox } from '../../data/page.ts';
import { actionProblem, addNote } from './chat-state.ts';

/** Sends what was typed: a command is answered at once, anything else goes through the outbox. */
export async function send(session: string, text: string, files: readonly OutboxFile[]): Promise<void> {
  if (files.length === 0 && /^[/!][a-z]/i.test(text) && (await ranCommand(session, text))) return;
  await outbox.add({ session, text, files });
}

async function ranCommand(session: string, text: string): Promise<boolean> {
  try {
    const path = `/api/sessions/${encodeURIComponent(session)}/command`;
    const answer = await ask<CommandAnswer>(path, { method: 'POST', body: { text } });
    if (answer.command === null) return false;
    addNote(session, text, answer.text);
  } catch (error) {
    addNote(session, text, messageOf(error)); // not through the outbox: a command is for now
  }
  return true;
}

export function askAgain(session: string, turn: string, text: string): void {
  void outbox.add({ session, text, files: [], again: turn });
}

export function stopTurn(turn: string): Promise<boolean> {
  return act(`/api/turns/${encodeURIComponent(turn)}/cancel`, 'POST');
}

/** @returns whether the new words count; where not, the reason is shown */
export function changePrompt(turn: string, prompt: string): Promise<boolean> {
  return act(`/api/turns/${encodeURIComponent(turn)}`, 'PATCH', { prompt });
}

export function rename(session: string, title: string): Promise<boolean> {
  return act(`/api/sessions/${encodeURIComponent(session)}`, 'PATCH', { title });
}

export function beginAnew(session: string): Promise<boolean> {
  return act(`/api/sessions/${encodeURIComponent(session)}/reset`, 'POST', {});
}

async function act(path: string, method: 'POST' | 'PATCH', body?: unknown): Promise<boolean> {
  actionProblem.value = null;
  try {
    await ask(path, { method, ...(body !== undefined && { body }) });
    return true;
  } catch (error) {
    actionProblem.value = messageOf(error);
    return false;
  }
}
