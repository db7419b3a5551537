#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Both README commands, `make run` and `make test`, on a clone of HEAD in a bare Debian 12 root made with debootstrap.
# Package sources, their proxies and certificates are the machine's own. Needs root.
#   SLUICE_FRESH_DIR    where the root is made and kept (default: a new temporary directory, removed at the end)
#   SLUICE_FRESH_ONLY   run | test: only one of the two
#   SLUICE_FRESH_LOCAL  1: with the changes that are not committed
set -euo pipefail
cd "$(dirname "$0")/../.."
readonly port=9030 run_seconds=2700 test_seconds=5400

fail() { echo "test-fresh: $*" >&2; exit 1; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
copy() { if [ -e "$1" ]; then mkdir -p "$(dirname "$2")" && cp -rL "$1" "$2"; fi; }

[ "$(id -u)" = 0 ] || fail "needs root (debootstrap, chroot)"
! listens || fail "something listens on port $port already"
for tool in debootstrap mariadb-client; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' $tool 2>/dev/null)" = installed ] || { apt-get update -qq && apt-get install -y -qq $tool >/dev/null; }
done

root=${SLUICE_FRESH_DIR:-$(mktemp -d)}
mkdir -p "$root"
running=
finish() {
  [ -z "$running" ] || kill -KILL -- "-$running" 2>/dev/null || true
  for mounted in proc dev/pts dev/shm dev; do ! mountpoint -q "$root/$mounted" || umount -l "$root/$mounted"; done
  [ -n "${SLUICE_FRESH_DIR:-}" ] || rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 130' INT TERM

mirror=$(awk '$1 == "URIs:" {print $2; exit} $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true)
if [ ! -f "$root/root/made" ]; then
  echo "test-fresh: bare Debian 12 in $root"
  timeout 1200 debootstrap --variant=minbase --include=ca-certificates bookworm "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 ||
    { tail -20 "$root.log" >&2; fail "debootstrap failed"; }
  rm -f "$root.log"
  touch "$root/root/made"
fi

# What lets this machine reach its package sources, and nothing else of it.
for part in etc/apt/sources.list etc/apt/sources.list.d/debian.sources etc/resolv.conf etc/hosts etc/pip.conf etc/npmrc; do
  copy "/$part" "$root/$part"
done
[ ! -e /etc/apt/sources.list.d/debian.sources ] || : >"$root/etc/apt/sources.list"
for part in /etc/apt/apt.conf.d/*; do
  if grep -qE '^ *Acquire::' "$part"; then copy "$part" "$root$part"; fi
done
for certificate in /usr/local/share/ca-certificates/*.crt; do copy "$certificate" "$root$certificate"; done
for part in .m2/settings.xml .npmrc .config/pip/pip.conf .config/go/env; do copy "$HOME/$part" "$root/root/$part"; done
mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
mountpoint -q "$root/dev/pts" || mount -t devpts devpts "$root/dev/pts"
mountpoint -q "$root/dev/shm" || mount -t tmpfs tmpfs "$root/dev/shm"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"

kept=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
names='(https?|no|all)_proxy|GO(PROXY|SUMDB|NOSUMDB|PRIVATE)|(SSL_CERT|REQUESTS_CA|CURL_CA)_[A-Z]+|GIT_SSL_CAINFO|NODE_EXTRA_CA_CERTS'
names+='|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|NPM_CONFIG_[A-Z_]+|MAVEN_(OPTS|ARGS)'
while IFS= read -r line; do kept+=("$line"); done < <(env | grep -iE "^($names)=" || true)
# start <seconds> <shell text>: in the root, in a session of its own, so that all of it can be ended.
start() {
  setsid timeout -k 20 "$1" env -i "${kept[@]}" chroot "$root" /bin/bash -c "$2" &
  running=$!
}
end() {
  local code=0
  wait "$running" || code=$?
  running=
  return $code
}

start 900 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends git make >/dev/null &&
  update-ca-certificates >/dev/null 2>&1'
end || fail "apt in the root failed"

clone=$root/root/sluice
rm -rf "$clone"
git clone -q --no-hardlinks . "$clone"
if [ "${SLUICE_FRESH_LOCAL:-0}" = 1 ]; then
  git diff --binary HEAD | git -C "$clone" apply --allow-empty
  git ls-files --others --exclude-standard -z | xargs -0 -r cp --parents -t "$clone"
fi

if [ "${SLUICE_FRESH_ONLY:-run}" = run ]; then
  echo "test-fresh: make run"
  began=$SECONDS log=$root/root/run.log
  start $run_seconds 'cd /root/sluice && exec make run' >"$log" 2>&1
  until listens; do
    kill -0 $running 2>/dev/null || { tail -40 "$log" >&2; fail "make run FAILED after $((SECONDS - began)) s"; }
    sleep 1
  done
  echo "test-fresh: a server listens after $((SECONDS - began)) s"
  answer=$(mariadb --no-defaults -h 127.0.0.1 -P $port -u root -N -B -e \
    'CREATE DATABASE d; CREATE TABLE d.t (a INT); INSERT INTO d.t VALUES (40), (2); SELECT SUM(a) FROM d.t') || { tail -40 "$log" >&2; fail "make run: no answer"; }
  [ "$answer" = 42 ] || fail "make run answers '$answer'"
  kill -TERM "$running"
  end || true
  for ((second = 0; second < 30; second++)); do listens || break; sleep 1; done
  ! listens || fail "the server does not stop on SIGTERM"
fi
if [ "${SLUICE_FRESH_ONLY:-test}" = test ]; then
  echo "test-fresh: make test"
  began=$SECONDS log=$root/root/test.log
  start $test_seconds 'cd /root/sluice && make test' >"$log" 2>&1
  end || { tail -60 "$log" >&2; fail "make test FAILED after $((SECONDS - began)) s"; }
  tail -5 "$log"
  grep -qE '^[0-9]+ passed, 0 failed$' "$log" || fail "make test does not say that all passed"
  echo "test-fresh: make test took $((SECONDS - began)) s"
fi
echo "test-fresh: ok"
