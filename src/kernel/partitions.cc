// SPDX-License-Identifier: Apache-2.0
#include "kernel/partitions.h"

#include <algorithm>
#include <ctime>

#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/time.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "functions/calendar.h"
#include "functions/text_to_value.h"
#include "functions/types.h"

namespace sluice::kernel {
namespace {

using duckdb::ExpressionType;
using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::Value;
using Types = std::vector<LogicalType>;

Condition column(const std::string& name, const std::string& table) {
  if (table.empty()) return make_uniq<duckdb::ColumnRefExpression>(name);
  return make_uniq<duckdb::ColumnRefExpression>(name, table);
}
Condition constant(Value value) { return make_uniq<duckdb::ConstantExpression>(std::move(value)); }
Condition constant_of(const std::string& text, const LogicalType& type) {
  return constant(Value(text).DefaultCastAs(type));
}
Condition compare(ExpressionType type, Condition left, Condition right) {
  return make_uniq<duckdb::ComparisonExpression>(type, std::move(left), std::move(right));
}
Condition is_null(Condition operand) {
  return make_uniq<duckdb::OperatorExpression>(ExpressionType::OPERATOR_IS_NULL, std::move(operand));
}
// AND or OR of what is there; null means "nothing said".
Condition join(ExpressionType type, Condition left, Condition right) {
  if (!left) return right;
  if (!right) return left;
  return make_uniq<duckdb::ConjunctionExpression>(type, std::move(left), std::move(right));
}
Condition both(Condition left, Condition right) {
  return join(ExpressionType::CONJUNCTION_AND, std::move(left), std::move(right));
}
Condition either(Condition left, Condition right) {
  return join(ExpressionType::CONJUNCTION_OR, std::move(left), std::move(right));
}
Condition always(bool value) { return constant(Value::BOOLEAN(value)); }

// (a, b, ..) < bound; NULL counts as the least value. A value that is missing in an upper bound is above everything.
Condition below(const TableModel& model, const Bound& bound, const Types& types, const std::string& table, size_t at) {
  if (at >= bound.size() || at >= types.size()) return always(false);
  if (!bound[at]) return always(true);
  const std::string& name = model.partition_columns[at];
  const bool last = at + 1 >= types.size() || at + 1 >= bound.size();
  Condition less = either(is_null(column(name, table)), compare(ExpressionType::COMPARE_LESSTHAN, column(name, table),
                                                                constant_of(*bound[at], types[at])));
  if (last) return less;
  Condition equal = compare(ExpressionType::COMPARE_EQUAL, column(name, table), constant_of(*bound[at], types[at]));
  return either(std::move(less), both(std::move(equal), below(model, bound, types, table, at + 1)));
}

// (a, b, ..) >= bound. A value that is missing in a lower bound is below everything.
Condition not_below(const TableModel& model, const Bound& bound, const Types& types, const std::string& table,
                    size_t at) {
  if (at >= bound.size() || at >= types.size() || !bound[at]) return nullptr;
  const std::string& name = model.partition_columns[at];
  const bool last = at + 1 >= types.size() || at + 1 >= bound.size();
  auto value = [&] { return constant_of(*bound[at], types[at]); };
  if (last) return compare(ExpressionType::COMPARE_GREATERTHANOREQUALTO, column(name, table), value());
  Condition greater = compare(ExpressionType::COMPARE_GREATERTHAN, column(name, table), value());
  Condition equal = compare(ExpressionType::COMPARE_EQUAL, column(name, table), value());
  return either(std::move(greater), both(std::move(equal), not_below(model, bound, types, table, at + 1)));
}

Condition in_list(const TableModel& model, const Partition& partition, const Types& types, const std::string& table) {
  if (types.size() == 1) {
    duckdb::vector<Condition> operands;
    operands.push_back(column(model.partition_columns[0], table));
    Condition null;
    for (const auto& tuple : partition.values) {
      if (tuple.empty()) continue;
      if (tuple[0])
        operands.push_back(constant_of(*tuple[0], types[0]));
      else
        null = is_null(column(model.partition_columns[0], table));
    }
    Condition listed;
    if (operands.size() > 1)
      listed = make_uniq<duckdb::OperatorExpression>(ExpressionType::COMPARE_IN, std::move(operands));
    Condition result = either(std::move(listed), std::move(null));
    return result ? std::move(result) : always(false);
  }
  Condition any;
  for (const auto& tuple : partition.values) {
    Condition all;
    for (size_t i = 0; i < types.size() && i < tuple.size(); ++i) {
      Condition value = column(model.partition_columns[i], table);
      all = both(std::move(all),
                 tuple[i] ? compare(ExpressionType::COMPARE_EQUAL, std::move(value), constant_of(*tuple[i], types[i]))
                          : is_null(std::move(value)));
    }
    any = either(std::move(any), std::move(all));
  }
  return any ? std::move(any) : always(false);
}

// Where a bound lies relative to another: -1, 0, 1. Missing values count as `missing` (-1 or 1).
int compare_bounds(const Bound& a, int a_missing, const Bound& b, int b_missing, const Types& types) {
  for (size_t i = 0; i < types.size(); ++i) {
    const bool has_a = i < a.size() && a[i];
    const bool has_b = i < b.size() && b[i];
    if (!has_a || !has_b) {
      const int left = has_a ? 0 : a_missing;
      const int right = has_b ? 0 : b_missing;
      if (left != right) return left < right ? -1 : 1;
      return 0;
    }
    const Value left = Value(*a[i]).DefaultCastAs(types[i]);
    const Value right = Value(*b[i]).DefaultCastAs(types[i]);
    if (duckdb::ValueOperations::LessThan(left, right)) return -1;
    if (duckdb::ValueOperations::GreaterThan(left, right)) return 1;
  }
  return 0;
}
int compare_lower(const Bound& a, const Bound& b, const Types& types) { return compare_bounds(a, -1, b, -1, types); }

Error wrong(std::string text) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + std::move(text));
}

