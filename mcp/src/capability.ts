/** Capabilities (protocol/capability) as text: signed by the gateway, checked by whoever has the key. */
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { equalSecrets } from '@mobyclaw/lib/http-guard';
import { type Capability, capabilitySchema } from '@mobyclaw/protocol/capability';
import { IDENTITY_HEADERS } from '@mobyclaw/protocol/identity';
import { type McpCaller, ToolError } from './tool.ts';

const HEADER_LINE = `${IDENTITY_HEADERS.turn}: \${headers.${IDENTITY_HEADERS.turn}}`;

/** What the model is told, for the owner, where soul.yaml hands no capability on. */
const NOT_HANDED_ON = `This call does not say which message it belongs to, so it is refused. Tell the owner to mend soul.yaml: under \`headers:\` of the MCP servers at MOBYCLAW_MEMORY_URL and MOBYCLAW_GATEWAY_URL there must stand the line "${HEADER_LINE}"; "mobyclaw doctor" shows where it is missing.`;

export function signCapability(key: string, capability: Capability): string {
  const payload = Buffer.from(JSON.stringify(capability)).toString('base64url');
  return `${payload}.${signatureOf(key, payload)}`;
}

/**
 * Reads the capability that the agent handed on.
 * @throws ToolError where there is none, where it is not genuine, or where its time is over
 */
export function requireCapability(headers: IncomingHttpHeaders, key: string, now: number): Capability {
  const text = headers[IDENTITY_HEADERS.turn.toLowerCase()];
  if (typeof text !== 'string' || text === '') throw new ToolError(NOT_HANDED_ON);
  const [payload = '', signature = ''] = text.split('.');
  const capability = decodeCapability(text);
  if (!capability || !equalSecrets(signature, signatureOf(key, payload))) {
    throw new ToolError(
      `What stands in ${IDENTITY_HEADERS.turn} was not given by the gateway, so this call is refused. Nothing was done.`,
    );
  }
  if (now >= capability.until) {
    throw new ToolError('The time for this message is over, so this call is refused. Nothing was done.');
  }
  return capability;
}

/** Reads it without asking whether it is genuine. @returns null where it is none */
export function decodeCapability(text: string): Capability | null {
  const [payload = ''] = text.split('.', 1);
  try {
    const json: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return capabilitySchema.safeParse(json).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** For a server without the key: it is told nothing but that a turn may use less than others, which needs no proof. */
export function unproven(headers: IncomingHttpHeaders): McpCaller {
  const text = headers[IDENTITY_HEADERS.turn.toLowerCase()];
  const upkeep = typeof text === 'string' ? decodeCapability(text)?.upkeep : undefined;
  return upkeep === undefined ? {} : { upkeep };
}

function signatureOf(key: string, payload: string): string {
  return createHmac('sha256', key).update(payload).digest('base64url');
}
