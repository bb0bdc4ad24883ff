/** Slack's markup of what people write, as text: `<@U1>`, `<#C1|general>`, `<https://…|label>`, `&amp;`. */
const LINK = /<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>/g;

/** Ids of the people that a text names. */
export function mentionedIn(text: string): string[] {
  return [...text.matchAll(LINK)].flatMap(([, sign, id]) => (sign === '@' && id !== undefined ? [id] : []));
}

/** @returns the text without the mention of Moby, and whether there was one */
export function plainTextOf(
  text: string,
  me: string,
  names: ReadonlyMap<string, string>,
): { text: string; mentioned: boolean } {
  let mentioned = false;
  const plain = text.replace(LINK, (_all, sign: string, target: string, label: string | undefined) => {
    switch (sign) {
      case '@':
        if (target !== me) return `@${names.get(target) ?? label ?? target}`;
        mentioned = true;
        return '';
      case '#':
        return `#${label || target}`;
      case '!':
        return special(target, label);
      default:
        return link(target, label);
    }
  });
  const tidy = mentioned ? plain.replace(/ {2,}/g, ' ').trim() : plain;
  return {
    text: tidy.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    mentioned,
  };
}

/** `<!here>`, `<!subteam^S1|@group>`, `<!date^1700000000^{date}|18 Feb>` */
function special(target: string, label: string | undefined): string {
  if (label !== undefined) return label;
  return `@${target.split('^')[0]}`;
}

function link(target: string, label: string | undefined): string {
  const bare = target.replace(/^(mailto:|tel:)/, '');
  const same =
    label === undefined || bare === label || bare === `http://${label}` || bare === `https://${label}`;
  return same ? bare : `${label} (${target})`;
}
