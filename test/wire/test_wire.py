# SPDX-License-Identifier: Apache-2.0
"""The MySQL protocol byte by byte, where no client library goes: packet sizes, compression, cursors, flags, odd commands."""
import struct
import zlib

import pytest
import zstandard

from harness import wire
from harness.server import Server

ROWS = 10_000


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        started.execute_all(["CREATE DATABASE w"])
        values = ", ".join(f"({number}, 'row {number}')" for number in range(ROWS))
        started.execute_all(["CREATE TABLE t (id INT, txt VARCHAR(20))", f"INSERT INTO t VALUES {values}"], "w")
        yield started


class Compressed(wire.Wire):
    """The compressed protocol: packets inside frames of 7 bytes header, `method` zlib or zstd."""

    def __init__(self, server, method, **more):
        self.method, self.frames_on, self.inner, self.frame_sequence = method, False, b"", 0
        capability = wire.COMPRESS if method == "zlib" else wire.ZSTD
        super().__init__(server, capabilities=wire.BASE | capability, **more)
        assert self.server_capabilities & capability, f"the server does not offer {method}"
        self.frames_on = True

    def login(self, user, password="", database="", plugin="mysql_native_password"):
        payload = struct.pack("<IIB23x", self.capabilities, 1 << 30, 33) + user.encode() + b"\0" + b"\0"
        if database:
            payload += database.encode() + b"\0"
        payload += plugin.encode() + b"\0"
        if self.method == "zstd":
            payload += b"\x03"  # level
        self.write(payload)
        self.checked(self.read())

    def _exactly(self, size):
        if not self.frames_on:
            return super()._exactly(size)
        while len(self.inner) < size:
            header = super()._exactly(7)
            length, self.frame_sequence = int.from_bytes(header[:3], "little"), header[3] + 1 & 0xFF
            plain = int.from_bytes(header[4:7], "little")
            body = super()._exactly(length)
            if plain:
                body = zlib.decompress(body) if self.method == "zlib" else zstandard.ZstdDecompressor().decompress(body, max_output_size=plain)
                assert len(body) == plain
            self.inner += body
        got, self.inner = self.inner[:size], self.inner[size:]
        return got

    def send_frame(self, data: bytes):
        packed = zlib.compress(data) if self.method == "zlib" else zstandard.ZstdCompressor().compress(data)
        small = len(data) < 50 or len(packed) >= len(data)
        body = data if small else packed
        self.socket.sendall(len(body).to_bytes(3, "little") + bytes([self.frame_sequence]) + (0 if small else len(data)).to_bytes(3, "little") + body)
        self.frame_sequence = self.frame_sequence + 1 & 0xFF

    def write(self, payload):
        if not self.frames_on:
            super().write(payload)
            return
        if self.sequence == 0:
            self.frame_sequence = 0
        data, at = b"", 0
        while True:
            part = payload[at:at + 0xFFFFFF]
            data += len(part).to_bytes(3, "little") + bytes([self.sequence]) + part
            self.sequence = self.sequence + 1 & 0xFF
            at += len(part)
            if len(part) < 0xFFFFFF:
                break
        for begin in range(0, len(data), 1 << 20):
            self.send_frame(data[begin:begin + (1 << 20)])


@pytest.mark.parametrize("method", ["zlib", "zstd"])
def test_compression(server, method):
    with Compressed(server, method, database="w") as connection:
        assert connection.query("SELECT 1") == [[b"1"]]
        rows = connection.query("SELECT id, txt FROM t ORDER BY id")
        assert len(rows) == ROWS and rows[-1] == [b"9999", b"row 9999"]
        text = "ab" * 3_000_000
        assert connection.query(f"SELECT '{text}'") == [[text.encode()]]
        with pytest.raises(wire.ServerError):
            connection.query("SELEC")
        assert connection.query("SELECT 2") == [[b"2"]]


