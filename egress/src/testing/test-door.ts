/**
 * The door for tests: names lead where the test says, and loopback counts as public where it says so. Both are handed in here
 * and nowhere else, so that no setting of the product can open this.
 */
import type { Server } from 'node:http';
import { systemClock } from '@mobyclaw/lib/clock';
import type { BoundSecret } from '@mobyclaw/lib/credentials/bound-secrets';
import { createLogger } from '@mobyclaw/lib/logger';
import { Authority } from '../ca/authority.ts';
import { publicAddresses } from '../door/addresses.ts';
import type { AuditEntry } from '../door/audit.ts';
import { Dialler } from '../door/dialler.ts';
import { createDoor } from '../door/door.ts';
import type { Judge } from '../door/judge.ts';
import { OpenPassages } from '../door/open-passages.ts';
import { BoundSecrets } from '../secrets/bound-secrets.ts';

export interface DoorSetup {
  /** Of egress. */
  folder: string;
  /** By name: what each question for it is answered with, the last one from then on. */
  names: Record<string, string[][]>;
  /** By name, what is allowed. */
  rules: Record<string, { private?: boolean; methods?: string[] }>;
  secrets: BoundSecret[];
  /** Addresses that count as public. */
  publicToo: string[];
  openingMs?: number;
}

export type AuditRow = AuditEntry & { bytesIn?: number; bytesOut?: number };

/** @param write is told each row of the audit when it is complete */
export async function testDoor(
  setup: DoorSetup,
  environment: NodeJS.ProcessEnv,
  write: (row: AuditRow) => void,
  passages = new OpenPassages(),
): Promise<Server> {
  const authority = await Authority.open(setup.folder, systemClock);
  const judge: Judge = async ({ host }) => {
    const rule = setup.rules[host];
    if (rule === undefined) {
      const message = `The owner has not allowed "${host}". He does with: ./mobyclaw egress allow ${host}`;
      return { allowed: false, isAsked: true, reason: 'unknown', message };
    }
    const { methods } = rule;
    return {
      allowed: true,
      isPrivate: rule.private === true,
      reason: 'rule',
      limits: methods
        ? ({ method }) => (methods.includes(method) ? null : `Only ${methods.join(', ')} is allowed there.`)
        : null,
    };
  };
  const counts = new Map<string, number>();
  return createDoor({
    judge,
    dialler: new Dialler({
      resolve: async (name) => {
        const asked = counts.get(name) ?? 0;
        counts.set(name, asked + 1);
        const all = setup.names[name] ?? [];
        const addresses = all[Math.min(asked, all.length - 1)] ?? [];
        if (addresses.length === 0) throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
        return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      },
      addresses: (address, isPrivate) =>
        setup.publicToo.includes(address) ? null : publicAddresses(address, isPrivate),
      environment,
    }),
    secrets: new BoundSecrets(setup.secrets),
    certificateFor: (host) => authority.certificateFor(host),
    authority: () => authority.certificate(),
    audit: {
      open: (entry) => ({ close: (bytesIn, bytesOut) => write({ ...entry, bytesIn, bytesOut }) }),
      refused: write,
    },
    passages,
    logger: createLogger('door', 'warn'),
    openingMs: setup.openingMs ?? 15_000,
  });
}
