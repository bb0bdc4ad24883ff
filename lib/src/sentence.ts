/** Words of another program, so that what follows is a sentence of its own: with a full stop, unless they end with a sign. */
export function asSentence(text: string): string {
  const said = text.trimEnd();
  return said === '' || /[.!?…:;。！？]["'”’)\]]*$/u.test(said) ? said : `${said}.`;
}
