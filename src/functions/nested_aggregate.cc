// SPDX-License-Identifier: Apache-2.0
#include "functions/nested_aggregate.h"

#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/common/extension_type_info.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::BoundAggregateExpression;
using duckdb::data_ptr_t;
using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::Vector;

// Aggregates that the dialect gives to the kernel under these names.
constexpr std::pair<std::string_view, const char*> kNatives[] = {
    {"count", "count"},         {"min", "min"},        {"max", "max"},        {"any", "any_value"},
    {"any_value", "any_value"}, {"max_by", "arg_max"}, {"min_by", "arg_min"},
};

const char* native_name(std::string_view name) {
  for (const auto& [ours, kernels] : kNatives) {
    if (ours == name) return kernels;
  }
  return nullptr;
}

struct InnerInfo : duckdb::AggregateFunctionInfo {
  InnerInfo(duckdb::ClientContext& context, duckdb::unique_ptr<BoundAggregateExpression> call, bool whole_rows = false)
      : context(context), call(std::move(call)), whole_rows(whole_rows) {
    for (const auto& argument : this->call->children) {
      plain &= argument->GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF;
    }
  }
  const AggregateFunction& function() const { return call->function; }

  duckdb::ClientContext& context;
  duckdb::unique_ptr<BoundAggregateExpression> call;
  bool whole_rows;
  bool plain = true;  // its arguments are references
};

struct InnerData : duckdb::FunctionData {
  explicit InnerData(duckdb::shared_ptr<duckdb::AggregateFunctionInfo> info) : shared(std::move(info)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<InnerData>(shared); }
  bool Equals(const FunctionData& other) const override {
    return &info() == &other.Cast<InnerData>().info() || info().call->Equals(*other.Cast<InnerData>().info().call);
  }
  const InnerInfo& info() const { return shared->Cast<InnerInfo>(); }

  duckdb::shared_ptr<duckdb::AggregateFunctionInfo> shared;
};

duckdb::unique_ptr<duckdb::FunctionData> take_info(duckdb::ClientContext&, AggregateFunction& function, BoundList&) {
  return duckdb::make_uniq<InnerData>(function.function_info);
}

const InnerInfo& info_of(const AggregateFunction& function) { return function.function_info->Cast<InnerInfo>(); }
const InnerInfo& info_of(const AggregateInputData& input) { return input.bind_data->Cast<InnerData>().info(); }
AggregateInputData inner_input(AggregateInputData& input) {
  return {info_of(input).call->bind_info.get(), input.allocator, input.combine_type};
}

// One update of the inner aggregate over `rows`, whose columns its arguments refer to.
void feed(const InnerInfo& info, AggregateInputData& input, DataChunk& rows, Vector& states) {
  AggregateInputData inner = inner_input(input);
  const idx_t columns = info.call->children.size();
  DataChunk arguments;
  duckdb::vector<LogicalType> types;
  for (const auto& argument : info.call->children) types.push_back(argument->return_type);
  if (columns > 0 && info.plain) {
    arguments.InitializeEmpty(types);
    for (idx_t i = 0; i < columns; ++i) {
      arguments.data[i].Reference(rows.data[info.call->children[i]->Cast<duckdb::BoundReferenceExpression>().index]);
    }
  } else if (columns > 0) {
    duckdb::ExpressionExecutor executor(info.context);
    for (const auto& argument : info.call->children) executor.AddExpression(*argument);
    arguments.Initialize(duckdb::Allocator::Get(info.context), types);
    executor.Execute(rows, arguments);
    // The executor's states own what its results refer to.
    for (auto& column : arguments.data) column.Flatten(rows.size());
    info.function().GetStateUpdateCallback()(arguments.data.data(), inner, columns, states, rows.size());
    return;
  }
  info.function().GetStateUpdateCallback()(arguments.data.data(), inner, columns, states, rows.size());
}

// ---- what all but for_each share: their state is the inner one

