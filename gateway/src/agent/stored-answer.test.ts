import type { StoredMessage } from '@mobyclaw/protocol/cagent';
import { expect, test } from 'vitest';
import { storedAnswer } from './stored-answer.ts';

const said = (content: string): StoredMessage['message'] => ({ role: 'assistant', content });

test.each(['agentName', 'agent_name'] as const)(
  'of the last run, what the agents of this session said, as either generation names them (%s)',
  (field) => {
    const messages: StoredMessage[] = [
      { [field]: '', message: { role: 'user', content: 'before' } },
      { [field]: 'heartbeat', message: said('an earlier answer') },
      { [field]: '', message: { role: 'user', content: 'now' } },
      { [field]: 'heartbeat', message: said('one') },
      { [field]: 'researcher', message: said('what a sub-agent found') },
      { [field]: 'heartbeat', message: said('two') },
    ];
    const session = { id: 's', title: '', created_at: '', messages };
    expect(storedAnswer(session, new Set(['heartbeat']))).toBe('one\n\ntwo');
    expect(storedAnswer(session, new Set(['root']))).toBeNull();
  },
);
