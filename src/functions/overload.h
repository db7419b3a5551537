// SPDX-License-Identifier: Apache-2.0
// Which overload of a function a call means, by Doris' implicit conversions, and the call's bound tree. Internal to
// src/functions; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// The call of the best overload with its arguments cast. BinderException when none fits.
BoundPtr bind_overload(const Function& function, Call& call);

// The best overload of an aggregate; casts the arguments.
duckdb::AggregateFunction choose_aggregate(const Function& function, duckdb::ClientContext& context,
                                           BoundList& arguments);

// A private function over arguments that have its types already.
BoundPtr bind_private(duckdb::ClientContext& context, std::string name, std::vector<LogicalType> arguments,
                      LogicalType result, duckdb::scalar_function_t run, BoundList children,
                      Nulls nulls = Nulls::kPropagate, duckdb::bind_scalar_function_t bind = nullptr);

// A function or operator of the kernel ("+", "substring") by its name.
BoundPtr bind_native(duckdb::ClientContext& context, const char* name, BoundList children, bool is_operator = false);

}  // namespace sluice::functions