idx_t inner_size(const AggregateFunction& function) {
  const auto& inner = info_of(function).function();
  return inner.GetStateSizeCallback()(inner);
}
void inner_initialize(const AggregateFunction& function, data_ptr_t state) {
  const auto& inner = info_of(function).function();
  inner.GetStateInitCallback()(inner, state);
}
void inner_combine(Vector& sources, Vector& targets, AggregateInputData& input, idx_t count) {
  AggregateInputData inner = inner_input(input);
  info_of(input).function().GetStateCombineCallback()(sources, targets, inner, count);
}
void inner_finalize(Vector& states, AggregateInputData& input, Vector& result, idx_t count, idx_t offset) {
  AggregateInputData inner = inner_input(input);
  info_of(input).function().GetStateFinalizeCallback()(states, inner, result, count, offset);
}
void inner_destroy(Vector& states, AggregateInputData& input, idx_t count) {
  AggregateInputData inner = inner_input(input);
  info_of(input).function().GetStateDestructorCallback()(states, inner, count);
}

AggregateFunction around(duckdb::shared_ptr<InnerInfo> info, duckdb::vector<LogicalType> arguments, LogicalType result,
                         duckdb::aggregate_update_t update) {
  AggregateFunction function(std::move(arguments), std::move(result), inner_size, inner_initialize, update,
                             inner_combine, inner_finalize, duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  if (info->function().HasStateDestructorCallback()) function.SetStateDestructorCallback(inner_destroy);
  function.SetBindCallback(take_info);
  function.function_info = std::move(info);
  return function;
}

// ---- merging

// Rows of arrays and the states they go to, given on in portions of a vector.
class Portions {
 public:
  Portions(const InnerInfo& info, AggregateInputData& input, std::vector<Vector*> columns)
      : info_(info), input_(input), columns_(std::move(columns)) {
    places_.resize(columns_.size());
  }
  // `places`: one in each column.
  void add(const std::vector<idx_t>& places, data_ptr_t state) {
    for (size_t i = 0; i < places_.size(); ++i) places_[i].push_back(places[i]);
    states_.push_back(state);
    if (states_.size() == STANDARD_VECTOR_SIZE) flush();
  }
  void flush() {
    const idx_t count = states_.size();
    if (count == 0) return;
    DataChunk rows;
    duckdb::vector<LogicalType> types;
    for (Vector* column : columns_) types.push_back(column->GetType());
    rows.InitializeEmpty(types);
    for (size_t i = 0; i < columns_.size(); ++i) {
      duckdb::SelectionVector selection(count);
      for (idx_t row = 0; row < count; ++row) selection.set_index(row, places_[i][row]);
      rows.data[i].Slice(*columns_[i], selection, count);
      places_[i].clear();
    }
    rows.SetCardinality(count);
    Vector states(LogicalType::POINTER, count);
    auto* pointers = duckdb::FlatVector::GetData<data_ptr_t>(states);
    std::copy(states_.begin(), states_.end(), pointers);
    states_.clear();
    feed(info_, input_, rows, states);
  }

 private:
  const InnerInfo& info_;
  AggregateInputData& input_;
  std::vector<Vector*> columns_;
  std::vector<std::vector<idx_t>> places_;
  std::vector<data_ptr_t> states_;
};

void merge_update(Vector inputs[], AggregateInputData& input, idx_t, Vector& states, idx_t count) {
  const InnerInfo& info = info_of(input);
  duckdb::UnifiedVectorFormat lists;
  duckdb::UnifiedVectorFormat targets;
  inputs[0].ToUnifiedFormat(count, lists);
  states.ToUnifiedFormat(count, targets);
  const auto* entries = duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists);
  auto* pointers = duckdb::UnifiedVectorFormat::GetData<data_ptr_t>(targets);
  const idx_t size = duckdb::ListVector::GetListSize(inputs[0]);
  Vector rows(duckdb::ListVector::GetEntry(inputs[0]));
  rows.Flatten(size);
  std::vector<Vector*> columns;
  if (info.whole_rows) {
    columns.push_back(&rows);
  } else {
    for (auto& field : duckdb::StructVector::GetEntries(rows)) columns.push_back(field.get());
  }
  const size_t width = columns.size();
  Portions portions(info, input, std::move(columns));
  for (idx_t i = 0; i < count; ++i) {
    const idx_t at = lists.sel->get_index(i);
    if (!lists.validity.RowIsValid(at)) continue;
    for (idx_t k = 0; k < entries[at].length; ++k) {
      portions.add(std::vector<idx_t>(width, entries[at].offset + k), pointers[targets.sel->get_index(i)]);
    }
  }
  portions.flush();
}

