// SPDX-License-Identifier: Apache-2.0
// Gives the kernel's information_schema and mysql databases what only the sessions' side knows: accounts, running
// statements, global variables. Owned by Services; the rows are made on the querying thread.
#pragma once

#include <vector>

#include "kernel/system_views.h"
#include "session/variables.h"

namespace sluice::session {

class Services;

// Rows of information_schema.global_variables and session_variables.
kernel::SystemRows::Rows variable_rows(const std::vector<VariableRow>& variables);

class SystemRowsProvider {
 public:
  // `services` outlives this and holds it as its last member.
  explicit SystemRowsProvider(Services& services);
  ~SystemRowsProvider();  // waits for rows that are being made
  SystemRowsProvider(const SystemRowsProvider&) = delete;
  SystemRowsProvider& operator=(const SystemRowsProvider&) = delete;

 private:
  Services& services_;
};

}  // namespace sluice::session
