# SPDX-License-Identifier: Apache-2.0
"""s3(): objects of an allowed endpoint, read by ranges and signed; secrets stay out of what is shown. The endpoint is a small
one of this file, which checks signatures by itself."""
import gzip
import hashlib
import hmac
import http.server
import io
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
    "/b/rows.json": b'{"k": 1, "s": "a"}\n{"k": 2, "s": null}\n',
    "/b/big.parquet": parquet(300_000),
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
        canonical = "\n".join([self.command, self.path, "", *[f"{name}:{self.headers[name]}" for name in names], "", given[4],
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

    def do_GET(self):
        name = urllib.parse.unquote(self.path)
        self.server.asked.append((self.command, name))
        if name.startswith("/moved/"):
            return self.answer(302, b"", Location="http://127.0.0.1:1/x")
        if not name.startswith("/open/") and not self.signed():
            return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
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
        started.asked = []
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
    refused(server, f"SELECT * FROM {source(endpoint, '*.csv')}", "wildcards")
    refused(server, 'SELECT * FROM s3("uri" = "s3://b/k", "s3.endpoint" = "http://169.254.169.254", "format" = "csv")', "files.s3_endpoints")
    refused(server, 'SELECT * FROM local("file_path" = "sluice-s3://1/a.csv", "format" = "csv")', "files of this server")
    refused(server, f"SELECT * FROM {source(endpoint, 'dir/a.csv')}", "privilege", user="reader", password="p")


def test_secrets_are_not_shown(server, endpoint):
    plan = str(server.query(f"EXPLAIN VERBOSE SELECT * FROM {source(endpoint, 'dir/a.csv')}"))
    assert SECRET not in plan and ACCESS not in plan
    assert SECRET not in server.log()
