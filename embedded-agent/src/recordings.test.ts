import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import { CAGENT_RECORDINGS } from '@mobyclaw/testkit/cagent-recordings';
import { describe, expect, it } from 'vitest';
import { violations } from './testing/conformance.ts';

/** Streams that the client, a kill or a shutdown cut. */
const CUT = new Set(['agent-killed', 'agent-sigterm', 'cancel-in-tool', 'cancel-mid-answer']);

function read(path: string): CagentEvent[] {
  return readFileSync(path, 'utf8')
    .split('\n\n')
    .filter((block) => block.startsWith('data: '))
    .map((block) => JSON.parse(block.slice('data: '.length)) as CagentEvent);
}

describe('the rules of a stream hold for what a real cagent sent', () => {
  const files = readdirSync(CAGENT_RECORDINGS).filter((name) => name.endsWith('.sse'));
  it.each(files)('%s', (file) => {
    expect(violations(read(join(CAGENT_RECORDINGS, file)), { cut: CUT.has(basename(file, '.sse')) })).toEqual(
      [],
    );
  });

  it('and find what is wrong with a broken one', () => {
    const events = read(join(CAGENT_RECORDINGS, 'two-tools.sse'));
    const without = (type: string): CagentEvent[] => events.filter((event) => event.type !== type);
    for (const type of [
      'agent_info',
      'team_info',
      'user_message',
      'stream_started',
      'stream_stopped',
      'message_added',
      'tool_call_response',
      'partial_tool_call',
      'mcp_init_finished',
      'toolset_info',
    ]) {
      expect(violations(without(type), { cut: false }), `without ${type}`).not.toEqual([]);
    }
  });
});