std::string quoted_bound(const Bound& bound, size_t columns, const char* missing) {
  std::string text = "(";
  for (size_t i = 0; i < std::max<size_t>(columns, 1); ++i) {
    if (i > 0) text += ", ";
    const bool there = i < bound.size() && bound[i];
    text += there ? "\"" + *bound[i] + "\"" : std::string(missing);
  }
  return text + ")";
}

// What Doris writes for the least value of a type.
std::string least_value(const LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::DATE:
      return "0000-01-01";
    case duckdb::LogicalTypeId::TIMESTAMP:
      return "0000-01-01 00:00:00";
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
    case duckdb::LogicalTypeId::HUGEINT:
      return Value::MinimumValue(type).ToString();
    default:
      return "";
  }
}

}  // namespace

Types partition_types(const TableModel& model, const duckdb::ColumnList& columns) {
  Types types;
  for (const auto& name : model.partition_columns) {
    if (!columns.ColumnExists(name)) throw duckdb::BinderException("partition column %s does not exist", name);
    types.push_back(columns.GetColumn(name).Type());
  }
  return types;
}

std::vector<Partition> joined_ranges(const TableModel& model, const Types& types) {
  std::vector<Partition> ranges;
  for (const auto& partition : model.partitions) {
    if (!partition.temporary) ranges.push_back(partition);
  }
  if (model.partitioned != PartitionKind::kRange) return ranges;
  std::sort(ranges.begin(), ranges.end(),
            [&](const Partition& a, const Partition& b) { return compare_lower(a.lower, b.lower, types) < 0; });
  std::vector<Partition> result;
  for (auto& range : ranges) {
    if (!result.empty() && !range.lower.empty() && result.back().upper == range.lower)
      result.back().upper = std::move(range.upper);
    else
      result.push_back(std::move(range));
  }
  return result;
}

Condition in_partition(const TableModel& model, const Partition& partition, const Types& types,
                       const std::string& table) {
  if (model.partitioned == PartitionKind::kList) return in_list(model, partition, types, table);
  Condition lower = not_below(model, partition.lower, types, table, 0);
  if (partition.upper.empty()) return lower ? std::move(lower) : always(true);
  return both(std::move(lower), below(model, partition.upper, types, table, 0));
}

Condition in_partitions(const TableModel& model, const std::vector<std::string>& names, bool temporary,
                        const Types& types, const std::string& table) {
  if (model.partitioned == PartitionKind::kNone) {
    // The one partition of a table without PARTITION BY has the table's name.
    return always(true);
  }
  Condition any;
  if (names.empty()) {
    if (model.auto_partitions) return always(true);
    for (const auto& partition : joined_ranges(model, types))
      any = either(std::move(any), in_partition(model, partition, types, table));
    return any ? std::move(any) : always(false);
  }
  for (const auto& name : names) {
    const Partition* partition = model.find_partition(name, temporary);
    if (partition) {
      any = either(std::move(any), in_partition(model, *partition, types, table));
    } else if (model.auto_partitions && !temporary) {
      any = either(std::move(any), compare(ExpressionType::COMPARE_EQUAL, auto_partition_name(model, types, table),
                                           constant(Value(name))));
    } else {
      throw duckdb::BinderException("Partition: %s is not exists", name);
    }
  }
  return any ? std::move(any) : always(false);
}

