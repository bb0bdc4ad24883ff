export type Form = 'containers' | 'local';

export interface Attempt {
  name: string;
  /** Why it might work. */
  reason: string;
  command: string;
  /** Where it makes sense; in both forms unless said. */
  form?: Form;
}
