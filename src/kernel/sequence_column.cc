// SPDX-License-Identifier: Apache-2.0
#include "kernel/sequence_column.h"

#include "duckdb/common/string_util.hpp"
#include "functions/types.h"

namespace sluice::kernel {

using duckdb::LogicalType;
using duckdb::StringUtil;

std::optional<LogicalType> sequence_type(const std::string& written) {
  static const std::pair<const char*, LogicalType> kTypes[] = {
      {"tinyint", LogicalType::TINYINT}, {"smallint", LogicalType::SMALLINT},  {"int", LogicalType::INTEGER},
      {"bigint", LogicalType::BIGINT},   {"largeint", LogicalType::HUGEINT},   {"date", LogicalType::DATE},
      {"datev2", LogicalType::DATE},     {"datetime", LogicalType::TIMESTAMP}, {"datetimev2", LogicalType::TIMESTAMP}};
  const std::string name = StringUtil::Lower(written);
  for (const auto& [known, type] : kTypes) {
    if (name == known) return type;
  }
  return std::nullopt;
}

std::string refused_sequence(const TableModel& model, const duckdb::ColumnList& columns) {
  const std::string* column = model.property(kSequenceColumnProperty);
  const std::string* type = model.property(kSequenceTypeProperty);
  if (!column && !type) return {};
  if (model.keys != KeyModel::kUnique) return "sequence column only support UNIQUE_KEYS";
  if (column) {
    if (!columns.ColumnExists(*column)) return "The specified sequence column[" + *column + "] not exists";
    const LogicalType& stored = columns.GetColumn(*column).Type();
    if (!stored.IsIntegral() && !functions::is_moment(stored))
      return "Sequence type only support integer types and date types";
    if (type) return "The sequence_col and sequence_type cannot be set at the same time";
  }
  if (type && !sequence_type(*type)) return "sequence type only support integer types and date types";
  return {};
}

bool has_sequence(const TableModel& model) {
  return model.property(kSequenceColumnProperty) || model.property(kSequenceTypeProperty);
}

const WriteColumn* sequence_of(const WriteTarget& target) {
  const std::string* name = target.model.property(kSequenceColumnProperty);
  if (name) return target.find(*name);
  const WriteColumn* stored = target.find(kSequenceColumn);
  return stored && stored->model.hidden ? stored : nullptr;
}

duckdb::ColumnDefinition hidden_sequence(const LogicalType& type) {
  duckdb::ColumnDefinition column(kSequenceColumn, type);
  ColumnModel model;
  model.hidden = true;
  model.comment = "sequence column hidden column";
  column.SetComment(encode(model));
  return column;
}

}  // namespace sluice::kernel
