/** Takes server-sent events apart as their bytes come, https://html.spec.whatwg.org/multipage/server-sent-events.html: of each block its id, its name and its data. */
export interface EventBlock {
  id: string | null;
  event: string | null;
  data: string;
}

export class EventBlocks {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** @returns the blocks that are whole now; a comment, which only shows that the line lives, is none */
  read(bytes: Uint8Array): EventBlock[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const blocks = this.#rest.split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      let id: string | null = null;
      let event: string | null = null;
      let data: string | null = null;
      for (const line of block.split('\n')) {
        const [, name, value = ''] = /^(id|event|data): ?(.*)$/s.exec(line) ?? [];
        if (name === 'id') id = value;
        else if (name === 'event') event = value;
        else if (name === 'data') data = value;
      }
      return data === null ? [] : [{ id, event, data }];
    });
  }
}