@pytest.mark.parametrize("method", ["zlib", "zstd"])
def test_broken_compression(server, method):
    """Frames that do not unpack, or unpack to more than they say, end that connection only."""
    for plain, body in ((100, b"garbage that is no stream"), (0xFFFFFF, zlib.compress(b"x" * 100)), (5, zlib.compress(b"y" * 100_000)), (0, b"")):
        with Compressed(server, method, timeout=10) as connection:
            connection.socket.sendall(len(body).to_bytes(3, "little") + b"\0" + plain.to_bytes(3, "little") + body)
            if body:
                connection.closed_by_server(10)
    assert server.query("SELECT 1") == ((1,),)


@pytest.mark.parametrize("size", [0xFFFFFF - 1, 0xFFFFFF, 0xFFFFFF + 1, 2 * 0xFFFFFF])
def test_packets_around_16_mib(server, size):
    """Values and statements whose packets are just below, at, and above the longest packet, both ways."""
    with wire.Wire(server) as connection:
        prefix = "SELECT LENGTH('"
        statement = prefix + "x" * (size - 1 - len(prefix) - 2) + "')"
        assert len(statement) + 1 == size
        assert connection.query(statement) == [[str(len(statement) - len(prefix) - 2).encode()]]
        value = size - 4  # a row of one value of that length has a 4-byte length before it
        rows = connection.query("SELECT '" + "y" * value + "'")
        assert len(rows[0][0]) == value and rows[0][0] == b"y" * value


def test_handshake(server):
    with wire.Wire(server) as connection:
        assert connection.version.startswith("5.7.")
        assert len(connection.scramble) == 20 and 0 not in connection.scramble
        for capability in (wire.PROTOCOL_41, wire.SECURE_CONNECTION, wire.PLUGIN_AUTH, wire.MULTI_STATEMENTS, wire.CONNECT_WITH_DB, wire.SSL,
                           wire.DEPRECATE_EOF):
            assert connection.server_capabilities & capability
        with wire.Wire(server) as other:
            assert other.connection_id != connection.connection_id and other.scramble != connection.scramble


def test_old_clients_are_refused(server):
    with wire.Wire(server, login=False) as connection:
        connection.greeting()
        connection.write(struct.pack("<HBBB", 0x1, 0, 0, 0) + b"root\0\0")
        with pytest.raises((wire.ServerError, wire.Closed)) as error:
            connection.checked(connection.read())
        assert error.type is wire.Closed or error.value.args[0] in (1251, 1043), error.value


def test_commands(server):
    with wire.Wire(server, database="w") as connection:
        for code in (wire.PING, wire.RESET_CONNECTION, 13):
            connection.command(code)
            assert connection.checked(connection.read())[:1] in (b"\0", b"\xfe")
        connection.command(wire.STATISTICS)
        assert connection.checked(connection.read())
        connection.command(wire.INIT_DB, b"w")
        assert connection.checked(connection.read())[:1] == b"\0"
        connection.command(wire.INIT_DB, b"no_such_database")
        with pytest.raises(wire.ServerError, match="1049"):
            connection.checked(connection.read())
        connection.command(0x1B, struct.pack("<H", 0))
        connection.checked(connection.read())
        connection.command(0x09 + 0x80)
        with pytest.raises(wire.ServerError, match="1047"):
            connection.checked(connection.read())
        connection.command(wire.FIELD_LIST, b"t\0")
        fields = []
        while not (packet := connection.checked(connection.read())).startswith(b"\xfe"):
            fields.append(packet)
        assert len(fields) == 2
        connection.command(wire.QUIT)
        assert connection.closed_by_server(10)


def test_multi_results(server):
    with wire.Wire(server, capabilities=wire.BASE | wire.MULTI_STATEMENTS) as connection:
        connection.command(wire.QUERY, b"SELECT 1; SET @x = 2; SELECT @x; SELEC; SELECT 3")
        assert connection.result() == [[b"1"]]
        assert connection.result() is None
        assert connection.result() == [[b"2"]]
        with pytest.raises(wire.ServerError, match="1105"):
            connection.result()
        assert connection.query("SELECT 4") == [[b"4"]]


def prepare(connection, sql):
    """(statement id, parameters, columns)"""
    statement, parameters, columns = connection.prepare(sql)
    return statement, parameters, len(columns)


