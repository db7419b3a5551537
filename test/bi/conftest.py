# SPDX-License-Identifier: Apache-2.0
"""The shop that the BI tools look at: a table of each of Doris' models, one with every type, and a view."""
import pytest

SCHEMA = [
    "CREATE TABLE orders (id BIGINT NOT NULL, name VARCHAR(50) NULL DEFAULT 'x' COMMENT 'a name', born DATE, at DATETIME, "
    "flag BOOLEAN, score DOUBLE, price DECIMAL(12, 2) NOT NULL DEFAULT '0', INDEX by_name (name) USING INVERTED COMMENT 'words') "
    "UNIQUE KEY(id) COMMENT 'all orders' DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES('replication_num'='1')",
    "CREATE TABLE sums (region VARCHAR(20) NOT NULL, day DATE, amount DECIMAL(12, 2) SUM DEFAULT '0') AGGREGATE KEY(region, day) "
    "COMMENT 'by region' DISTRIBUTED BY HASH(region) BUCKETS 1 PROPERTIES('replication_num'='1')",
    "CREATE TABLE types (bo BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, i128 LARGEINT, f32 FLOAT, f64 DOUBLE, "
    "d9 DECIMAL(9, 2), d18 DECIMAL(18, 0), d38 DECIMAL(38, 4), d76 DECIMAL(76, 5), dt DATE, ts DATETIME, ts3 DATETIME(3), "
    "ts6 DATETIME(6), c3 CHAR(3), v5 VARCHAR(5), st STRING, js JSON, va VARIANT, ar ARRAY<INT>, ma MAP<STRING, INT>, "
    "su STRUCT<a: INT, b: STRING>, ip4 IPV4, ip6 IPV6) DUPLICATE KEY(bo) DISTRIBUTED BY RANDOM BUCKETS 1 "
    "PROPERTIES('replication_num'='1')",
    "CREATE TABLE objects (k INT, bi BITMAP BITMAP_UNION, hl HLL HLL_UNION, qu QUANTILE_STATE QUANTILE_UNION NOT NULL) "
    "AGGREGATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES('replication_num'='1')",
    "CREATE VIEW names AS SELECT id, name FROM orders",
    "INSERT INTO orders VALUES (1, 'ann', '2024-01-05', '2024-01-05 10:11:12', TRUE, 1.5, 10.25), "
    "(2, 'bob', '2024-02-15', '2024-02-15 23:59:59', FALSE, 2.5, 20), (3, NULL, NULL, NULL, NULL, NULL, 0), "
    "(4, 'ann', '2024-05-01', '2024-05-01 00:00:00', TRUE, -1, 7.5)",
    "INSERT INTO types VALUES (TRUE, -128, -32768, -2147483648, -9223372036854775808, 170141183460469231731687303715884105727, "
    "0.25, 0.1, 1234567.89, 123456789012345678, 1234567890123456789012345678901234.5678, NULL, "
    "'2024-02-29', '2024-02-29 12:34:56', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789012', 'abc', 'hello', 'text', "
    "'{\"a\":1}', '{\"b\":[1]}', [1, 2, NULL], {'k': 1}, {1, 'x'}, '10.0.0.1', '::1')",
    "INSERT INTO sums VALUES ('north', '2024-01-01', 1.5), ('north', '2024-01-01', 2.5), ('south', '2024-01-02', 7)",
]


@pytest.fixture(scope="module")
def shop(server):
    server.execute_all(["CREATE DATABASE shop"])
    server.execute_all(SCHEMA, "shop")
    return server


@pytest.fixture(scope="module")
def environment(shop):
    """Of the client programs."""
    return {"T_HOST": shop.host, "T_PORT": str(shop.mysql_port), "T_DB": "shop", "T_USER": shop.user, "T_PASSWORD": shop.password,
            "T_BIG_ROWS": "0"}
