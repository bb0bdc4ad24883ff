/**
 * The stored conversation as the model is given it. Storage keeps what happened; this makes it acceptable to every
 * provider: a tool call that was cut off gets a result that says so, a result without its call is left out, and old
 * tool results beyond a budget are shortened, as nothing else bounds them.
 */
import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import type { ContentPart, StoredMessage, ToolCall } from '@mobyclaw/protocol/cagent';
import { pictureType } from '../model/picture-type.ts';
import { promptArguments } from './call-arguments.ts';

const OLD_RESULTS_TOKENS = 40_000; // cagent's default
const CHARS_A_TOKEN = 4;

export const NO_RESULT =
  'No result: the run was cut off before this tool had answered. It may or may not have acted.';

type Stored = StoredMessage['message'];
type UserContent = Extract<LanguageModelV4Message, { role: 'user' }>['content'];

/**
 * @param maxItems how many of the last messages are sent besides those of the user; 0 for all
 * @param oldResultsTokens what results of tools may take up, the newest first; 0 for the default, -1 for all
 */
export function toModelMessages(
  stored: readonly StoredMessage[],
  maxItems = 0,
  oldResultsTokens = 0,
): LanguageModelV4Prompt {
  // What a sub-agent said is told by the result of its task alone.
  const all = stored.filter((entry) => entry.sub_session === undefined).map((entry) => entry.message);
  const messages = shortened(
    maxItems > 0 ? recent(all, maxItems) : all,
    oldResultsTokens || OLD_RESULTS_TOKENS,
  );
  const result: LanguageModelV4Prompt = [];
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    if (!message) break;
    if (message.role === 'user') {
      result.push({ role: 'user', content: userContent(message) });
    } else if (message.role === 'assistant') {
      const calls = message.tool_calls ?? [];
      const answers = new Map<string, Stored>();
      while (messages[index + 1]?.role === 'tool') {
        const answer = messages[++index];
        if (answer?.tool_call_id) answers.set(answer.tool_call_id, answer);
      }
      result.push(...assistantTurn(message, calls, answers));
    }
    // A tool result that follows no assistant message has lost its call.
  }
  return result;
}

function assistantTurn(
  message: Stored,
  calls: readonly ToolCall[],
  answers: Map<string, Stored>,
): LanguageModelV4Message[] {
  const callParts = calls.map(
    (call): LanguageModelV4ToolCallPart => ({
      type: 'tool-call',
      toolCallId: call.id ?? '',
      toolName: call.function.name ?? '',
      input: promptArguments(call.function.arguments),
    }),
  );
  const text = message.content ? [{ type: 'text' as const, text: message.content }] : [];
  if (text.length + callParts.length === 0) return [];
  const turn: LanguageModelV4Message[] = [{ role: 'assistant', content: [...text, ...callParts] }];
  if (callParts.length > 0) {
    const content = callParts.map((part) => toolResult(part, answers.get(part.toolCallId)));
    turn.push({ role: 'tool', content });
  }
  return turn;
}

function toolResult(
  call: LanguageModelV4ToolCallPart,
  answer: Stored | undefined,
): LanguageModelV4ToolResultPart {
  const value = answer?.content ?? NO_RESULT;
  const failed = answer === undefined || answer.is_error === true;
  return {
    type: 'tool-result',
    toolCallId: call.toolCallId,
    toolName: call.toolName,
    output: failed ? { type: 'error-text', value } : { type: 'text', value },
  };
}

function userContent(message: Stored): UserContent {
  if (!message.multi_content?.length) return [{ type: 'text', text: message.content ?? '' }];
  return message.multi_content.flatMap((part) => userPart(part));
}

function userPart(part: ContentPart): UserContent {
  if (part.type === 'text') return part.text ? [{ type: 'text', text: part.text }] : [];
  const url = part.image_url?.url;
  if (!url) return [];
  const inline = /^data:([\w.+-]+\/[\w.+-]+);base64,/.exec(url);
  if (!inline?.[1]) return [{ type: 'file', mediaType: 'image/*', data: { type: 'url', url: new URL(url) } }];
  const data = url.slice(inline[0].length);
  return [{ type: 'file', mediaType: pictureType(data, inline[1]), data: { type: 'data', data } }];
}

/** The last `count` messages, and of those before them the user's own. */
function recent(messages: readonly Stored[], count: number): Stored[] {
  const cut = messages.length - count;
  return messages.filter((message, index) => index >= cut || message.role === 'user');
}

function shortened(messages: readonly Stored[], tokens: number): readonly Stored[] {
  if (tokens < 0) return messages;
  let budget = tokens * CHARS_A_TOKEN;
  const result = messages.toReversed().map((message): Stored => {
    if (message.role !== 'tool') return message;
    budget -= message.content?.length ?? 0;
    return budget >= 0 ? message : { ...message, content: '[content truncated]' };
  });
  return result.reverse();
}
