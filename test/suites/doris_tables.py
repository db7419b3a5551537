# SPDX-License-Identifier: Apache-2.0
"""TPC-H and TPC-DS in Doris' tables: CREATE TABLE as Doris publishes it (doris_tables.toml), filled by stream load as Doris fills it.

Two models. `duplicate` is what Doris' tools for the benchmarks make: DUPLICATE KEY, RANGE partitions by date, many buckets, colocation.
`unique` is what its regression makes: UNIQUE KEY, one bucket. In both the key columns come first.
"""
import datetime
import pathlib
import re
import tomllib

MODELS = ("duplicate", "unique")
TABLES = tomllib.loads(pathlib.Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
# date_dim's key of a day is its Julian day number.
JULIAN_OFFSET = 1721425


def columns(suite, table) -> dict:
    """name -> type, in the order of the generator's file."""
    text = TABLES[suite][table]["columns"].replace("\n", " ").strip()
    return dict(column.strip().split(" ", 1) for column in re.split(r",(?![^(]*\))", text))


def column_type(suite, model, name, declared) -> str:
    if suite == "tpch":
        # The tools' tables know no CHAR, and their order keys are 64 bits wide.
        if model == "duplicate":
            return re.sub(r"^char", "varchar", declared) if not name.endswith("_orderkey") else declared.replace("integer", "bigint")
        return declared
    # The regression's keys are 64 bits wide and may be NULL.
    return re.sub(r"^integer", "bigint", declared.removesuffix(" not null")) if model == "unique" and name.endswith("_sk") else declared


def month_bounds():
    """Julian day numbers of the first days of the months in which TPC-DS sells, but for the very first."""
    return [datetime.date(year, month, 1).toordinal() + JULIAN_OFFSET for year in range(1998, 2004) for month in range(1, 13)][1:]


def partitions(suite, table, model) -> str:
    found = TABLES[suite][table]
    column = found.get("partition")
    if not column or column not in found[f"{model}_key"] and model == "unique":
        return ""
    if suite == "tpch" and table == "lineitem":
        return f'PARTITION BY RANGE(`{column}`) (FROM ("1992-01-01") TO ("1999-01-01") INTERVAL 1 YEAR)\n'
    if suite == "tpch":
        ranges = [f'PARTITION p{year} VALUES [("{year}-01-01"), ("{year + 1}-01-01"))' for year in range(1992, 1999)]
    else:
        bounds = [f'("{day}")' for day in month_bounds()] + ["(MAXVALUE)"]
        ranges = [f"PARTITION `p{number}` VALUES LESS THAN {bound}" for number, bound in enumerate(bounds, 1)]
    return f"PARTITION BY RANGE(`{column}`) (\n  " + ",\n  ".join(ranges) + ")\n"


def create_table(suite, table, model) -> str:
    found = TABLES[suite][table]
    key = found[f"{model}_key"]
    types = columns(suite, table)
    ordered = key + [name for name in types if name not in key]
    body = ",\n  ".join(f"`{name}` {column_type(suite, model, name, types[name])}" for name in ordered)
    properties = {"replication_num": "1"}
    if model == "unique":
        properties |= {"compression": "zstd", "enable_unique_key_merge_on_write": "true"}
    elif "colocate" in found:
        properties["colocate_with"] = found["colocate"]
    spread = f"HASH({', '.join(found['hash'])}) BUCKETS {found['buckets']}" if model == "duplicate" else f"HASH({key[0]}) BUCKETS 1"
    shown = ", ".join(f'"{name}" = "{value}"' for name, value in properties.items())
    return (f"CREATE TABLE IF NOT EXISTS {table} (\n  {body}\n) ENGINE=OLAP\n{model.upper()} KEY({', '.join(key)})\nCOMMENT \"OLAP\"\n"
            f"{partitions(suite, table, model)}DISTRIBUTED BY {spread}\nPROPERTIES ({shown})")


def field_expressions(suite, table, kernel) -> list:
    """(expression over the generator's columns, name in Doris): NULL texts are '' as in the files that Doris loads."""
    of_kernel = kernel.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? "
                               "ORDER BY column_index", [suite, table]).fetchall()
    null_text = TABLES[suite][table].get("null_text", [])
    return [(f"coalesce({source}, '')" if kind == "VARCHAR" and name not in null_text else source, name)
            for (source, kind), name in zip(of_kernel, columns(suite, table), strict=True)]


def make_reference(kernel, suite, schema):
    """The rows that Doris' loads give, as tables of `schema` in the kernel, for its own answers."""
    kernel.execute(f"CREATE SCHEMA {schema}")
    for table in TABLES[suite]:
        fields = ", ".join(f"{expression} AS {name}" for expression, name in field_expressions(suite, table, kernel))
        kernel.execute(f"CREATE TABLE {schema}.{table} AS SELECT {fields} FROM {suite}.{table}")


def export(kernel, suite, table, directory) -> pathlib.Path:
    """The kernel's rows as the file that Doris' loads read."""
    file = pathlib.Path(directory) / f"{table}.tbl"
    fields = ", ".join(expression for expression, _ in field_expressions(suite, table, kernel))
    kernel.execute(f"COPY (SELECT {fields} FROM {suite}.{table}) TO '{file}' "
                   "(FORMAT csv, DELIMITER '|', HEADER false, QUOTE '', ESCAPE '', NULL '')")
    return file


def load(server, suite, model, database, file_of, closed=False):
    """Creates the tables in `database` and fills each by stream load with the file `file_of(table)`.

    `closed`: each line ends with a separator, as the generators of the TPC write it."""
    server.execute_all([f"CREATE DATABASE {database}"])
    server.execute_all([create_table(suite, table, model) for table in TABLES[suite]], database)
    for table in TABLES[suite]:
        null_text = TABLES[suite][table].get("null_text", [])
        fields = [f"tmp_{name}" if name in null_text else name for name in columns(suite, table)] + (["nothing"] if closed else [])
        fields += [f"{name}=nullif(tmp_{name}, '')" for name in null_text]
        file = file_of(table)
        with open(file, "rb") as body:
            answer = server.stream_load(database, table, body, column_separator="|", columns=",".join(fields),
                                        **{"Content-Length": file.stat().st_size})
        assert answer["Status"] == "Success" and answer["NumberLoadedRows"] == answer["NumberTotalRows"] > 0, (table, answer)
