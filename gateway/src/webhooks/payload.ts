/** What a proven delivery says: JSON, the form in which GitHub wraps it unless told otherwise, or plain text. */
import type { IncomingHttpHeaders } from 'node:http';
import { isTooDeep, MOST_JSON_DEPTH } from '@mobyclaw/lib/json-depth';
import type { HookProof } from '@mobyclaw/protocol/hook';

export type Payload = { value: unknown } | { malformed: string };

/** https://docs.github.com/webhooks/webhook-events-and-payloads: application/json, or a form with the field payload. */
export function readPayload(proof: HookProof, headers: IncomingHttpHeaders, body: Buffer): Payload {
  const type = headers['content-type'] ?? '';
  const isForm = proof === 'github' && /^application\/x-www-form-urlencoded\b/i.test(type);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (!isForm) return /json/i.test(type) ? parsed(text) : { value: text };
    const json = new URLSearchParams(text).get('payload');
    return json === null ? { malformed: 'The form has no field "payload".' } : parsed(json);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return { malformed: 'The body is not valid JSON in UTF-8.' };
    }
    throw error;
  }
}

/** @throws SyntaxError */
function parsed(json: string): Payload {
  if (!isTooDeep(Buffer.from(json))) return { value: JSON.parse(json) };
  return { malformed: `The body is nested deeper than ${MOST_JSON_DEPTH} levels; send it flatter.` };
}

/** The event as GitHub names it. No proof covers this header, so it is data like the payload. */
export function eventOf(proof: HookProof, headers: IncomingHttpHeaders): string | null {
  const event = headers['x-github-event'];
  return proof === 'github' && typeof event === 'string' && /^[a-z_]{1,64}$/.test(event) ? event : null;
}