// ---- for each place of arrays

struct PlaceStates {
  std::vector<std::unique_ptr<uint64_t[]>> places;
};

idx_t places_size(const AggregateFunction&) { return sizeof(PlaceStates*); }
void places_initialize(const AggregateFunction&, data_ptr_t state) {
  *reinterpret_cast<PlaceStates**>(state) = nullptr;
}
PlaceStates& with_places(PlaceStates*& slot, const InnerInfo& info, size_t count) {
  if (!slot) slot = new PlaceStates();
  const auto& inner = info.function();
  const idx_t words = (inner.GetStateSizeCallback()(inner) + 7) / 8;
  while (slot->places.size() < count) {
    slot->places.push_back(std::make_unique<uint64_t[]>(words));
    inner.GetStateInitCallback()(inner, reinterpret_cast<data_ptr_t>(slot->places.back().get()));
  }
  return *slot;
}
Vector pointers_to(const PlaceStates& states, size_t from, size_t count) {
  Vector result(LogicalType::POINTER, std::max<idx_t>(count, 1));
  auto* pointers = duckdb::FlatVector::GetData<uint64_t*>(result);
  for (size_t i = 0; i < count; ++i) pointers[i] = states.places[from + i].get();
  return result;
}

void places_update(Vector inputs[], AggregateInputData& input, idx_t columns, Vector& states, idx_t count) {
  const InnerInfo& info = info_of(input);
  std::vector<duckdb::UnifiedVectorFormat> lists(columns);
  std::vector<Vector*> elements;
  for (idx_t i = 0; i < columns; ++i) {
    inputs[i].ToUnifiedFormat(count, lists[i]);
    elements.push_back(&duckdb::ListVector::GetEntry(inputs[i]));
  }
  duckdb::UnifiedVectorFormat targets;
  states.ToUnifiedFormat(count, targets);
  auto* slots = duckdb::UnifiedVectorFormat::GetData<PlaceStates**>(targets);
  Portions portions(info, input, elements);
  std::vector<duckdb::list_entry_t> row(columns);
  std::vector<idx_t> places(columns);
  for (idx_t i = 0; i < count; ++i) {
    bool null = false;
    for (idx_t k = 0; k < columns; ++k) {
      const idx_t at = lists[k].sel->get_index(i);
      null |= !lists[k].validity.RowIsValid(at);
      if (!null) row[k] = duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists[k])[at];
    }
    if (null) continue;
    for (const auto& list : row) {
      if (list.length != row[0].length) {
        throw duckdb::InvalidInputException("Array sizes must be equal: %d and %d", row[0].length, list.length);
      }
    }
    PlaceStates& made = with_places(*slots[targets.sel->get_index(i)], info, row[0].length);
    for (idx_t place = 0; place < row[0].length; ++place) {
      for (idx_t k = 0; k < columns; ++k) places[k] = row[k].offset + place;
      portions.add(places, reinterpret_cast<data_ptr_t>(made.places[place].get()));
    }
  }
  portions.flush();
}

void places_combine(Vector& sources, Vector& targets, AggregateInputData& input, idx_t count) {
  const InnerInfo& info = info_of(input);
  duckdb::UnifiedVectorFormat from;
  sources.ToUnifiedFormat(count, from);
  auto* source = duckdb::UnifiedVectorFormat::GetData<PlaceStates**>(from);
  auto* target = duckdb::FlatVector::GetData<PlaceStates**>(targets);
  AggregateInputData inner = inner_input(input);
  for (idx_t i = 0; i < count; ++i) {
    const PlaceStates* states = *source[from.sel->get_index(i)];
    if (!states) continue;
    const size_t places = states->places.size();
    PlaceStates& into = with_places(*target[i], info, places);
    for (size_t at = 0; at < places; at += STANDARD_VECTOR_SIZE) {
      const size_t part = std::min<size_t>(places - at, STANDARD_VECTOR_SIZE);
      Vector part_from = pointers_to(*states, at, part);
      Vector part_into = pointers_to(into, at, part);
      info.function().GetStateCombineCallback()(part_from, part_into, inner, part);
    }
  }
}