Condition auto_partition_name(const TableModel& model, const Types& types, const std::string& table) {
  auto call = [](const char* name, Condition a, Condition b) {
    duckdb::vector<Condition> arguments;
    arguments.push_back(std::move(a));
    if (b) arguments.push_back(std::move(b));
    return Condition(make_uniq<duckdb::FunctionExpression>(name, std::move(arguments)));
  };
  auto text = [](const char* value) { return constant(Value(value)); };
  Condition name = text("p");
  for (size_t i = 0; i < types.size(); ++i) {
    Condition value = column(model.partition_columns[i], table);
    Condition part;
    if (model.partitioned == PartitionKind::kRange) {
      if (!model.auto_unit.empty()) value = call("date_trunc", constant(Value(model.auto_unit)), std::move(value));
      part = call("strftime", make_uniq<duckdb::CastExpression>(LogicalType::TIMESTAMP, std::move(value)),
                  text("%Y%m%d%H%M%S"));
    } else {
      // Letters, digits and _ stay; then the length, so that names stay apart.
      duckdb::vector<Condition> arguments;
      arguments.push_back(make_uniq<duckdb::CastExpression>(LogicalType::VARCHAR, std::move(value)));
      Condition length =
          make_uniq<duckdb::CastExpression>(LogicalType::VARCHAR, call("length", arguments[0]->Copy(), nullptr));
      arguments.push_back(text("[^A-Za-z0-9_]"));
      arguments.push_back(text("_"));
      arguments.push_back(text("g"));
      part =
          call("||", make_uniq<duckdb::FunctionExpression>("regexp_replace", std::move(arguments)), std::move(length));
    }
    duckdb::vector<Condition> choices;
    choices.push_back(std::move(part));
    choices.push_back(text("X"));
    name = call("concat", std::move(name),
                make_uniq<duckdb::OperatorExpression>(ExpressionType::OPERATOR_COALESCE, std::move(choices)));
  }
  return name;
}

Result<std::string> bound_text(const std::string& written, const LogicalType& type) {
  Value result;
  std::string error;
  if (functions::is_integer(type) && written.find_first_not_of("0123456789+-") != std::string::npos)
    return fail(wrong("Invalid range value format: errCode = 2, detailMessage = Invalid number format: " + written));
  if (functions::is_moment(type)) {
    const auto moment = functions::text_to_moment(written);
    if (!moment || !functions::moment_in_range(moment->micros))
      return fail(wrong("date/datetime literal [" + written + "] is invalid"));
  }
  if (!Value(written).DefaultTryCastAs(type, result, &error) || result.IsNull())
    return fail(wrong("Invalid value \"" + written + "\" for a partition of type " + type.ToString()));
  return result.ToString();
}

Status add_written(TableModel& model, WrittenPartition written, const Types& types) {
  if (model.partitioned == PartitionKind::kNone)
    return fail(wrong("Only support adding partition to range and list partitioned table"));
  if (written.interval) {
    if (model.partitioned != PartitionKind::kRange || types.size() != 1)
      return fail(wrong("FROM .. TO .. INTERVAL needs a RANGE partition of one column"));
    for (auto& partition :
         TRY(partitions_of_interval(written.from, written.to, written.step, written.unit, types[0]))) {
      if (!written.partition.name.empty())
        partition.name.replace(0, 2, written.partition.name);  // a prefix of its own in the place of "p_"
      TRY(add_partition(model, std::move(partition), false, types));
    }
    return {};
  }
  auto convert = [&](Bound& bound) -> Status {
    if (bound.size() > types.size()) return fail(wrong("partition values number is more than partition column number"));
    for (size_t i = 0; i < bound.size(); ++i) {
      if (bound[i]) bound[i] = TRY(bound_text(*bound[i], types[i]));
    }
    return {};
  };
  Partition& partition = written.partition;
  const bool list = !partition.values.empty();
  if (list != (model.partitioned == PartitionKind::kList))
    return fail(wrong("Invalid partition: VALUES IN belongs to LIST, bounds to RANGE partitions"));
  TRY(convert(partition.lower));
  TRY(convert(partition.upper));
  const bool least = !partition.upper.empty() && partition.upper.size() == types.size() &&
                     std::ranges::equal(partition.upper, types, [](const auto& bound, const LogicalType& type) {
                       const auto lowest = bound_text(least_value(type), type);
                       return bound && lowest && *bound == *lowest;
                     });
  if (!list && least) {
    return fail(wrong("Partition's upper value should not be MIN VALUE: " +
                      quoted_bound(partition.upper, types.size(), "MAXVALUE")));
  }
  for (auto& tuple : partition.values) TRY(convert(tuple));
  return add_partition(model, std::move(partition), written.less_than, types);
}

