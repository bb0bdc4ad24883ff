#!/bin/sh
# Start of the moby container: gives the user that the container runs as a name, for ssh and git refuse to work for a
# number alone, and a home that lasts; then becomes the supervisor. /run/moby is a tmpfs: the root is read-only.
set -eu
umask 077

echo "moby:x:$(id -u):$(id -g):Moby:$HOME:/bin/bash" >/run/moby/passwd
echo "moby:x:$(id -g):" >/run/moby/group
chmod 644 /run/moby/passwd /run/moby/group
# His shell writes there, and may have left a file or a dead link in their place: then no start would ever succeed.
for folder in "$HOME" "${MOBYCLAW_SESSIONS_FOLDER:-/sessions}/work"; do
  if [ ! -d "$folder" ] && { [ -e "$folder" ] || [ -L "$folder" ]; }; then
    mv "$folder" "$folder.aside-$(date +%s)"
  fi
  mkdir -p "$folder"
done

# A node that its own user cannot read, so that the agent's shell sees nothing of the process; no signal opens its inspector.
exec /usr/local/libexec/moby/node --disable-sigusr1 /app/dist/agent-supervisor.js
