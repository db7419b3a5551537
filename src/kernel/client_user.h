// SPDX-License-Identifier: Apache-2.0
// Who a Connection's statements are for, kept with the kernel's context: the views of information_schema show what
// other accounts run to administrators only. Set once when the context is made; read by the kernel's threads.
#pragma once

#include <string>

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "pch/pch.h"

namespace sluice::kernel {

struct ClientUser : duckdb::ClientContextState {
  static constexpr const char* kKey = "sluice_user";
  explicit ClientUser(std::string user) : name(std::move(user)) {}
  const std::string name;
};

// Whether statements of `user` are shown to the client of this context.
inline bool sees_statements_of(duckdb::ClientContext& context, const std::string& user) {
  const auto asking = context.registered_state->Get<ClientUser>(ClientUser::kKey);
  return !asking || asking->name == "root" || asking->name == "admin" || asking->name == user;
}

}  // namespace sluice::kernel
