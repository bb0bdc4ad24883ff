/** What is typed and not sent, by conversation. In localStorage, which has it before the next key is pressed. */
const PREFIX = 'draft:';

export function readDraft(session: string): string {
  try {
    return localStorage.getItem(PREFIX + session) ?? '';
  } catch {
    return ''; // a browser that keeps nothing
  }
}

export function keepDraft(session: string, text: string): void {
  try {
    if (text === '') localStorage.removeItem(PREFIX + session);
    else localStorage.setItem(PREFIX + session, text);
  } catch {
    // full, or nothing is kept here; it is still in front of its writer
  }
}
