# SPDX-License-Identifier: Apache-2.0
"""The scenario with the MariaDB command line client."""
import decimal
import os
import re
import signal
import subprocess
import time

import scenario as s

ENVIRONMENT = {**os.environ, "MYSQL_PWD": s.PASSWORD}


def cli(sql, *options, user=s.USER, password=None, database=s.DB, check=True, binary="mariadb"):
    environment = dict(ENVIRONMENT)
    if password is not None:
        environment["MYSQL_PWD"] = password
    command = [binary, "--no-defaults", "-h", s.HOST, "-P", str(s.PORT), "-u", user, "--protocol=tcp", "-N", "-B",
               "--default-character-set=utf8mb4", *options]
    if database:
        command.append(database)
    done = subprocess.run(command, input=sql.encode(), capture_output=True, env=environment, timeout=300, check=False)
    output, errors = done.stdout.decode(), done.stderr.decode()
    if check:
        s.expect(done.returncode == 0, f"exit code {done.returncode}: {errors[-400:]}")
    return (output, errors, done.returncode)


def lines(sql, *options, **more):
    return cli(sql, *options, **more)[0].splitlines()


def check_connect():
    s.equal(lines("SELECT DATABASE(), 1"), [f"{s.DB}\t1"])
    output = cli("status", "--force")[0]
    s.expect("Connection id:" in output and "Server version:" in output, output)
    s.expect("ERROR 1049 (42000)" in cli("SELECT 1", database="no_such_database", check=False)[1], "unknown database")


def check_tls():
    output = cli("status", "--ssl", f"--ssl-ca={s.CA}")[0]
    s.expect("Cipher in use is" in output, output)
    s.proves_tls([line.split("\t") for line in lines(s.TLS_STATUS, "--ssl", f"--ssl-ca={s.CA}")])


def check_auth_native():
    s.equal(lines("SELECT 1", user=s.NATIVE_USER, password=s.AUTH_PASSWORD), ["1"])
    errors = cli("SELECT 1", user=s.NATIVE_USER, password="wrong", check=False)[1]
    s.expect("ERROR 1045 (28000)" in errors and "Access denied" in errors, errors)


def check_auth_caching_sha2():
    if not s.SHA2_USER:
        raise s.Skip("the server has no such plugin")
    s.equal(lines("SELECT 1", "--ssl", user=s.SHA2_USER, password=s.AUTH_PASSWORD), ["1"])
    s.equal(lines("SELECT 1", "--skip-ssl", user=s.SHA2_USER, password=s.AUTH_PASSWORD), ["1"])


def check_types():
    def literal(value):
        if value is None:
            return "NULL"
        if isinstance(value, (int, float)):
            return repr(value)
        escaped = (format(value, "f") if isinstance(value, decimal.Decimal) else str(value)).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
        return f"'{escaped}'"
    values = ", ".join("(" + ", ".join(literal(value) for value in row) + ")" for row in s.TYPE_ROWS)
    cli(f"DELETE FROM types; INSERT INTO types VALUES {values};")
    got = lines("SELECT id, b, i8, i16, i32, i64, d, dt, ts, v FROM types ORDER BY id")
    s.equal(got[0], "1\t0\t-128\t-32768\t-2147483648\t-9223372036854775808\t-9999999999999999999999999999.9999999999"
                    "\t1000-01-01\t1000-01-01 00:00:00.000001\t")
    s.equal(got[1].split("\t")[:9], ["2", "1", "127", "32767", "2147483647", "9223372036854775807",
                                     "9999999999999999999999999999.9999999999", "9999-12-31", "9999-12-31 23:59:59.999999"])
    s.equal(got[2], "3" + "\tNULL" * 9)
    s.equal([float(line) for line in lines("SELECT f64 FROM types WHERE f64 IS NOT NULL ORDER BY id")],
            [-1.7976931348623157e308, 2.2250738585072014e-308, 0.1])
    s.equal(lines("SELECT LENGTH(t) FROM types WHERE id = 4"), ["60000"])


