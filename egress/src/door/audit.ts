/** What is written down of each connection: to whom, how much and why, never what. */
import type { Target } from './target.ts';

export interface AuditEntry extends Target {
  verdict: 'allowed' | 'refused' | 'asked';
  reason: string;
  turn?: string;
}

export interface OpenEntry {
  /** @param bytesIn to Moby @param bytesOut from him */
  close(bytesIn: number, bytesOut: number): void;
}

export interface Audit {
  /** A connection that is let through; written down at once, so that a crash does not hide it. */
  open(entry: AuditEntry): OpenEntry;
  /** One that is not. */
  refused(entry: AuditEntry): void;
}
