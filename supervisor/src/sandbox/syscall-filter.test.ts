import { expect, test } from 'vitest';
import { syscallFilter } from './syscall-filter.ts';

const machines = ['x64', 'arm64'] as const;
const ALLOW = 0x7fff0000;
const EPERM = 0x50001;
const ENOSYS = 0x50026;

/** What the kernel would say of a call: the instructions of classic BPF that the filter is made of. */
function verdict(
  machine: (typeof machines)[number],
  call: number,
  args: number[] = [],
  foreign = false,
): number {
  const program = syscallFilter(machine) as Buffer;
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call >>> 0, 0);
  data.writeUInt32LE(foreign ? 0x40000003 : { x64: 0xc000003e, arm64: 0xc00000b7 }[machine], 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(BigInt(value), 16 + 8 * index);
  let word = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const code = program.readUInt16LE(8 * at);
    const [yes, no] = [program[8 * at + 2] as number, program[8 * at + 3] as number];
    const value = program.readUInt32LE(8 * at + 4);
    if (code === 0x06) return value;
    if (code === 0x20) word = data.readUInt32LE(value);
    else at += { 21: word === value, 53: word >= value, 69: (word & value) !== 0 }[code] ? yes : no;
  }
  throw new Error('The program ends without a verdict.');
}

test.each([
  ['x64', { read: 0, mount: 165, ptrace: 101, clone: 56, clone3: 435, ioctl: 16, socket: 41 }],
  ['arm64', { read: 63, mount: 40, ptrace: 117, clone: 220, clone3: 435, ioctl: 29, socket: 198 }],
] as const)('on %s ordinary calls pass, and others fail by what they are or ask for', (machine, calls) => {
  const of = (name: keyof typeof calls, ...args: number[]): number => verdict(machine, calls[name], args);
  expect(of('read', 0x10000000, 0x5412)).toBe(ALLOW);
  expect(of('mount')).toBe(EPERM);
  expect(of('ptrace')).toBe(EPERM);
  expect(of('clone3')).toBe(ENOSYS);
  expect(of('clone', 0x01200011)).toBe(ALLOW);
  expect(of('clone', 0x10000011)).toBe(EPERM);
  expect(of('ioctl', 0, 0x5412)).toBe(EPERM);
  expect(of('ioctl', 0, 0x541c)).toBe(EPERM);
  expect(of('ioctl', 0, 0x5413)).toBe(ALLOW);
  for (const family of [1, 2, 10, 16]) expect(of('socket', family)).toBe(ALLOW);
  for (const family of [0, 17, 31, 38, 40]) expect(of('socket', family)).toBe(EPERM);
  expect(verdict(machine, 1, [], true)).toBe(ENOSYS);
});

test('the second set of numbers that x86 has for the same calls is closed', () => {
  expect(verdict('x64', 0x40000000 + 521)).toBe(ENOSYS);
});

test('on a machine whose numbers are not known there is none', () => {
  expect(syscallFilter('riscv64')).toBeNull();
});
