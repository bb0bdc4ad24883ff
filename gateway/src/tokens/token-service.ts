/**
 * API tokens, and the logins of browsers: made here, shown once, kept as hashes. The CLI's own is made at the first start and kept in a file that
 * only the owner can read; deleting that file makes a new one at the next start and the old one worthless.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile } from '@mobyclaw/lib/atomic-file';
import type { Clock } from '@mobyclaw/lib/clock';
import { equalSecrets } from '@mobyclaw/lib/http-guard';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { TokenScope, TokenView } from '@mobyclaw/protocol/token';
import type { Store } from '../store/store.ts';
import type { TokenRow } from '../store/token-store.ts';

export const CLI_TOKEN_FILE = 'cli-token';
export const CLI_TOKEN_NAME = 'cli';
const AGENT: TokenRow = {
  id: 'agent',
  name: 'agent',
  scope: 'agent',
  createdAt: 0,
  lastUsedAt: null,
  expiresAt: null,
};
const LOGIN_MS = 30 * 86_400_000;
const USED_RESOLUTION_MS = 60_000; // "last used" to the minute is enough and spares a write for each request

export class TokenService {
  readonly #store: Store;
  readonly #clock: Clock;
  /** Tokens seen in this process by hash, so that a request costs no query. */
  readonly #known = new Map<string, TokenRow>();
  readonly #onRevoked = new Map<string, Set<() => void>>();

  readonly #agentToken: string | undefined;

  /** @param agentToken what the agent itself shows; it lives in the environment, as long as this process does */
  constructor(store: Store, clock: Clock, agentToken?: string) {
    this.#store = store;
    this.#clock = clock;
    this.#agentToken = agentToken;
  }

  /** Makes the CLI's token where its file is missing, and makes sure that the one in the file is the one that counts. */
  async prepareCliToken(folder: string): Promise<void> {
    const path = join(folder, CLI_TOKEN_FILE);
    const fresh = newSecret();
    const secret = (await createFile(path, `${fresh}\n`)) ? fresh : (await readFile(path, 'utf8')).trim();
    if (secret.length < 32) {
      throw new Error(`${path} does not hold a token. Delete it and start again; a new one is made.`);
    }
    const { tokens } = this.#store;
    if (tokens.findByHash(hashOf(secret))?.name === CLI_TOKEN_NAME) return;
    this.#store.transaction('durable', () => {
      tokens.deleteNamed(CLI_TOKEN_NAME);
      this.#insert(CLI_TOKEN_NAME, 'admin', secret);
    });
  }

  /** @returns the new token with its secret, which cannot be shown again */
  create(name: string, scope: TokenScope): TokenView {
    const secret = newSecret();
    const row = this.#store.transaction('durable', () => this.#insert(name, scope, secret));
    return { ...toView(row), token: secret };
  }

  list(): TokenView[] {
    return this.#store.tokens.list().map(toView);
  }

  /** @returns whether there was such a token */
  revoke(id: string): boolean {
    this.#known.clear();
    const revoked = this.#store.transaction('durable', () => this.#store.tokens.delete(id));
    for (const end of [...(this.#onRevoked.get(id) ?? [])]) end();
    return revoked;
  }

  /** For what goes on after the token was shown. @returns stops listening */
  onRevoked(id: string, listener: () => void): () => void {
    const listeners = this.#onRevoked.get(id) ?? new Set();
    this.#onRevoked.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#onRevoked.delete(id);
    };
  }

  /** Makes all tokens of a scope invalid. */
  revokeScope(scope: TokenScope): void {
    this.#known.clear();
    this.#store.transaction('durable', () => this.#store.tokens.deleteScope(scope));
  }

  /**
   * Lets a browser in, for as long as it is not away for 30 days.
   * @param name for the owner, such as "Firefox on Linux"
   * @returns the secret of its cookie
   */
  letIn(name: string): { login: TokenRow; secret: string } {
    const secret = newSecret();
    const expiresAt = this.#clock.now() + LOGIN_MS;
    const login = this.#store.transaction('durable', () => this.#insert(name, 'admin', secret, expiresAt));
    return { login, secret };
  }

  /** The login that a cookie belongs to, or null. */
  verifyLogin(secret: string): TokenRow | null {
    const login = this.#find(secret);
    return login !== null && login.expiresAt !== null && login.expiresAt > this.#clock.now() ? login : null;
  }

  /** Counts the 30 days from now. */
  prolong(login: TokenRow): void {
    login.expiresAt = this.#clock.now() + LOGIN_MS;
    this.#store.transaction('relaxed', () => this.#store.tokens.prolong(login.id, login.expiresAt as number));
  }

  /** The token a secret belongs to, or null; what a browser's cookie holds is none. */
  verify(secret: string): TokenRow | null {
    if (this.#agentToken !== undefined && equalSecrets(secret, this.#agentToken)) return AGENT;
    const token = this.#find(secret);
    return token?.expiresAt === null ? token : null;
  }

  /** Looked up by hash, so the time taken tells nothing about the secret. */
  #find(secret: string): TokenRow | null {
    const hash = hashOf(secret);
    const token = this.#known.get(hash) ?? this.#store.tokens.findByHash(hash);
    if (!token) return null;
    const now = this.#clock.now();
    if (now - (token.lastUsedAt ?? 0) > USED_RESOLUTION_MS) {
      this.#store.transaction('relaxed', () => this.#store.tokens.markUsed(token.id, now));
      token.lastUsedAt = now;
    }
    this.#known.set(hash, token);
    return token;
  }

  #insert(name: string, scope: TokenScope, secret: string, expiresAt: number | null = null): TokenRow {
    const createdAt = this.#clock.now();
    const row: TokenRow = { id: uuidv7(), name, scope, createdAt, lastUsedAt: null, expiresAt };
    this.#store.tokens.insert(row, hashOf(secret));
    return row;
  }
}

function newSecret(): string {
  return `moby_${randomBytes(32).toString('base64url')}`;
}

/** Plain SHA-256 is enough for 256 random bits. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function toView(row: TokenRow): TokenView {
  return {
    id: row.id,
    name: row.name,
    scope: row.scope,
    createdAt: new Date(row.createdAt).toISOString(),
    ...(row.lastUsedAt === null ? {} : { lastUsedAt: new Date(row.lastUsedAt).toISOString() }),
    ...(row.expiresAt === null ? {} : { expiresAt: new Date(row.expiresAt).toISOString() }),
  };
}
