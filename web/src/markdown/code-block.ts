/** A block of code: its language, a button that copies it, and colours once it is closed. */
import { t } from '../texts.ts';
import { element } from './element.ts';

const SHOWN_MS = 1500;

/** @returns where the code goes */
export function addCode(parent: HTMLElement): HTMLElement {
  const block = parent.appendChild(element('div', 'code'));
  const bar = block.appendChild(element('div', 'code-bar'));
  bar.append(element('span', 'code-language'));
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.className = 'code-copy';
  copy.textContent = t.copy;
  const code = element('code');
  copy.addEventListener('click', () => {
    void navigator.clipboard.writeText(code.textContent ?? '').then(() => {
      copy.textContent = t.copied;
      setTimeout(() => (copy.textContent = t.copy), SHOWN_MS);
    });
  });
  bar.append(copy);
  const pre = block.appendChild(element('pre'));
  pre.tabIndex = 0;
  return pre.appendChild(code);
}

export function nameLanguage(code: HTMLElement, language: string): void {
  const label = labelOf(code);
  if (label) label.textContent = language;
}

/** Nothing more comes into it. @param node any element; one that is no code of a block is left alone */
export function closeCode(node: HTMLElement | undefined): void {
  const language = node?.parentElement?.localName === 'pre' ? labelOf(node)?.textContent : '';
  if (!node || !language) return;
  // Without a connection, or after an upgrade, it stays plain.
  import('./code-colours.ts').then(
    ({ colour }) => colour(node, language),
    () => undefined,
  );
}

function labelOf(code: HTMLElement): Element | null {
  return code.closest('.code')?.querySelector('.code-language') ?? null;
}
