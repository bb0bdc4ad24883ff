/** Chats as tools: which there are, a message to one, a file to one. */
import { basename } from 'node:path';
import { mediaTypeOf } from '@mobyclaw/lib/media-type';
import { plainFileName, quotedName } from '@mobyclaw/lib/plain-name';
import { type McpCaller, type McpTool, mcpTool, ToolError } from '@mobyclaw/mcp/tool';
import * as z from 'zod';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import { deliveryId } from './delivery-id.ts';
import { confinedTo, refuseBeyond, writableChat } from './reach.ts';
import type { OutgoingFile, ToolPorts } from './tool-ports.ts';

const channel = z.string().min(1).max(300);

export function chatTools(ports: ToolPorts): McpTool[] {
  return [channelListTool(ports), messageTool(ports), fileTool(ports)];
}

function channelListTool({ store, channels }: ToolPorts): McpTool {
  return mcpTool({
    name: 'channel_list',
    title: 'List chats',
    description: 'Lists the chats that Moby can write to, for message_send, file_send and schedule_create.',
    input: z.object({}),
    annotations: { readOnlyHint: true },
    run: (_input, caller) => {
      const confined = writableChat(store, caller);
      const known = channels().flatMap((chat) => {
        if (confined === null || chat.key === confined) return chat;
        return confined.startsWith(`${chat.key}:`) ? { ...chat, key: confined } : []; // a topic of it
      });
      if (known.length === 0) return 'No chat is connected. The owner can be answered where he asks.';
      return known
        .map(
          ({ key, title, up }) =>
            `${key}${title ? ` (${quotedName(title)})` : ''}${up ? '' : ', not reachable now'}`,
        )
        .join('\n');
    },
  });
}

function messageTool(ports: ToolPorts): McpTool {
  return mcpTool({
    name: 'message_send',
    title: 'Send a message',
    description:
      'Sends a message to one of the chats in channel_list, besides your answer. Not for answering: your answer reaches the person by itself.',
    input: z.object({
      channel: channel.describe('as in channel_list, such as telegram:dm:42'),
      text: z.string().trim().min(1).max(20_000).describe('Markdown'),
    }),
    annotations: { readOnlyHint: false, openWorldHint: true },
    run: ({ channel: named, text }, caller) => {
      const to = ports.store.names.current(named);
      checkTarget(ports, to, caller);
      return send(ports, to, text, [], caller)
        ? `On its way to ${to}.`
        : `The same was sent to ${to} for this already, so it is not sent again.`;
    },
  });
}

function fileTool(ports: ToolPorts): McpTool {
  return mcpTool({
    name: 'file_send',
    title: 'Send a file',
    description:
      'Sends a file or a picture to the chat you are in, or to another one of channel_list. Give either path, of a file as your shell or the workspace tools see it, or name and content, for a text file that you write here.',
    input: z.object({
      path: z.string().min(1).max(4096).optional().describe('such as report.pdf, ~/chart.png, notes/plan.md'),
      name: z.string().min(1).max(200).optional().describe('with its ending, such as shopping.csv'),
      content: z.string().min(1).max(1_000_000).optional().describe('text of the file'),
      text: z.string().trim().max(20_000).optional().describe('words to go before it, in Markdown'),
      channel: channel.optional().describe('another chat than this one, as in channel_list'),
    }),
    annotations: { readOnlyHint: false, openWorldHint: true },
    run: async ({ path, name, content, text = '', channel: named }, caller) => {
      const chat = named ?? writableChat(ports.store, caller) ?? caller.session;
      if (chat === undefined) throw new ToolError('Say which chat it goes to: channel_list shows them.');
      const to = ports.store.names.current(chat);
      checkTarget(ports, to, caller);
      if (path !== undefined && confinedTo(caller) !== null) {
        throw new ToolError(
          'The owner did not ask for this, and your files are his. What you write as content may go.',
        );
      }
      const file = path === undefined ? written(name, content) : await readFile(ports, path, name);
      return send(ports, to, text, [file], caller)
        ? `${file.name} is on its way to ${to}.`
        : `${file.name} was sent to ${to} for this already, so it is not sent again.`;
    },
  });
}

/** @throws ToolError */
function checkTarget({ store, mayWrite }: ToolPorts, to: string, caller: McpCaller): void {
  refuseBeyond(writableChat(store, caller), to);
  if (!mayWrite(to)) {
    throw new ToolError(`${to} is not a chat that Moby may write to. channel_list shows those.`);
  }
}

/** @returns false where the same was sent before, in an attempt of this turn or of this run of a schedule */
function send(
  ports: ToolPorts,
  channel: string,
  text: string,
  files: readonly OutgoingFile[],
  caller: McpCaller,
): boolean {
  const id = deliveryId(ports.store, caller, { channel, text, files });
  if (id !== null && ports.store.outbox.find(id)) return false;
  const sentBy = caller.session === channel ? null : sentIn(caller);
  try {
    ports.send({ channel, text, files, sentBy, ...(id === null ? {} : { id }) });
    return true;
  } catch (error) {
    if (error instanceof DeliveryRefusedError) throw new ToolError(error.message);
    throw error;
  }
}

/** For the model that is told of it in the other chat: a stranger's payload may have put the words there. */
function sentIn({ asker, session = '' }: McpCaller): string {
  return asker === 'webhook' ? `message_send, ${session.replace(':', ' ')}` : 'message_send';
}

function written(name: string | undefined, content: string | undefined): OutgoingFile {
  if (name === undefined || content === undefined) {
    throw new ToolError('Give path, of a file that is there, or name and content, to write one.');
  }
  // Whoever gets it goes by its name, and a stranger may have put the name, too.
  const called = plainFileName(basename(name));
  return { name: called, mime: mediaTypeOf(called), data: Buffer.from(content).toString('base64') };
}

async function readFile(
  { readAgentFile }: ToolPorts,
  path: string,
  name: string | undefined,
): Promise<OutgoingFile> {
  if (!readAgentFile) throw new ToolError('Files of yours cannot be read here. Give name and content.');
  const file = await readAgentFile(path);
  if ('refusal' in file) throw new ToolError(file.refusal);
  const called = name ?? file.name;
  return { name: called, mime: mediaTypeOf(called), data: file.data.toString('base64') };
}
