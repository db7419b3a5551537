#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Apache Cassandra 5.0.5 of one's own, from Maven Central: own data directories, loopback only.
#   cassandra.sh install                       fetches the jars
#   cassandra.sh start <directory> [options]   makes the data directories if there are none; prints `contact=127.0.0.1 port=N`
#     --nodes N          1 to 3, on 127.0.0.1, .2, .3 (default 1)
#     --datacenters A,B  of the nodes, by turns (default datacenter1)
#     --port N           native port of all nodes (default: a free one, kept in <directory>/port)
#     --heap SIZE        of each node (default 640m)
#     --auth             user and password: cassandra / cassandra
#     --tls              clients must use TLS; <directory>/tls/cert.pem is the certificate (localhost, 127.0.0.1 to .3)
#     --set KEY=VALUE    a further line of cassandra.yaml
#   cassandra.sh stop <directory>              all nodes
#   cassandra.sh stop-node | kill-node | start-node <directory> <1..3>
#   cassandra.sh nodetool <directory> COMMAND ..   flush, compact .. on the first node
# Exit code 77: cannot be had here (no Maven, no registry, no JDK).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../jars.sh"
command=${1:?install, start, stop, stop-node, kill-node, start-node or nodetool}
shift
if [ "$command" != install ]; then
  directory=$(mkdir -p "${1:?directory}" && cd "$1" && pwd)
  shift
fi

configure_node() {
  local node=$1 nodes=$2 address=127.0.0.$1 home=$directory/node$1 dc
  IFS=, read -r -a dcs <<<"$datacenters"
  dc=${dcs[$(((node - 1) % ${#dcs[@]}))]}
  mkdir -p "$home/conf" "$home/data"
  cat >"$home/conf/cassandra.yaml" <<YAML
cluster_name: sluice-test
num_tokens: 4
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
authenticator: $authenticator
authorizer: AllowAllAuthorizer
role_manager: CassandraRoleManager
data_file_directories: ["$home/data/data"]
commitlog_directory: "$home/data/commitlog"
saved_caches_directory: "$home/data/saved_caches"
hints_directory: "$home/data/hints"
cdc_raw_directory: "$home/data/cdc_raw"
commitlog_sync: periodic
commitlog_sync_period: 10000ms
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{seeds: "127.0.0.1:$storage_port"}]
listen_address: $address
rpc_address: $address
storage_port: $storage_port
native_transport_port: $port
endpoint_snitch: GossipingPropertyFileSnitch
memtable_heap_space: 256MiB
memtable_offheap_space: 256MiB
batch_size_warn_threshold: 50KiB
batch_size_fail_threshold: 500KiB
unlogged_batch_across_partitions_warn_threshold: 1000
compact_tables_enabled: true
disk_access_mode: mmap_index_only
auto_snapshot: false
YAML
  if [ "$tls" = 1 ]; then
    cat >>"$home/conf/cassandra.yaml" <<YAML
client_encryption_options:
  enabled: true
  optional: false
  keystore: $directory/tls/keystore.p12
  keystore_password: sluice
  store_type: PKCS12
  require_client_auth: false
YAML
  fi
  for line in "${settings[@]}"; do
    sed -i "/^${line%%=*}:/d" "$home/conf/cassandra.yaml"
    echo "${line%%=*}: ${line#*=}" >>"$home/conf/cassandra.yaml"
  done
  printf 'dc=%s\nrack=rack1\n' "$dc" >"$home/conf/cassandra-rackdc.properties"
  cat >"$home/conf/logback.xml" <<XML
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %-5level %logger{0} %msg%n</pattern></encoder></appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
XML
}

# What Cassandra and its tools need of JDK 17: into `flags`.
open_modules() {
  local exports=(java.base/java.lang.ref java.base/jdk.internal.misc java.base/jdk.internal.ref java.base/sun.nio.ch
    java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry java.rmi/sun.rmi.server
    java.rmi/sun.rmi.transport.tcp java.sql/java.sql jdk.unsupported/sun.misc)
  local opens=(java.base/java.lang java.base/java.lang.module java.base/java.lang.reflect java.base/java.io java.base/java.math
    java.base/java.net java.base/java.nio java.base/java.util java.base/java.util.concurrent
    java.base/java.util.concurrent.atomic java.base/jdk.internal.loader java.base/jdk.internal.math
    java.base/jdk.internal.module java.base/jdk.internal.ref java.base/jdk.internal.reflect
    java.base/jdk.internal.util.jar java.base/jdk.internal.vm java.base/sun.nio.ch java.base/sun.nio.fs
    java.rmi/sun.rmi.transport.tcp jdk.compiler/com.sun.tools.javac.file jdk.management/com.sun.management.internal)
  flags=()
  for package in "${exports[@]}"; do flags+=("--add-exports=$package=ALL-UNNAMED"); done
  for package in "${opens[@]}"; do flags+=("--add-opens=$package=ALL-UNNAMED"); done
}

start_node() {
  local node=$1 address=127.0.0.$1 home=$directory/node$1 heap
  alive "$home/pid" && return
  heap=$(cat "$directory/heap")
  free_port >"$home/jmx"
  open_modules
  (cd "$home" && exec setsid java -Xms"$heap" -Xmx"$heap" -XX:+UseG1GC -XX:MaxDirectMemorySize=512m -Xss512k \
    -Djdk.attach.allowAttachSelf=true "${flags[@]}" \
    -Dcassandra.config="file://$home/conf/cassandra.yaml" -Dlogback.configurationFile="file://$home/conf/logback.xml" \
    -Dcassandra.storagedir="$home/data" -Dcassandra.jmx.local.port="$(cat "$home/jmx")" \
    -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms="$(cat "$directory/ring_delay_ms")" \
    -Dcassandra.consistent.rangemovement=false -Dcassandra.superuser_setup_delay_ms=0 -Dcassandra-foreground=yes \
    -cp "$home/conf:$jars/*" org.apache.cassandra.service.CassandraDaemon >>"$home/server.log" 2>&1 </dev/null) &
  echo $! >"$home/pid"
  local deadline=$((SECONDS + 300))
  until (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null; do
    if ! alive "$home/pid" || [ $SECONDS -gt $deadline ]; then
      tail -30 "$home/server.log" >&2
      exit 1
    fi
    sleep 0.3
  done
}

start() {
  local nodes=1 node
  datacenters=datacenter1 port="" tls=0 authenticator=AllowAllAuthenticator settings=()
  local heap=640m
  while [ $# -gt 0 ]; do
    case $1 in
      --nodes) nodes=$2; shift 2 ;;
      --datacenters) datacenters=$2; shift 2 ;;
      --port) port=$2; shift 2 ;;
      --heap) heap=$2; shift 2 ;;
      --auth) authenticator=PasswordAuthenticator; shift ;;
      --tls) tls=1; shift ;;
      --set) settings+=("$2"); shift 2 ;;
      *) echo "cassandra: unknown option $1" >&2; exit 2 ;;
    esac
  done
  if [ -z "$port" ]; then
    [ -f "$directory/port" ] || free_port >"$directory/port"
    port=$(cat "$directory/port")
  fi
  echo "$port" >"$directory/port"
  [ -f "$directory/storage_port" ] || free_port >"$directory/storage_port"
  # Both were free a moment ago: they may be the same one.
  while [ "$(cat "$directory/storage_port")" = "$port" ]; do free_port >"$directory/storage_port"; done
  storage_port=$(cat "$directory/storage_port")
  echo "$heap" >"$directory/heap"
  # A lone node waits for nobody; several need a moment to hear of each other's tokens.
  if [ "$nodes" = 1 ]; then echo 0; else echo 5000; fi >"$directory/ring_delay_ms"
  if [ "$tls" = 1 ] && [ ! -f "$directory/tls/keystore.p12" ]; then
    mkdir -p "$directory/tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3 \
      -keyout "$directory/tls/key.pem" -out "$directory/tls/cert.pem" 2>/dev/null
    openssl pkcs12 -export -in "$directory/tls/cert.pem" -inkey "$directory/tls/key.pem" -name server -passout pass:sluice \
      -out "$directory/tls/keystore.p12"
  fi
  for node in $(seq "$nodes"); do
    configure_node "$node" "$nodes"
    start_node "$node"
  done
  echo "contact=127.0.0.1 port=$port"
}

