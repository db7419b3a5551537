# SPDX-License-Identifier: Apache-2.0
"""DBeaver and Metabase: DatabaseMetaData, ResultSetMetaData and their own statements through both JDBC drivers."""
import pytest

from harness.programs import check_line
from harness import jdbc, programs

CHECKS = ["product", "catalogs", "tables", "columns", "primary_keys", "indexes", "foreign_keys", "routines", "privileges", "types",
          "result_metadata", "dbeaver", "metabase", "savepoints_and_errors"]


@pytest.fixture(scope="module", params=["connectorj", "mariadb"])
def outcome(request, environment):
    return programs.run(jdbc.command("Browse", request.param), environment, 120)


@pytest.mark.parametrize("check", CHECKS)
def test_jdbc(outcome, check):
    check_line(outcome, check)
