# Every image of the stack, one target each: cagent or embedded (the service `moby`), gateway, memory, workspace, egress.
# `docker compose build` builds the five that are in use; an unused target, and what it is made from, is not even fetched.
#
# Another release of cagent: docker compose build --build-arg DOCKER_AGENT_VERSION=<tag> moby (or set it in .env).

ARG NODE_IMAGE=node:24-trixie-slim
ARG DOCKER_AGENT_VERSION=1.32.3

# ── bundles ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# JavaScript is the same on every processor, so this stage runs on the builder's own.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY protocol/package.json protocol/
COPY lib/package.json lib/
COPY recall/package.json recall/
COPY mcp/package.json mcp/
COPY testkit/package.json testkit/
COPY gateway/package.json gateway/
COPY embedded-agent/package.json embedded-agent/
COPY supervisor/package.json supervisor/
COPY egress/package.json egress/
COPY mcp-servers/memory/package.json mcp-servers/memory/
COPY mcp-servers/workspace/package.json mcp-servers/workspace/
COPY cli/package.json cli/
COPY web/package.json web/
# Nothing of it reaches an image but what the bundles import, so install scripts have no business here.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund --no-progress
COPY . .
# Readable for any user: a checkout made under umask 077 is not, and the stack runs as whoever owns the data directory.
RUN node scripts/build.mjs /out/agent/dist agent-supervisor \
 && node scripts/build.mjs /out/embedded/dist agent-supervisor embedded-agent \
 && node scripts/build.mjs /out/gateway/dist gateway \
 && node scripts/build.mjs /out/memory/dist memory \
 && node scripts/build.mjs /out/workspace/dist workspace \
 && node scripts/build.mjs /out/egress/dist egress \
 && for part in agent embedded gateway memory workspace egress; do cp docker/health.sh package.json /out/$part/; done \
 && for image in agent embedded; do cp docker/agent-entry.sh docker/without-secrets.py /out/$image/; done \
 && mkdir -p /out/memory/agents && cp -r agents/moby /out/memory/agents/ \
 && chmod -R a+rX,go-w /out && chmod a+x /out/*/agent-entry.sh /out/*/health.sh

# ── moby ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${NODE_IMAGE} AS agent-base
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates curl file git jq less libnss-extrausers openssh-client patch procps python3 ripgrep tzdata unzip zip \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/apt \
 # The user's number is known only when the container starts; ssh and git want a name for it (docker/agent-entry.sh).
 && sed -i 's/^\(passwd\|group\):.*files/& extrausers/' /etc/nsswitch.conf \
 && rm -rf /var/lib/extrausers && ln -s /run/moby /var/lib/extrausers \
 # A tmpfs takes the mode of the folder it is mounted on when a container starts for the second time.
 && mkdir -m 1777 /run/moby \
 # Nobody may read this one, so the kernel keeps each process of it from all others of the same user: its environment, its memory
 # and its files hold the secrets of the stack, and the agent's shell runs as the same user (architecture.md, "Processes in containers").
 && install -D -m 0111 /usr/local/bin/node /usr/local/libexec/moby/node
WORKDIR /app
ENV HOME=/sessions/home LANG=C.UTF-8 SHELL=/bin/bash TELEMETRY_ENABLED=false
USER 1000:1000
ENTRYPOINT ["/app/agent-entry.sh"]

FROM docker/docker-agent:${DOCKER_AGENT_VERSION} AS docker-agent

FROM agent-base AS cagent
COPY --from=docker-agent /docker-agent /usr/local/bin/docker-agent
COPY --from=build /out/agent /app

FROM agent-base AS embedded
COPY --from=build /out/embedded /app

# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${NODE_IMAGE} AS memory
WORKDIR /app
COPY --from=build /out/memory /app
# As in lib/src/process-memory.ts, which says why.
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
USER 1000:1000
CMD ["node", "--disable-sigusr1", "dist/memory.js"]

# ── workspace ────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${NODE_IMAGE} AS workspace
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ripgrep \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/apt
WORKDIR /app
COPY --from=build /out/workspace /app
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
USER 1000:1000
CMD ["node", "--disable-sigusr1", "dist/workspace.js"]

# ── egress ───────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM ${NODE_IMAGE} AS egress
WORKDIR /app
COPY --from=build /out/egress /app
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
USER 1000:1000
CMD ["node", "--disable-sigusr1", "dist/egress.js"]

# ── gateway ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# What WhatsApp needs is in the image only where it is enabled: libsignal, which is among it, is GPL-3.0.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS whatsapp
WORKDIR /out
COPY gateway/optional/whatsapp/package.json gateway/optional/whatsapp/package-lock.json ./
ARG WHATSAPP=
RUN --mount=type=cache,target=/root/.npm if [ -n "$WHATSAPP" ]; then \
      npm ci --ignore-scripts --legacy-peer-deps --no-audit --no-fund --no-progress && chmod -R a+rX,go-w .; fi

FROM ${NODE_IMAGE} AS gateway
WORKDIR /app
COPY --from=build /out/gateway /app
COPY --from=whatsapp /out /app/optional/whatsapp
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
USER 1000:1000
CMD ["node", "--disable-sigusr1", "dist/gateway.js"]
