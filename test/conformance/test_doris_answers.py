# SPDX-License-Identifier: Apache-2.0
"""The recorded answers of Doris: as many statements as the bars ask for must give them."""
import pytest

import play
import report

# A little below what docs/conformance.md shows: the order of rows without ORDER BY may differ from run to run.
ANSWERS_FLOOR = 96.0


@pytest.fixture(scope="module")
def played(server):
    return play.play(server.host, server.mysql_port, f"{server.host}:{server.http_port}")


def test_recorded_rows(played):
    totals = played["totals"]
    assert totals["judged"] == 5427
    assert report.percent(totals["passed"], totals["judged"]) >= ANSWERS_FLOOR, totals


def test_refusals(played):
    totals = played["totals"]
    assert totals["refusals"] == 106
    assert report.percent(totals["refused"], totals["refusals"]) >= report.REFUSALS_BAR, totals


def test_no_connection_is_lost(played):
    lost = [(suite["file"], failure) for suite in played["suites"] for failure in suite["failures"] if failure["why"] == "crash"]
    assert not lost
