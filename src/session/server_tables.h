// SPDX-License-Identifier: Apache-2.0
// Tables of rows that the server keeps in its own schema: those of dropped and of temporary partitions. Functions
// without state, for statements inside an open transaction; thread rule as Session.
#pragma once

#include <string>

#include "kernel/connection.h"
#include "kernel/partitions.h"

namespace sluice::session {

Status make_server_schema(kernel::Connection& kernel);
// Makes the table `name` of the server's schema from rows of another; `where` may be null.
Status copy_rows(kernel::Connection& kernel, const std::string& name, duckdb::unique_ptr<duckdb::TableRef> from,
                 kernel::Condition where);
// Rows of such a table into a client's, under the rules of writes; columns by name.
Status insert_rows(kernel::Connection& kernel, const std::string& database, const std::string& table,
                   const std::string& stored, kernel::Condition where);
Status drop_server_table(kernel::Connection& kernel, const std::string& table);

}  // namespace sluice::session
