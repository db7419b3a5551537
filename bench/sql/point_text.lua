#!/usr/bin/env sysbench
-- SPDX-License-Identifier: Apache-2.0
-- One row of `points` by its key, as text with a new literal each time.
sysbench.cmdline.options = {rows = {"rows in table points", 1000000}}

function thread_init()
  connection = sysbench.sql.driver():connect()
end

function event()
  local result = connection:query("SELECT c FROM points WHERE id = " .. sysbench.rand.uniform(1, sysbench.opt.rows))
  if result.nrows ~= 1 then error("not one row") end
end

function thread_done()
  connection:disconnect()
end
