import { describe, expect, it } from 'vitest';
import { EventReader, MOST_ECHO_BYTES } from './event-reader.ts';

const filler = 'x'.repeat(10_000);
const bytes = (text: string): Buffer => Buffer.from(text);
const reader = (known: string[] = []): EventReader => new EventReader((id) => known.includes(id));

describe('event reader', () => {
  it('skips what is no event of ours and counts what should have been one', () => {
    const one = reader();
    for (const line of [': ping', 'id: 7', 'event: x', 'retry: 1', '{"type":"agent_choice"}', '\0\0']) {
      expect(one.read(bytes(line))).toBeNull();
    }
    expect(one.invalidLines).toBe(0);
    for (const line of ['data: {', 'data: null', 'data: []', 'data: {"type":5}', 'data:', 'data: \0']) {
      expect(one.read(bytes(line))).toBeNull();
    }
    expect(one.invalidLines).toBe(6);
    expect(one.read(bytes('data:{"type":"x"}'))).toEqual({ type: 'x' });
  });

  it('does not parse what nobody needs: a line that is no JSON is not even noticed', () => {
    const one = reader(['call_1']);
    const partial = (id: string): string =>
      `data: {"type":"partial_tool_call","tool_call":{"id":"${id}","function":{"name":"f","arguments":"${filler}`;
    expect(one.read(bytes(partial('call_1')))).toBeNull();
    expect(
      one.read(bytes(`data: {"type":"user_message","message":"${'x'.repeat(MOST_ECHO_BYTES)}`)),
    ).toBeNull();
    expect(one.read(bytes(`data: {"type":"sub_session_completed","sub_session":"${filler}`))).toBeNull();
    expect(one.invalidLines).toBe(0);
    expect(one.read(bytes(partial('call_2')))).toBeNull();
    expect(one.invalidLines).toBe(1);
  });

  it('parses a long line that counts, and the first part of a call', () => {
    const one = reader();
    const echo = { type: 'user_message', message: filler };
    expect(one.read(bytes(`data: ${JSON.stringify(echo)}`))).toEqual(echo);
    const text = JSON.stringify({ type: 'agent_choice', content: filler });
    expect(one.read(bytes(`data: ${text}`))?.content).toBe(filler);
    const call = {
      type: 'partial_tool_call',
      tool_call: { id: 'call_1', function: { name: 'f', arguments: filler } },
    };
    expect(one.read(bytes(`data: ${JSON.stringify(call)}`))?.type).toBe('partial_tool_call');
  });
});
