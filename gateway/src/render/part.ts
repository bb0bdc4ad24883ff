/** From the model's Markdown to what a platform takes. One implementation for each platform, under `render/`. */

/** The longest text of one message, in the unit in which the platform counts. */
export interface TextLimit {
  max: number;
  unit: 'utf16' | 'codepoints' | 'bytes';
}

/** One message. Stored as JSON until it is sent, so that a restart sends the very same. */
export interface RenderedPart {
  /** In the platform's own form: markup, or the text that `entities` belong to. */
  text: string;
  /** The same without any formatting, within the same limit: sent where the platform refuses `text` for its form. */
  plain: string;
  /** What the platform's adapter needs besides: Telegram's message entities, Slack's blocks. Plain JSON. */
  extras?: Readonly<Record<string, unknown>>;
}

export interface Renderer {
  /**
   * The parts of a text in order, each within `limit`; together they hold every character that the reader should see.
   * Never throws for any input, however broken or unfinished its Markdown is: streams are rendered before their end.
   * An empty text has no parts.
   */
  render(markdown: string, limit: TextLimit): RenderedPart[];
  /** The same, with turns of the event loop in between where the text is long. */
  renderInSlices(markdown: string, limit: TextLimit): Promise<RenderedPart[]>;
}