void places_finalize(Vector& states, AggregateInputData& input, Vector& result, idx_t count, idx_t offset) {
  const InnerInfo& info = info_of(input);
  duckdb::UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  auto* slots = duckdb::UnifiedVectorFormat::GetData<PlaceStates**>(format);
  AggregateInputData inner = inner_input(input);
  auto* entries = duckdb::FlatVector::GetData<duckdb::list_entry_t>(result);
  for (idx_t i = 0; i < count; ++i) {
    const PlaceStates* made = *slots[format.sel->get_index(i)];
    if (!made) {
      duckdb::FlatVector::SetNull(result, offset + i, true);
      continue;
    }
    const size_t places = made->places.size();
    const idx_t begin = duckdb::ListVector::GetListSize(result);
    duckdb::ListVector::Reserve(result, begin + places);
    Vector& elements = duckdb::ListVector::GetEntry(result);
    for (size_t at = 0; at < places; at += STANDARD_VECTOR_SIZE) {
      const size_t part = std::min<size_t>(places - at, STANDARD_VECTOR_SIZE);
      Vector pointers = pointers_to(*made, at, part);
      info.function().GetStateFinalizeCallback()(pointers, inner, elements, part, begin + at);
    }
    duckdb::ListVector::SetListSize(result, begin + places);
    entries[offset + i] = {begin, places};
  }
}

void places_destroy(Vector& states, AggregateInputData& input, idx_t count) {
  const InnerInfo& info = info_of(input);
  auto* slots = duckdb::FlatVector::GetData<PlaceStates**>(states);
  AggregateInputData inner = inner_input(input);
  for (idx_t i = 0; i < count; ++i) {
    PlaceStates* made = *slots[i];
    if (!made) continue;
    for (size_t at = 0; info.function().HasStateDestructorCallback() && at < made->places.size();
         at += STANDARD_VECTOR_SIZE) {
      const size_t part = std::min<size_t>(made->places.size() - at, STANDARD_VECTOR_SIZE);
      Vector pointers = pointers_to(*made, at, part);
      info.function().GetStateDestructorCallback()(pointers, inner, part);
    }
    delete made;
    *slots[i] = nullptr;
  }
}

// ---- 0 for NULL

void plain_update(Vector inputs[], AggregateInputData& input, idx_t columns, Vector& states, idx_t count) {
  AggregateInputData inner = inner_input(input);
  info_of(input).function().GetStateUpdateCallback()(inputs, inner, columns, states, count);
}

void zero_finalize(Vector& states, AggregateInputData& input, Vector& result, idx_t count, idx_t offset) {
  inner_finalize(states, input, result, count, offset);
  const idx_t width = duckdb::GetTypeIdSize(result.GetType().InternalType());
  if (result.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR) {
    if (!duckdb::ConstantVector::IsNull(result)) return;
    duckdb::ConstantVector::SetNull(result, false);
    std::memset(duckdb::ConstantVector::GetData(result), 0, width);
    return;
  }
  for (idx_t i = offset; i < offset + count; ++i) {
    if (!duckdb::FlatVector::IsNull(result, i)) continue;
    duckdb::FlatVector::SetNull(result, i, false);
    std::memset(duckdb::FlatVector::GetData(result) + i * width, 0, width);
  }
}

}  // namespace

bool is_aggregate_name(std::string_view name) {
  if (native_name(name)) return true;
  const Function* function = Registry::instance().find(name);
  return function && function->is_aggregate();
}

