/** A container of the stack, as `docker compose ps --format json` tells of it. */
import * as z from 'zod';
import { CliError } from '../cli-error.ts';

const rowSchema = z.object({
  ID: z.string(),
  Name: z.string(),
  Service: z.string(),
  State: z.string(),
  Health: z.string().default(''),
  ExitCode: z.int().default(0),
  Status: z.string().default(''),
});

export interface Service {
  /** Of the container: another one once it has been made anew. */
  id: string;
  name: string;
  container: string;
  /** healthy, starting, unhealthy, restarting, exited … */
  state: string;
  /** Docker's own words, such as "Up 5 minutes (healthy)". */
  status: string;
  exitCode: number;
}

/** @param text one object a line, or, until Compose 2.21, an array */
export function parseServices(text: string): Service[] {
  try {
    const trimmed = text.trim();
    const rows: unknown[] = trimmed.startsWith('[')
      ? (JSON.parse(trimmed) as unknown[])
      : trimmed
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as unknown);
    return rows.map((row) => {
      const { ID, Name, Service: name, State, Health, ExitCode, Status } = rowSchema.parse(row);
      const state = State === 'running' ? Health || 'running' : State;
      return { id: ID, name, container: Name, state, status: Status, exitCode: ExitCode };
    });
  } catch (error) {
    throw new CliError('docker compose ps answers in a form that this version of mobyclaw does not read.', {
      cause: error,
    });
  }
}

/** Every service has a health check; one that only runs has just been started, perhaps to end again. */
export function isUp({ state }: Service): boolean {
  return state === 'healthy';
}
