#!/bin/bash
# The health check of every container: `health.sh <host> <port>` ends with 0 where /healthz answers 200. By the shell's own
# /dev/tcp, since it runs every few seconds for ever and Node takes three times as long to start.
set -u

ask() {
  exec 3<>"/dev/tcp/$1/$2" || return
  printf 'GET /healthz HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n' "$1" "$2" >&3
  IFS= read -r -t 4 line <&3 || { # below the timeout that docker-compose.yml sets, so that the reason is told
    echo 'no answer within 4 s' >&2
    return 1
  }
  case $line in
    'HTTP/1.1 200 '*) ;;
    *) echo "it answers ${line%$'\r'}" >&2 && return 1 ;;
  esac
}

ask "$1" "$2"
