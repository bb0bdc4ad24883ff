/** Turns what a run says into the events of its turn. */
import type { TurnEvent } from '@mobyclaw/protocol/events';
import type { RunEvent } from '../agent/agent.ts';
import type { Progress } from './progress.ts';
import { toolLabel } from './tool-label.ts';

/** @returns null for what only the gateway needs to know */
export function relay(event: RunEvent, progress: Progress): TurnEvent | null {
  switch (event.type) {
    case 'text':
      progress.streamed += event.text;
      return { type: 'token', data: { text: event.text } };
    case 'reasoning':
      return { type: 'reasoning', data: { text: event.text } };
    case 'tool': {
      const { type, ...tool } = event;
      if (tool.phase === 'end') progress.openTools.delete(tool.id);
      else progress.openTools.add(tool.id);
      return { type, data: { ...tool, label: toolLabel(tool.name) } };
    }
    case 'usage': {
      const { type, ...call } = event;
      progress.meter.add(call);
      return { type, data: call };
    }
    case 'notice':
      return { type: 'notice', data: { text: event.text } };
    case 'context':
      progress.firstContext ??= event;
      progress.context = event;
      return null;
    case 'shortened':
      progress.shortened = true;
      return null;
    case 'heard':
    case 'message':
    case 'model':
      return null;
  }
}
