#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs everything that building and testing Sluice needs on a bare Debian 12. Idempotent.
#   tools/setup.sh          what the build needs
#   tools/setup.sh test     and what the tests need (client libraries, the MariaDB peer)
#   tools/setup.sh lint     and what `make format` and `make lint` need
# Needs root for apt; everything else goes below $SLUICE_DEPS (default ~/.cache/sluice).
set -euo pipefail
cd "$(dirname "$0")/.."
deps=${SLUICE_DEPS:-$HOME/.cache/sluice}
what=${1:-build}

build_packages=(
  ca-certificates clang-19 lld-19 llvm-19 libclang-rt-19-dev ccache ninja-build cmake make git pkg-config unzip
  libboost1.81-dev libssl-dev libspdlog-dev libfmt-dev prometheus-cpp-dev libcli11-dev libtomlplusplus-dev libexpected-dev
  zlib1g-dev libzstd-dev liblz4-dev libbz2-dev libroaring-dev libxxhash-dev libcurl4-openssl-dev libre2-dev libcctz-dev tzdata librocksdb-dev libsnappy-dev libgtest-dev libgmock-dev python3 python3-pip golang-go
)
lint_packages=(clang-format-19 clang-tidy-19)
test_packages=(mariadb-client mariadb-server python3-venv default-jdk-headless maven nodejs npm curl openssl sysbench
  unixodbc odbc-mariadb)

apt_install() {
  local missing=()
  for package in "$@"; do
    case $package in
      # Another installation of these tools (a newer Go, a JDK, Node) serves as well.
      golang-go) command -v go >/dev/null && continue ;;
      default-jdk-headless) command -v javac >/dev/null && continue ;;
      maven) command -v mvn >/dev/null && continue ;;
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "setup: installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

check_sha256() { echo "$2  $1" | sha256sum --check --status || { echo "setup: $1 has another checksum than the pinned one" >&2; exit 1; }; }

# DuckDB 1.5.5: static libraries from the Go module of its Go bindings, matching headers from its Python sdist.
duckdb_libs_sha256=703ad76e010d5b2e6a32d1225a019dbd7094ab88c63591f39806e5524d5d5d30
duckdb_sdist_sha256=72f33ee57ca7595b23957671a2cc7f7fe2be0ecc2d68f63abedcfcaa3a5c1238
install_duckdb() {
  local target=$deps/duckdb-1.5.5 work zip
  [ -f "$target/complete" ] && return
  echo "setup: fetching DuckDB 1.5.5"
  work=$(mktemp -d)
  (cd "$work" && GOPATH=$work/go GOFLAGS=-modcacherw go mod download github.com/duckdb/duckdb-go-bindings/lib/linux-amd64@v0.10505.0)
  zip=$work/go/pkg/mod/cache/download/github.com/duckdb/duckdb-go-bindings/lib/linux-amd64/@v/v0.10505.0.zip
  check_sha256 "$zip" $duckdb_libs_sha256
  python3 -m pip download -q --no-deps --no-binary duckdb duckdb==1.5.5 -d "$work"
  check_sha256 "$work/duckdb-1.5.5.tar.gz" $duckdb_sdist_sha256
  rm -rf "$target"
  mkdir -p "$target"/{lib,include,tpch}
  unzip -q -j "$zip" '*.a' -d "$target/lib"
  tar xzf "$work/duckdb-1.5.5.tar.gz" -C "$work"
  local source=$work/duckdb-1.5.5/external/duckdb
  cp -r "$source"/src/include/. "$target/include"
  for extension in core_functions icu json parquet tpch tpcds; do
    cp -r "$source/extension/$extension/include/." "$target/include"
  done
  for part in mbedtls/include fmt/include re2 yyjson/include utf8proc/include; do
    if [ -d "$source/third_party/$part" ]; then mkdir -p "$target/third_party/$part" && cp -r "$source/third_party/$part/." "$target/third_party/$part"; fi
  done
  touch "$target/complete"
  rm -rf "$work"
}

# A directory below $deps/test that is made anew when any of the named files changed: made <name> <files...>
# is true when it is there already; otherwise it is emptied.
made() {
  local name=$1 stamp
  shift
  stamp=$(cat "$@" | sha256sum | cut -d' ' -f1)
  fresh_dir=$deps/test/$name
  fresh_stamp=$stamp
  [ "$(cat "$fresh_dir/.stamp" 2>/dev/null)" = "$stamp" ] && return 0
  echo "setup: making $fresh_dir"
  rm -rf "$fresh_dir"
  mkdir -p "$fresh_dir"
  return 1
}
mark_made() { echo "$fresh_stamp" >"$fresh_dir/.stamp"; }

install_test_clients() {
  local python=/usr/bin/python3 clients=$PWD/test/clients
  if ! made venv test/requirements.txt; then
    "$python" -m venv "$fresh_dir"
    "$fresh_dir/bin/pip" install -q --disable-pip-version-check --only-binary :all: --require-hashes -r test/requirements.txt
    mark_made
  fi
  if ! made java "$clients/java/pom.xml"; then
    mvn -B -q -f "$clients/java/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies \
      -DoutputDirectory="$fresh_dir"
    mark_made
  fi
  if ! made generators test/suites/pom.xml; then
    mvn -B -q -f test/suites/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies \
      -DoutputDirectory="$fresh_dir"
    mark_made
  fi
  if ! made node "$clients/node/package.json" "$clients/node/package-lock.json"; then
    cp "$clients/node/package.json" "$clients/node/package-lock.json" "$fresh_dir/"
    (cd "$fresh_dir" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    mark_made
  fi
  if ! made go "$clients/go/go.mod" "$clients/go/go.sum"; then
    (cd "$clients/go" && go mod download)
    mark_made
  fi
}

case $what in
  build | test | lint) ;;
  *) echo "setup: '$what' is none of build, test, lint" >&2; exit 2 ;;
esac
apt_install "${build_packages[@]}"
install_duckdb
if [ "$what" = test ]; then
  apt_install "${test_packages[@]}"
  install_test_clients
elif [ "$what" = lint ]; then
  apt_install "${lint_packages[@]}"
fi
