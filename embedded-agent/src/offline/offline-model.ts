/**
 * The model without a model: an implementation of the AI SDK's provider interface that follows rules instead of a
 * network. It goes through the same loop, tools and permissions as any other, costs nothing, gives the same answer to
 * the same conversation, and says what it is.
 */
import { randomUUID } from 'node:crypto';
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { readConversation } from './conversation.ts';
import { nextReply, type Reply } from './reply.ts';

const PIECE_WORDS = 4; // words a delta, so that clients see it stream

export class OfflineModel implements LanguageModelV4 {
  readonly specificationVersion = 'v4';
  readonly provider = 'offline';
  readonly modelId = 'offline';
  readonly supportedUrls = {};

  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const reply = replyTo(options);
    const toolCallId = `call_${randomUUID()}`;
    return {
      content: [
        'text' in reply
          ? { type: 'text', text: reply.text }
          : { type: 'tool-call', toolCallId, toolName: reply.tool, input: JSON.stringify(reply.input) },
      ],
      finishReason: finishReason(reply),
      usage: usageOf(options.prompt, reply),
      warnings: [],
    };
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    options.abortSignal?.throwIfAborted();
    const reply = replyTo(options);
    const parts: LanguageModelV4StreamPart[] = [
      { type: 'stream-start', warnings: [] },
      ...('text' in reply ? textParts(reply.text) : toolParts(reply.tool, reply.input)),
      { type: 'finish', finishReason: finishReason(reply), usage: usageOf(options.prompt, reply) },
    ];
    return { stream: ReadableStream.from(parts) };
  }
}

function replyTo({ prompt, tools }: LanguageModelV4CallOptions): Reply {
  const offered = (tools ?? []).filter(
    (tool): tool is LanguageModelV4FunctionTool => tool.type === 'function',
  );
  return nextReply(readConversation(prompt), new Map(offered.map((tool) => [tool.name, tool])));
}

function textParts(text: string): LanguageModelV4StreamPart[] {
  const pieces = text.match(new RegExp(`(?:\\S+\\s*){1,${PIECE_WORDS}}`, 'g')) ?? [];
  return [
    { type: 'text-start', id: '0' },
    ...pieces.map((delta): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '0', delta })),
    { type: 'text-end', id: '0' },
  ];
}

function toolParts(toolName: string, args: Record<string, unknown>): LanguageModelV4StreamPart[] {
  const id = `call_${randomUUID()}`;
  const input = JSON.stringify(args);
  return [
    { type: 'tool-input-start', id, toolName },
    { type: 'tool-input-delta', id, delta: input },
    { type: 'tool-input-end', id },
    { type: 'tool-call', toolCallId: id, toolName, input },
  ];
}

function finishReason(reply: Reply): LanguageModelV4GenerateResult['finishReason'] {
  return 'text' in reply ? { unified: 'stop', raw: 'stop' } : { unified: 'tool-calls', raw: 'tool_calls' };
}

/** There are no tokens; words are counted. */
function usageOf(prompt: LanguageModelV4Prompt, reply: Reply): LanguageModelV4Usage {
  const words = (text: string): number => text.match(/\S+/g)?.length ?? 0;
  let total = 0;
  for (const { content } of prompt) {
    if (typeof content === 'string') total += words(content);
    else for (const part of content) if ('text' in part) total += words(part.text);
  }
  const output = words('text' in reply ? reply.text : JSON.stringify(reply.input));
  return {
    inputTokens: { total, noCache: total, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}
