# SPDX-License-Identifier: Apache-2.0
"""What the Python programs share: the environment, the values of table `types`, and the runner of checks."""
import datetime
import decimal
import os
import threading
import time
import traceback

HOST = os.environ["T_HOST"]
PORT = int(os.environ["T_PORT"])
DB = os.environ["T_DB"]
USER = os.environ["T_USER"]
PASSWORD = os.environ["T_PASSWORD"]
NATIVE_USER = os.environ.get("T_NATIVE_USER", "")
SHA2_USER = os.environ.get("T_SHA2_USER", "")
AUTH_PASSWORD = os.environ.get("T_AUTH_PASSWORD", "")
CA = os.environ.get("T_CA", "")
FILE = os.environ["T_FILE"]
BIG_ROWS = int(os.environ["T_BIG_ROWS"])

# Would run for hours; ends only when it is killed.
SLOW_QUERY = "SELECT SUM(a.id % 7 + b.id % 5) FROM big a, big b WHERE a.id <> b.id + 1"

TYPE_COLUMNS = ("id", "b", "i8", "i16", "i32", "i64", "f32", "f64", "d", "dt", "ts", "v", "t")
TYPE_ROWS = [
    (1, 0, -128, -32768, -2147483648, -9223372036854775808, -3.5, -1.7976931348623157e308,
     decimal.Decimal("-9999999999999999999999999999.9999999999"), datetime.date(1000, 1, 1),
     datetime.datetime(1000, 1, 1, 0, 0, 0, 1), "", "\u00fcn\u00efc\u00f6d\u00e9 \U0001F600"),
    (2, 1, 127, 32767, 2147483647, 9223372036854775807, 0.25, 2.2250738585072014e-308,
     decimal.Decimal("9999999999999999999999999999.9999999999"), datetime.date(9999, 12, 31),
     datetime.datetime(9999, 12, 31, 23, 59, 59, 999999), "it's \"quoted\" \\ back`tick", "line\nnext\ttab\\n 100% _"),
    (3,) + (None,) * 12,
    (4, 1, 0, 0, 0, 0, 0.0, 0.1, decimal.Decimal("0.0000000001"), datetime.date(2024, 2, 29),
     datetime.datetime(2024, 2, 29, 12, 34, 56, 0), "x" * 200, "y" * 60000),
]


class Skip(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def equal(got, wanted, what=""):
    expect(got == wanted, f"{what}: got {got!r:.400}, wanted {wanted!r:.400}")


# Two columns, of which the second is what the server knows about the connection's encryption.
TLS_STATUS = "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_cipher', 'Ssl_version')"


def proves_tls(rows):
    status = dict(rows)
    expect(status["Ssl_cipher"] and status["Ssl_version"].startswith("TLSv1."), f"no TLS: {status!r}")


def fails(action, numbers, state=None, number_of=lambda error: error.args[0], state_of=None):
    """Runs `action`, which must raise an error with one of the MySQL error numbers (and the SQLSTATE, where known)."""
    try:
        action()
    except Exception as error:  # pylint: disable=broad-except
        expect(number_of(error) in numbers, f"error {error!r}, wanted one of {numbers}")
        if state and state_of:
            equal(state_of(error), state, f"SQLSTATE of {error!r}")
        return error
    raise AssertionError(f"no error, wanted one of {numbers}")


def kill_after(seconds, kill):
    """Calls kill() from another thread after a while; returns a join function that repeats its exception."""
    failure = []

    def run():
        time.sleep(seconds)
        try:
            kill()
        except Exception as error:  # pylint: disable=broad-except
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def join():
        thread.join(60)
        if failure:
            raise failure[0]

    return join


def run(checks):
    """Runs functions named check_* in order and prints one line each."""
    for check in checks:
        name = check.__name__.removeprefix("check_")
        try:
            check()
            print(f"ok {name}", flush=True)
        except Skip as reason:
            print(f"skip {name}: {reason}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = " ".join(str(error).split())[:600]
            print(f"FAIL {name}: {type(error).__name__}: {text} ({where.name}:{where.lineno})", flush=True)
