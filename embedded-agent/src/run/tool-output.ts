import type { LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import type { ToolResult } from '@mobyclaw/protocol/cagent';
import { pictureType } from '../model/picture-type.ts';

/** What a tool returned, as the model is given it. */
export function toolOutput({
  output = '',
  isError,
  images,
}: ToolResult): LanguageModelV4ToolResultPart['output'] {
  if (isError) return { type: 'error-text', value: output };
  if (!images?.length) return { type: 'text', value: output };
  return {
    type: 'content',
    value: [
      { type: 'text', text: output },
      ...images.map(({ data, mimeType }) => ({
        type: 'file' as const,
        mediaType: pictureType(data, mimeType),
        data: { type: 'data' as const, data },
      })),
    ],
  };
}
