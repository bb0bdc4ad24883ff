# Runs a program on a pseudo-terminal and types at it. Input: JSON {argv, env, dialogue: [[shown, keys], ...], until}.
# It types once nothing has been written for `quiet` seconds. Output: all that the program wrote, as the terminal got it. Ends the program when `until` stands there.
import json, os, pty, select, signal, sys, time

plan = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.execve(plan["argv"][0], plan["argv"], plan["env"])
written, dialogue, place = b"", list(plan["dialogue"]), 0
end = time.time() + 60
while time.time() < end and written.find(plan["until"].encode(), place) < 0:
    ready, _, _ = select.select([terminal], [], [], plan.get("quiet", 0.2))
    if ready:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        written += piece
    elif dialogue and written.find(dialogue[0][0].encode(), place) >= 0:
        place = len(written)
        os.write(terminal, dialogue.pop(0)[1].encode())
os.kill(pid, signal.SIGKILL)
sys.stdout.buffer.write(written)
