# SPDX-License-Identifier: Apache-2.0
"""A raw MySQL client for tests that must break the protocol: packets in, packets out, nothing clever."""
import dataclasses
import hashlib
import socket
import struct

PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH = 0x200, 0x8000, 0x80000
LONG_FLAG, CONNECT_WITH_DB, MULTI_STATEMENTS, MULTI_RESULTS, DEPRECATE_EOF = 0x4, 0x8, 0x10000, 0x20000, 0x1000000
COMPRESS, LOCAL_FILES, SSL, ZSTD = 0x20, 0x80, 0x800, 0x4000000
BASE = LONG_FLAG | PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | MULTI_RESULTS

QUIT, INIT_DB, QUERY, FIELD_LIST, STATISTICS, PING, CHANGE_USER = 1, 2, 3, 4, 9, 14, 17
STMT_PREPARE, STMT_EXECUTE, STMT_SEND_LONG_DATA, STMT_CLOSE, STMT_RESET, STMT_FETCH, RESET_CONNECTION = 22, 23, 24, 25, 26, 28, 31


class ServerError(Exception):
    """An error packet: args are (number, SQLSTATE, message)."""


class Closed(Exception):
    """The server closed the connection."""


def native_response(password: bytes, scramble: bytes) -> bytes:
    if not password:
        return b""
    first = hashlib.sha1(password).digest()
    second = hashlib.sha1(scramble + hashlib.sha1(first).digest()).digest()
    return bytes(a ^ b for a, b in zip(first, second))


def lenenc(value: bytes) -> bytes:
    size = len(value)
    if size < 251:
        return bytes([size]) + value
    if size < 1 << 16:
        return b"\xfc" + struct.pack("<H", size) + value
    if size < 1 << 24:
        return b"\xfd" + struct.pack("<I", size)[:3] + value
    return b"\xfe" + struct.pack("<Q", size) + value


def read_lenenc(data: bytes, at: int):
    """(value or None, position after it) of a length-encoded string."""
    first = data[at]
    if first == 0xFB:
        return None, at + 1
    if first < 0xFB:
        size, at = first, at + 1
    elif first == 0xFC:
        size, at = struct.unpack_from("<H", data, at + 1)[0], at + 3
    elif first == 0xFD:
        size, at = int.from_bytes(data[at + 1:at + 4], "little"), at + 4
    else:
        size, at = struct.unpack_from("<Q", data, at + 1)[0], at + 9
    return data[at:at + size], at + size


@dataclasses.dataclass
class Column:
    """A column definition; `schema` to `org_name` are text."""
    schema: str
    table: str
    org_table: str
    name: str
    org_name: str
    charset: int
    length: int
    type: int
    flags: int
    decimals: int

    @classmethod
    def read(cls, packet: bytes):
        names, at = [], 0
        for _ in range(6):
            name, at = read_lenenc(packet, at)
            names.append(name.decode())
        assert names[0] == "def" and packet[at] == 12, packet
        return cls(*names[1:], *struct.unpack_from("<HIBHB", packet, at + 1))


