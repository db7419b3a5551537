# SPDX-License-Identifier: Apache-2.0
"""What real KairosDB servers answered (recorded/README.md), from the server over HTTP and telnet."""
import ast
import json

import pytest

from harness.kairos import RECORDED, Api, Telnet, play_recorded
from harness.server import Server


@pytest.mark.parametrize("compat", ["1.3", "1.4"])
@pytest.mark.parametrize("stored", ["embedded", "memory"])
def test_recorded_answers(compat, stored):
    memory = {"settings": {"data_dir": None}, "environment": {"SLUICE_DATA_DIR": ""}} if stored == "memory" else {"settings": {}}
    memory["settings"]["timeseries.compat"] = compat
    with Server(**memory) as server:
        play_recorded(Api(server.kairos_port), compat)


def test_features(server):
    api = Api(server.kairos_port)
    wanted = json.loads((RECORDED / "features-1.3.0-1.json").read_text(encoding="utf-8"))
    assert api.get("/api/v1/features").json == wanted
    for feature in wanted:
        by_name = sorted(feature["properties"], key=lambda processor: processor["name"])  # as KairosDB 1.3.0-1 answers
        assert api.get("/api/v1/features/" + feature["name"]).json == by_name
    missing = api.get("/api/v1/features/bogus")
    assert missing.status == 404 and missing.json == {"errors": ["Unknown feature 'bogus'"]}


# A session with KairosDB: each line, and the points that a query gave afterwards (times less `now`).
NOW = 1795220097852
SESSION = [
    b"help\n", b"\n", b"put tl.a 1795220097 1 h=a\n", b"putm tl.a 1795220097853 2.5 h=a\n", b"put tl.a 1795220097854 3\n",
    b"putm tl.a 1795220097855 4 h=a kairos_opt.ttl=600\n", b"putm tl.a 1795220097856 5 h=\n", b"putm tl.a 1795220097857 6 h=a=b\n",
    b"putm tl.a 1795220097858 +7 h=a\n", b"putm tl.a 1795220097859 8e3 h=a\n", b"putm tl.a 1795220097860 9.5e3 h=a\n",
    b"putm tl.a 1795220097861 NaN h=a\n", b'puts tl.a 1795220097862 "hello world" h=a\n', b"putm tl.a 1795220097863 11 h=a h=b\n",
    "putm tl.a 1795220097864 12 h=\u00e9\n".encode(), b"putm tl.a x 13 h=a\n", b"putm\n", b"putm tl.a 1795220097866 14 h=" + b"z" * 1100 + b"\n",
    b"putm tl.a 1795220097867 15 h=a\n", b"  putm   tl.a\t1795220097868 16 h=a  \n", b'putm "tl.q x" 1795220097869 17 h=a\n',
    b"putm tl.a 1795220097870 18 h=a,b\n", b"putm tl.a 1795220097871 9223372036854775807 h=big\n",
    b"putm tl.a 1795220097872 -9223372036854775808 h=big\n", b"putm tl.a 1795220097873 9223372036854775808 h=big\n"]
STORED = {
    ("tl.a", "a,b"): [[18, 18]],
    ("tl.a", "a"): [[-852, 1], [1, 2.5], [3, 4], [5, 6], [8, 9500], [10, "hello world"], [15, 15], [16, 16]],
    ("tl.a", None): [[2, 3]],
    ("tl.a", "big"): [[19, 9223372036854775807], [20, -9223372036854775808]],
    ("tl.a", "\u00c3\u00a9"): [[12, 12]],
    ("tl.q x", "a"): [[17, 17]],
}


@pytest.mark.parametrize("whole", [True, False])
def test_telnet_session(whole):
    with Server() as server:
        api = Api(server.kairos_port)
        with Telnet(server.telnet_port) as telnet:
            assert telnet.ask_version().startswith("KairosDB 1.4")
            if whole:
                telnet.send(b"".join(SESSION))
            else:
                for line in SESSION:
                    telnet.send(line)
            telnet.ask_version()
        found = {}
        for metric in ("tl.a", "tl.q x"):
            for result in api.query(metric, group_by=[{"name": "tag", "tags": ["h"]}]).json["queries"][0]["results"]:
                key = (metric, result["tags"].get("h", [None])[0])
                found.setdefault(key, []).extend([time - NOW, value] for time, value in result["values"])
        assert {key: sorted(values, key=lambda point: point[0]) for key, values in found.items()} == STORED
        assert api.query("tl.a", tags={"add": "tag"}).json["queries"][0]["sample_size"] == 1


def test_the_version_of_1_3():
    first = (RECORDED / "telnet.txt").read_text(encoding="utf-8").splitlines()[0]
    recorded_version = ast.literal_eval(first.split(" -> ")[1])
    with Server(settings={"timeseries.compat": "1.3"}) as server, Telnet(server.telnet_port) as telnet:
        assert telnet.ask_version().encode() == recorded_version
        assert Api(server.kairos_port).get("/api/v1/version").text == '{"version": "KairosDB 1.3.0-1.20210808223203"}\n'
        assert Api(server.kairos_port).get("/api/v1/admin/scheduledjobs").status == 404
