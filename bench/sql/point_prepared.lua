#!/usr/bin/env sysbench
-- SPDX-License-Identifier: Apache-2.0
-- One row of `points` by its key, as a prepared statement.
sysbench.cmdline.options = {rows = {"rows in table points", 1000000}}

function thread_init()
  connection = sysbench.sql.driver():connect()
  statement = connection:prepare("SELECT c FROM points WHERE id = ?")
  key = statement:bind_create(sysbench.sql.type.INT)
  statement:bind_param(key)
end

function event()
  key:set(sysbench.rand.uniform(1, sysbench.opt.rows))
  local result = statement:execute()
  if result.nrows ~= 1 then error("not one row") end
  result:free()
end

function thread_done()
  statement:close()
  connection:disconnect()
end
