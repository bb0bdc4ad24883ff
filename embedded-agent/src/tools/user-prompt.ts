import * as z from 'zod';
import { type AgentTool, builtInTool } from './tool.ts';

/** A question of the model's to the person, as a form; the run waits for the answer, as it does for a tool server's. */
export function userPromptTools(): AgentTool[] {
  const tool = builtInTool({
    name: 'user_prompt',
    category: 'user_prompt',
    title: 'User Prompt',
    description:
      'Ask the user a question and wait for their response. Use it when you cannot go on without an answer that the ' +
      'conversation does not give: a choice, a number, a confirmation. The answer may be declined.',
    readOnly: true,
    input: z.strictObject({
      message: z.string().min(1).describe('The question, as the user reads it'),
      title: z.string().optional().describe('What it is about, in a few words'),
      schema: z
        .record(z.string(), z.unknown())
        .optional()
        .describe(
          'JSON schema of the answer: an object of strings, numbers, booleans and enums; without it the answer is free text',
        ),
    }),
    async run({ message, title, schema }, { elicit }) {
      const { action, content } = await elicit({
        message,
        schema,
        ...(title === undefined ? {} : { title }),
      });
      return JSON.stringify({ action, ...(content === undefined ? {} : { content }) });
    },
  });
  return [
    {
      ...tool,
      /** An answer that was declined or cancelled is marked as an error, as cagent does. */
      async call(input, context) {
        const result = await tool.call(input, context);
        return /^\{"action":"accept"/.test(result.output ?? '') ? result : { ...result, isError: true };
      },
    },
  ];
}
