// SPDX-License-Identifier: Apache-2.0
#include "kernel/profile.h"

#include <cstdio>

#include "duckdb/common/enum_util.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/main/profiling_node.hpp"
#include "duckdb/main/query_profiler.hpp"
#include "duckdb/parser/qualified_name.hpp"

namespace sluice::kernel {
namespace {

using duckdb::MetricType;
using Type = duckdb::PhysicalOperatorType;

struct Named {
  Type type;
  const char* name;
};

// Others are no operators of Doris (projections belong to the one below): their inputs take their place.
constexpr Named kNames[] = {
    {Type::ORDER_BY, "VSORT"},
    {Type::TOP_N, "VTOP-N"},
    {Type::LIMIT, "VLIMIT"},
    {Type::STREAMING_LIMIT, "VLIMIT"},
    {Type::LIMIT_PERCENT, "VLIMIT"},
    {Type::WINDOW, "VANALYTIC"},
    {Type::STREAMING_WINDOW, "VANALYTIC"},
    {Type::UNNEST, "VTABLE FUNCTION NODE"},
    {Type::INOUT_FUNCTION, "VTABLE FUNCTION NODE"},
    {Type::UNGROUPED_AGGREGATE, "VAGGREGATE"},
    {Type::HASH_GROUP_BY, "VAGGREGATE"},
    {Type::PERFECT_HASH_GROUP_BY, "VAGGREGATE"},
    {Type::PARTITIONED_AGGREGATE, "VAGGREGATE"},
    {Type::FILTER, "VSELECT"},
    {Type::TABLE_SCAN, "VOlapScanNode"},
    {Type::DUMMY_SCAN, "VUNION"},
    {Type::COLUMN_DATA_SCAN, "VUNION"},
    {Type::CHUNK_SCAN, "VUNION"},
    {Type::EXPRESSION_SCAN, "VUNION"},
    {Type::CTE_SCAN, "VCTE SCAN"},
    {Type::RECURSIVE_CTE_SCAN, "VCTE SCAN"},
    {Type::RECURSIVE_RECURRING_CTE_SCAN, "VCTE SCAN"},
    {Type::DELIM_SCAN, "VCTE SCAN"},
    {Type::HASH_JOIN, "VHASH JOIN"},
    {Type::LEFT_DELIM_JOIN, "VHASH JOIN"},
    {Type::RIGHT_DELIM_JOIN, "VHASH JOIN"},
    {Type::BLOCKWISE_NL_JOIN, "VNESTED LOOP JOIN"},
    {Type::NESTED_LOOP_JOIN, "VNESTED LOOP JOIN"},
    {Type::CROSS_PRODUCT, "VNESTED LOOP JOIN"},
    {Type::PIECEWISE_MERGE_JOIN, "VNESTED LOOP JOIN"},
    {Type::IE_JOIN, "VNESTED LOOP JOIN"},
    {Type::POSITIONAL_JOIN, "VNESTED LOOP JOIN"},
    {Type::ASOF_JOIN, "VASOF JOIN"},
    {Type::UNION, "VUNION"},
    {Type::CTE, "VCTE"},
    {Type::RECURSIVE_CTE, "VRECURSIVE CTE"},
    {Type::RECURSIVE_KEY_CTE, "VRECURSIVE CTE"},
    {Type::EMPTY_RESULT, "VEMPTYSET"},
    {Type::INSERT, "OLAP TABLE SINK"},
    {Type::BATCH_INSERT, "OLAP TABLE SINK"},
    {Type::DELETE_OPERATOR, "OLAP TABLE SINK"},
    {Type::UPDATE, "OLAP TABLE SINK"},
    {Type::MERGE_INTO, "OLAP TABLE SINK"},
    {Type::CREATE_TABLE_AS, "OLAP TABLE SINK"},
    {Type::BATCH_CREATE_TABLE_AS, "OLAP TABLE SINK"},
};

const char* name_of(Type type) {
  for (const Named& named : kNames) {
    if (named.type == type) return named.name;
  }
  return "";
}

template <typename T>
T metric(const duckdb::ProfilingInfo& info, MetricType type) {
  auto found = info.metrics.find(type);
  return found == info.metrics.end() || found->second.IsNull() ? T() : found->second.GetValue<T>();
}

// "Table" of a scan without catalog and schema, "Join Type" of a join.
std::string detail_of(const duckdb::ProfilingInfo& info, Type type) {
  auto found = info.metrics.find(MetricType::EXTRA_INFO);
  if (found == info.metrics.end() || found->second.IsNull()) return {};
  const duckdb::Value& extra = found->second;
  if (extra.type().id() != duckdb::LogicalTypeId::MAP) return {};
  const char* wanted = type == Type::TABLE_SCAN ? "Table" : "Join Type";
  for (const auto& entry : duckdb::MapValue::GetChildren(extra)) {
    const auto& pair = duckdb::StructValue::GetChildren(entry);
    if (pair[0].ToString() != wanted || pair[1].IsNull()) continue;
    std::string text = pair[1].ToString();
    if (type != Type::TABLE_SCAN) return text;
    // Names that are keywords come in quotes.
    const auto parts = duckdb::QualifiedName::ParseComponents(text);
    return parts.empty() ? text : parts.back();
  }
  return {};
}

void collect(const duckdb::ProfilingNode& node, std::vector<ProfiledOperator>& out) {
  const duckdb::ProfilingInfo& info = node.GetProfilingInfo();
  const auto type = info.metrics.contains(MetricType::OPERATOR_TYPE)
                        ? static_cast<Type>(metric<uint8_t>(info, MetricType::OPERATOR_TYPE))
                        : Type::INVALID;
  const char* name = name_of(type);
  if (*name == '\0') {
    for (const auto& child : node.children) collect(*child, out);
    return;
  }
  ProfiledOperator made;
  made.name = name;
  made.detail = detail_of(info, type);
  made.rows = metric<uint64_t>(info, MetricType::OPERATOR_CARDINALITY);
  made.seconds = metric<double>(info, MetricType::OPERATOR_TIMING);
  for (const auto& child : node.children) collect(*child, made.children);
  out.push_back(std::move(made));
}

void append_lines(const ProfiledOperator& from, size_t depth, std::string& out) {
  out.append(depth * 2, '-');
  out += from.name;
  if (!from.detail.empty()) out += "(" + from.detail + ")";
  char counts[80];
  std::snprintf(counts, sizeof counts, "  rows: %llu, time: %.3fms\n", static_cast<unsigned long long>(from.rows),
                from.seconds * 1000);
  out += counts;
  for (const auto& child : from.children) append_lines(child, depth + 1, out);
}

}  // namespace

void set_profiling(duckdb::ClientContext& context, bool on) {
  auto& config = duckdb::ClientConfig::GetConfig(context);
  config.enable_profiler = on;
  config.emit_profiler_output = false;
  config.profiling_coverage = duckdb::ProfilingCoverage::ALL;
}

std::vector<ProfiledOperator> take_profile(duckdb::ClientContext& context) {
  std::vector<ProfiledOperator> operators;
  duckdb::QueryProfiler::Get(context).GetRootUnderLock([&](duckdb::optional_ptr<duckdb::ProfilingNode> root) {
    if (root) collect(*root, operators);
  });
  return operators;
}

bool is_write(const std::vector<ProfiledOperator>& operators) {
  return !operators.empty() && operators.front().name == "OLAP TABLE SINK";
}

std::string profile_lines(const std::vector<ProfiledOperator>& operators) {
  std::string lines;
  for (const auto& from : operators) append_lines(from, 0, lines);
  return lines;
}

}  // namespace sluice::kernel
