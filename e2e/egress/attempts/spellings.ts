/** One IPv4 address in the ways in which some program or other reads it. */
export function spellings(address: string): Record<string, string> {
  const parts = address.split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (part: number): string => part.toString(16).padStart(2, '0');
  const wide = [...address]
    .map((sign) => (sign === '.' ? sign : String.fromCodePoint(0xff10 + Number(sign))))
    .join('');
  return {
    'with dots': address,
    decimal: String(whole),
    hexadecimal: `0x${parts.map(hex).join('')}`,
    'hexadecimal, with dots': parts.map((part) => `0x${hex(part)}`).join('.'),
    octal: parts.map((part) => `0${part.toString(8)}`).join('.'),
    'padded with noughts': parts.map((part) => String(part).padStart(3, '0')).join('.'),
    'of two parts': `${a}.${whole % 2 ** 24}`,
    'of three parts': `${a}.${b}.${c * 256 + d}`,
    'with a dot at the end': `${address}.`,
    'in wide signs': wide,
    'in percent signs': [...address].map((sign) => `%${hex(sign.charCodeAt(0))}`).join(''),
    'mapped to IPv6': `[::ffff:${address}]`,
    'mapped to IPv6, in hexadecimal': `[::ffff:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}]`,
    'as 6to4': `[2002:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}::1]`,
    'as NAT64': `[64:ff9b::${hex(a)}${hex(b)}:${hex(c)}${hex(d)}]`,
  };
}
