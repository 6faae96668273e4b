#!/usr/bin/env bash
# Hosts a local port while a command runs, which is given the URL, and has it in $URL:
#
#   with-url.sh 3000 curl -s
set -euo pipefail
port=$1
shift

coproc underpass host "$port" --url-only --timeout 30
host=$COPROC_PID
read -r URL <&"${COPROC[0]}" || { wait "$host"; exit; }
export URL
trap 'kill -INT "$host"; wait "$host"' EXIT
"$@" "$URL"
