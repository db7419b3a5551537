// SPDX-License-Identifier: Apache-2.0
// The scenario with mysql2 (see ../README.md).
'use strict';
const assert = require('assert');
const fs = require('fs');
const mysql = require('mysql2/promise');

const env = process.env;
const bigRows = Number(env.T_BIG_ROWS);
const slowQuery = 'SELECT SUM(a.id % 7 + b.id % 5) FROM big a, big b WHERE a.id <> b.id + 1';
const options = {
  host: env.T_HOST, port: Number(env.T_PORT), user: env.T_USER, password: env.T_PASSWORD, database: env.T_DB,
  supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, connectTimeout: 30000,
};
const tls = {ca: fs.readFileSync(env.T_CA), rejectUnauthorized: true, verifyIdentity: false};

class Skip extends Error {}

async function using(more, action) {
  const connection = await mysql.createConnection({...options, ...more});
  try {
    return await action(connection);
  } finally {
    connection.destroy();
  }
}

async function rows(sql, more = {}) {
  return using({rowsAsArray: true, ...more}, async (c) => (await c.query(sql))[0]);
}

async function fails(promise, errno, state) {
  try {
    await promise;
  } catch (error) {
    assert.strictEqual(error.errno, errno, String(error));
    if (state) assert.strictEqual(error.sqlState, state, String(error));
    return;
  }
  assert.fail(`no error, wanted ${errno}`);
}

const typeRows = [
  [1, 0, -128, -32768, -2147483648, '-9223372036854775808', -3.5, -1.7976931348623157e308,
    '-9999999999999999999999999999.9999999999', '1000-01-01', '1000-01-01 00:00:00.000001', '', '\u00fcn\u00efc\u00f6d\u00e9 \u{1F600}'],
  [2, 1, 127, 32767, 2147483647, '9223372036854775807', 0.25, 2.2250738585072014e-308,
    '9999999999999999999999999999.9999999999', '9999-12-31', '9999-12-31 23:59:59.999999', 'it\'s "quoted" \\ back`tick', 'line\nnext\ttab'],
  [3, ...Array(12).fill(null)],
  [4, 1, 0, 0, 0, 0, 0, 0.1, '0.0000000001', '2024-02-29', '2024-02-29 12:34:56.500000', 'x'.repeat(200), 'y'.repeat(60000)],
];

function sameRows(got) {
  assert.strictEqual(got.length, typeRows.length);
  // The library's own parser of doubles is off by some units in the last place.
  const same = (value, index) => (index === 5 ? String(value) : index === 7 ? value.toPrecision(14) : value);
  const text = (row) => row.map((value, index) => (value === null ? null : same(value, index)));
  typeRows.forEach((wanted, index) => assert.deepStrictEqual(text(got[index]), text(wanted)));
}

