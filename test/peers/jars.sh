# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of peers that come from Maven Central.
#   fetch_jars <folder with pom.xml and jars.sha256> <name>    sets $jars, a folder below $SLUICE_DEPS/test
# All jars have the pinned checksums. Exit code 77, saying so, where Maven or the registry cannot be had.
fetch_jars() {
  local folder=$1 name=$2 work
  jars=${SLUICE_DEPS:-$HOME/.cache/sluice}/test/$name
  [ -f "$jars/.complete" ] && cmp -s "$folder/jars.sha256" "$jars/.complete" && return
  command -v mvn >/dev/null || { echo "$name: skipped, there is no mvn" >&2; exit 77; }
  mkdir -p "$(dirname "$jars")"
  work=$(mktemp -d "$jars.XXXXXX")
  if ! mvn -B -q -f "$folder/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies \
    -DoutputDirectory="$work" >"$work/mvn.log" 2>&1; then
    echo "$name: skipped, Maven Central cannot be had: $(grep -m1 ERROR "$work/mvn.log")" >&2
    rm -rf "$work"
    exit 77
  fi
  if ! (cd "$work" && sha256sum --check --quiet --strict "$folder/jars.sha256" >&2); then
    echo "$name: jars have other checksums than the pinned ones" >&2
    rm -rf "$work"
    exit 1
  fi
  # Two that fetch at once: the later one wins, with the same bytes.
  cp "$folder/jars.sha256" "$work/.complete"
  rm -rf "$jars"
  mv -T "$work" "$jars" 2>/dev/null || rm -rf "$work"
}

# A free TCP port of loopback.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# alive <pid file>
alive() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# Ends the process of a pid file: SIGTERM, after 40 s SIGKILL.
end_process() {
  local file=$1 pid
  alive "$file" || { rm -f "$file"; return 0; }
  pid=$(cat "$file")
  kill "$pid"
  for _ in $(seq 400); do
    kill -0 "$pid" 2>/dev/null || { rm -f "$file"; return 0; }
    sleep 0.1
  done
  kill -9 "$pid"
  rm -f "$file"
}
