# SPDX-License-Identifier: Apache-2.0
"""Password policies at log-in, through both doors."""
import base64
import time

import pymysql
import pytest

from harness.server import Server


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        yield started


@pytest.fixture
def account(server):
    server.execute_all(["DROP USER IF EXISTS u", "CREATE USER u IDENTIFIED BY 'right'"])
    yield
    server.execute_all(["DROP USER IF EXISTS u"])


def login(server, password="right"):
    """The error number, 0 for none."""
    try:
        server.connect(user="u", password=password).close()
        return 0
    except pymysql.err.MySQLError as error:
        return error.args[0]


def http(server, password="right"):
    header = {"Authorization": "Basic " + base64.b64encode(f"u:{password}".encode()).decode()}
    return server.http("GET", "/api/queries", None, header)[0]


def test_lock_after_failures(server, account):
    server.execute_all(["ALTER USER u FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1 HOUR"])
    assert [login(server, "wrong") for _ in range(2)] == [1045, 1045]
    assert login(server) == 0  # a right one begins the count anew
    assert [login(server, "wrong") for _ in range(3)] == [1045] * 3
    assert login(server) == 3955
    assert http(server) == 401
    assert login(server, "wrong") == 1045
    server.execute_all(["ALTER USER u ACCOUNT_UNLOCK"])
    assert login(server) == 0 and http(server) == 200


def test_lock_time_ends(server, account):
    server.execute_all(["ALTER USER u FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1 SECOND"])
    assert login(server, "wrong") == 1045 and login(server) == 3955
    time.sleep(1.5)
    assert login(server) == 0


def test_unbounded_lock_and_http_failures(server, account):
    server.execute_all(["ALTER USER u FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME UNBOUNDED"])
    assert [http(server, "wrong") for _ in range(2)] == [401, 401]
    assert login(server) == 3955


def test_locked_accounts(server, account):
    server.execute_all(["ALTER USER u ACCOUNT_LOCK"])
    assert login(server) == 3118 and http(server) == 401
    server.execute_all(["ALTER USER u ACCOUNT_UNLOCK"])
    assert login(server) == 0


def test_expiry(server, account):
    server.execute_all(["ALTER USER u PASSWORD_EXPIRE INTERVAL 1 SECOND"])
    time.sleep(1.5)
    assert login(server) == 1862 and http(server) == 401
    assert login(server, "wrong") == 1045
    server.execute_all(["ALTER USER u PASSWORD_EXPIRE INTERVAL 1 DAY"])
    assert login(server) == 0
    server.execute_all(["ALTER USER u PASSWORD_EXPIRE NEVER"])
    assert login(server) == 0


@pytest.mark.parametrize("plugin", ["mysql_native_password", "caching_sha2_password"])
def test_history(server, account, plugin):
    server.execute_all([f"ALTER USER u IDENTIFIED WITH {plugin} BY 'first' PASSWORD_HISTORY 2"])
    for password in ("second", "third"):
        server.execute_all([f"SET PASSWORD FOR u = PASSWORD('{password}')"])
    for password in ("third", "second"):
        with pytest.raises(pymysql.err.MySQLError) as caught:
            server.query(f"ALTER USER u IDENTIFIED BY '{password}'")
        assert caught.value.args[0] == 3638
    server.execute_all(["ALTER USER u IDENTIFIED BY 'first'", "ALTER USER u PASSWORD_HISTORY 0", "ALTER USER u IDENTIFIED BY 'first'"])
    for text in ("PASSWORD_HISTORY 11", "PASSWORD_EXPIRE INTERVAL 0 DAY", "FAILED_LOGIN_ATTEMPTS 40000", "PASSWORD_LOCK_TIME 5"):
        with pytest.raises(pymysql.err.MySQLError):
            server.query(f"ALTER USER u {text}")