const checks = {
  async connect() {
    await using({}, async (c) => c.ping());
    assert.deepStrictEqual(await rows('SELECT DATABASE()'), [[env.T_DB]]);
    await fails(rows('SELECT 1', {database: 'no_such_database'}), 1049, '42000');
  },
  async tls() {
    await using({ssl: tls, rowsAsArray: true}, async (c) => {
      assert.ok(c.connection.stream.encrypted, 'not encrypted');
      const [status] = await c.query("SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_cipher', 'Ssl_version')");
      assert.strictEqual(status.length, 2);
      for (const [name, value] of status) assert.ok(value, `${name} is empty`);
      assert.deepStrictEqual((await c.query('SELECT COUNT(*) FROM big'))[0], [[String(bigRows)]]);
    });
  },
  async auth_native() {
    const login = {user: env.T_NATIVE_USER, password: env.T_AUTH_PASSWORD};
    assert.deepStrictEqual(await rows('SELECT 1', login), [[1]]);
    await fails(rows('SELECT 1', {...login, password: 'wrong'}), 1045, '28000');
  },
  async auth_caching_sha2() {
    if (!env.T_SHA2_USER) throw new Skip('the server has no such plugin');
    const login = {user: env.T_SHA2_USER, password: env.T_AUTH_PASSWORD};
    assert.deepStrictEqual(await rows('SELECT 1', login), [[1]]);
    assert.deepStrictEqual(await rows('SELECT 1', {...login, ssl: tls}), [[1]]);
    await fails(rows('SELECT 1', {...login, password: 'wrong'}), 1045, '28000');
  },
  async types() {
    await using({rowsAsArray: true}, async (c) => {
      await c.query('DELETE FROM types');
      const [done] = await c.query('INSERT INTO types VALUES ?', [typeRows]);
      assert.strictEqual(done.affectedRows, typeRows.length);
      sameRows((await c.query('SELECT * FROM types ORDER BY id'))[0]);
    });
  },
  async prepared() {
    await using({rowsAsArray: true}, async (c) => {
      await c.query('DELETE FROM types');
      for (const row of typeRows) {
        const [done] = await c.execute('INSERT INTO types VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', row);
        assert.strictEqual(done.affectedRows, 1);
      }
      sameRows((await c.execute('SELECT * FROM types WHERE id > ? ORDER BY id', [0]))[0]);
      for (let id = 0; id < 20; id++) {
        const [found] = await c.execute("SELECT txt, CONCAT(?, '!') FROM big WHERE id = ?", ['a', id]);
        assert.deepStrictEqual(found, [[`row ${id}`, 'a!']]);
      }
      await fails(c.execute('SELECT * FROM no_such_table WHERE id = ?', [1]), 1146, '42S02');
    });
  },
  async errors() {
    for (const [sql, errno, state] of [['SELEC 1', 1064, '42000'], ['SELECT * FROM no_such_table', 1146, '42S02'],
      ['SELECT nope FROM big', 1054, '42S22'], ['CREATE TABLE big (id INT)', 1050, '42S01'],
      ["INSERT INTO keyed SELECT 1, 'a' UNION ALL SELECT 1, 'b'", 1062, '23000']]) {
      await fails(rows(sql), errno, state);
    }
  },
  async multi_statements() {
    const results = await rows("SELECT 1; SELECT 'x;y'; SELECT 3", {multipleStatements: true});
    assert.deepStrictEqual(results, [[[1]], [['x;y']], [[3]]]);
  },
  async big_result() {
    await using({rowsAsArray: true}, async (c) => {
      let count = 0;
      let total = 0n;
      for await (const row of c.connection.query('SELECT id, txt FROM big').stream({highWaterMark: 1000})) {
        count++;
        total += BigInt(row[0]);
      }
      assert.strictEqual(count, bigRows);
      assert.strictEqual(total, BigInt(bigRows) * BigInt(bigRows - 1) / 2n);
    });
  },
  async compression() {
    const got = await rows('SELECT id, txt FROM big WHERE id < 100000 ORDER BY id', {compress: true});
    assert.strictEqual(got.length, 100000);
    assert.strictEqual(got[99999][1], 'row 99999');
  },
  async kill_query() {
    await using({}, async (victim) => using({}, async (killer) => {
      const timer = setTimeout(() => killer.query(`KILL QUERY ${victim.threadId}`), 500);
      await fails(victim.query(slowQuery), 1317, '70100');
      clearTimeout(timer);
      await victim.ping();
    }));
  },
  async local_infile() {
    await using({}, async (c) => {
      await c.query('DELETE FROM loaded');
      const [done] = await c.query({
        sql: "LOAD DATA LOCAL INFILE 'stream' INTO TABLE loaded FIELDS TERMINATED BY ','",
        infileStreamFactory: () => fs.createReadStream(env.T_FILE),
      });
      assert.strictEqual(done.affectedRows, 1000);
    });
  },
  async transactions() {
    await using({rowsAsArray: true}, async (c) => {
      for (const keep of [false, true]) {
        await c.beginTransaction();
        await c.query("INSERT INTO keyed VALUES (600, 'node')");
        await (keep ? c.commit() : c.rollback());
        assert.strictEqual(Number((await c.query('SELECT COUNT(*) FROM keyed WHERE id = 600'))[0][0][0]), keep ? 1 : 0);
      }
      await c.query('DELETE FROM keyed WHERE id = 600');
    });
  },
  async reset_and_change_user() {
    await using({rowsAsArray: true}, async (c) => {
      await c.query('SET @a = 5');
      await c.changeUser({user: env.T_NATIVE_USER, password: env.T_AUTH_PASSWORD, database: env.T_DB});
      const [found] = await c.query('SELECT USER(), @a');
      assert.ok(found[0][0].startsWith(`${env.T_NATIVE_USER}@`), found[0][0]);
      assert.strictEqual(found[0][1], null);
    });
  },
  async metadata() {
    await using({}, async (c) => {
      const [, fields] = await c.query('SELECT * FROM types WHERE id < 0');
      const {Types} = require('mysql2');
      assert.deepStrictEqual(fields.slice(2, 8).map((field) => Types[field.columnType]),
        ['TINY', 'SHORT', 'LONG', 'LONGLONG', 'FLOAT', 'DOUBLE']);
      assert.deepStrictEqual(fields.slice(0, 3).map((field) => field.name), ['id', 'b', 'i8']);
      assert.strictEqual(fields[0].orgTable || fields[0].table, 'types');
    });
  },
};

(async () => {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok ${name}`);
    } catch (error) {
      const why = String(error.stack || error).replace(/\s+/g, ' ').slice(0, 500);
      console.log(error instanceof Skip ? `skip ${name}: ${why}` : `FAIL ${name}: ${why}`);
    }
  }
  process.exit(0);
})();
