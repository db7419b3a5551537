# SPDX-License-Identifier: Apache-2.0
"""s3(): objects of an allowed endpoint, read by ranges and signed; secrets stay out of what is shown. The endpoint is a small
one of this file, which checks signatures by itself."""
import bz2
import gzip
import hashlib
import hmac
import html
import http.server
import io
import itertools
import re
import threading
import urllib.parse

import pyarrow
import pyarrow.parquet
import pymysql
import pytest

from harness.server import Server

ACCESS, SECRET, REGION = "AKIDEXAMPLE", "se/cret+KEY", "eu-west-1"


def parquet(rows):
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"id": list(range(rows)), "name": [f"n{i}" for i in range(rows)]}), sink, row_group_size=20_000)
    return sink.getvalue()


OBJECTS = {
    "/b/dir/a.csv": b"1|one\n2|two\n\\N|\n",
    "/b/named.csv": b"id,name\n7,x\n",
    "/b/a b+ü.csv": b"5\n",
    "/b/z.csv.gz": gzip.compress(b"1\tgz\n"),
    "/w/p1/x_1.csv": b"1\n",
    "/w/p1/x_2.csv": b"2\n",
    "/w/p1/x_3.csv": b"3\n",
    "/w/p1/deep/x_1.csv": b"4\n",
    "/w/p2/y&z.csv": b"5\n",
    "/w/p1/n_1.parquet": parquet(2),
    "/w/p1/n_2.parquet": parquet(3),
    "/b/rows.json": b'{"k": 1, "s": "a"}\n{"k": 2, "s": null}\n',
    "/b/big.parquet": parquet(300_000),
    "/hive/day=2026-01-01/zone=a%20b/x.csv": b"1,10\n2,20\n",
    "/hive/day=2026-01-02/zone=__HIVE_DEFAULT_PARTITION__/x.csv": b"3,30\n",
    "/hive/day=2026-01-03/zone=z/more=1/y.csv": b"4,40\n",
    "/hivep/day=2026-01-01/x.parquet": parquet(2),
    "/hivep/day=2026-01-02/x.parquet": parquet(1),
    "/keyed/base.csv": b"1,a,0,1\n2,b,0,1\n3,c,0,1\n",
    "/keyed/change.csv": b"1,x,0,1\n2,y,1,1\n4,d,0,1\n",
    "/keyed/late.csv": b"1,old,0,1\n3,new,0,9\n3,older,0,8\n",
    "/packed/a.bin": gzip.compress(b"1,gz\n"),
    "/packed/b.csv.bz2": bz2.compress(b"2,bz2\n"),
    "/bad/a.csv": b"k,v\n1,10\nx,20\n3,\"30\"\n4,1,1\n",
    "/bad/a.json": b'[{"r": {"k": 7, "v": 70}}, {"r": {"k": 8}}]',
    "/b/big.csv": b"".join(b"%d,%s\n" % (i, b"x" * 90) for i in range(120_000)),
}


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def signed(self) -> bool:
        given = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)",
                             self.headers.get("Authorization", ""))
        if not given or given[1] != ACCESS or given[3] != REGION:
            return False
        names = given[4].split(";")
        path, _, query = self.path.partition("?")
        canonical = "\n".join([self.command, path, query, *[f"{name}:{self.headers[name]}" for name in names], "", given[4],
                               self.headers["x-amz-content-sha256"]])
        scope = f"{given[2]}/{REGION}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + SECRET).encode()
        for part in (given[2], REGION, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names) and hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), given[5])

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def listing(self, bucket, query):
        """ListObjectsV2, two keys at a time."""
        prefix, begin = query.get("prefix", [""])[0], int(query.get("continuation-token", ["0"])[0])
        found = sorted(name[len(bucket) + 1:] for name in OBJECTS if name.startswith(f"{bucket}/{prefix}"))
        keys = "".join(f"<Contents><Key>{html.escape(key)}</Key></Contents>" for key in found[begin:begin + 2])
        more = begin + 2 < len(found)
        token = f"<NextContinuationToken>{begin + 2}</NextContinuationToken>" if more else ""
        self.answer(200, f"<ListBucketResult>{keys}<IsTruncated>{str(more).lower()}</IsTruncated>{token}</ListBucketResult>".encode())

    def do_PUT(self):
        """PUT of an object or a part of one; POST begins and completes those; DELETE."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path, _, query = self.path.partition("?")
        name, query = urllib.parse.unquote(path), urllib.parse.parse_qs(query, keep_blank_values=True)
        self.server.asked.append((self.command, name))
        if not self.signed() or hashlib.sha256(body).hexdigest() != self.headers["x-amz-content-sha256"]:
            return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        uploads = self.server.uploads
        if self.command == "DELETE":
            uploads.pop(query["uploadId"][0], None) if "uploadId" in query else OBJECTS.pop(name, None)
            return self.answer(204, b"")
        if name.startswith("/full/"):
            return self.answer(507, b"<Error><Code>NoSpace</Code></Error>")
        if "uploads" in query:
            uploads[str(len(uploads))] = {}
            return self.answer(200, f"<X><UploadId>{len(uploads) - 1}</UploadId></X>".encode())
        if "partNumber" in query:
            tag = hashlib.md5(body).hexdigest()
            uploads[query["uploadId"][0]][tag] = body
            return self.answer(200, b"", ETag=f'"{tag}"')
        if "uploadId" in query:
            parts = uploads.pop(query["uploadId"][0])
            OBJECTS[name] = b"".join(parts[tag] for tag in re.findall(r"<ETag>&quot;(\w+)&quot;</ETag>", body.decode()))
            return self.answer(200, b"<CompleteMultipartUploadResult/>")
        OBJECTS[name] = body
        return self.answer(200, b"", ETag='"x"')

    do_POST = do_DELETE = do_PUT

    def do_GET(self):
        path, _, query = self.path.partition("?")
        name = urllib.parse.unquote(path)
        self.server.asked.append((self.command, name))
        if name.startswith("/moved/"):
            return self.answer(302, b"", Location="http://127.0.0.1:1/x")
        if not name.startswith("/open/") and not self.signed():
            return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        if name.count("/") == 1 and self.command == "GET":
            return self.listing(name, urllib.parse.parse_qs(query))
        body = OBJECTS.get(name.replace("/open/", "/b/"))
        if body is None:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted:
            first, last = int(wanted[1]), min(int(wanted[2]), len(body) - 1)
            return self.answer(206, body[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(body)}")
        return self.answer(200, body)

    do_HEAD = do_GET


@pytest.fixture(scope="module")
def endpoint():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as started:
        started.asked, started.uploads = [], {}
        thread = threading.Thread(target=started.serve_forever, daemon=True)
        thread.start()
        yield started
        started.shutdown()


@pytest.fixture(scope="module")
def server(endpoint):
    with Server(settings={"files.s3_endpoints": f"127.0.0.1:{endpoint.server_port}"}) as started:
        started.execute_all(["CREATE USER reader IDENTIFIED BY 'p'", "GRANT SELECT_PRIV ON *.*.* TO reader"])
        yield started


def source(endpoint, key, more="", uri="s3://b/", secret=SECRET):
    return (f's3("uri" = "{uri}{key}", "s3.endpoint" = "http://127.0.0.1:{endpoint.server_port}", "s3.access_key" = "{ACCESS}", '
            f'"s3.secret_key" = "{secret}", "s3.region" = "{REGION}", "format" = "csv" {more})')


def test_csv(server, endpoint):
    piped = source(endpoint, "dir/a.csv", ', "column_separator" = "|"')
    assert server.query(f"SELECT * FROM {piped} ORDER BY c2 DESC") == (("2", "two"), ("1", "one"), (None, ""))
    assert server.query(f"SELECT c1 FROM {source(endpoint, 'a b+ü.csv')}") == (("5",),)
    assert server.query(f"SELECT * FROM {source(endpoint, 'z.csv.gz')}") == (("1", "gz"),)
    named = source(endpoint, "named.csv", ', "column_separator" = ","').replace('"csv"', '"csv_with_names"')
    assert server.query(f"SELECT id, name FROM {named}") == (("7", "x"),)
    big = source(endpoint, "big.csv", ', "column_separator" = ","')
    assert server.query(f"SELECT count(*), sum(CAST(c1 AS BIGINT)), max(length(c2)) FROM {big}") == ((120_000, 7_199_940_000, 90),)


def test_json_and_parquet(server, endpoint):
    json = source(endpoint, "rows.json").replace('"csv"', '"json"')
    assert server.query(f"SELECT k, s FROM {json} ORDER BY k") == ((1, "a"), (2, None))
    big = source(endpoint, "big.parquet").replace('"csv"', '"parquet"')
    assert server.query(f"SELECT count(*), max(id), max(name) FROM {big}") == ((300_000, 299_999, "n99999"),)
    server.execute_all(["CREATE DATABASE d", f"CREATE TABLE d.t AS SELECT * FROM {big} WHERE id < 3"])
    assert server.query("SELECT count(*) FROM d.t") == ((3,),)


def test_other_ways_to_write_it(server, endpoint):
    address = f"127.0.0.1:{endpoint.server_port}"
    assert server.query(f'SELECT count(*) FROM s3("URI" = "http://{address}/b/named.csv", "ACCESS_KEY" = "{ACCESS}", "SECRET_KEY" = "{SECRET}", '
                        f'"REGION" = "{REGION}", "FORMAT" = "csv")') == ((2,),)
    assert server.query(f'SELECT count(*) FROM s3("uri" = "http://{address}/open/named.csv", "format" = "csv")') == ((2,),)


@pytest.mark.parametrize("pattern, rows", [
    ("p1/x_*.csv", (1, 2, 3)), ("p1/x_{1,3}.csv", (1, 3)), ("p1/x_{2..3}.csv", (2, 3)), ("p1/x_[12].csv", (1, 2)),
    ("p1/x_?.csv", (1, 2, 3)), ("**.csv", (1, 2, 3, 4, 5)), ("p[2-9]/*", (5,)), ("p1/deep/*", (4,))])
def test_wildcards(server, endpoint, pattern, rows):
    assert server.query(f"SELECT CAST(c1 AS INT) a FROM {source(endpoint, pattern, uri='s3://w/')} ORDER BY a") == tuple((row,) for row in rows)


def test_wildcards_of_parquet(server, endpoint):
    both = source(endpoint, "p1/n_*.parquet", uri="s3://w/").replace('"csv"', '"parquet"')
    assert server.query(f"SELECT count(*), max(id) FROM {both}") == ((5, 2),)


def storage(endpoint, secret=SECRET):
    return (f'"s3.endpoint" = "http://127.0.0.1:{endpoint.server_port}", "s3.access_key" = "{ACCESS}", "s3.secret_key" = "{secret}", '
            f'"s3.region" = "{REGION}"')


def test_outfile(server, endpoint):
    rows = server.query(f'SELECT 1 a, "x" b UNION ALL SELECT 2, NULL INTO OUTFILE "s3://out/dir/part_" FORMAT AS CSV_WITH_NAMES '
                        f'PROPERTIES("column_separator" = ",", "success_file_name" = "done", {storage(endpoint)})')
    assert rows[0][:2] == (1, 2) and rows[0][3].startswith("s3://out/dir/part_")
    made = [name for name in OBJECTS if name.startswith("/out/")]
    assert len(made) == 2 and made[1] == "/out/dir/part_done"
    lines = OBJECTS[made[0]].split(b"\n")
    assert lines[0] == b"a,b" and sorted(lines[1:3]) == [b"1,x", b"2,\\N"]
    server.query(f'SELECT 7 a INTO OUTFILE "s3://out/dir/" PROPERTIES("delete_existing_files" = "true", {storage(endpoint)})')
    made = [name for name in OBJECTS if name.startswith("/out/")]
    assert len(made) == 1 and OBJECTS[made[0]] == b"7\n"


def test_outfile_in_parts(server, endpoint):
    """Above 8 MiB an object is made of parts, and none is left when one of them fails."""
    query = "SELECT number, repeat('x', 100) FROM numbers('number' = '200000')"
    rows = server.query(f'{query} INTO OUTFILE "s3://parts/big_" PROPERTIES({storage(endpoint)})')
    made = [name for name in OBJECTS if name.startswith("/parts/")]
    assert len(made) == 1 and len(OBJECTS[made[0]]) == rows[0][2] > 20_000_000
    assert OBJECTS[made[0]].count(b"\n") == 200_000 and endpoint.uploads == {}
    refused(server, f'{query} INTO OUTFILE "s3://full/x" PROPERTIES({storage(endpoint)})', "answers 507")
    refused(server, f'SELECT 1 INTO OUTFILE "s3://out/x" PROPERTIES({storage(endpoint, secret="wrong")})', "denies it (403")
    refused(server, 'SELECT 1 INTO OUTFILE "s3://out/x"', "s3.endpoint")
    assert not [name for name in OBJECTS if name.startswith("/full/")]


def test_export_and_load(server, endpoint):
    server.execute_all(["CREATE DATABASE e", "CREATE TABLE e.t (k INT, v VARCHAR(9), w INT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
                        "INSERT INTO e.t VALUES (1, 'a', 1), (2, NULL, 2), (3, 'c', NULL)",
                        f'EXPORT TABLE e.t TO "s3://exp/a/" PROPERTIES("format" = "parquet") WITH S3 ({storage(endpoint)})',
                        f'EXPORT TABLE e.t TO "s3://exp/b/" PROPERTIES("column_separator" = ",") WITH S3 ({storage(endpoint)})',
                        "CREATE TABLE e.u LIKE e.t", "USE e"])
    load = 'LOAD LABEL e.{} (DATA INFILE("s3://exp/{}/*") INTO TABLE u {}) WITH S3 ({})'
    server.execute_all([load.format("one", "a", 'FORMAT AS "parquet"', storage(endpoint))])
    assert server.query("SELECT * FROM e.u ORDER BY k") == ((1, "a", 1), (2, None, 2), (3, "c", None))
    refused(server, load.format("one", "a", 'FORMAT AS "parquet"', storage(endpoint)), "already been used")
    server.execute_all(["TRUNCATE TABLE e.u", "CLEAN LABEL one FROM e", load.format(
        "one", "b", 'COLUMNS TERMINATED BY "," FORMAT AS "csv" (k, v, x) SET (w = CAST(x AS INT) * 10) WHERE k > 1', storage(endpoint))])
    assert server.query("SELECT * FROM e.u ORDER BY k") == ((2, None, 20), (3, "c", None))
    refused(server, load.format("two", "nothing", "", storage(endpoint)), "no object of exp")
    states = [(row[1], row[2], row[4]) for row in server.query("SHOW LOAD FROM e")]
    assert states == [("one", "FINISHED", "BROKER"), ("one", "FINISHED", "BROKER"), ("two", "CANCELLED", "BROKER")]
    assert SECRET not in server.log()


LABELS = itertools.count()


@pytest.fixture()
def loads(server, endpoint):
    """LOAD LABEL with clauses, into tables of a database of its own."""
    server.execute_all(["DROP DATABASE IF EXISTS l", "CREATE DATABASE l",
                        "CREATE TABLE l.t (k INT, v INT, day DATE, zone VARCHAR(20)) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
                        "CREATE TABLE l.u (k INT, v VARCHAR(9)) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1"])
    def statement(part, properties="", comment=""):
        return (f"LOAD LABEL l.label{next(LABELS)} ({part}) WITH S3 ({storage(endpoint)})"
                + (f" PROPERTIES ({properties})" if properties else "") + comment)
    return statement


HIVE = 'DATA INFILE("s3://hive/{}") INTO TABLE t COLUMNS TERMINATED BY "," FORMAT AS csv (k, v) COLUMNS FROM PATH AS (day, zone)'


def test_load_columns_from_path(server, loads):
    server.execute_all([loads(HIVE.format("**/x.csv"))])
    day = "SELECT k, v, CAST(day AS CHAR), zone FROM l.t ORDER BY k, day"
    assert server.query(day) == ((1, 10, "2026-01-01", "a b"), (2, 20, "2026-01-01", "a b"), (3, 30, "2026-01-02", None))
    server.execute_all(["TRUNCATE TABLE l.t", loads(HIVE.format("day=2026-01-03/zone=z/more=1/y.csv") + " SET (zone = concat(zone, k))")])
    assert server.query(day) == ((4, 40, "2026-01-03", "z4"),)
    refused(server, loads(HIVE.format("**/x.csv").replace("(day, zone)", "(day, hour)")), "expected: [day, hour], filePath: s3://hive/day=")
    refused(server, loads(HIVE.format("**/x.csv").replace("(k, v) ", "")), "Can not specify columns_from_path without column_list")
    parquet_part = 'DATA INFILE("s3://hivep/**") INTO TABLE t FORMAT AS parquet (id, name) COLUMNS FROM PATH AS (day) SET (k = id, zone = name)'
    server.execute_all(["TRUNCATE TABLE l.t", loads(parquet_part + " PRECEDING FILTER name <> 'n1'")])
    assert server.query(day) == ((0, None, "2026-01-01", "n0"), (0, None, "2026-01-02", "n0"))


def test_load_preceding_filter(server, loads):
    part = HIVE.format("**/x.csv").replace("(k, v)", "(k, x)") + " SET (v = x * 2) PRECEDING FILTER x > 10 AND day < '2026-01-02' WHERE v < 100"
    server.execute_all([loads(part)])
    assert server.query("SELECT k, v FROM l.t") == ((2, 40),)
    refused(server, loads(part.replace("x > 10", "nothing > 10")), "nothing")
    refused(server, loads(part.replace("x > 10", "x IN (SELECT 1)")), "subqueries are not allowed in PRECEDING FILTER")


def test_load_merge_and_delete(server, loads):
    fields = 'COLUMNS TERMINATED BY "," FORMAT AS csv (k, v, gone, at)'
    rows = "SELECT * FROM l.u ORDER BY k"
    server.execute_all([loads(f'APPEND DATA INFILE("s3://keyed/base.csv") INTO TABLE u {fields}')])
    assert server.query(rows) == ((1, "a"), (2, "b"), (3, "c"))
    server.execute_all([loads(f'MERGE DATA INFILE("s3://keyed/change.csv") INTO TABLE u {fields} DELETE ON gone = 1')])
    assert server.query(rows) == ((1, "x"), (3, "c"), (4, "d"))
    server.execute_all([loads(f'WITH DELETE DATA INFILE("s3://keyed/base.csv") INTO TABLE u {fields} PRECEDING FILTER k <> 3')])
    assert server.query(rows) == ((3, "c"), (4, "d"))
    refused(server, loads('DELETE DATA INFILE("s3://keyed/base.csv") INTO TABLE t COLUMNS TERMINATED BY "," (k, v, x, y)'),
            "load by MERGE or DELETE is only supported in unique tables.")
    refused(server, loads(f'DATA INFILE("s3://keyed/base.csv") INTO TABLE u {fields} DELETE ON gone = 1'),
            "not support DELETE ON clause when merge type is not MERGE.")


def test_load_order_by_sequence(server, loads):
    server.execute_all(["CREATE TABLE l.s (k INT, v VARCHAR(9)) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1 "
                        "PROPERTIES('function_column.sequence_type' = 'int')"])
    part = 'DATA INFILE("s3://keyed/late.csv", "s3://keyed/base.csv") INTO TABLE s COLUMNS TERMINATED BY "," FORMAT AS csv (k, v, gone, at)'
    refused(server, loads(part), "has sequence column, need to specify the sequence column")
    server.execute_all([loads(part + " ORDER BY at")])
    assert server.query("SELECT * FROM l.s ORDER BY k") == ((1, "a"), (2, "b"), (3, "new"))


def test_load_compressed(server, loads):
    part = 'DATA INFILE("s3://packed/{}") INTO TABLE u COLUMNS TERMINATED BY "," {} (k, v)'
    server.execute_all([loads(part.format("a.bin", "COMPRESS_TYPE AS 'gz'")), loads(part.format("b.csv.bz2", ""))])
    assert server.query("SELECT * FROM l.u ORDER BY k") == ((1, "gz"), (2, "bz2"))
    refused(server, loads(part.format("a.bin", "COMPRESS_TYPE AS lzo")), "COMPRESS_TYPE AS lzo")
    refused(server, loads(part.format("a.bin", "COMPRESS_TYPE AS zstd")), "the data is not zstd")
    refused(server, loads(part.format("a.bin", "COMPRESS_TYPE AS plain")), "too many filtered rows")


def test_load_properties(server, loads):
    part = 'DATA INFILE("s3://bad/a.csv") INTO TABLE t COLUMNS TERMINATED BY "," FORMAT AS csv (k, v)'
    rows = "SELECT k, v FROM l.t ORDER BY k, v"
    refused(server, loads(part), "too many filtered rows: 1 of 5 are bad; the first: the row has 3 fields, expected are 2")
    assert server.query(rows) == ()
    some = "'skip_lines' = '1', 'trim_double_quotes' = 'true', 'max_filter_ratio' = '{}', 'strict_mode' = '{}', 'timeout' = '60', 'priority' = 'LOW'"
    server.execute_all([loads(part, some.format("0.25", "false"), " COMMENT 'why'")])
    assert server.query(rows) == ((None, 20), (1, 10), (3, 30))
    server.execute_all(["TRUNCATE TABLE l.t"])
    refused(server, loads(part, some.format("0.4", "true")), "too many filtered rows: 2 of 4 are bad")
    server.execute_all([loads(part, some.format("0.5", "true"))])
    assert server.query(rows) == ((1, 10), (3, 30))
    for properties, why in (("'x' = '1'", "x is invalid property"), ("'timeout' = 'x'", "timeout is not a number."),
                            ("'max_filter_ratio' = '2'", "max_filter_ratio must between 0.0 and 1.0."), ("'timezone' = 'Nowhere'", "Nowhere")):
        refused(server, loads(part, properties), why)
    json = 'DATA INFILE("s3://bad/a.json") INTO TABLE t FORMAT AS json (k, v) PROPERTIES("strip_outer_array" = "true", "jsonpaths" = \'["$.r.k", "$.r.v"]\')'
    server.execute_all(["TRUNCATE TABLE l.t", loads(json)])
    assert server.query(rows) == ((7, 70), (8, None))
    server.execute_all(["CREATE TABLE l.w (k INT, v VARCHAR(9), n INT) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
                        "INSERT INTO l.w VALUES (1, 'a', 5), (2, 'b', 6)",
                        loads('DATA INFILE("s3://keyed/change.csv") INTO TABLE w COLUMNS TERMINATED BY "," (k, v, gone, at) PRECEDING FILTER k < 3',
                              "'partial_columns' = 'true'")])
    assert server.query("SELECT * FROM l.w ORDER BY k") == ((1, "x", 5), (2, "y", 6))


def test_load_time_zone(server, loads):
    server.execute_all(["CREATE TABLE l.z (k INT, at DATETIME) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1"])
    part = 'DATA INFILE("s3://keyed/base.csv") INTO TABLE z COLUMNS TERMINATED BY "," (k, a, b, c) SET (at = from_unixtime(0)) PRECEDING FILTER k = 1'
    server.execute_all([loads(part, "'timezone' = '+08:00'")])
    assert server.query("SELECT CAST(at AS CHAR) FROM l.z") == (("1970-01-01 08:00:00",),)


def test_loads_of_many_tables_are_one(server, loads):
    """What fails in one table leaves none of the rows of the others."""
    good = 'DATA INFILE("s3://keyed/base.csv") INTO TABLE u COLUMNS TERMINATED BY "," (k, v, x, y)'
    bad = 'DATA INFILE("s3://bad/a.csv") INTO TABLE t COLUMNS TERMINATED BY "," (k, v)'
    refused(server, loads(f"{good}, {bad}"), "too many filtered rows: 1 of 8 are bad")
    assert server.query("SELECT count(*) FROM l.u") == ((0,),)
    server.execute_all([loads(f"{good}, {bad}", "'max_filter_ratio' = '0.125'")])
    assert server.query("SELECT (SELECT count(*) FROM l.u), (SELECT count(*) FROM l.t)") == ((3, 4),)


def test_load_needs_privileges(server, loads):
    server.execute_all(["CREATE USER loader IDENTIFIED BY 'p'", "GRANT LOAD_PRIV ON l.* TO loader"])
    refused(server, loads(HIVE.format("**/x.csv")), "privilege", user="loader", password="p")


def refused(server, sql, text, **login):
    with server.connect(**login) as connection, connection.cursor() as cursor:
        with pytest.raises(pymysql.err.Error) as error:
            cursor.execute(sql)
            cursor.fetchall()
    assert text in error.value.args[1], error.value.args
    assert SECRET not in error.value.args[1]


def test_what_is_refused(server, endpoint):
    refused(server, f"SELECT * FROM {source(endpoint, 'dir/a.csv', secret='wrong')}", "denies it (403")
    refused(server, f"SELECT * FROM {source(endpoint, 'none.csv')}", "is not there (404")
    refused(server, f"SELECT * FROM {source(endpoint, 'x', uri='s3://moved/')}", "answers 302")
    refused(server, f"SELECT * FROM {source(endpoint, 'none*.csv')}", "no object of b is like none*.csv")
    refused(server, 'SELECT * FROM s3("uri" = "s3://b/k", "s3.endpoint" = "http://169.254.169.254", "format" = "csv")', "files.s3_endpoints")
    refused(server, 'SELECT * FROM local("file_path" = "sluice-s3://1/a.csv", "format" = "csv")', "files of this server")
    refused(server, f"SELECT * FROM {source(endpoint, 'dir/a.csv')}", "privilege", user="reader", password="p")


def test_secrets_are_not_shown(server, endpoint):
    plan = str(server.query(f"EXPLAIN VERBOSE SELECT * FROM {source(endpoint, 'dir/a.csv')}"))
    assert SECRET not in plan and ACCESS not in plan
    assert SECRET not in server.log()
