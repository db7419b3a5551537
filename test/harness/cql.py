# SPDX-License-Identifier: Apache-2.0
"""Statements to a Cassandra node (protocol v4), for tests that look at tables behind the server's back. Plain, without a password."""
import datetime
import socket
import struct
import uuid

STARTUP, QUERY = 1, 7
ERROR, READY, RESULT = 0, 2, 8
ROWS = 2
ONE = 1
EPOCH = datetime.datetime(1970, 1, 1)


class CqlError(RuntimeError):
    pass


class _Bytes:
    """Reads what a frame's body is made of."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at:self.at + count]
        assert len(piece) == count, "the frame ends too early"
        self.at += count
        return piece

    def short(self) -> int:
        return struct.unpack(">H", self.take(2))[0]

    def int(self) -> int:
        return struct.unpack(">i", self.take(4))[0]

    def text(self) -> str:
        return self.take(self.short()).decode()

    def value(self):
        """The bytes of a value, or None."""
        length = self.int()
        return None if length < 0 else self.take(length)

    def type(self):
        kind = self.short()
        if kind in (0x20, 0x22):  # list, set
            return kind, self.type()
        if kind == 0x21:
            return kind, self.type(), self.type()
        assert kind in SIMPLE, f"type {kind:#x} is not read here"
        return (kind,)


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)


SIMPLE = {
    0x01: bytes.decode, 0x0A: bytes.decode, 0x0D: bytes.decode, 0x03: bytes, 0x02: _signed, 0x09: _signed, 0x04: lambda data: data != b"\0",
    0x07: lambda data: struct.unpack(">d", data)[0], 0x0B: lambda data: EPOCH + datetime.timedelta(milliseconds=_signed(data)),
    0x0C: lambda data: uuid.UUID(bytes=data), 0x0F: lambda data: uuid.UUID(bytes=data)}


def _decoded(kind, data):
    if data is None:
        return None
    if kind[0] in SIMPLE:
        return SIMPLE[kind[0]](data)
    items = _Bytes(data)
    count = items.int()
    if kind[0] == 0x21:
        return {_decoded(kind[1], items.value()): _decoded(kind[2], items.value()) for _ in range(count)}
    made = [_decoded(kind[1], items.value()) for _ in range(count)]
    return made if kind[0] == 0x20 else set(made)


class Cql:
    """A connection. Rows come as dictionaries, times as datetime in UTC."""

    def __init__(self, port: int, seconds: float = 60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        options = {"CQL_VERSION": "3.4.0"}
        body = struct.pack(">H", len(options)) + b"".join(struct.pack(">H", len(word)) + word.encode() for pair in options.items() for word in pair)
        assert self._call(STARTUP, body)[0] == READY

    def _call(self, opcode: int, body: bytes):
        self.socket.sendall(struct.pack(">BBhBi", 4, 0, 0, opcode, len(body)) + body)
        _, _, _, kind, length = struct.unpack(">BBhBi", self._read(9))
        return kind, _Bytes(self._read(length))

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            assert piece, "the node closed the connection"
            data += piece
        return data

    def query(self, statement: str) -> list:
        """All rows in one page."""
        text = statement.encode()
        kind, answer = self._call(QUERY, struct.pack(">i", len(text)) + text + struct.pack(">HB", ONE, 0))
        if kind == ERROR:
            raise CqlError(f"{answer.int():#x}: {answer.text()} in {statement}")
        assert kind == RESULT
        if answer.int() != ROWS:
            return []
        flags, columns = answer.int(), answer.int()
        assert flags & ~1 == 0, "the result has pages"
        if flags & 1:
            answer.text(), answer.text()
        heads = []
        for _ in range(columns):
            if not flags & 1:
                answer.text(), answer.text()
            heads.append((answer.text(), answer.type()))
        return [{name: _decoded(kind, answer.value()) for name, kind in heads} for _ in range(answer.int())]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
