import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { publicAddresses } from './addresses.ts';

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '140.82.121.4',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82b::200e',
  '64:ff9b::8.8.8.8',
  '64:ff9b::808:808',
])('%s is dialled', (address) => {
  expect(publicAddresses(address, false)).toBeNull();
  expect(publicAddresses(address, true)).toBeNull();
});

test.each([
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fd12::1',
  'fc00::1',
  '64:ff9b::10.0.0.1',
])('%s is dialled only where the owner says that the host is a private one', (address) => {
  expect(publicAddresses(address, false)).toBe('a private address');
  expect(publicAddresses(address, true)).toBeNull();
});

test.each([
  '0.0.0.0',
  '0.1.2.3',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:8.8.8.8',
  '::ffff:127.0.0.1',
  '::ffff:0a00:0001',
  '::8.8.8.8',
  '0:0:0:0:0:ffff:7f00:1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  'fec0::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  '2002:7f00:1::',
  '2002:808:808::1',
  '2001::1',
  '2001:db8::1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::1',
  '64:ff9b:1::808:808',
  '100::1',
  '3fff::1',
  '5f00::1',
  'not an address',
])('%s is never dialled', (address) => {
  expect(publicAddresses(address, false)).not.toBeNull();
  expect(publicAddresses(address, true)).not.toBeNull();
});

test('an address of this machine is this machine, whatever range it is of', () => {
  for (const list of Object.values(networkInterfaces())) {
    for (const { address } of list ?? []) expect(publicAddresses(address, false)).not.toBeNull();
  }
});
