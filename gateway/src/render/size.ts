import type { TextLimit } from './part.ts';

/** Length of a text in the unit in which a platform counts. */
export function sizeOf(text: string, unit: TextLimit['unit']): number {
  switch (unit) {
    case 'utf16':
      return text.length;
    case 'bytes':
      return Buffer.byteLength(text);
    case 'codepoints': {
      let pairs = 0;
      for (let index = 0; index < text.length; index++) {
        if ((text.charCodeAt(index) & 0xfc00) === 0xdc00) pairs++;
      }
      return text.length - pairs;
    }
  }
}