class Wire:
    """One connection. Not thread-safe. Reads raise TimeoutError after `timeout` seconds."""

    def __init__(self, server, user="root", password="", database="", capabilities=BASE, login=True, timeout=30,
                 receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((server.host, server.mysql_port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sequence = 0
        self.connection_id = 0
        self.capabilities = capabilities | (CONNECT_WITH_DB if database else 0)
        if login:
            self.greeting()
            self.login(user, password, database)

    # --- packets --------------------------------------------------------------------------------------------
    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self.socket.recv(size - len(parts))
            if not part:
                raise Closed(f"after {len(parts)} of {size} bytes")
            parts += part
        return bytes(parts)

    def read(self) -> bytes:
        """The next packet, joined from its parts of 16 MiB - 1."""
        payload = bytearray()
        while True:
            header = self._exactly(4)
            size = int.from_bytes(header[:3], "little")
            self.sequence = (header[3] + 1) & 0xFF
            payload += self._exactly(size)
            if size < 0xFFFFFF:
                return bytes(payload)

    def write(self, payload: bytes):
        at = 0
        while True:
            part = payload[at:at + 0xFFFFFF]
            self.socket.sendall(len(part).to_bytes(3, "little") + bytes([self.sequence]) + part)
            self.sequence = (self.sequence + 1) & 0xFF
            at += len(part)
            if len(part) < 0xFFFFFF:
                return

    def command(self, code: int, payload: bytes = b""):
        self.sequence = 0
        self.write(bytes([code]) + payload)

    # --- login ----------------------------------------------------------------------------------------------
    def greeting(self):
        packet = self.checked(self.read())
        end = packet.index(b"\0", 1)
        self.version = packet[1:end].decode()
        self.connection_id = struct.unpack_from("<I", packet, end + 1)[0]
        scramble = packet[end + 5:end + 13]
        low, = struct.unpack_from("<H", packet, end + 14)
        high, = struct.unpack_from("<H", packet, end + 19)
        self.server_capabilities = low | high << 16
        self.scramble = scramble + packet[end + 32:end + 44]

    def login(self, user, password="", database="", plugin="mysql_native_password"):
        payload = struct.pack("<IIB23x", self.capabilities, 1 << 30, 33) + user.encode() + b"\0"
        response = native_response(password.encode(), self.scramble)
        payload += bytes([len(response)]) + response
        if database:
            payload += database.encode() + b"\0"
        self.write(payload + plugin.encode() + b"\0")
        packet = self.checked(self.read())
        if packet[:1] == b"\xfe":
            name, rest = packet[1:].split(b"\0", 1)
            scramble = rest.rstrip(b"\0")
            self.write(native_response(password.encode(), scramble) if name == b"mysql_native_password" else b"")
            packet = self.checked(self.read())
        while packet[:1] == b"\x01":
            packet = self.checked(self.read())

    def described(self, sql: str) -> tuple:
        """(column definitions, rows) of a query, text protocol."""
        self.command(QUERY, sql.encode())
        return self.result_columns(), self.rows()

    def prepare(self, sql: str) -> tuple:
        """(statement id, number of parameters, column definitions)"""
        self.command(STMT_PREPARE, sql.encode())
        statement, columns, parameters = struct.unpack_from("<IHH", self.checked(self.read()), 1)
        for _ in range(parameters + 1 if parameters else 0):
            self.read()
        definitions = [Column.read(self.read()) for _ in range(columns)]
        if columns:
            self.read()
        return statement, parameters, definitions

    # --- answers --------------------------------------------------------------------------------------------
    @staticmethod
    def checked(packet: bytes) -> bytes:
        if packet[:1] == b"\xff":
            number, = struct.unpack_from("<H", packet, 1)
            if packet[3:4] == b"#":
                raise ServerError(number, packet[4:9].decode(), packet[9:].decode(errors="replace"))
            raise ServerError(number, "", packet[3:].decode(errors="replace"))
        return packet

    def result(self):
        """None for an OK packet, else the rows as lists of bytes or None (text protocol, classic EOF packets)."""
        return None if self.result_columns() is None else self.rows()

    def result_columns(self):
        """None for an OK packet, else the column definitions of a result; then rows() follow."""
        packet = self.checked(self.read())
        if packet[:1] == b"\0":
            return None
        count = packet[0] if packet[0] < 0xFB else int.from_bytes(packet[1:3], "little")
        columns = [Column.read(self.read()) for _ in range(count)]
        self.read()
        return columns

    def rows(self):
        rows = []
        while True:
            packet = self.checked(self.read())
            if packet[:1] == b"\xfe" and len(packet) < 9:
                return rows
            row, at = [], 0
            while at < len(packet):
                value, at = read_lenenc(packet, at)
                row.append(value)
            rows.append(row)

    def query(self, sql):
        self.command(QUERY, sql if isinstance(sql, bytes) else sql.encode())
        return self.result()

    def closed_by_server(self, seconds: float = 30) -> bool:
        """Reads whatever still comes; true when the server closes within the time."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