case $command in
  install) fetch_jars "$here" cassandra-5.0.5 ;;
  start)
    command -v java >/dev/null || { echo "cassandra: skipped, there is no java" >&2; exit 77; }
    fetch_jars "$here" cassandra-5.0.5
    start "$@"
    ;;
  start-node)
    fetch_jars "$here" cassandra-5.0.5
    port=$(cat "$directory/port")
    start_node "${1:?node}"
    ;;
  nodetool)
    fetch_jars "$here" cassandra-5.0.5
    home=$directory/node1
    open_modules
    java -Xmx128m "${flags[@]}" -Duser.home="$home" -Dcassandra.config="file://$home/conf/cassandra.yaml" -Dcassandra.storagedir="$home/data" \
      -Dlogback.configurationFile="file://$home/conf/logback.xml" -cp "$home/conf:$jars/*" \
      org.apache.cassandra.tools.NodeTool -h 127.0.0.1 -p "$(cat "$home/jmx")" "$@"
    ;;
  stop-node) end_process "$directory/node${1:?node}/pid" ;;
  kill-node)
    file=$directory/node${1:?node}/pid
    alive "$file" && kill -9 "$(cat "$file")"
    rm -f "$file"
    ;;
  stop)
    for file in "$directory"/node*/pid; do
      [ -f "$file" ] && end_process "$file" &
    done
    wait
    ;;
  *) echo "cassandra: unknown command $command" >&2; exit 2 ;;
esac
