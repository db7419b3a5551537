#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A MariaDB server of one's own: private directory, loopback only; the system's instance is never touched.
#   mariadb.sh start <directory> <port> [mariadbd options...]    makes the data directory if there is none
#   mariadb.sh stop <directory>
# root@127.0.0.1 has the password "peer". TLS with the certificate in <directory>/tls (made with openssl).
set -euo pipefail
PATH=$PATH:/usr/sbin
command=${1:?start or stop}
directory=$(mkdir -p "${2:?directory}" && cd "$2" && pwd)
data=$directory/data
as_user=()
if [ "$(id -u)" = 0 ]; then as_user=(--user=root); fi

running() { [ -f "$directory/pid" ] && kill -0 "$(cat "$directory/pid")" 2>/dev/null; }

start() {
  local port=${1:?port}
  shift
  if running; then
    echo "mariadb: runs already, pid $(cat "$directory/pid")"
    return
  fi
  mkdir -p "$directory/tls" "$directory/tmp"
  if [ ! -f "$directory/tls/key.pem" ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
      -keyout "$directory/tls/key.pem" -out "$directory/tls/cert.pem" 2>/dev/null
  fi
  if [ ! -d "$data/mysql" ]; then
    mariadb-install-db --no-defaults "${as_user[@]}" --datadir="$data" --auth-root-authentication-method=normal \
      --skip-test-db --skip-name-resolve >"$directory/install.log" 2>&1
    printf "CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY 'peer';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n" \
      >"$directory/init.sql"
  fi
  setsid mariadbd --no-defaults "${as_user[@]}" --datadir="$data" --tmpdir="$directory/tmp" --socket="$directory/mysql.sock" \
    --pid-file="$directory/pid" --bind-address=127.0.0.1 --port="$port" --skip-name-resolve --local-infile=1 \
    --init-file="$directory/init.sql" --ssl-cert="$directory/tls/cert.pem" --ssl-key="$directory/tls/key.pem" \
    --max-connections=6000 --character-set-server=utf8mb4 --max-allowed-packet=1G "$@" >"$directory/server.log" 2>&1 </dev/null &
  local pid=$! deadline=$((SECONDS + 90))
  until mariadb --no-defaults -h 127.0.0.1 -P "$port" -uroot -ppeer -e 'SELECT 1' >/dev/null 2>&1; do
    if ! kill -0 $pid 2>/dev/null || [ $SECONDS -gt $deadline ]; then
      tail -20 "$directory/server.log" >&2
      exit 1
    fi
    sleep 0.2
  done
  echo "mariadb: listens on 127.0.0.1:$port, pid $(cat "$directory/pid")"
}

stop() {
  running || return 0
  local pid
  pid=$(cat "$directory/pid")
  kill "$pid"
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || { rm -f "$directory/pid"; return 0; }
    sleep 0.1
  done
  kill -9 "$pid"
  rm -f "$directory/pid"
}

case $command in
  start) shift 2; start "$@" ;;
  stop) stop ;;
  *) echo "usage: mariadb.sh start <directory> <port> | stop <directory>" >&2; exit 2 ;;
esac
