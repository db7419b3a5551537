// SPDX-License-Identifier: Apache-2.0
// The column of a UNIQUE KEY table by whose value later rows win: one that function_column.sequence_col names, or
// kSequenceColumn, which function_column.sequence_type adds behind the others and nobody sees unasked. Pure functions:
// any thread.
#pragma once

#include <optional>
#include <string>

#include "kernel/merge_source.h"
#include "kernel/table_model.h"
#include "pch/pch.h"

namespace sluice::kernel {

inline constexpr const char* kSequenceColumnProperty = "function_column.sequence_col";
inline constexpr const char* kSequenceTypeProperty = "function_column.sequence_type";

// The type that function_column.sequence_type names; nothing when it is neither of integers nor of dates.
std::optional<duckdb::LogicalType> sequence_type(const std::string& written);

// Why a table cannot have what its properties say of sequences; empty: it can.
std::string refused_sequence(const TableModel& model, const duckdb::ColumnList& columns);

bool has_sequence(const TableModel& model);
// The sequence column of the table; null: it has none.
const WriteColumn* sequence_of(const WriteTarget& target);

// The hidden column, as it is stored.
duckdb::ColumnDefinition hidden_sequence(const duckdb::LogicalType& type);

}  // namespace sluice::kernel
