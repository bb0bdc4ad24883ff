/**
 * Tools of the commands below: `door` and `relay` say to these, byte by byte, what they are given by printf; `tcp`, `udp`
 * and `get` go their own way. All print what they are told, or why there was nothing.
 */
export const PRELUDE = `
door_at=$(printf %s "$HTTP_PROXY" | sed -E 's,^[a-z]+://([^@/]*@)?,,; s,/.*$,,')
relay_at=$(printf %s "$MOBYCLAW_RELAY_URL" | sed -E 's,^[a-z]+://,,; s,/.*$,,')
tcp() { python3 -c '
import socket, sys
host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode("latin-1").decode("unicode_escape").encode("latin-1")
try:
    made = socket.create_connection((host, port), 4)
    made.sendall(text)
    made.settimeout(4)
    while True:
        got = made.recv(4096)
        if not got: break
        print(got.decode("latin-1"), end="")
    print("(closed)")
except OSError as error: print(type(error).__name__, error)
' "$@"; }
udp() { python3 -c '
import socket, sys
host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
try:
    for family, kind, proto, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM):
        made = socket.socket(family, kind, proto)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        made.settimeout(2)
        made.sendto(text.encode(), address)
        print(made.recv(4096).decode())
except OSError as error: print(type(error).__name__, error)
' "$@"; }
door() { tcp "$(echo $door_at | cut -d: -f1)" "$(echo $door_at | cut -d: -f2)" "$1"; }
relay() { tcp "$(echo $relay_at | cut -d: -f1)" "$(echo $relay_at | cut -d: -f2)" "$1"; }
get() { curl -sS --noproxy '*' --max-time 4 "$@" 2>&1; }
by_door() { curl -sS --max-time 8 "$@" 2>&1; }
`;
