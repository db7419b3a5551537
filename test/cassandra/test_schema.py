# SPDX-License-Identifier: Apache-2.0
"""An empty keyspace gets the tables that Java KairosDB makes of it: tools, backups and other servers that know these work with them."""
import time

from harness import process
from harness.cassandra_server import cassandra_server, wait_delivered
from harness.cql import Cql
from harness.java_kairos import JavaKairos
from harness.kairos import Api

TABLES = {"data_points", "row_key_index", "row_key_time_index", "row_keys", "tag_indexed_row_keys", "string_index", "service_index", "spec"}


def schema(cql, keyspace: str) -> dict:
    """All that Cassandra knows about the keyspace, but names and numbers that are the keyspace's own."""
    found = {"keyspace": [{name: value for name, value in row.items() if name != "keyspace_name"}
                          for row in cql.query(f"SELECT * FROM system_schema.keyspaces WHERE keyspace_name = '{keyspace}'")]}
    for kind in ("tables", "columns", "indexes", "types", "functions", "aggregates", "views", "triggers", "dropped_columns"):
        rows = cql.query(f"SELECT * FROM system_schema.{kind} WHERE keyspace_name = '{keyspace}'")
        for row in rows:
            place = ".".join(str(row[name]) for name in ("table_name", "column_name") if name in row)
            found[f"{kind} {place}"] = {name: value for name, value in row.items() if name not in ("keyspace_name", "id")}
    return found


def test_schema_equals_java(cassandra):
    """With the defaults of both: names, columns, options of tables, and how rows are cut."""
    with cassandra_server(cassandra, "schema_ours") as server, JavaKairos(cassandra, "schema_java") as java, Cql(cassandra.port) as cql:
        ours, javas = (schema(cql, keyspace) for keyspace in ("schema_ours", "schema_java"))
        assert {name.removeprefix("tables ") for name in javas if name.startswith("tables ")} == TABLES
        assert len([name for name in javas if name.startswith("columns ")]) > 30 and javas["keyspace"]
        assert ours == javas
        specs = [cql.query(f"SELECT * FROM {keyspace}.spec") for keyspace in ("schema_ours", "schema_java")]
        assert specs[0] == specs[1] and len(specs[0]) == 2

        # What the tables hold of one series, but for the times of writing.
        api = Api(server.kairos_port)
        points = {"name": "m", "tags": {"host": "a", "k:=1": "v:=2 é"}, "datapoints": [
            [1_700_000_000_000, 5], [1_700_000_000_001, 1.5], [1_700_000_000_002, "é\0😀", "string"]]}
        for each in (api, java.api):
            assert each.post("/api/v1/datapoints", [points]).status == 204
            assert each.post("/api/v1/metadata/service/key/name", b"value").status == 204
        wait_delivered(server)
        process.wait_until(lambda: len(java.api.values("m")) == 3, 60, "Java's points are there")
        for table, columns, where in (
                ("data_points", "key, column1, value", ""), ("row_key_time_index", "metric, table_name, row_time, value", "WHERE metric = 'm'"),
                ("row_keys", "metric, table_name, row_time, data_type, tags, value", ""), ("row_key_index", "*", ""), ("tag_indexed_row_keys", "*", ""),
                ("string_index", "*", ""), ("service_index", "service, service_key, key, value", "")):
            rows = []
            for keyspace in ("schema_ours", "schema_java"):
                found = cql.query(f"SELECT {columns} FROM {keyspace}.{table} {where}")
                rows.append(sorted((row for row in found if not is_own(row)), key=str))
            assert rows[0] == rows[1], table
            assert bool(rows[0]) == (table not in ("row_key_index", "tag_indexed_row_keys")), table
        # Times of writing are milliseconds, unlike those of Cassandra's drivers: the greater one wins, whoever wrote it.
        for keyspace in ("schema_ours", "schema_java"):
            for table, column in (("data_points", "value"), ("row_keys", "mtime")):
                written = [row["written"] for row in cql.query(f"SELECT WRITETIME({column}) AS written FROM {keyspace}.{table}")]
                assert written and all(abs(each - time.time() * 1000) < 3_600_000 for each in written), (keyspace, table, written)


def is_own(row: dict) -> bool:
    """A row of the metrics that Java writes about itself."""
    return any(str(row.get(name)).lstrip("b'").startswith("kairosdb.") for name in ("key", "metric", "column1")) or row.get("service") == "_Hosts"
