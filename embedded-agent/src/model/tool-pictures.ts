/**
 * Pictures that tools return, for chat-completions providers: a tool's message holds text only there, and the provider
 * package would put the picture in as base64, which a model reads letter by letter (a screenshot is 100,000 tokens). So
 * the tool's message names the picture, and a message of the user's right after the tools' shows it. Other providers
 * take pictures where they belong.
 */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';

type ToolMessage = Extract<LanguageModelV4Message, { role: 'tool' }>;
type ToolPart = ToolMessage['content'][number];
type UserContent = Extract<LanguageModelV4Message, { role: 'user' }>['content'];
type FilePart = Extract<UserContent[number], { type: 'file' }>;

export function picturesAfterTools(prompt: LanguageModelV4Prompt): LanguageModelV4Prompt {
  const result: LanguageModelV4Prompt = [];
  let shown: UserContent = [];
  const show = (): void => {
    if (shown.length > 0) result.push({ role: 'user', content: shown });
    shown = [];
  };
  for (const message of prompt) {
    if (message.role !== 'tool') {
      show();
      result.push(message);
      continue;
    }
    const parts = message.content.map((part) => withoutPictures(part));
    result.push({ ...message, content: parts.map(({ part }) => part) });
    for (const { caption, files } of parts) {
      if (files.length > 0) shown.push({ type: 'text', text: caption }, ...files);
    }
  }
  show();
  return result;
}

function withoutPictures(part: ToolPart): { part: ToolPart; caption: string; files: FilePart[] } {
  if (part.type !== 'tool-result' || part.output.type !== 'content') return { part, caption: '', files: [] };
  const texts: string[] = [];
  const files: FilePart[] = [];
  for (const item of part.output.value) {
    if (item.type === 'text') texts.push(item.text);
    if (item.type === 'file') files.push({ type: 'file', mediaType: item.mediaType, data: item.data });
  }
  if (files.length > 0)
    texts.push(`(${files.length === 1 ? 'The picture follows' : `${files.length} pictures follow`} below.)`);
  const caption = `What the tool ${part.toolName} returned, to be looked at; it is no message of the person's:`;
  return { part: { ...part, output: { type: 'text', value: texts.join('\n') } }, caption, files };
}
