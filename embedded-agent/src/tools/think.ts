import * as z from 'zod';
import { type AgentTool, builtInTool } from './tool.ts';

/** A place for the model to reason in words; nothing happens. */
export function thinkTools(): AgentTool[] {
  return [
    builtInTool({
      name: 'think',
      category: 'think',
      title: 'Think',
      description:
        'Use the tool to think about something. It obtains no information and changes nothing; it only records the ' +
        'thought. Use it when complex reasoning is needed.',
      readOnly: true,
      input: z.strictObject({ thought: z.string().describe('The thought to think about') }),
      run: ({ thought }) => `Thoughts:\n${thought}`,
    }),
  ];
}
