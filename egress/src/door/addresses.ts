/**
 * Which addresses the door dials. A name that the owner allowed may lead anywhere, also to what is inside: so what counts is
 * where it leads, for each of its addresses. Ranges: the special-purpose registries of IANA (RFC 6890 and its successors).
 */
import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * @param isPrivateMeant whether the owner's rule says that the name leads into a private network
 * @returns what the address is, such as "a private address", where it must not be dialled; else null
 */
export type AddressPolicy = (address: string, isPrivateMeant: boolean) => string | null;

function ranges(family: 'ipv4' | 'ipv6', list: readonly string[]): BlockList {
  const found = new BlockList();
  for (const range of list) {
    const [net = '', prefix] = range.split('/');
    found.addSubnet(net, Number(prefix), family);
  }
  return found;
}

/** Never dialled: this machine, the link with the metadata of clouds, and what is no host. */
const NEVER_4: readonly [string, BlockList][] = [
  ['no address of a host', ranges('ipv4', ['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'])],
  ['this machine', ranges('ipv4', ['127.0.0.0/8'])],
  ['an address of the link, where clouds keep their secrets', ranges('ipv4', ['169.254.0.0/16'])],
  [
    'where a cloud keeps its secrets',
    ranges('ipv4', ['168.63.129.16/32', '100.100.100.200/32', '192.0.0.0/24']),
  ],
  ['reserved', ranges('ipv4', ['192.0.2.0/24', '192.88.99.0/24', '198.51.100.0/24', '203.0.113.0/24'])],
];
const PRIVATE_4 = ranges('ipv4', [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '198.18.0.0/15',
]);

const GLOBAL_6 = ranges('ipv6', ['2000::/3']);
const RESERVED_6 = ranges('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
const PRIVATE_6 = ranges('ipv6', ['fc00::/7']);
const METADATA_6 = ranges('ipv6', ['fd00:ec2::/32', 'fd20:ce::254/128']);
/** An address of IPv4 in one of IPv6, for networks that have the latter alone (RFC 6052). */
const NAT64 = ranges('ipv6', ['64:ff9b::/96']);

export const publicAddresses: AddressPolicy = (address, isPrivateMeant) => {
  const kind = isIPv4(address) ? kindOf4(address) : isIPv6(address) ? kindOf6(address) : 'no address';
  if (kind === null) return isOwn(address) && !isPrivateMeant ? 'this machine' : null;
  return kind === PRIVATE && isPrivateMeant ? null : kind;
};

const PRIVATE = 'a private address';

function kindOf4(address: string): string | null {
  const never = NEVER_4.find(([, list]) => list.check(address, 'ipv4'));
  if (never) return never[0];
  return PRIVATE_4.check(address, 'ipv4') ? PRIVATE : null;
}

/** Only what is global is let through, so that what is added to the registry one day is not forgotten here. */
function kindOf6(address: string): string | null {
  if (address.includes('%')) return 'an address of the link';
  // Not by a BlockList: one of ::ffff:0:0/96 would match every address of IPv4 as well, and no DNS has reason to name one.
  const plain = new SocketAddress({ address, family: 'ipv6' }).address;
  if (plain.includes('.')) return 'an address of IPv4 in the form of IPv6';
  if (NAT64.check(plain, 'ipv6')) return kindOf4(embedded(plain));
  if (METADATA_6.check(plain, 'ipv6')) return 'where a cloud keeps its secrets';
  if (PRIVATE_6.check(plain, 'ipv6')) return PRIVATE;
  if (!GLOBAL_6.check(plain, 'ipv6') || RESERVED_6.check(plain, 'ipv6')) return 'reserved';
  return null;
}

/** @param address `64:ff9b::` and up to two groups */
function embedded(address: string): string {
  const groups = address.slice(address.lastIndexOf('::') + 2).split(':');
  const [high = '0', low = '0'] = groups.length > 1 ? groups : ['0', groups[0] || '0'];
  const number = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** A public address of this machine is this machine all the same: what listens there may trust who comes from here. */
function isOwn(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address));
}
