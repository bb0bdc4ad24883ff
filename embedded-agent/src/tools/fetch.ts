/** Public web pages as text for the model. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { withDoorPass } from '@mobyclaw/lib/door-pass';
import type { Environment } from '@mobyclaw/lib/proxy';
import { capabilityOf } from '@mobyclaw/protocol/identity';
import * as z from 'zod';
import { type GetOptions, getPublicPage, type PublicPage } from './public-http.ts';
import { type AgentTool, builtInTool } from './tool.ts';

const DEFAULT_TIMEOUT_S = 30;
const MAX_PAGE_CHARS = 60_000;

export interface FetchOptions extends Pick<GetOptions, 'resolveName' | 'isAllowed' | 'env'> {
  timeoutS?: number;
  /** Of egress, which is shown whose turn it is. */
  door?: string | undefined;
}

export function fetchTools(options: FetchOptions = {}): AgentTool[] {
  return [
    builtInTool({
      name: 'fetch',
      category: 'fetch',
      title: 'Fetch URLs',
      description:
        'Fetch public web pages with GET and return their content. Private and local addresses are refused.',
      input: z.strictObject({
        urls: z.array(z.string()).min(1).max(10).describe('Addresses, http or https'),
        format: z.enum(['text', 'html']).optional().describe('text (default), or html as it was sent'),
        timeout: z.int().positive().max(300).optional().describe('Seconds a page may take (default: 30)'),
      }),
      run: async ({ urls, format, timeout }, { signal, headers }) => {
        const env = withDoorPass(given(options.env ?? process.env), options.door, capabilityOf(headers));
        const timeoutMs = (timeout ?? options.timeoutS ?? DEFAULT_TIMEOUT_S) * 1000;
        const pages = urls.map(async (url) => {
          const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
          try {
            return await render(
              await getPublicPage(url, { ...options, env, signal: deadline }),
              format ?? 'text',
            );
          } catch (error) {
            signal.throwIfAborted();
            if (urls.length === 1) throw new Error(`${url}: ${(error as Error).message}`, { cause: error });
            return `${url}: Error: ${(error as Error).message}`;
          }
        });
        return (await Promise.all(pages)).join('\n\n');
      },
    }),
  ];
}

function given(environment: Environment): Record<string, string> {
  const set = Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(set);
}

async function render(page: PublicPage, format: 'text' | 'html'): Promise<string> {
  const isHtml = /html/i.test(page.contentType);
  const full = isHtml && format === 'text' ? await htmlToText(page.body) : page.body;
  const cut = full.length > MAX_PAGE_CHARS || page.truncated ? '\n[the rest of the page was cut]' : '';
  const status = page.status === 200 ? '' : ` (status ${page.status})`;
  return `${page.url}${status}\n${cutText(full, MAX_PAGE_CHARS)}${cut}`;
}

async function htmlToText(html: string): Promise<string> {
  const { convert } = await import('html-to-text');
  return convert(html, {
    wordwrap: false,
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
    ],
  });
}
