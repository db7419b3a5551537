// SPDX-License-Identifier: Apache-2.0
// The frame of the table functions whose rows are few and made at once when their statement begins: what the catalog
// holds (system_functions.cc), what the server tells of itself (server_functions.cc).
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "kernel/system_views.h"
#include "pch/pch.h"

namespace sluice::kernel {

struct RowColumn {
  const char* name;
  duckdb::LogicalType type;
};

// `Definition` lives as long as the process and has
//   const char* name; std::vector<RowColumn> columns;
//   Asked: what a statement asks of it, made by `static Asked asked(const duckdb::vector<duckdb::Value>& arguments)`;
//   fill(duckdb::ClientContext&, const SystemRows&, const Asked&, SystemRows::Rows&): rows as wide as `columns`.
template <typename Definition>
class RowFunction {
 public:
  using Asked = typename Definition::Asked;

  struct Data : duckdb::TableFunctionData {
    Data(const Definition& the_definition, const SystemRows& the_source, Asked the_asked)
        : definition(the_definition), source(the_source), asked(std::move(the_asked)) {}
    const Definition& definition;
    const SystemRows& source;  // of the catalog entry, which outlives the statement
    Asked asked;
  };

  // The function as the catalog takes it, all of whose arguments are VARCHAR.
  static duckdb::TableFunction make(const Definition& definition, size_t arguments,
                                    std::shared_ptr<SystemRows> source) {
    duckdb::TableFunction function(definition.name,
                                   duckdb::vector<duckdb::LogicalType>(arguments, duckdb::LogicalType::VARCHAR), scan,
                                   bind, init);
    function.function_info = duckdb::make_shared_ptr<Info>(definition, std::move(source));
    return function;
  }

  // Registers it in system.doris.
  static void create(duckdb::ClientContext& context, const duckdb::TableFunction& function) {
    duckdb::CreateTableFunctionInfo info(function);
    info.schema = "doris";
    info.internal = true;
    duckdb::Catalog::GetSystemCatalog(context).CreateFunction(
        duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
  }

 private:
  struct Info : duckdb::TableFunctionInfo {
    Info(const Definition& the_definition, std::shared_ptr<SystemRows> the_source)
        : definition(the_definition), source(std::move(the_source)) {}
    const Definition& definition;
    const std::shared_ptr<SystemRows> source;
  };

  struct State : duckdb::GlobalTableFunctionState {
    SystemRows::Rows rows;
    size_t at = 0;
  };

  static duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                                       duckdb::vector<duckdb::LogicalType>& types,
                                                       duckdb::vector<std::string>& names) {
    const auto& info = input.info->Cast<Info>();
    for (const RowColumn& column : info.definition.columns) {
      names.emplace_back(column.name);
      types.push_back(column.type);
    }
    return duckdb::make_uniq<Data>(info.definition, *info.source, Definition::asked(input.inputs));
  }

  static duckdb::unique_ptr<duckdb::GlobalTableFunctionState> init(duckdb::ClientContext& context,
                                                                   duckdb::TableFunctionInitInput& input) {
    const auto& data = input.bind_data->Cast<Data>();
    auto state = duckdb::make_uniq<State>();
    data.definition.fill(context, data.source, data.asked, state->rows);
    return state;
  }

  static void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    auto& state = input.global_state->Cast<State>();
    const size_t count = std::min<size_t>(state.rows.size() - state.at, STANDARD_VECTOR_SIZE);
    for (size_t row = 0; row < count; ++row) {
      const auto& values = state.rows[state.at + row];
      for (size_t column = 0; column < values.size(); ++column) output.SetValue(column, row, values[column]);
    }
    state.at += count;
    output.SetCardinality(count);
  }
};

}  // namespace sluice::kernel
