// SPDX-License-Identifier: Apache-2.0
// auto_partition_name(): what AUTO PARTITION calls the partition of a row. Source: PartitionExprUtil and
// ListPartitionItem of Doris.
#include <array>

#include "duckdb/common/types/date.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/calendar.h"
#include "functions/characters.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

constexpr size_t kLongestName = 50;  // characters
constexpr std::array<std::string_view, 6> kUnits{"year", "month", "day", "hour", "minute", "second"};

// The code units of UTF-16, which Java counts and writes.
template <typename Visit>
void each_unit(std::string_view text, Visit visit) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    at += point.size;
    if (point.value < 0x10000) {
      visit(point.value);
    } else {
      visit(0xD800u + ((point.value - 0x10000) >> 10));
      visit(0xDC00u + ((point.value - 0x10000) & 0x3FFu));
    }
  }
}

void append_value(std::string& name, std::string_view value) {
  if (value.starts_with('-')) name += '_';
  size_t units = 0;
  each_unit(value, [&](uint32_t unit) {
    ++units;
    const bool plain = (unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z');
    name += plain ? std::string(1, static_cast<char>(unit)) : duckdb::StringUtil::Format("%x", unit);
  });
  name += std::to_string(units);
}

void run_list(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  std::vector<duckdb::UnifiedVectorFormat> values(input.ColumnCount());
  for (size_t i = 0; i < values.size(); ++i) input.data[i].ToUnifiedFormat(input.size(), values[i]);
  auto* const names = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  for (duckdb::idx_t row = 0; row < input.size(); ++row) {
    std::string name = "p";
    for (const auto& value : values) {
      const auto at = value.sel->get_index(row);
      if (value.validity.RowIsValid(at))
        append_value(name, view(duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(value)[at]));
      else
        name += 'X';
    }
    if (name.size() > kLongestName)
      throw duckdb::InvalidInputException("The list partition name cannot exceed 50 characters");
    names[row] = duckdb::StringVector::AddString(result, name);
  }
}

// The first `parts` of year, month, .., second; the others at their beginning.
template <size_t parts>
std::string range_name(duckdb::timestamp_t moment) {
  std::array<int32_t, 6> fields{};
  duckdb::Date::Convert(duckdb::Timestamp::GetDate(moment), fields[0], fields[1], fields[2]);
  const auto second = static_cast<int32_t>(time_of_moment(moment.value) / kMicrosPerSecond);
  fields[3] = second / 3600;
  fields[4] = second / 60 % 60;
  fields[5] = second % 60;
  for (size_t i = parts; i < fields.size(); ++i) fields[i] = i < 3 ? 1 : 0;
  std::string name = duckdb::StringUtil::Format("p%04d", fields[0]);
  for (size_t i = 1; i < fields.size(); ++i) name += duckdb::StringUtil::Format("%02d", fields[i]);
  return name;
}

[[noreturn]] void refuse(const char* why) { throw duckdb::BinderException(why); }

std::optional<std::string> literal(Call& call, size_t argument) {
  const auto constant = constant_of(call.context, *call.arguments[argument]);
  if (!constant || constant->IsNull() || !is_text(constant->type())) return std::nullopt;
  return duckdb::StringUtil::Lower(duckdb::StringValue::Get(*constant));
}

BoundPtr expand_range(Call& call) {
  if (call.arguments.size() != 3) refuse("range auto_partition_name must contains three arguments");
  const auto unit = literal(call, 1);
  if (!unit) refuse("auto_partition_name must accept literal for 2nd argument");
  const auto found = std::ranges::find(kUnits, *unit);
  if (found == kUnits.end())
    refuse("range auto_partition_name must accept year|month|day|hour|minute|second for 2nd argument");
  constexpr const char* kNoMoment = "The range partition only support DATE|DATETIME";
  BoundPtr value = std::move(call.arguments[2]);
  if (!is_moment(value->return_type) && !is_text(value->return_type)) refuse(kNoMoment);
  BoundPtr moment = convert(call.context, value->Copy(), LogicalType::TIMESTAMP);
  const auto written = constant_of(call.context, *value);
  const auto read = written && !written->IsNull() ? constant_of(call.context, *moment) : std::nullopt;
  if (written && !written->IsNull() && (!read || read->IsNull())) refuse(kNoMoment);
  constexpr std::array<duckdb::scalar_function_t (*)(), 6> kRuns{
      [] { return duckdb::scalar_function_t(run_rows<range_name<1>>); },
      [] { return duckdb::scalar_function_t(run_rows<range_name<2>>); },
      [] { return duckdb::scalar_function_t(run_rows<range_name<3>>); },
      [] { return duckdb::scalar_function_t(run_rows<range_name<4>>); },
      [] { return duckdb::scalar_function_t(run_rows<range_name<5>>); },
      [] { return duckdb::scalar_function_t(run_rows<range_name<6>>); }};
  BoundList children;
  children.push_back(std::move(moment));
  return bind_private(call.context, "auto_partition_name_" + *unit, {LogicalType::TIMESTAMP}, LogicalType::VARCHAR,
                      kRuns[static_cast<size_t>(found - kUnits.begin())](), std::move(children));
}

BoundPtr expand_list(Call& call) {
  BoundList children;
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    BoundPtr value = std::move(call.arguments[i]);
    if (value->return_type.id() == LogicalTypeId::BOOLEAN)
      value = convert(call.context, std::move(value), LogicalType::TINYINT);
    children.push_back(convert(call.context, std::move(value), LogicalType::VARCHAR));
  }
  std::vector<LogicalType> types(children.size(), LogicalType::VARCHAR);
  return bind_private(call.context, "auto_partition_name_list", std::move(types), LogicalType::VARCHAR, run_list,
                      std::move(children), Nulls::kOwn);
}

BoundPtr expand_auto_partition_name(Call& call) {
  const auto kind = literal(call, 0);
  if (!kind) refuse("auto_partition_name must accept literal for 1st argument");
  if (*kind == "range") return expand_range(call);
  if (*kind == "list") return expand_list(call);
  refuse("function auto_partition_name must accept range|list for 1st argument");
}

}  // namespace

void add_partition_names(Registry& registry) {
  registry.add("auto_partition_name", "What AUTO PARTITION calls the partition of these values.")
      .expanded(2, 255, "VARCHAR auto_partition_name('range', VARCHAR unit, DATETIME) | ('list', ANY, ...)",
                expand_auto_partition_name);
}

}  // namespace sluice::functions
