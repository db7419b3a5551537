# SPDX-License-Identifier: Apache-2.0
"""Writes first inputs for the fuzz targets below the given folder: valid statements, packets, requests and loads, from which
libFuzzer finds its way into the parsers far faster than from nothing.   python3 test/fuzz/seeds.py build/fuzz/corpus"""
import json
import pathlib
import random
import re
import struct
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def statements():
    """The SQL of test/sql: files of statements, and the blocks of *.test between their head line and their answer."""
    texts = []
    for path in sorted((ROOT / "test" / "sql").rglob("*.sql")):
        texts += [part for part in re.split(r";\s*\n", path.read_text()) if part.strip()]
    for path in sorted((ROOT / "test" / "sql").glob("*.test")):
        for block in re.split(r"\n\s*\n", path.read_text()):
            lines = block.split("\n")
            if re.match(r"(statement|query|error)\b", lines[0]):
                texts.append("\n".join(lines[1:]).split("\n----")[0])
    return [text.encode() for text in texts]


def packet(payload: bytes, sequence=0) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def packets():
    login = struct.pack("<IIB23x", 0x00BFF7CF, 1 << 24, 45) + b"root\0\x14" + bytes(range(20)) + b"db\0mysql_native_password\0\x0c\x04_pid\x0512345"
    change = b"root\0\x14" + bytes(range(20)) + b"db\0\x2d\0mysql_native_password\0\x0c\x04_pid\x0512345"
    values = (b"\x03\0\1" + b"\x08\x00\xfd\x00\x0c\x00" + struct.pack("<q", 42) + b"\x03abc" + b"\x0b" + struct.pack("<HBBBBBI", 2026, 1, 2, 3, 4, 5, 6),
              b"\x02\x02\1\x05\x00\xfd\x00" + struct.pack("<d", 1.5), b"\x01\0\1\x0b\x00\x08\0" + struct.pack("<IBBB", 1, 2, 3, 4))
    for payload in (login, change, *values):
        yield b"\0" + payload
        framed = packet(payload) + packet(b"\x03SELECT 1", 0)
        yield b"\1" + framed
        squeezed = zlib.compress(framed)
        yield b"\2" + len(squeezed).to_bytes(3, "little") + b"\0" + len(framed).to_bytes(3, "little") + squeezed
        for kind in b"\2\3":
            yield bytes([kind]) + len(framed).to_bytes(3, "little") + b"\0\0\0\0" + framed


REQUESTS = [
    "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /stream?a=%20b&c=d+e HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
    "POST /api/query HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cm9vdDo=\r\nContent-Length: 8\r\n\r\nSELECT 1GET / HTTP/1.0\r\n\r\n",
    "PUT /api/d/t/_stream_load HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1,2\n\r\n5;x=y\r\n3,4,5\r\n0\r\nA: b\r\n\r\n",
]
LOADS = [
    (1, "1,abc,2\n3,,\\N\n"), (1 | 4 | 8, '1,"a,""b\\"",2\n"x\ny",2,3\n'), (3, "1||a||2\n"), (1 | 16, "1,a\\tb\\,c,2\n"), (1 | 32 | 128, 'a,b,c\n"1","2","3"\n'),
    (8, '{"a":1,"b":[1,2],"c":"x"}\n{"a":2}\n'), (16, '[{"a":1},{"b":"\\u00e4"}]'), (32 | 64, '{"r":{"a":1,"b":[1,{"c":2}]}}'), (0, '{"a":1} {"b":null}'),
    (4, '{"sql":"select ? + 1","database":"d","params":[41,"x",null,1.5,true],"format":"csv","timeout_ms":1000}'),
    (6, "label: day-1\nformat: csv\ncolumn_separator: \\x01\nline_delimiter: \\n\nenclose: \"\nescape: \\\ncolumns: a, tmp, b = upper(tmp)\nwhere: a > 1\n"
        "max_filter_ratio: 0.1\nstrict_mode: true\ntimeout: 60\n"),
    (6, "format: json\nread_json_by_line: true\njsonpaths: [\"$.a\",\"$.b[1]\"]\njson_root: $.r\nstrip_outer_array: true\ncompress_type: gz\n"),
]


VALUES = ("1", "-128", "3.14159", "1e308", "99999999999999999999999999999999999999.5", "true", "2020-02-29", "20200229", "2020-02-29 23:59:59.999999",
          "2020-02-29T10:11:12+08:00", "-838:59:59", "12:34", "1.2.3.4", "::ffff:1.2.3.4", "[1, null, 3]", '["a", "b\\n"]', '{"a": 1, "b": [2]}', "[[2020-01-01]]", "{1: [1.5]}", "", " ")
FORMATS = ("%Y-%m-%d %H:%i:%s.%f", "%x-%v %W %a %b %M %c %e %D %j %p %r %T %U %u %V %X %y %%", "yyyy-MM-dd HH:mm:ss", "yyyyMMdd", "%", "2020-02-29", "Asia/Shanghai", "+08:00")
DOCUMENTS = ('{"a": {"b": [1, 2.5, null, true, "x"]}, "c d": "\\u00e9"}', "[1, [2, [3]]]", "1", '"s"', "", "{", "[1,]", "null")
PATHS = ("$", "$.a.b[0]", '$."c d"', "$[*]", "$.a.*", "$[last]", "$.a.b[last-1]", "$**.b", "a.b", "$[", '["a","b"]')


