// SPDX-License-Identifier: Apache-2.0
// f_state, f_merge, f_union, f_foreach of any aggregate f. The dialect gives f's name as the first argument.
#include <unordered_set>

#include "duckdb/planner/expression/list.hpp"
#include "functions/aggregate_state.h"
#include "functions/bitmap_values.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/native_aggregate.h"
#include "functions/nested_aggregate.h"
#include "functions/overload.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;

// The name at the front; takes it away.
std::string take_name(BoundList& arguments) {
  const auto& first = *arguments[0];
  if (first.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT || !is_text(first.return_type)) {
    throw duckdb::BinderException("The first argument must be the name of an aggregate function");
  }
  std::string name = duckdb::StringValue::Get(first.Cast<duckdb::BoundConstantExpression>().value);
  arguments.erase(arguments.begin());
  return name;
}

BoundList references(const std::vector<LogicalType>& types) {
  BoundList result;
  for (const auto& type : types) {
    result.push_back(duckdb::make_uniq<duckdb::BoundReferenceExpression>(type, result.size()));
  }
  return result;
}

std::vector<LogicalType> fields_of(const LogicalType& state) {
  std::vector<LogicalType> types;
  for (const auto& field : duckdb::StructType::GetChildTypes(duckdb::ListType::GetChildType(state))) {
    types.push_back(field.second);
  }
  return types;
}

const LogicalType& check_state(const std::string& name, const BoundList& arguments) {
  if (!is_aggregate_state(arguments[0]->return_type)) {
    throw duckdb::BinderException("%s() wants an AGG_STATE", name);
  }
  const std::string function = name.substr(0, name.rfind('_'));
  // Writes of tables unite states of any function under this name.
  const bool any = name == "any_value_union";
  if (!any && !is_state_of(arguments[0]->return_type, function)) {
    throw duckdb::BinderException("%s() does not match function %s() of the AGG_STATE", name,
                                  state_function(arguments[0]->return_type));
  }
  return arguments[0]->return_type;
}

// ---- f_state(arguments): a state of this one row

void run_state(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = input.size();
  duckdb::ListVector::Reserve(result, count);
  auto& fields = duckdb::StructVector::GetEntries(duckdb::ListVector::GetEntry(result));
  for (idx_t i = 0; i < input.ColumnCount(); ++i) {
    duckdb::VectorOperations::Copy(input.data[i], *fields[i], count, 0, 0);
  }
  duckdb::ListVector::SetListSize(result, count);
  auto* entries = duckdb::FlatVector::GetData<duckdb::list_entry_t>(result);
  for (idx_t i = 0; i < count; ++i) entries[i] = {i, 1};
}

BoundPtr expand_state(Call& call) {
  const std::string name = take_name(call.arguments);
  std::vector<LogicalType> types;
  for (auto& argument : call.arguments) {
    if (argument->return_type.id() == LogicalTypeId::SQLNULL) {
      argument = convert(call.context, std::move(argument), LogicalType::TINYINT);
    }
    types.push_back(argument->return_type);
  }
  // The call is bound only to say at once that f takes no such arguments.
  bind_aggregate_call(call.context, name, references(types));
  return bind_private(call.context, name + "_state", types, aggregate_state_type(name, types), run_state,
                      std::move(call.arguments), Nulls::kOwn);
}

// ---- f_merge(state), f_union(state), f_foreach(array, ..)

AggregateFunction bind_merge(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  const std::string name = take_name(arguments);
  const LogicalType state = check_state(name + "_merge", arguments);
  return merging(context, bind_aggregate_call(context, name, references(fields_of(state))), state, false);
}

AggregateFunction bind_union(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  const std::string name = take_name(arguments);
  const LogicalType state = check_state(name + "_union", arguments);
  auto rows = bind_aggregate_call(context, "array_agg", references({duckdb::ListType::GetChildType(state)}));
  return merging(context, std::move(rows), state, true);
}

AggregateFunction bind_foreach(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  const std::string name = take_name(arguments);
  std::vector<LogicalType> arrays;
  std::vector<LogicalType> elements;
  for (auto& argument : arguments) {
    argument = convert_argument(context, std::move(argument), LogicalType(LogicalTypeId::LIST));
    if (duckdb::ListType::GetChildType(argument->return_type).id() == LogicalTypeId::SQLNULL) {
      argument = convert(context, std::move(argument), LogicalType::LIST(LogicalType::TINYINT));
    }
    arrays.push_back(argument->return_type);
    elements.push_back(duckdb::ListType::GetChildType(argument->return_type));
  }
  return for_each(context, bind_aggregate_call(context, name, references(elements)), std::move(arrays));
}

