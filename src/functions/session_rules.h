// SPDX-License-Identifier: Apache-2.0
// Variables of a session that change what functions are: a state of the kernel's context, made by the owner of its
// connection. Thread rule of the binder.
#pragma once

#include <functional>
#include <string_view>

#include "pch/pch.h"

namespace sluice::functions {

struct SessionRules final : duckdb::ClientContextState {
  static constexpr const char* kKey = "sluice_session_rules";
  explicit SessionRules(std::function<bool(std::string_view)> is_on) : is_on(std::move(is_on)) {}
  // Whether a variable that is true or false is true.
  const std::function<bool(std::string_view)> is_on;
};

// enable_decimal256: results of more than 38 digits keep up to 76.
inline bool wide_decimals(duckdb::ClientContext& context) {
  const auto rules = context.registered_state->Get<SessionRules>(SessionRules::kKey);
  return rules && rules->is_on("enable_decimal256");
}

}  // namespace sluice::functions
