// SPDX-License-Identifier: Apache-2.0
#include "functions/plan_copies.h"

#include "duckdb/common/exception.hpp"

namespace sluice::functions {
namespace {

// The one exception that the optimizer takes for "no copy".
[[noreturn]] void refuse(const std::string& name) {
  throw duckdb::NotImplementedException("A plan with the function %s() cannot be copied", name);
}

template <typename Made>
void write(duckdb::Serializer&, const duckdb::optional_ptr<duckdb::FunctionData>, const Made& function) {
  refuse(function.name);
}

template <typename Made>
duckdb::unique_ptr<duckdb::FunctionData> read(duckdb::Deserializer&, Made& function) {
  refuse(function.name);
}

}  // namespace

void refuse_copies(duckdb::ScalarFunction& function) {
  function.SetSerializeCallback(write<duckdb::ScalarFunction>);
  function.SetDeserializeCallback(read<duckdb::ScalarFunction>);
}

void refuse_copies(duckdb::AggregateFunction& function) {
  function.SetSerializeCallback(write<duckdb::AggregateFunction>);
  function.SetDeserializeCallback(read<duckdb::AggregateFunction>);
}

}  // namespace sluice::functions
