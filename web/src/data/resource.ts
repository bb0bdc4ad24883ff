/**
 * What a view shows of the API: asked for when a view first needs it, and again when the gateway says that its subject has
 * changed or the line was away. The answer before stays while the next one is on its way, so nothing flickers.
 */
import type { ChangedTopic } from '@mobyclaw/protocol/live';
import { type Signal, signal } from '@preact/signals';
import { ask, messageOf } from './api.ts';
import type { Live } from './live.ts';

export class Resource<T> {
  /** The last answer; null before the first. */
  readonly value: Signal<T | null> = signal(null);
  readonly problem = signal<string | null>(null);
  readonly #path: string;
  #users = 0;
  #asking: Promise<void> | null = null;
  #stale = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** A view needs it. @returns it does no more */
  use(): () => void {
    if (this.#users++ === 0) void this.refresh();
    return () => void this.#users--;
  }

  /** Asks again; what changes while it asks is asked for after that. Never rejects. */
  refresh(): Promise<void> {
    this.#stale = true;
    this.#asking ??= this.#ask();
    return this.#asking;
  }

  /** For whoever is told that it may have changed: asks again if somebody is looking. */
  touch(): void {
    if (this.#users > 0) void this.refresh();
  }

  async #ask(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      try {
        this.value.value = await ask<T>(this.#path);
        this.problem.value = null;
      } catch (error) {
        this.problem.value = messageOf(error);
      }
    }
    this.#asking = null;
  }
}

export class Resources {
  readonly #known = new Map<string, { resource: Resource<unknown>; topics: readonly Topic[] }>();

  constructor(live: Live) {
    live.listen({
      onChanged: (topics) => this.#touch((topic) => topic !== 'turns' && topics.has(topic)),
      onMessages: () => this.#touch((topic) => topic === 'turns'),
      onEnded: () => this.#touch((topic) => topic === 'turns'),
      onHello: () => this.#touch(() => true),
    });
  }

  /** @param path of the API @param topics what it depends on; `turns`: all that is said anywhere */
  of<T>(path: string, topics: readonly Topic[] = []): Resource<T> {
    let entry = this.#known.get(path);
    if (!entry) {
      entry = { resource: new Resource<unknown>(path), topics };
      this.#known.set(path, entry);
    }
    return entry.resource as Resource<T>;
  }

  #touch(concerns: (topic: Topic) => boolean): void {
    for (const { resource, topics } of this.#known.values()) if (topics.some(concerns)) resource.touch();
  }
}

export type Topic = ChangedTopic | 'turns';
