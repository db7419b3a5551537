// SPDX-License-Identifier: Apache-2.0
// The databases `information_schema` and `mysql`: views with MySQL's columns in the kernel's system catalog, over
// table functions that read the catalog facts. Made once for each instance, before clients connect.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "duckdb/main/client_context_state.hpp"
#include "pch/pch.h"

namespace sluice::kernel {

// What only the sessions' side knows, as rows for the views. Owned by the Host; thread-safe.
class SystemRows {
 public:
  enum class Kind : uint8_t {
    // As the functions of system_functions.cc have their columns:
    kAccounts,
    kPrivileges,
    kProcesses,        // as SHOW PROCESSLIST has its columns
    kGlobalVariables,  // VARCHAR name, value, default, changed ("0", "1")
    // As the table functions of server_functions.cc have their columns:
    kMaterializedViews,  // with the database before them
    kViewJobs,
    kViewTasks,
    kInsertJobs,
    kInsertTasks,
    kFrontends,
    kBackends,
    kFrontendDisks,
  };
  using Rows = std::vector<std::vector<duckdb::Value>>;
  using Provider = std::function<Rows()>;

  // Set before clients connect; an empty Provider, set before what the old one captured ends, takes it away.
  void provide(Kind kind, Provider provider);
  // No rows without a provider.
  Rows rows(Kind kind) const;

 private:
  mutable std::mutex mutex_;  // held while a provider runs, so that provide() waits for it
  Provider providers_[static_cast<size_t>(Kind::kFrontendDisks) + 1];
};

// The same for what differs between the clients, registered in the context of a connection: the session's variables,
// with the columns of kGlobalVariables. Called on the kernel's threads while a statement of that session runs.
struct OwnRows final : duckdb::ClientContextState {
  static constexpr const char* kKey = "sluice_own_rows";
  SystemRows::Provider variables;
  std::function<bool(std::string_view)> is_on;  // whether a variable that is true or false is true
};

// Makes functions and views in a new instance. Quick: the kernel binds a view when it is first used.
Status create_system_views(duckdb::Connection& connection, std::shared_ptr<SystemRows> rows);

}  // namespace sluice::kernel