def kairos(kind):
    """Bodies of data points or queries, and lines, that were sent to real KairosDB servers."""
    recorded = ROOT / "test" / "kairos" / "recorded"
    if kind == "lines":
        lines = (line.split(" -> b'")[0] for line in (recorded / "telnet.txt").read_text().splitlines() if " -> b'" in line)
        return [line.strip("'").replace("\\n", "").encode() for line in lines]
    cases = map(json.loads, (recorded / "recorded-1.4-cassandra.jsonl").read_text().splitlines())
    return [case["body"].encode() for case in cases if case["body"] and case["path"].endswith(kind)]


def cassandra_messages():
    """Choice of the message, flags, body (test/fuzz/cassandra_fuzz.cc)."""
    def text(value):
        return struct.pack(">H", len(value)) + value

    def value(content):
        return struct.pack(">i", len(content)) + content

    columns = text(b"ks") + text(b"t") + text(b"k") + b"\0\x0d" + text(b"m") + b"\0\x21\0\x0d\0\x0d"
    pairs = struct.pack(">i", 1) + value(b"class") + value(b"SimpleStrategy")
    rows = struct.pack(">iii", 2, 3, 2) + value(b"state") + columns + struct.pack(">i", 2) + (value(b"abc") + value(pairs)) * 2
    bare = struct.pack(">iiii", 2, 4, 2, 1) + value(b"abc") + struct.pack(">i", -1)
    prepared = struct.pack(">i", 4) + text(b"0123456789abcdef") + struct.pack(">iiiH", 1, 2, 1, 0) + columns + struct.pack(">ii", 1, 2) + columns
    yield b"\0\0\x84\0\0\1\x08\0\0\0\x10"
    for change in (text(b"STATUS_CHANGE") + text(b"UP") + b"\4\x7f\0\0\1" + struct.pack(">i", 9042), text(b"SCHEMA_CHANGE") + text(b"CREATED") + text(b"TABLE") + text(b"ks") + text(b"t")):
        yield b"\1\0" + change
    yield b"\2\0\0\1" + text(b"COMPRESSION") + b"\0\2" + text(b"snappy") + text(b"lz4")
    yield b"\3\0" + text(b"org.apache.cassandra.auth.PasswordAuthenticator")
    yield b"\4\0" + value(b"token")
    for code, details in ((0x1000, b"\0\4" + struct.pack(">ii", 2, 1)), (0x1100, b"\0\4" + struct.pack(">ii", 1, 2) + text(b"SIMPLE")),
                          (0x1200, b"\0\4" + struct.pack(">iib", 1, 2, 0)), (0x2400, text(b"ks") + text(b"t")), (0x2500, text(b"id")), (0x2000, b"")):
        yield b"\5\0" + struct.pack(">i", code) + text(b"message") + details
    for body in (rows, bare, prepared):
        yield b"\6\0" + body
        yield b"\6\x0e" + bytes(16) + b"\0\1" + text(b"warning") + b"\0\1" + text(b"k") + value(b"v") + body
        # One block of literals only.
        yield b"\6\1" + struct.pack(">i", len(body)) + b"\xf0" + bytes([len(body) - 15]) + body


def main():
    folder = pathlib.Path(sys.argv[1])
    seeds = {
        "parser_fuzz": [bytes([mode]) + text for text in statements() for mode in (0, 8)],
        "mysql_packet_fuzz": list(packets()),
        "http_fuzz": [bytes([cut]) + request.encode() for request in REQUESTS for cut in (0, 60, 200)],
        "stream_load_fuzz": [bytes([choice, piece]) + text.encode() for choice, text in LOADS for piece in (2, 200)],
    }
    seeds["cassandra_fuzz"] = list(cassandra_messages())
    seeds["cast_fuzz"] = [bytes([number]) + text.encode() for text in VALUES for number in range(30)]
    seeds["date_format_fuzz"] = [bytes([number]) + left.encode() + b"\0" + right.encode() for number in range(12) for left in FORMATS for right in FORMATS[:3]]
    seeds["json_path_fuzz"] = [bytes([number]) + left.encode() + b"\0" + right.encode() for number in range(14) for left in DOCUMENTS for right in PATHS]
    chance = random.Random(1)
    seeds["grammar_fuzz"] = [bytes(chance.randrange(256) for _ in range(chance.randint(4, 80))) for _ in range(500)]
    seeds["kairos_datapoints_fuzz"] = [bytes([mode, 4]) + body for body in kairos("/datapoints") for mode in (0, 3)]
    seeds["kairos_query_fuzz"] = [b"\1" + body for body in kairos("/query")]
    seeds["kairos_line_fuzz"] = [b"\0" + line for line in kairos("lines")]
    seeds["kairos_line_fuzz"].append(b'\1[{"metric":"m","timestamp":1700000000,"value":1.5,"tags":{"host":"a"}}]')
    for name, inputs in seeds.items():
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (target / f"seed-{number:04}").write_bytes(data)


if __name__ == "__main__":
    main()
