#!/usr/bin/env sysbench
-- SPDX-License-Identifier: Apache-2.0
-- The smallest statement as text: what a round trip costs.
function thread_init()
  connection = sysbench.sql.driver():connect()
end

function event()
  connection:query("SELECT 1")
end

function thread_done()
  connection:disconnect()
end
