/** A provider that needs no network: it answers each call as the test says. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { RunnableModel } from '../model/create-model.ts';

export type Stream = AsyncIterable<LanguageModelV4StreamPart> | LanguageModelV4StreamPart[];

/** @param answer what it streams; what it throws, the call fails with */
export function scriptedModel(answer: (options: LanguageModelV4CallOptions) => Stream): RunnableModel {
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('only streams are scripted')),
    doStream: async (options) => ({ stream: ReadableStream.from(answer(options)) }),
  };
  return {
    model,
    settings: {},
    providerOptions: {},
    marksCache: false,
    takesToolPictures: true,
    isRelayed: false,
    contextLimit: 0,
  };
}
