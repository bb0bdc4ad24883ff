/** A model's stream, part by part, in which the reasoning that it wrote into its answer is reasoning. */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { ThinkTags, type Thought } from '@mobyclaw/lib/think-tags';

export class ReasoningParts {
  readonly #tags = new ThinkTags();
  #openId: string | null = null;
  #thoughts = 0;

  /** @returns what the part is, in order; nothing where more must come first */
  of(part: LanguageModelV4StreamPart): LanguageModelV4StreamPart[] {
    if (part.type === 'text-delta') {
      this.#openId = part.id;
      return this.#told(part.id, this.#tags.push(part.delta));
    }
    if (part.type !== 'text-end' || this.#openId === null) return [part];
    this.#openId = null;
    return [...this.#told(part.id, this.#tags.end()), part];
  }

  #told(id: string, { reasoning, text }: Thought): LanguageModelV4StreamPart[] {
    const parts: LanguageModelV4StreamPart[] = [];
    if (reasoning !== '') {
      const own = `${id}-thought-${this.#thoughts++}`;
      parts.push(
        { type: 'reasoning-start', id: own },
        { type: 'reasoning-delta', id: own, delta: reasoning },
        { type: 'reasoning-end', id: own },
      );
    }
    if (text !== '') parts.push({ type: 'text-delta', id, delta: text });
    return parts;
  }
}
