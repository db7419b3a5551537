#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# VictoriaMetrics 1.140.0 (single node) of one's own, built from its Go module: own directory, loopback only.
#   victoriametrics.sh install             builds it (go.sum holds the checksums)
#   victoriametrics.sh start <directory>   prints `http=PORT telnet=PORT` (telnet: OpenTSDB's put lines)
#   victoriametrics.sh stop <directory>
# Exit code 77: cannot be had here (no Go, no module proxy).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../jars.sh"
command=${1:?install, start or stop}
binary=${SLUICE_DEPS:-$HOME/.cache/sluice}/test/victoria-metrics-1.140.0
if [ "$command" != install ]; then
  directory=$(mkdir -p "${2:?directory}" && cd "$2" && pwd)
fi

install() {
  [ -x "$binary" ] && return
  command -v go >/dev/null || { echo "victoriametrics: skipped, there is no go" >&2; exit 77; }
  local work
  work=$(mktemp -d)
  cp "$here/go.mod" "$here/go.sum" "$work"
  if ! (cd "$work" && go build -mod=mod -p 2 -o built github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics) >"$work/log" 2>&1; then
    tail -5 "$work/log" >&2
    echo "victoriametrics: skipped, it cannot be built here" >&2
    rm -rf "$work"
    exit 77
  fi
  mkdir -p "$(dirname "$binary")"
  mv "$work/built" "$binary.$$" && mv "$binary.$$" "$binary"
  rm -rf "$work"
}

start() {
  if alive "$directory/pid"; then echo "victoriametrics: runs already" >&2; exit 1; fi
  [ -f "$directory/http" ] || free_port >"$directory/http"
  [ -f "$directory/telnet" ] || free_port >"$directory/telnet"
  local http telnet deadline=$((SECONDS + 60))
  http=$(cat "$directory/http")
  telnet=$(cat "$directory/telnet")
  setsid "$binary" -storageDataPath="$directory/data" -httpListenAddr="127.0.0.1:$http" \
    -opentsdbListenAddr="127.0.0.1:$telnet" -retentionPeriod=10y >>"$directory/server.log" 2>&1 </dev/null &
  echo $! >"$directory/pid"
  until [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http/health")" = 200 ]; do
    if ! alive "$directory/pid" || [ $SECONDS -gt $deadline ]; then
      tail -30 "$directory/server.log" >&2
      end_process "$directory/pid"
      exit 1
    fi
    sleep 0.1
  done
  echo "http=$http telnet=$telnet"
}

case $command in
  install) install ;;
  start) install; start ;;
  stop) end_process "$directory/pid" ;;
  *) echo "victoriametrics: unknown command $command" >&2; exit 2 ;;
esac
