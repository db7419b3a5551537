// SPDX-License-Identifier: Apache-2.0
// SHOW and DESC: answers that the server makes itself, from the kernel's catalog and from what the services know.
// Headers and cell texts are Doris' where it has the statement, MySQL's otherwise. Called by sessions; blocks, so on
// worker threads only.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "dialect/statement.h"
#include "kernel/connection.h"
#include "session/outcome.h"
#include "session/services.h"
#include "session/session.h"
#include "session/variables.h"
#include "session/warning.h"

namespace sluice::session {

// What a SHOW may look at; valid for the length of the call.
struct ShowContext {
  Services& services;
  kernel::Connection& kernel;  // the session's own: sees its open transaction and temporary tables
  SessionVariables& variables;
  const std::string& database;  // the selected one; empty when none is
  const ClientIdentity& client;
  uint32_t connection_id = 0;
  std::span<const Warning> warnings;  // of the last statement
  const Rights& rights;               // of the account that asks
};

// Errors: 1046 no database selected, 1049 unknown database, 1146 unknown table, 1347 not a view, 1141 no such grant,
// 1235 a SHOW that is not offered, and those of the WHERE expression.
Result<Table> answer_show(const dialect::ShowStatement& show, ShowContext& context);

}  // namespace sluice::session
