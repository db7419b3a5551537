// SPDX-License-Identifier: Apache-2.0
// Errors of functions that are bound get a place in the statement's text. Thread rule of the binder.
#pragma once

#include <utility>

#include "duckdb/common/error_data.hpp"
#include "functions/registry.h"

namespace sluice::functions {

// Runs `bind`. An error of it gets the place of the first argument: the kernel's binder says nothing of the call's own.
template <typename Bind>
auto bind_in_place(const BoundList& arguments, Bind&& bind) {
  duckdb::optional_idx place;
  for (const auto& argument : arguments) {
    if (!place.IsValid()) place = argument->GetQueryLocation();
  }
  try {
    return std::forward<Bind>(bind)();
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    if (!place.IsValid() || error.ExtraInfo().contains("position")) throw;
    error.AddQueryLocation(place);
    error.Throw();
  }
}

// The same around a function's bind callback.
template <duckdb::function_bind_expression_t bind>
BoundPtr placed(duckdb::FunctionBindExpressionInput& input) {
  return bind_in_place(input.children, [&] { return bind(input); });
}

}  // namespace sluice::functions
