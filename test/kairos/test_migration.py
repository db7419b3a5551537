# SPDX-License-Identifier: Apache-2.0
"""Moving over from KairosDB: roll-ups over REST, `sluice kairos export, import, verify, migrate-config`, variables of Java."""
import json
import socket
import time

import pytest

from harness.command import sluice
from harness.kairos import Api
from harness.server import Server

HOUR = 3_600_000
START = 1_600_000_000_000 // HOUR * HOUR


@pytest.fixture(scope="module")
def api(server):
    return Api(server.kairos_port)


def task(name="t", save_as="mig.sum"):
    return {"name": name, "execution_interval": {"value": 1, "unit": "hours"},
            "rollups": [{"save_as": save_as, "query": {"cache_time": 0, "start_relative": {"value": 1, "unit": "hours"}, "metrics": [
                {"name": "mig.raw", "aggregators": [{"name": "sum", "sampling": {"value": 10, "unit": "minutes"}}]}]}}]}


# --- roll-ups ------------------------------------------------------------------------------------------------------
def test_rollups_over_rest(api):
    assert api.put_points("mig.raw", [[START + i * 60_000, 1] for i in range(60)]).status == 204
    made = api.post("/api/v1/rollups", task())
    assert made.status == 200, made
    ident = made.json["id"]
    assert made.json == {"id": ident, "name": "t", "attributes": {"url": "/api/v1/rollups/" + ident}}
    assert api.get("/api/v1/rollups").json == [{"id": ident, **task()}]
    assert api.get("/api/v1/rollups/" + ident).json["id"] == ident
    moment = lambda ms: time.strftime("%Y-%m-%d-%H-%M-%S-000", time.gmtime(ms / 1000))
    filled = api.get(f"/api/v1/rollups/backfill/{ident}?startTime={moment(START)}&endTime={moment(START + HOUR - 1)}")
    assert filled.status == 204, filled
    assert api.values("mig.sum") == [[START + i * 600_000, 10] for i in range(6)]
    deadline = time.time() + 30
    while (status := api.get("/api/v1/rollups/status/" + ident)).status != 200:
        assert time.time() < deadline, status
        time.sleep(0.2)
    assert status.json["statuses"][0]["metric_name"] == "mig.raw" and status.json["next_scheduled"] != "Never"
    assert api.call("PUT", "/api/v1/rollups/" + ident, task("u")).json["name"] == "u"
    assert api.call("DELETE", "/api/v1/rollups/" + ident).status == 204
    assert api.get("/api/v1/rollups/" + ident).json == {"errors": ["Resource not found for id " + ident]}


def test_rollups_that_are_wrong(api):
    wrong = api.post("/api/v1/rollups", {"name": "r1"})
    assert (wrong.status, wrong.json, wrong.headers["Content-Type"]) == (400, {"errors": ["executionInterval may not be null"]}, "application/json")
    assert api.post("/api/v1/rollups").status == 500
    assert api.call("DELETE", "/api/v1/rollups").status == 405


# --- points as lines -----------------------------------------------------------------------------------------------
def test_points_go_out_and_in(api, server, tmp_path):
    url = f"http://127.0.0.1:{server.kairos_port}"
    lines = [{"name": "mig.a", "tags": {"host": "é x"}, "datapoints": [[START, 1, "long"], [START + 1, -5, "long"]]},
             {"name": "mig.a", "tags": {"host": "b"}, "datapoints": [[START, 1.5, "double"], [START + 30 * 86_400_000, 2, "double"]]},
             {"name": "mig.b", "tags": {"x": "y"}, "datapoints": [[-5, "text", "string"]]}]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = sluice("kairos", "import", "--url", url, data=text)
    assert done.returncode == 0, done
    file, recovery = tmp_path / "points.txt", tmp_path / "done.txt"
    done = sluice("kairos", "export", "--url", url, "-n", "mig.a", "mig.b", "-f", str(file), "-r", str(recovery))
    assert done.returncode == 0, done
    found = [json.loads(line) for line in file.read_text().splitlines()]
    points = lambda all_lines: sorted((line["name"], json.dumps(line["tags"]), *point) for line in all_lines for point in line["datapoints"])
    # A row of doubles that are whole is not seen to be one.
    expected = [(*point[:4], "long") if point[3] == 2 else point for point in points(lines)]
    assert points(found) == expected
    assert recovery.read_text() == "mig.a\nmig.b\n"

    # Into another store, directly, and out of it again.
    data_dir = tmp_path / "data"
    done = sluice("kairos", "import", "--data-dir", str(data_dir), "-f", str(file))
    assert done.returncode == 0, done
    again = sluice("kairos", "export", "--data-dir", str(data_dir))
    assert points(map(json.loads, again.stdout.splitlines())) == expected


def test_wrong_lines_are_named(server, tmp_path):
    good = '{"name":"mig.good","tags":{"a":"b"},"datapoints":[[1,1,"long"]]}'
    done = sluice("kairos", "import", "--data-dir", str(tmp_path / "d"), data=f'{good}\n{{"name":""}}\n{{"na\n{good}\n')
    assert done.returncode == 1
    assert "line 2:" in done.stderr and "line 3:" in done.stderr and "line 4:" not in done.stderr and "line 1:" not in done.stderr


