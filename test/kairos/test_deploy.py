# SPDX-License-Identifier: Apache-2.0
"""What the dashboard, the alerts and the guides name is there: metrics, settings, flags, subcommands, paths."""
import json
import re
import subprocess

import pytest

from harness import ROOT, server_binary
from harness.kairos import Api, Telnet

DASHBOARD, ALERTS = ROOT / "deploy" / "grafana-timeseries.json", ROOT / "deploy" / "prometheus-timeseries.yml"
GUIDES = [ROOT / "docs" / name for name in ("kairos-migration.md", "timeseries.md", "grafana.md", "operations.md")]
# Metrics of a part that this server does not run: they must be in the sources.
CASSANDRA = re.compile(r"sluice_cassandra_|sluice_timeseries_(cassandra_|delivered_|lost_|queue_bytes)")


def expressions():
    """PromQL of dashboard and alerts."""
    def below(value):
        if isinstance(value, dict):
            for name, member in value.items():
                if name in ("expr", "query") and isinstance(member, str):
                    yield member
                yield from below(member)
        elif isinstance(value, list):
            for member in value:
                yield from below(member)
    yield from below(json.loads(DASHBOARD.read_text(encoding="utf-8")))
    yield ALERTS.read_text(encoding="utf-8")


def wanted_metrics():
    return sorted({name for text in expressions() for name in re.findall(r"\bsluice_[a-z_]+\b", text)})


@pytest.fixture(scope="module")
def known(server):
    """Names of metrics of a server that has been used."""
    api = Api(server.kairos_port)
    assert api.put_points("used", [[1, 1]]).status == 204
    assert api.values("used") == [[1, 1]]
    with Telnet(server.telnet_port) as telnet:
        telnet.send("putm used 2 2 h=a\nputm used x\n")
        telnet.ask_version()
    return set(re.findall(r"^(sluice_[a-z_]+)", server.http("GET", "/metrics")[2].decode(), re.MULTILINE))


@pytest.mark.parametrize("name", wanted_metrics())
def test_metrics_of_dashboard_and_alerts(known, name):
    if CASSANDRA.match(name):
        sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.cc"))
        assert f'"{name}"' in sources
    else:
        assert name in known


@pytest.mark.parametrize("file", [DASHBOARD, ALERTS], ids=lambda file: file.stem)
def test_what_fills_and_what_is_lost_is_shown(file):
    text = file.read_text(encoding="utf-8")
    for name in ("sluice_timeseries_queue_bytes", "sluice_timeseries_lost_points_total"):
        assert name in text


def test_alerts_have_all_parts():
    text = ALERTS.read_text(encoding="utf-8")
    count = len(re.findall(r"- alert: \w+", text))
    assert count >= 10
    assert count == len(re.findall(r"^ +expr:", text, re.MULTILINE)) == len(re.findall(r"severity: (?:critical|warning)", text)) == len(re.findall(r"summary: ", text))


def printed(*words):
    done = subprocess.run([str(server_binary()), *words], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def test_settings_and_flags_of_the_guides():
    example = printed("config", "--example")
    names, table = set(), ""
    for line in example.splitlines():
        if found := re.match(r"#? ?\[([a-z_.]+)\]$", line):
            table = found[1] + "."
        elif found := re.match(r"#? ?([a-z_.]+) *=", line):
            names.add(table + found[1])
    assert "timeseries.port" in names, sorted(names)[:20]
    tables = {name.rsplit(".", 1)[0] for name in names}
    flags = printed("serve", "--help")
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        for name in re.findall(r"`(timeseries\.[a-z_.]+)", text):
            assert name in names or name in tables, f"{guide.name}: {name}"
        for flag in re.findall(r"--timeseries[a-z-]+", text):
            assert flag in flags, f"{guide.name}: {flag}"


def test_subcommands_and_paths_of_the_guides(server):
    help_text, api = printed("kairos", "--help"), Api(server.kairos_port)
    text = "\n".join(guide.read_text(encoding="utf-8") for guide in GUIDES)
    commands = set(re.findall(r"sluice kairos ([a-z-]+)", text))
    assert commands >= {"migrate-config", "export", "import", "verify"}
    for command in commands:
        assert command in help_text, command
    paths = set(re.findall(r"/api/v1/[a-z/]+", text))
    assert "/api/v1/health/check" in paths
    for path in paths:
        assert api.get(path).status != 404, path
