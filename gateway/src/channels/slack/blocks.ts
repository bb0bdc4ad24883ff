/** Text of Slack's blocks (https://docs.slack.dev/reference/block-kit/blocks), for messages that have no other. */
export interface Block {
  type?: string;
  /** A string in elements of rich text, an object in sections and headers. */
  text?: string | { text?: string };
  url?: string;
  user_id?: string;
  name?: string;
  elements?: Block[];
  fields?: Block[];
}

const LINES = new Set(['rich_text_section', 'rich_text_preformatted', 'rich_text_quote']);

/** In the markup that Slack's texts have. */
export function textOfBlocks(blocks: readonly Block[]): string {
  return blocks
    .map(textOf)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function textOf(block: Block): string {
  const { type = '', text, url, user_id, name, elements = [], fields = [] } = block;
  if (type === 'user' && user_id !== undefined) return `<@${user_id}>`;
  if (type === 'emoji' && name !== undefined) return `:${name}:`;
  const own = typeof text === 'string' ? text : (text?.text ?? '');
  if (type === 'link' && url !== undefined) return own === '' ? `<${url}>` : `<${url}|${own}>`;
  const inner = elements.map(textOf).join(type === 'rich_text_list' || type === 'context' ? '\n' : '');
  const whole = [own, inner, ...fields.map(textOf)].filter(Boolean).join('\n');
  return LINES.has(type) ? `${whole}\n` : whole;
}