duckdb::unique_ptr<BoundAggregateExpression> bind_aggregate_call(duckdb::ClientContext& context,
                                                                 const std::string& name, BoundList arguments) {
  const char* native = native_name(name);
  const Function* function = native ? nullptr : Registry::instance().find(name);
  if (!native && (!function || !function->is_aggregate())) {
    throw duckdb::BinderException("%s() is no aggregate function", duckdb::StringUtil::Upper(name));
  }
  const std::string known = native ? native : kernel_name(function->name);
  auto& entry = duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context, native ? DEFAULT_SCHEMA : "doris", known);
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  auto index = binder.BindFunction(known, entry.functions, arguments, error);
  if (!index.IsValid()) error.Throw();
  return binder.BindAggregateFunction(entry.functions.GetFunctionByOffset(index.GetIndex()), std::move(arguments));
}

namespace {

constexpr const char* kStateFunction = "function";

// Functions of several names have one.
std::string first_name(const std::string& name) {
  const std::string lower = duckdb::StringUtil::Lower(name);
  const Function* function = Registry::instance().find(lower);
  return function ? function->name : lower;
}

}  // namespace

std::string state_function(const LogicalType& state) {
  const auto info = state.GetExtensionInfo();
  if (!info) return {};
  const auto found = info->properties.find(kStateFunction);
  return found == info->properties.end() ? std::string() : found->second.ToString();
}

bool is_state_of(const LogicalType& state, const std::string& function) {
  const std::string known = state_function(state);
  return known.empty() || known == first_name(function);
}

void check_state_fits(const LogicalType& value, const LogicalType& column) {
  if (!is_aggregate_state(value) || !is_aggregate_state(column)) return;
  const std::string wanted = state_function(column);
  if (wanted.empty() || is_state_of(value, wanted)) return;
  throw duckdb::BinderException("a state of %s() does not match function %s() of the column", state_function(value),
                                wanted);
}

LogicalType aggregate_state_type(const std::string& function, const std::vector<LogicalType>& arguments) {
  duckdb::child_list_t<LogicalType> fields;
  for (const auto& argument : arguments) fields.emplace_back("a" + std::to_string(fields.size()), argument);
  LogicalType state = LogicalType::LIST(LogicalType::STRUCT(std::move(fields)));
  state.SetAlias("AGG_STATE");
  auto info = duckdb::make_uniq<duckdb::ExtensionTypeInfo>();
  info->properties.emplace(kStateFunction, duckdb::Value(first_name(function)));
  state.SetExtensionInfo(std::move(info));
  return state;
}

AggregateFunction merging(duckdb::ClientContext& context, duckdb::unique_ptr<BoundAggregateExpression> inner,
                          const LogicalType& state, bool whole_rows) {
  const LogicalType result = whole_rows ? state : inner->return_type;
  return around(duckdb::make_shared_ptr<InnerInfo>(context, std::move(inner), whole_rows), {state}, result,
                merge_update);
}

AggregateFunction for_each(duckdb::ClientContext& context, duckdb::unique_ptr<BoundAggregateExpression> inner,
                           std::vector<LogicalType> arrays) {
  const LogicalType result = LogicalType::LIST(inner->return_type);
  AggregateFunction function(duckdb::vector<LogicalType>(std::move(arrays)), result, places_size, places_initialize,
                             places_update, places_combine, places_finalize,
                             duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  function.SetStateDestructorCallback(places_destroy);
  function.SetBindCallback(take_info);
  function.function_info = duckdb::make_shared_ptr<InnerInfo>(context, std::move(inner));
  return function;
}

AggregateFunction zero_for_null(duckdb::ClientContext& context, duckdb::unique_ptr<BoundAggregateExpression> inner) {
  duckdb::vector<LogicalType> types;
  for (const auto& argument : inner->children) types.push_back(argument->return_type);
  const LogicalType result = inner->return_type;
  AggregateFunction function =
      around(duckdb::make_shared_ptr<InnerInfo>(context, std::move(inner)), types, result, plain_update);
  function.SetStateFinalizeCallback(zero_finalize);
  return function;
}

}  // namespace sluice::functions
