import { detectMediaType } from '@ai-sdk/provider-utils';

/**
 * What kind of picture it is: its own bytes say so, and a provider refuses a request that says otherwise.
 * @param base64 the picture; @param said what it came as, which counts where the bytes are of no known kind
 */
export function pictureType(base64: string, said: string): string {
  return detectMediaType({ data: base64, topLevelType: 'image' }) ?? said;
}