def read_binary(connection):
    """Rows of a binary result as raw payloads, and the status of its end."""
    rows = []
    while True:
        packet = connection.checked(connection.read())
        if packet[:1] == b"\xfe" and len(packet) < 9:
            return rows, struct.unpack_from("<H", packet, 3)[0]
        rows.append(packet)


def test_cursor(server):
    with wire.Wire(server, database="w") as connection:
        statement, parameters, columns = prepare(connection, "SELECT id FROM t WHERE id < ? ORDER BY id")
        assert (parameters, columns) == (1, 1)
        connection.command(wire.STMT_EXECUTE, struct.pack("<IBI", statement, 1, 1) + b"\0\1\x08\0" + struct.pack("<q", 250))
        packet = connection.checked(connection.read())
        assert packet[0] == 1
        connection.read()
        status = struct.unpack_from("<H", connection.checked(connection.read()), 3)[0]
        assert status & 0x40, "no cursor was opened"
        got = []
        while not status & 0x80:
            connection.command(wire.STMT_FETCH, struct.pack("<II", statement, 100))
            rows, status = read_binary(connection)
            assert len(rows) <= 100
            got += [struct.unpack_from("<i", row, 2)[0] for row in rows]
        assert got == list(range(250))
        connection.command(wire.STMT_FETCH, struct.pack("<II", statement, 100))
        with pytest.raises(wire.ServerError):
            connection.checked(connection.read())
        connection.command(wire.STMT_CLOSE, struct.pack("<I", statement))
        assert connection.query("SELECT 1") == [[b"1"]]


def test_long_data(server):
    """Parts of one parameter in packets of their own."""
    with wire.Wire(server) as connection:
        statement, _, _ = prepare(connection, "SELECT LENGTH(?), ?")
        for part in range(20):
            connection.command(wire.STMT_SEND_LONG_DATA, struct.pack("<IH", statement, 0) + b"z" * 50_000)
        connection.command(wire.STMT_EXECUTE, struct.pack("<IBI", statement, 0, 1) + b"\0\1\xfc\0\xfd\0" + b"\3abc")
        connection.checked(connection.read())
        for _ in range(3):
            connection.read()
        rows, _ = read_binary(connection)
        assert b"abc" in rows[0] and struct.pack("<i", 1_000_000) in rows[0]


def test_local_infile_that_the_client_refuses(server):
    with wire.Wire(server, database="w", capabilities=wire.BASE | wire.LOCAL_FILES) as connection:
        connection.query("CREATE TABLE IF NOT EXISTS loaded (a INT, b VARCHAR(10))")
        connection.command(wire.QUERY, b"LOAD DATA LOCAL INFILE 'any name' INTO TABLE loaded FIELDS TERMINATED BY ','")
        packet = connection.read()
        assert packet == b"\xfbany name"
        connection.write(b"")
        try:
            connection.checked(connection.read())
        except wire.ServerError:
            pass
        assert connection.query("SELECT COUNT(*) FROM loaded") == [[b"0"]]
        connection.command(wire.QUERY, b"LOAD DATA LOCAL INFILE 'x' INTO TABLE loaded FIELDS TERMINATED BY ','")
        assert connection.read()[:1] == b"\xfb"
        for part in (b"1,o", b"ne\n2,tw", b"o\n"):
            connection.write(part)
        connection.write(b"")
        connection.checked(connection.read())
        assert connection.query("SELECT a, b FROM loaded ORDER BY a") == [[b"1", b"one"], [b"2", b"two"]]
        # A client that stops in the middle of its file leaves nothing.
        connection.command(wire.QUERY, b"LOAD DATA LOCAL INFILE 'x' INTO TABLE loaded FIELDS TERMINATED BY ','")
        connection.read()
        connection.write(b"3,three\n" * 1000)
    with wire.Wire(server, database="w") as connection:
        assert connection.query("SELECT COUNT(*) FROM loaded") == [[b"2"]]


def test_a_server_without_local_capability_asks_for_no_file(server):
    with wire.Wire(server, database="w") as connection:
        with pytest.raises(wire.ServerError) as error:
            connection.query("LOAD DATA LOCAL INFILE 'x' INTO TABLE t")
        assert error.value.args[0] in (1148, 3948, 1235), error.value