Status add_partition(TableModel& model, Partition partition, bool less_than, const Types& types) {
  if (partition.visible_since.empty()) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char text[32];
    partition.visible_since.assign(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local));
  }
  if (model.find_partition(partition.name, partition.temporary))
    return fail(sql_error(Code::kAlreadyExists, 1517, "Duplicate partition name " + partition.name));
  try {
    if (model.partitioned == PartitionKind::kList) {
      for (auto tuple = partition.values.begin(); tuple != partition.values.end(); ++tuple) {
        if (std::find(partition.values.begin(), tuple, *tuple) != tuple)
          return fail(wrong("The partition key of partition " + partition.name + " has a duplicate item"));
      }
      for (const auto& other : model.partitions) {
        if (other.temporary != partition.temporary) continue;
        for (const auto& tuple : partition.values) {
          if (std::find(other.values.begin(), other.values.end(), tuple) != other.values.end())
            return fail(wrong("The partition key of partition " + partition.name +
                              " is conflict with current partitionKeys of partition " + other.name));
        }
      }
      model.partitions.push_back(std::move(partition));
      return {};
    }
    // Those beside it: ranges apart from each other, by their bounds. Bounds are texts, so each comparison costs.
    std::vector<const Partition*> others;
    for (const auto& other : model.partitions) {
      if (other.temporary == partition.temporary) others.push_back(&other);
    }
    if (less_than) {
      // From where the highest partition below ends.
      const auto above = std::ranges::partition_point(others, [&](const Partition* other) {
        return compare_bounds(other->upper, 1, partition.upper, 1, types) < 0;
      });
      if (above != others.begin()) partition.lower = (*std::prev(above))->upper;
    }
    if (compare_bounds(partition.lower, -1, partition.upper, 1, types) >= 0)
      return fail(wrong("Range of partition " + partition.name + " is empty: its lower bound is not below its upper"));
    const auto next = std::ranges::partition_point(others, [&](const Partition* other) {
      return compare_bounds(other->upper, 1, partition.lower, -1, types) <= 0;
    });
    if (next != others.end() && compare_bounds(partition.upper, 1, (*next)->lower, -1, types) > 0)
      return fail(wrong("Range " + quoted_bound(partition.lower, types.size(), "MIN") + " to " +
                        quoted_bound(partition.upper, types.size(), "MAXVALUE") +
                        " is intersected with the range of partition " + (*next)->name));
  } catch (const std::exception& exception) {
    return fail(wrong("Invalid bound of partition " + partition.name));
  }
  const auto place = std::ranges::partition_point(model.partitions, [&](const Partition& other) {
    return compare_lower(partition.lower, other.lower, types) >= 0;
  });
  model.partitions.insert(place, std::move(partition));
  return {};
}

std::string partition_text(const TableModel& model, const Partition& partition, const Types& types) {
  if (model.partitioned == PartitionKind::kList) {
    std::string text = "VALUES IN (";
    for (size_t i = 0; i < partition.values.size(); ++i) {
      if (i > 0) text += ",";
      std::string tuple = quoted_bound(partition.values[i], types.size(), "NULL");
      text += types.size() == 1 ? tuple.substr(1, tuple.size() - 2) : tuple;
    }
    return text + ")";
  }
  Bound lower = partition.lower;
  lower.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    if (!lower[i]) lower[i] = least_value(types[i]);
  }
  return "VALUES [" + quoted_bound(lower, types.size(), "MIN") + ", " +
         quoted_bound(partition.upper, types.size(), "MAXVALUE") + ")";
}

}  // namespace sluice::kernel
