/** The conversation as the rules need it: what the user wrote last, and what tools have answered since. */
import type { LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';

export interface ToolAnswer {
  tool: string;
  output: string;
  failed: boolean;
}

export interface Conversation {
  message: string;
  answers: ToolAnswer[];
  /** Whether the assistant has said nothing yet in this session. */
  first: boolean;
}

export function readConversation(prompt: LanguageModelV4Prompt): Conversation {
  const at = prompt.findLastIndex((message) => message.role === 'user');
  const user = prompt[at];
  const text = user?.role === 'user' ? textOf(user.content) : '';
  const answers: ToolAnswer[] = [];
  for (const message of prompt.slice(at + 1)) {
    if (message.role !== 'tool') continue;
    for (const part of message.content)
      if (part.type === 'tool-result') answers.push({ tool: part.toolName, ...readOutput(part.output) });
  }
  const spoken = prompt.some((message) => message.role === 'assistant' && textOf(message.content) !== '');
  return { message: withoutContext(text), answers, first: !spoken };
}

/** The gateway's own block at the very beginning; one further down is text that somebody wrote. */
export function withoutContext(text: string): string {
  return text.replace(/^\s*\[moby-context[^\]]*\][\s\S]*?\[\/moby-context\]\s*/, '').trim();
}

function textOf(content: ReadonlyArray<{ type: string; text?: string }>): string {
  return content
    .flatMap((part) => (part.type === 'text' && part.text ? [part.text] : []))
    .join('\n')
    .trim();
}

function readOutput(output: LanguageModelV4ToolResultOutput): { output: string; failed: boolean } {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return { output: output.value, failed: output.type === 'error-text' };
    case 'json':
    case 'error-json':
      return { output: JSON.stringify(output.value), failed: output.type === 'error-json' };
    case 'execution-denied':
      return { output: output.reason ?? 'denied', failed: true };
    case 'content':
      return { output: textOf(output.value as Array<{ type: string; text?: string }>), failed: false };
  }
}