def test_an_https_server_with_its_own_authority(certificate):
    """Its certificate must be signed by --ca or by an authority of the system."""
    settings = {"timeseries.tls": True, "tls.cert": certificate[0], "tls.key": certificate[1], "timeseries.self_metrics": "0"}
    line = '{"name":"mig.tls","tags":{"a":"b"},"datapoints":[[1,1,"long"]]}\n'
    with Server(settings=settings) as server:
        url = f"https://localhost:{server.kairos_port}"
        for words in (["import", "--url", url], ["export", "--url", url, "-n", "mig.tls"], ["verify", "--left", url, "--right", url]):
            refused = sluice("kairos", *words, data=line)
            assert refused.returncode == 1 and "certificate" in refused.stderr, refused
            done = sluice("kairos", *words, "--ca", certificate[0], data=line)
            assert done.returncode == 0, done
            if words[0] == "export":
                assert done.stdout == line


# --- comparing -----------------------------------------------------------------------------------------------------
def test_a_server_equals_itself(api, server):
    url = f"http://127.0.0.1:{server.kairos_port}"
    done = sluice("kairos", "verify", "--left", url, "--right", url)
    assert done.returncode == 0 and "0 different, 0 without an answer" in done.stdout, done


def test_differences_are_found(api, server, tmp_path):
    url = f"http://127.0.0.1:{server.kairos_port}"
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"method":"GET","path":"/api/v1/metricnames"}\n')
    done = sluice("kairos", "verify", "--left", url, "--right", "http://127.0.0.1:1", "--queries", str(queries))
    assert done.returncode == 1 and "1 without an answer" in done.stdout


# --- settings ------------------------------------------------------------------------------------------------------
def test_a_configuration_is_converted_and_loads(tmp_path):
    conf = tmp_path / "kairosdb.conf"
    conf.write_text('kairosdb: { jetty.port: 8181\n telnetserver.port = 4343\n datastore.cassandra.query_limit: 5\n my.own: 1 }\n')
    done = sluice("kairos", "migrate-config", str(conf))
    assert done.returncode == 0 and "unknown: kairosdb.my.own" in done.stderr, done
    toml = tmp_path / "sluice.toml"
    toml.write_text(done.stdout)
    shown = sluice("config", "--config", str(toml))
    assert shown.returncode == 0, shown
    assert "port = 8181" in shown.stdout and "telnet_port = 4343" in shown.stdout and "max_query_points = 5" in shown.stdout


def test_points_in_cassandra_are_moved_through_a_server():
    for command in ("export", "import"):
        done = sluice("kairos", command, environment={"SLUICE_TIMESERIES_STORE": "cassandra"}, data="")
        assert done.returncode != 0 and "--url" in done.stderr, done


# Of the file in kairosdb-1.3.0-1.jar what says how servers meet and what is switched on, with other addresses.
SHIPPED = """kairosdb: {
  service.telnet: "org.kairosdb.core.telnet.TelnetServerModule"
  telnetserver: { port: %d, address: "127.0.0.2" }
  service.http = org.kairosdb.core.http.WebServletModule
  jetty: { port: %d, address: "127.0.0.1", socket_idle_timeout: 120000 }
  service.reporter = org.kairosdb.core.reporting.MetricReportingModule
  reporter.schedule = "0 */1 * * * ?"
  service.datastore: "org.kairosdb.datastore.h2.H2Module"
  queue_processor: { class: "org.kairosdb.core.queue.FileQueueProcessor", queue_path: "queue", min_batch_wait: 500 }
  host_service_manager: { check_delay_time_millseconds: 30000, inactive_time_seconds: 30 }
  filter: { list: ["mig.dropped"], prefix: ["mig.none."], regex: [] }
  %s
}
"""


@pytest.mark.parametrize("modules", ["", 'service.filter: "org.kairosdb.filter.FilterModule"\n service.rollups = org.kairosdb.rollup.RollUpModule'])
def test_a_server_starts_with_the_shipped_configuration(tmp_path, modules):
    server = Server(settings={"config": tmp_path / "sluice.toml", "timeseries.port": None, "timeseries.telnet_port": None})
    port, telnet = server.kairos_port, server.telnet_port
    conf, toml = tmp_path / "kairosdb.conf", tmp_path / "sluice.toml"
    conf.write_text(SHIPPED % (telnet, port, modules))
    done = sluice("kairos", "migrate-config", str(conf))
    assert done.returncode == 0 and "unknown" not in done.stderr, done
    toml.write_text(done.stdout)
    with server as started:
        api = Api(port)
        for name in ("mig.dropped", "mig.kept"):
            assert api.put_points(name, [[START, 1]]).status == 204
        names = api.get("/api/v1/metricnames?prefix=mig").json["results"]
        assert names == (["mig.kept"] if modules else ["mig.dropped", "mig.kept"])
        assert api.get("/api/v1/rollups").status == (200 if modules else 404)
        with socket.create_connection(("127.0.0.2", telnet), 5) as line:
            line.sendall(b"version\n")
            assert line.recv(100).startswith(b"KairosDB")
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", telnet), 5)
        assert started.alive()


def test_variables_of_java_are_settings():
    shown = sluice("config", environment={"KAIROSDB_JETTY_PORT": "8282", "KAIROSDB_CACHE_MAX_SIZE_MB": "100",
                                          "KAIROSDB_CASSANDRA_KEYSPACE": "ks", "SLUICE_TIMESERIES_QUERY_CACHE": "7MiB"})
    assert shown.returncode == 0, shown
    assert "port = 8282" in shown.stdout and 'keyspace = "ks"' in shown.stdout and 'query_cache = "7MiB"' in shown.stdout
    assert sluice("config", environment={"KAIROSDB_BIND_ADDRESS": "h:x"}).returncode == 2
