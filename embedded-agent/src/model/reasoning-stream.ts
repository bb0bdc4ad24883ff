/** A model's stream in which the reasoning that it wrote into its answer is reasoning. */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { ThinkTags, type Thought } from '@mobyclaw/lib/think-tags';

export function reasoningStream(): TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart> {
  const tags = new ThinkTags();
  let openId: string | null = null;
  let thoughts = 0;
  return new TransformStream({
    transform(part, controller) {
      const tell = (id: string, { reasoning, text }: Thought): void => {
        if (reasoning !== '') {
          const own = `${id}-thought-${thoughts++}`;
          controller.enqueue({ type: 'reasoning-start', id: own });
          controller.enqueue({ type: 'reasoning-delta', id: own, delta: reasoning });
          controller.enqueue({ type: 'reasoning-end', id: own });
        }
        if (text !== '') controller.enqueue({ type: 'text-delta', id, delta: text });
      };
      if (part.type === 'text-delta') {
        openId = part.id;
        tell(part.id, tags.push(part.delta));
        return;
      }
      if (part.type === 'text-end' && openId !== null) {
        tell(part.id, tags.end());
        openId = null;
      }
      controller.enqueue(part);
    },
  });
}
