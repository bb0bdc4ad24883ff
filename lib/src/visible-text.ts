/**
 * Text of others with what nobody would see in it written out: control characters, which steer a terminal, and what turns
 * the direction of text around or shows nothing. Tabs and line breaks stay, and so does what gives a sign its colours.
 */
const UNSEEN =
  /(?![\t\n]|(?<=\p{Extended_Pictographic})\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** @returns such as `a\u{202E}b` */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `\\u{${code}}`;
  });
}

/** JSON that says the same, with such characters escaped as JSON does it. */
export function visibleJson(json: string): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(UNSEEN, (character) => character.split('').map(escaped).join(''));
}
