export function element(tag: string, className = ''): HTMLElement {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  return node;
}
