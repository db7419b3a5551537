// SPDX-License-Identifier: Apache-2.0
// Gives the kernel's information_schema and mysql databases what only the sessions' side knows: accounts, running
// statements, global variables. Owned by Services; the rows are made on the querying thread.
#pragma once

namespace sluice::session {

class Services;

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
