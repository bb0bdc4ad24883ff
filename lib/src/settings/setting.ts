/** What there is to say about one setting. `settings.ts` puts all of them together. */
import type { Form } from './forms.ts';

/** The programs that settings are handed to; the container `moby` holds both the agent and his supervisor. */
export type Part = 'gateway' | 'agent' | 'supervisor' | 'memory' | 'workspace' | 'egress';

export interface Setting {
  /** For `.env.example`: what it is for. Lines that begin with two blanks stay as they are. */
  about: string;
  form: Form<unknown>;
  /** As text. Without one, what is not set has no value. */
  default?: string | (() => string);
  /** In `.env.example`, where it is not the default. */
  example?: string;
  /** Who gets it. `mobyclaw` reads all of them, and docker-compose.yml what it needs itself. */
  parts: readonly Part[];
  /** The parts get it with a value that fits where they run: a folder as seen in the container, a port that is free. */
  fitted?: true;
  /** The name under which a part gets it, where that is another one. */
  nameIn?: Partial<Record<Part, string>>;
  /** The value is told to be there and not shown. */
  secret?: true;
  /** Local mode does without it: it makes its own secrets and runs as whoever starts it. */
  containersOnly?: true;
}

/** Settings that stand together in `.env.example`. */
export interface Topic {
  title: string;
  about?: string;
  settings: Readonly<Record<string, Setting>>;
}
