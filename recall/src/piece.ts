/** What is found: one line of a file, one entry of a list, one message or a passage of a long one. */
export interface Piece {
  /** Where it stands in its source: its first line in a file from 1, or the id of a message. */
  line: number;
  content: string;
  /** Heading it stands under; counts as words of the piece. Empty where there is none. */
  section: string;
  /** When it was said, YYYY-MM-DD or YYYY-MM-DD HH:MM in the owner's zone. */
  at: string | null;
  /** By whom, as people write the name. */
  speaker: string | null;
}
