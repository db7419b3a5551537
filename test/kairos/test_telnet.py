# SPDX-License-Identifier: Apache-2.0
"""The telnet door: what is sent is stored soon, whatever its pieces, and all of it when the client or the server goes."""
import time

import pytest

from harness.kairos import Api, Telnet
from harness.server import Server


@pytest.fixture(scope="module")
def api(server):
    return Api(server.kairos_port)


def test_a_line_is_visible_soon(api, server):
    with Telnet(server.telnet_port) as telnet:
        for n in range(1, 21):
            telnet.send(f"putm soon {n} {n} h=a\n")
            api.eventually("soon", [[i, i] for i in range(1, n + 1)], seconds=30)


def test_lines_in_pieces(api, server):
    with Telnet(server.telnet_port) as telnet:
        for piece in ("pu", "tm pieces 1 ", "1 h=a", "\r", "\nputm pieces 2 2 h=a\nputm pieces 3 3 h"):
            telnet.send(piece)
            time.sleep(0.03)
    api.eventually("pieces", [[1, 1], [2, 2]])
    time.sleep(0.1)
    assert api.values("pieces") == [[1, 1], [2, 2]]


def test_opentsdb_lines(api, server):
    with Telnet(server.telnet_port) as telnet:
        telnet.send("put sys.cpu 1700000000 42.5 host=web01 cpu=0\nput sys.cpu 1700000001000 43 host=web01 cpu=0\n")
        telnet.ask_version()
    assert api.values("sys.cpu") == [[1700000000000, 42.5], [1700000001000, 43]]


def test_what_was_sent_before_the_client_goes(api, server):
    lines = "".join(f"putm leaving {n} {n} h=a\n" for n in range(1, 50_001))
    with Telnet(server.telnet_port) as telnet:
        telnet.send(lines)
    api.eventually("leaving", [[n, n] for n in range(1, 50_001)], seconds=60)


@pytest.mark.parametrize("setting, limit", [({}, 1024), ({"timeseries.telnet_max_line": "100"}, 100)])
def test_long_lines(setting, limit):
    with Server(settings=setting) as server, Telnet(server.telnet_port) as telnet:
        line = "putm long 1 1 h="
        telnet.send(line + "v" * (limit - len(line)) + "\n" + line.replace(" 1 1", " 2 2") + "v" * (limit - len(line) + 1) + "\nputm long 3 3 h=a\n")
        telnet.ask_version()
        assert [time for time, _ in Api(server.kairos_port).values("long")] == [1, 3]
        server.expect_log("too long")


def test_a_stop_stores_what_was_read(tmp_path):
    server = Server()
    try:
        server.start()
        with Telnet(server.telnet_port) as telnet:
            telnet.send("".join(f"putm stop {n} {n} h=a\n" for n in range(1, 10_001)))
            telnet.ask_version()
            telnet.send("putm stop 20000 1 h=a\n")
            time.sleep(0.2)
            assert server.stop() == 0
        server.start()
        assert len(Api(server.kairos_port).values("stop")) == 10_001
    finally:
        server.close()