def check_errors():
    for sql, wanted in (("SELEC 1", "ERROR 1064 (42000) at line 1"), ("SELECT * FROM no_such_table", "ERROR 1146 (42S02)"),
                        ("SELECT nope FROM big", "ERROR 1054 (42S22)"), ("USE no_such_database", "ERROR 1049 (42000)")):
        errors = cli(sql, check=False)[1]
        s.expect(wanted in errors, f"{sql}: {errors}")
    output, errors, _ = cli("SELECT 1;\nSELECT * FROM no_such_table;\nSELECT 2;", "--force", check=False)
    s.equal(output.split(), ["1", "2"], errors)


def check_multi_statements():
    s.equal(lines("delimiter //\nSELECT 1; SELECT 'a;b'//\nSELECT 3//"), ["1", "a;b", "3"])


def check_big_result():
    command = ["mariadb", "--no-defaults", "-h", s.HOST, "-P", str(s.PORT), "-u", s.USER, "--protocol=tcp", "-N", "-B", "--quick",
               s.DB, "-e", "SELECT * FROM big"]
    count = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as client:
        for _ in client.stdout:
            count += 1
    s.equal(count, s.BIG_ROWS)


def check_compression():
    got = lines("SELECT id, txt FROM big WHERE id < 200000 ORDER BY id", "--compress")
    s.equal((len(got), got[-1]), (200000, "199999\trow 199999"))


def check_kill_query():
    """Ctrl-C in the client: it opens a second connection and sends KILL QUERY."""
    command = ["mariadb", "--no-defaults", "-h", s.HOST, "-P", str(s.PORT), "-u", s.USER, "--protocol=tcp", "-N", "-B",
               s.DB]
    with subprocess.Popen(command + ["-e", s.SLOW_QUERY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as client:
        time.sleep(1)
        client.send_signal(signal.SIGINT)
        _, errors = client.communicate(timeout=60)
    s.expect(b"1317" in errors or b"killed" in errors.lower() or client.returncode != 0, errors)
    process = [line.split("\t") for line in lines("SHOW FULL PROCESSLIST")]
    s.expect(not any(len(row) > 7 and row[7] == s.SLOW_QUERY for row in process), f"still runs: {process}")


def check_local_infile():
    cli(f"DELETE FROM loaded; LOAD DATA LOCAL INFILE '{s.FILE}' INTO TABLE loaded FIELDS TERMINATED BY ',';", "--local-infile=1")
    s.equal(lines("SELECT COUNT(*), SUM(id) FROM loaded"), ["1000\t499500"])


def check_transactions():
    s.equal(lines("BEGIN; INSERT INTO keyed VALUES (400, 'x'); ROLLBACK; SELECT COUNT(*) FROM keyed WHERE id = 400"), ["0"])
    s.equal(lines("START TRANSACTION; INSERT INTO keyed VALUES (401, 'x'); COMMIT; SELECT COUNT(*) FROM keyed WHERE id = 401;"
                  "DELETE FROM keyed WHERE id = 401"), ["1"])


def check_metadata():
    s.expect({"big", "keyed"} <= set(lines("SHOW TABLES")), "SHOW TABLES")
    s.expect(s.DB in lines("SHOW DATABASES"), "SHOW DATABASES")
    s.equal([line.split("\t")[0] for line in lines("DESCRIBE types")], list(s.TYPE_COLUMNS))
    created = cli("SHOW CREATE TABLE keyed")[0]
    s.expect("CREATE TABLE" in created and re.search(r"PRIMARY KEY|UNIQUE KEY", created), created)
    # Completion of names: databases, tables, and the field list of every table.
    s.equal(lines("SELECT 1", "--auto-rehash"), ["1"])


if __name__ == "__main__":
    s.run([check_connect, check_tls, check_auth_native, check_auth_caching_sha2, check_types, check_errors, check_multi_statements,
           check_big_result, check_compression, check_kill_query, check_local_infile, check_transactions, check_metadata])
