#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Java KairosDB 1.3.0-1 of one's own, from Maven Central: own directory, loopback only, JVM zone UTC.
#   kairosdb.sh install                        fetches the jars
#   kairosdb.sh start <directory> [options]    prints `http=PORT telnet=PORT`
#     --cassandra HOST:PORT   store there (default: H2 in <directory>/h2)
#     --keyspace NAME         default kairosdb
#     --http N, --telnet N    ports (default: free ones, kept in <directory>)
#     --heap SIZE             default 1g
#     --tuned                 batches of 2,000 and a memory queue of 500,000 points, as the published figures were taken
#     --jars FOLDER           of another build of KairosDB in place of 1.3.0-1, with all it needs
#     --set KEY=VALUE         a further setting, e.g. kairosdb.datastore.cassandra.datapoint_ttl=60
#   kairosdb.sh stop <directory>
#   kairosdb.sh tool <directory> COMMAND ..    KairosDB's own export or import, with the settings of a server that was started there and
#                                              stopped: -f FILE, -n METRIC, -r RECOVERY_FILE, -a
# Exit code 77: cannot be had here (no Maven, no registry, no JDK).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../jars.sh"
command=${1:?install, start, stop or tool}
shift
if [ "$command" != install ]; then
  directory=$(mkdir -p "${1:?directory}" && cd "$1" && pwd)
  shift
fi

# Into `main`: the program, which is to be started in its directory.
# Exceptions that are thrown often keep their message (OmitStackTraceInFastThrow).
# The settings must not lie on the class path: they would hide the defaults in the jar, which has a file of that name.
main_of() {
  main=(java "-Xmx$1" -XX:-OmitStackTraceInFastThrow --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.util=ALL-UNNAMED
    -Duser.timezone=UTC -cp "$directory/conf/logging:$jars/*" org.kairosdb.core.Main -p "$directory/conf/kairosdb.conf" -c)
}

start() {
  local cassandra="" keyspace=kairosdb http="" telnet="" heap=1g tuned=0 settings=()
  while [ $# -gt 0 ]; do
    case $1 in
      --cassandra) cassandra=$2; shift 2 ;;
      --keyspace) keyspace=$2; shift 2 ;;
      --http) http=$2; shift 2 ;;
      --telnet) telnet=$2; shift 2 ;;
      --heap) heap=$2; shift 2 ;;
      --tuned) tuned=1; shift ;;
      --jars) jars=$(cd "$2" && pwd); shift 2 ;;
      --set) settings+=("$2"); shift 2 ;;
      *) echo "kairosdb: unknown option $1" >&2; exit 2 ;;
    esac
  done
  if alive "$directory/pid"; then echo "kairosdb: runs already" >&2; exit 1; fi
  mkdir -p "$directory/conf/logging" "$directory/webroot" "$directory/cache" "$directory/queue"
  [ -n "$http" ] || { [ -f "$directory/http" ] || free_port >"$directory/http"; http=$(cat "$directory/http"); }
  [ -n "$telnet" ] || { [ -f "$directory/telnet" ] || free_port >"$directory/telnet"; telnet=$(cat "$directory/telnet"); }
  {
    echo "kairosdb.telnetserver.port: $telnet"
    echo "kairosdb.telnetserver.address: \"127.0.0.1\""
    echo "kairosdb.jetty.port: $http"
    echo "kairosdb.jetty.address: \"127.0.0.1\""
    echo "kairosdb.jetty.static_web_root: \"$directory/webroot\""
    echo "kairosdb.query_cache.cache_dir: \"$directory/cache\""
    echo "kairosdb.queue_processor.queue_path: \"$directory/queue\""
    if [ -n "$cassandra" ]; then
      echo "kairosdb.service.datastore: \"org.kairosdb.datastore.cassandra.CassandraModule\""
      echo "kairosdb.datastore.cassandra.write_cluster.cql_host_list: [\"$cassandra\"]"
      echo "kairosdb.datastore.cassandra.write_cluster.keyspace: \"$keyspace\""
    else
      echo "kairosdb.service.datastore: \"org.kairosdb.datastore.h2.H2Module\""
      echo "kairosdb.datastore.h2.database_path: \"$directory/h2\""
    fi
    if [ "$tuned" = 1 ]; then
      echo "kairosdb.queue_processor.batch_size: 2000"
      echo "kairosdb.queue_processor.memory_queue_size: 500000"
    fi
    for setting in "${settings[@]}"; do echo "${setting%%=*}: ${setting#*=}"; done
  } >"$directory/conf/kairosdb.conf"
  cat >"$directory/conf/logging/logback.xml" <<XML
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %-5level %logger{0} %msg%n</pattern></encoder></appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
XML
  main_of "$heap"
  (cd "$directory" && exec setsid "${main[@]}" run >>"$directory/server.log" 2>&1 </dev/null) &
  echo $! >"$directory/pid"
  local deadline=$((SECONDS + 300))
  until [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http/api/v1/health/check")" = 204 ]; do
    if ! alive "$directory/pid" || [ $SECONDS -gt $deadline ]; then
      tail -30 "$directory/server.log" >&2
      end_process "$directory/pid"
      exit 1
    fi
    sleep 0.05
  done
  echo "http=$http telnet=$telnet"
}

case $command in
  install) fetch_jars "$here" kairosdb-1.3.0-1 ;;
  start)
    command -v java >/dev/null || { echo "kairosdb: skipped, there is no java" >&2; exit 77; }
    fetch_jars "$here" kairosdb-1.3.0-1
    start "$@"
    ;;
  stop) end_process "$directory/pid" ;;
  tool)
    fetch_jars "$here" kairosdb-1.3.0-1
    main_of 512m
    cd "$directory"
    exec "${main[@]}" "$@"
    ;;
  *) echo "kairosdb: unknown command $command" >&2; exit 2 ;;
esac