// ---- sum0, count of different values

AggregateFunction bind_sum0(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  auto sum = bind_aggregate_call(context, "sum", std::move(arguments));
  arguments.clear();
  for (const auto& argument : sum->children) arguments.push_back(argument->Copy());
  return zero_for_null(context, std::move(sum));
}

// count(DISTINCT x): of BITMAPs the numbers in them.
AggregateFunction bind_count(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  if (is_bitmap(arguments[0]->return_type)) return bitmap_union_count();
  return native_aggregate(context, "count", {arguments[0]->return_type});
}

// ---- group_concat inside the above; outside them the dialect takes the kernel's

struct GroupConcat {
  struct State {
    std::optional<std::string> text;
    std::string separator;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    // That of the first row: inside foreach they may differ.
    if (!state.text) state.separator = rows.columns() > 1 ? rows.text(1, row) : ",";
    take(state, rows.text(0, row));
  }
  static void merge(State& into, const State& from) {
    if (!into.text) into.separator = from.separator;
    if (from.text) take(into, *from.text);
  }
  static void take(State& state, std::string_view text) {
    if (state.text)
      *state.text += state.separator;
    else
      state.text.emplace();
    *state.text += text;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (state && state->text)
      set_text(result, row, *state->text);
    else
      set_null(result, row);
  }
};

// group_concat(DISTINCT text ORDER BY other): of equal texts the first one that comes.
struct DistinctGroupConcat {
  struct State {
    GroupConcat::State joined;
    std::vector<std::string> texts;
    std::unordered_set<std::string> known;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    if (state.texts.empty()) state.joined.separator = rows.text(1, row);
    take(state, std::string(rows.text(0, row)));
  }
  static void merge(State& into, const State& from) {
    if (into.texts.empty()) into.joined.separator = from.joined.separator;
    for (const std::string& text : from.texts) take(into, text);
  }
  static void take(State& state, std::string text) {
    if (!state.known.insert(text).second) return;
    GroupConcat::take(state.joined, text);
    state.texts.push_back(std::move(text));
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    GroupConcat::finish(state ? &state->joined : nullptr, result, row);
  }
};

}  // namespace

void add_combinators(Registry& registry) {
  registry.add("agg_state", "What the aggregate of this name has still to see: this one row.")
      .expanded(2, 255, "AGG_STATE agg_state(STRING name, ANY, ...)", expand_state);
  registry.add("agg_merge", "What the aggregate of this name gives for the rows of all states.")
      .aggregate_by(2, 2, "ANY agg_merge(STRING name, AGG_STATE)", bind_merge);
  registry.add("agg_union", "One state of the rows of all states.")
      .aggregate_by(2, 2, "AGG_STATE agg_union(STRING name, AGG_STATE)", bind_union);
  registry.add("agg_foreach", "What the aggregate of this name gives for each place of the arrays.")
      .aggregate_by(2, 255, "ARRAY agg_foreach(STRING name, ARRAY, ...)", bind_foreach);
  registry.add("sum0", "As sum(), with 0 for no rows.").aggregate_by(1, 1, "NUMBER sum0(NUMBER)", bind_sum0);
  registry.add("count_distinct", "count(DISTINCT x); of BITMAPs, how many numbers all have together.")
      .aggregate_by(1, 1, "BIGINT count_distinct(ANY)", bind_count);
  registry.add("group_concat", "The texts with the separator, or a comma, between them.")
      .aggregate(heap_aggregate<GroupConcat>({LogicalType::VARCHAR}, LogicalType::VARCHAR))
      .aggregate(heap_aggregate<GroupConcat>({LogicalType::VARCHAR, LogicalType::VARCHAR}, LogicalType::VARCHAR));
}

void add_distinct_group_concat(Registry& registry) {
  registry.add("multi_distinct_group_concat", "group_concat() of the different texts, in the order in which they come.")
      .aggregate(
          heap_aggregate<DistinctGroupConcat>({LogicalType::VARCHAR, LogicalType::VARCHAR}, LogicalType::VARCHAR));
}

}  // namespace sluice::functions
