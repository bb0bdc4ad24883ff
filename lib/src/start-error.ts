/** Why a program cannot start, and what the owner can do about it: its message is all that he is shown. */
export class StartError extends Error {
  override name = 'StartError';
}
