/**
 * The filter of system calls that bwrap installs for what runs inside (`--seccomp`): a deny list in the kernel's own
 * form, classic BPF over `struct seccomp_data` (linux/seccomp.h, linux/bpf_common.h). Namespaces hold the walls; this takes
 * away what has opened such walls before, and the ways out that no namespace knows: a virtual machine's socket to its host
 * (AF_VSOCK) is not part of the network namespace.
 *
 * A call that is refused fails with EPERM; `clone3` with ENOSYS, since its flags are behind a pointer and C libraries then
 * take `clone`, whose flags can be seen. Calls of another architecture (32-bit ones on x86) fail with ENOSYS.
 */

const EPERM = 1;
const ENOSYS = 38;

const ALLOW = 0x7fff_0000;
const ERRNO = 0x0005_0000; // the number of the error is in the low half

// Codes of instructions, of linux/bpf_common.h.
const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const JUMP_ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K

// Offsets in `struct seccomp_data`; of arguments the low word, on little-endian machines.
const NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number): number => 16 + 8 * index;

const CLONE_NEWUSER = 0x1000_0000;
const X32_CALLS = 0x4000_0000;
const TERMINAL_INPUT = [0x5412, 0x541c]; // TIOCSTI and TIOCLINUX put words into the terminal of whoever started us
const SOCKET_FAMILIES = [1, 2, 10, 16]; // AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; the last is how interfaces are listed

interface Machine {
  /** AUDIT_ARCH_… of linux/audit.h */
  architecture: number;
  refused: Readonly<Record<string, number>>;
  socket: number;
  ioctl: number;
  clone: number;
  clone3: number;
}

/** The same number on every machine: calls since Linux 5.1. */
const COMMON = {
  pidfd_getfd: 438,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  mount_setattr: 442,
};

/** Numbers of arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
const MACHINES: Readonly<Partial<Record<NodeJS.Architecture, Machine>>> = {
  x64: {
    architecture: 0xc000_003e,
    socket: 41,
    ioctl: 16,
    clone: 56,
    clone3: 435,
    refused: {
      ...COMMON,
      ptrace: 101,
      syslog: 103,
      modify_ldt: 154,
      pivot_root: 155,
      chroot: 161,
      acct: 163,
      mount: 165,
      umount2: 166,
      swapon: 167,
      swapoff: 168,
      reboot: 169,
      init_module: 175,
      delete_module: 176,
      quotactl: 179,
      kexec_load: 246,
      add_key: 248,
      request_key: 249,
      keyctl: 250,
      unshare: 272,
      perf_event_open: 298,
      name_to_handle_at: 303,
      open_by_handle_at: 304,
      setns: 308,
      process_vm_readv: 310,
      process_vm_writev: 311,
      kcmp: 312,
      finit_module: 313,
      kexec_file_load: 320,
      bpf: 321,
      userfaultfd: 323,
    },
  },
  arm64: {
    architecture: 0xc000_00b7,
    socket: 198,
    ioctl: 29,
    clone: 220,
    clone3: 435,
    refused: {
      ...COMMON,
      umount2: 39,
      mount: 40,
      pivot_root: 41,
      chroot: 51,
      quotactl: 60,
      acct: 89,
      unshare: 97,
      kexec_load: 104,
      init_module: 105,
      delete_module: 106,
      syslog: 116,
      ptrace: 117,
      reboot: 142,
      add_key: 217,
      request_key: 218,
      keyctl: 219,
      swapon: 224,
      swapoff: 225,
      perf_event_open: 241,
      name_to_handle_at: 264,
      open_by_handle_at: 265,
      setns: 268,
      process_vm_readv: 270,
      process_vm_writev: 271,
      kcmp: 272,
      finit_module: 273,
      bpf: 280,
      userfaultfd: 282,
      kexec_file_load: 294,
    },
  },
};

interface Instruction {
  code: number;
  /** Instructions that are skipped where the comparison holds, and where not. */
  yes: number;
  no: number;
  value: number;
}

const load = (offset: number): Instruction => ({ code: LOAD_WORD, yes: 0, no: 0, value: offset });
const give = (value: number): Instruction => ({ code: RETURN, yes: 0, no: 0, value });
const unless = (code: number, value: number, skip: number): Instruction => ({
  code,
  yes: 0,
  no: skip,
  value,
});

/** @returns the program as `struct sock_filter[]`; null on a machine whose numbers are not known here */
export function syscallFilter(machine: NodeJS.Architecture = process.arch): Buffer | null {
  const known = MACHINES[machine];
  if (known === undefined) return null;
  const refuse = give(ERRNO | EPERM);
  const program = [
    load(ARCHITECTURE),
    { code: JUMP_EQUAL, yes: 1, no: 0, value: known.architecture },
    give(ERRNO | ENOSYS),
    load(NUMBER),
    ...(machine === 'x64' ? [unless(JUMP_AT_LEAST, X32_CALLS, 1), give(ERRNO | ENOSYS)] : []),
    unless(JUMP_EQUAL, known.clone3, 1),
    give(ERRNO | ENOSYS),
    ...Object.values(known.refused).flatMap((number) => [unless(JUMP_EQUAL, number, 1), refuse]),
    // A call's arguments are looked at only where it is that call, and each look ends with a verdict.
    unless(JUMP_EQUAL, known.clone, 4),
    load(argument(0)),
    unless(JUMP_ANY_BIT, CLONE_NEWUSER, 1),
    refuse,
    give(ALLOW),
    unless(JUMP_EQUAL, known.ioctl, 2 + 2 * TERMINAL_INPUT.length),
    load(argument(1)),
    ...TERMINAL_INPUT.flatMap((request) => [unless(JUMP_EQUAL, request, 1), refuse]),
    give(ALLOW),
    unless(JUMP_EQUAL, known.socket, 2 + 2 * SOCKET_FAMILIES.length),
    load(argument(0)),
    ...SOCKET_FAMILIES.flatMap((family) => [unless(JUMP_EQUAL, family, 1), give(ALLOW)]),
    refuse,
    give(ALLOW),
  ];
  const bytes = Buffer.alloc(8 * program.length);
  program.forEach(({ code, yes, no, value }, index) => {
    const at = 8 * index;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(yes, at + 2);
    bytes.writeUInt8(no, at + 3);
    bytes.writeUInt32LE(value >>> 0, at + 4);
  });
  return bytes;
}
