# SPDX-License-Identifier: Apache-2.0
"""Java KairosDB and Sluice share roll-up tasks on one keyspace: each knows the other's, one of them runs each, and who is left runs all."""
import contextlib
import os
import time

from harness import process
from harness.cassandra_server import cassandra_server
from harness.java_kairos import JavaKairos
from harness.kairos import Api

JAVA = {"service.rollups": "org.kairosdb.rollup.RollUpModule", "rollups.server_assignment.check_update_delay_millseconds": 500,
        "host_service_manager.check_delay_time_millseconds": 1000, "host_service_manager.inactive_time_seconds": 4}
OURS = {"timeseries.rollups.enabled": True, "timeseries.rollups.check_interval": "500ms", "timeseries.rollups.heartbeat": "1s",
        "timeseries.rollups.inactive": "4s"}
SECONDS = 90


def task(name: str) -> dict:
    return {"name": name, "execution_interval": {"value": 1, "unit": "seconds"}, "rollups": [{
        "save_as": f"{name}.sum", "query": {"cache_time": 0, "start_relative": {"value": 1, "unit": "hours"}, "metrics": [
            {"name": f"{name}.raw", "aggregators": [{"name": "sum", "sampling": {"value": 1, "unit": "seconds"}}]}]}}]}


def eventually(holds, what):
    process.wait_until(holds, SECONDS, what, interval=0.3)


def wait_rolled_up(name: str, writer: Api, *readers: Api):
    """Points that come from now on are in sums, and the servers show them."""
    begin = int(time.time() * 1000)

    def shown() -> bool:
        assert writer.put_points(f"{name}.raw", [[int(time.time() * 1000), 1]]).status == 204
        return all(api.values(f"{name}.sum", start=begin) for api in (writer, *readers))
    eventually(shown, f"{name} is rolled up")


def executing_host(api: Api, ident: str):
    answer = api.get(f"/api/v1/rollups/status/{ident}")
    return answer.json.get("executing_host") if answer.status == 200 else None


def test_rollups_are_shared(cassandra):
    with contextlib.ExitStack() as stack:
        ours = Api(stack.enter_context(cassandra_server(cassandra, f"rollups_{os.getpid()}", OURS)).kairos_port)
        peer = JavaKairos(cassandra, f"rollups_{os.getpid()}", JAVA)
        stack.callback(peer.close)
        java = peer.api
        made = {name: api.post("/api/v1/rollups", task(name)) for name, api in (("of.java", java), ("of.ours", ours), ("more", java), ("most", ours))}
        assert all(answer.status == 200 for answer in made.values()), made
        idents = {name: answer.json["id"] for name, answer in made.items()}
        wanted = {idents[name]: {"id": idents[name], **task(name)} for name in idents}
        for api in (java, ours):
            eventually(lambda api=api: {each["id"]: each for each in api.get("/api/v1/rollups").json} == wanted, "both know all tasks")

        for name in idents:
            wait_rolled_up(name, ours, java)

        hosts = {name: executing_host(java, ident) for name, ident in idents.items()}
        assert hosts == {name: executing_host(ours, ident) for name, ident in idents.items()}
        assert all(hosts.values()), hosts

        # The one that is left runs all of them.
        peer.close()
        for name in idents:
            wait_rolled_up(name, ours)
        assert ours.call("DELETE", f"/api/v1/rollups/{idents['more']}").status == 204
        assert {each["id"] for each in ours.get("/api/v1/rollups").json} == set(idents.values()) - {idents["more"]}
