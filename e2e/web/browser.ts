/** Debian's Chromium, driven as its user would: what it says to its console, asks of strangers or complains of is kept. */
import { execFileSync } from 'node:child_process';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

let browser: Promise<Browser> | null = null;

function launch(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
    args: [
      '--use-fake-device-for-media-stream', // a microphone that beeps
      // Root, as in a CI container, has no sandbox of Chromium's.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
  return browser;
}

/** One for all tests of a file. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = null;
}

export interface Visit {
  page: Page;
  /** Exceptions, refusals of the content security policy, and requests to anywhere else. */
  faults: string[];
}

/** A browser that was never here before. */
export async function visit(options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await (await launch()).newContext({ viewport: { width: 1200, height: 800 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  return { page, faults: watchFaults(page) };
}

export function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted ?Type/i.test(message.text()))
      faults.push(`policy: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && hostname !== '127.0.0.1')
      faults.push(`request: ${request.url()}`);
  });
  return faults;
}
