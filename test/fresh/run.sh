#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Both README commands, `make run` and `make test`, on a clone in a bare Debian 12 root made with debootstrap.
# Package sources, their proxy and certificates are the machine's own. Needs root.
#   SLUICE_FRESH_DIR   where the root is made (default: a new temporary directory, removed at the end)
#   SLUICE_FRESH_ONLY  run | test: only one of the two
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "test-fresh: needs root (debootstrap, chroot)" >&2; exit 1; }
command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap >/dev/null; }

root=${SLUICE_FRESH_DIR:-$(mktemp -d)}
port=9030
server=
finish() {
  [ -z "$server" ] || kill -- "-$server" 2>/dev/null || true
  for mounted in proc sys dev/pts dev/shm dev; do mountpoint -q "$root/$mounted" && umount -l "$root/$mounted"; done
  [ -n "${SLUICE_FRESH_DIR:-}" ] || rm -rf --one-file-system "$root"
}
trap finish EXIT

mirror=$(awk '$1 == "URIs:" {print $2; exit} $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true)
if [ ! -f "$root/etc/debian_version" ]; then
  echo "test-fresh: bare Debian 12 in $root"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 || { tail -20 "$root.log" >&2; exit 1; }
  rm -f "$root.log"
fi
# What lets this machine reach its package sources.
for part in etc/apt/sources.list.d/debian.sources etc/apt/sources.list etc/resolv.conf etc/hosts; do
  [ -e "/$part" ] && mkdir -p "$(dirname "$root/$part")" && cp -L "/$part" "$root/$part"
done
[ -e /etc/apt/sources.list.d/debian.sources ] && : >"$root/etc/apt/sources.list"
cp -L /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
cp -rL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
for setting in "${HOME}/.m2/settings.xml" "${HOME}/.npmrc" /etc/pip.conf; do
  [ -f "$setting" ] && mkdir -p "$root/$(dirname "${setting/#$HOME//root}")" && cp "$setting" "$root/${setting/#$HOME//root}"
done
mount --bind /dev "$root/dev"
mount -t devpts devpts "$root/dev/pts" 2>/dev/null || true
mount -t tmpfs tmpfs "$root/dev/shm" 2>/dev/null || true
mount -t proc proc "$root/proc"

kept=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
while IFS= read -r line; do kept+=("$line"); done < <(env | grep -E '^(https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|GOPROXY|GOSUMDB|GONOSUMDB|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|PIP_CERT|PIP_INDEX_URL|npm_config_[a-z_]*)=' || true)
inside() { env -i "${kept[@]}" chroot "$root" /bin/bash -c "$1"; }

inside 'update-ca-certificates >/dev/null 2>&1; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends git make >/dev/null'
# The machine's whole list of certificates, for those that are not Debian's.
if [ -n "${SSL_CERT_FILE:-}" ] && [ -f "$SSL_CERT_FILE" ]; then cp -L "$SSL_CERT_FILE" "$root/etc/ssl/certs/ca-certificates.crt"; fi

rm -rf "$root/root/sluice"
git clone -q --no-hardlinks . "$root/root/sluice"
git diff --binary HEAD >"$root/root/local.patch"
if [ -s "$root/root/local.patch" ]; then (cd "$root/root/sluice" && git apply ../local.patch); fi
git ls-files --others --exclude-standard -z | xargs -0 -r cp --parents -t "$root/root/sluice"

if [ "${SLUICE_FRESH_ONLY:-run}" = run ]; then
  echo "test-fresh: make run"
  began=$SECONDS
  setsid env -i "${kept[@]}" chroot "$root" /bin/bash -c 'cd /root/sluice && exec make run' >"$root/root/run.log" 2>&1 &
  server=$!
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && grep -q . "$root/root/run.log"; do
    if ! kill -0 $server 2>/dev/null || [ $((SECONDS - began)) -gt 3600 ]; then
      tail -40 "$root/root/run.log" >&2
      echo "test-fresh: make run FAILED" >&2
      exit 1
    fi
    sleep 1
  done
  echo "test-fresh: a server listens after $((SECONDS - began)) s"
  answer=$(mariadb --no-defaults -h 127.0.0.1 -P $port -u root -N -B -e 'CREATE DATABASE d; CREATE TABLE d.t (a INT); INSERT INTO d.t VALUES (40), (2); SELECT SUM(a) FROM d.t')
  [ "$answer" = 42 ] || { echo "test-fresh: make run answers '$answer'" >&2; exit 1; }
  kill -TERM -- "-$server"
  wait $server || true
  server=
fi
if [ "${SLUICE_FRESH_ONLY:-test}" = test ]; then
  echo "test-fresh: make test"
  began=$SECONDS
  inside 'cd /root/sluice && make test' 2>&1 | tee "$root/root/test.log" | tail -30
  grep -qE '^[0-9]+ passed, 0 failed$' "$root/root/test.log" || { echo "test-fresh: make test FAILED" >&2; exit 1; }
  echo "test-fresh: make test took $((SECONDS - began)) s"
fi
echo "test-fresh: ok"
