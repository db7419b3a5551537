// SPDX-License-Identifier: Apache-2.0
#include "kernel/last_rows.h"

#include <atomic>
#include <map>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/common/value_operations/value_operations.hpp"
#include "duckdb/execution/aggregate_hashtable.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/parallel/task_scheduler.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "duckdb/planner/filter/selectivity_optional_filter.hpp"
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/planner_extension.hpp"
#include "duckdb/storage/buffer_manager.hpp"
#include "kernel/key_order.h"

namespace sluice::kernel {
namespace {

using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::make_uniq;
using duckdb::SelectionVector;
using duckdb::Vector;
using Plan = duckdb::unique_ptr<duckdb::LogicalOperator>;

// The scan of the table, and its column of the first key.
struct Listener {
  duckdb::shared_ptr<duckdb::DynamicTableFilterSet> filters;
  idx_t column = 0;
};
// Up to so many keys are told one by one, as the kernel's joins do.
constexpr idx_t kMostSingleKeys = 50;

// Rows that lie together, in the order in which they were written.
struct Run {
  duckdb::unique_ptr<duckdb::ColumnDataCollection> rows;
  KeyOrder order;
  KeyRange range;  // of the first key, when somebody wants to know
};
// So many rows begin a new run where the kernel does not divide them: a row group of its tables.
constexpr idx_t kRunRows = 122'880;
// Keys that one thread looks at together: a hash table of some 200 MiB.
constexpr idx_t kPartRows = idx_t{4} << 20;

// How rows come.
enum class Arrival : uint8_t {
  kOneThread,  // in their order
  kBatches,    // several threads bring them, and the kernel says which batch comes first
  kAnyOrder,   // they have none, as those of a GROUP BY
};

struct GlobalSink final : duckdb::GlobalSinkState {
  std::atomic<idx_t> threads{0};
  std::mutex mutex;                             // guards `runs` while threads bring theirs
  std::map<std::pair<idx_t, idx_t>, Run> runs;  // by batch of the kernel and number within
  idx_t count = 0;                              // rows
  bool ascending = true;                        // no two rows have the same key
};

struct LocalSink final : duckdb::LocalSinkState {
  explicit LocalSink(const duckdb::vector<duckdb::LogicalType>& key_types) { keys.InitializeEmpty(key_types); }
  std::map<std::pair<idx_t, idx_t>, Run> runs;
  std::optional<idx_t> thread;
  Run* run = nullptr;
  std::pair<idx_t, idx_t> at;
  duckdb::ColumnDataAppendState append;
  DataChunk keys;
};

struct GlobalSource final : duckdb::GlobalSourceState {
  idx_t MaxThreads() override { return tasks; }

  std::vector<Run*> runs;  // in the order in which they were written
  idx_t tasks = 1;         // one for each run when keys ascend, otherwise for each part of the keys
  std::atomic<idx_t> next{0};
  std::atomic<idx_t> passed{0};  // rows
};

struct LocalSource final : duckdb::LocalSourceState {
  bool working = false;
  // Keys that ascend.
  Run* run = nullptr;
  duckdb::ColumnDataScanState scan;
  // Others: this part of the keys, from the last run and chunk to the first.
  idx_t part = 0;
  size_t run_index = 0;
  idx_t chunk_index = 0;
  duckdb::unique_ptr<duckdb::GroupedAggregateHashTable> seen;
  DataChunk read, keys, own;
  SelectionVector chosen{STANDARD_VECTOR_SIZE}, fresh{STANDARD_VECTOR_SIZE};
};

class LastRows final : public duckdb::PhysicalOperator {
 public:
  LastRows(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types, std::vector<idx_t> keys,
           Arrival arrival, Listener listener, idx_t cardinality)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), cardinality),
        keys_(std::move(keys)),
        arrival_(arrival),
        listener_(std::move(listener)) {
    for (const idx_t key : keys_) key_types_.push_back(this->types[key]);
  }

  duckdb::string GetName() const override { return "LAST_ROWS"; }
  bool IsSink() const override { return true; }
  bool ParallelSink() const override { return arrival_ != Arrival::kOneThread; }
  bool SinkOrderDependent() const override { return arrival_ != Arrival::kAnyOrder; }
  duckdb::OperatorPartitionInfo RequiredPartitionInfo() const override {
    return arrival_ == Arrival::kBatches ? duckdb::OperatorPartitionInfo::BatchIndex()
                                         : duckdb::OperatorPartitionInfo::NoPartitionInfo();
  }
  bool IsSource() const override { return true; }
  bool ParallelSource() const override { return true; }
  duckdb::OrderPreservationType SourceOrder() const override { return duckdb::OrderPreservationType::NO_ORDER; }

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext&) const override {
    return make_uniq<GlobalSink>();
  }
  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(duckdb::ExecutionContext&) const override {
    return make_uniq<LocalSink>(key_types_);
  }

  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override {
    auto& local = input.local_state.Cast<LocalSink>();
    if (!local.thread) local.thread = input.global_state.Cast<GlobalSink>().threads.fetch_add(1);
    const idx_t batch = arrival_ == Arrival::kBatches ? local.partition_info.batch_index.GetIndex() : *local.thread;
    if (!local.run || local.at.first != batch || local.run->rows->Count() >= kRunRows) {
      local.at = {batch, local.run && local.at.first == batch ? local.at.second + 1 : 0};
      local.run = &local.runs[local.at];
      local.run->rows = make_uniq<duckdb::ColumnDataCollection>(context.client, types);
      local.run->rows->InitializeAppend(local.append);
    }
    local.run->rows->Append(local.append, chunk);
    refer_keys(chunk, local.keys);
    local.run->order.add(local.keys);
    if (listener_.filters) local.run->range.add(local.keys.data[0], local.keys.size());
    return duckdb::SinkResultType::NEED_MORE_INPUT;
  }

  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext&,
                                        duckdb::OperatorSinkCombineInput& input) const override {
    auto& global = input.global_state.Cast<GlobalSink>();
    auto& local = input.local_state.Cast<LocalSink>();
    std::lock_guard lock(global.mutex);
    global.runs.merge(local.runs);
    return duckdb::SinkCombineResultType::FINISHED;
  }

  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    auto& global = input.global_state.Cast<GlobalSink>();
    const Run* before = nullptr;
    KeyRange range;
    for (const auto& [at, run] : global.runs) {
      range.add(run.range);
      global.count += run.rows->Count();
      global.ascending = global.ascending && run.order.ascends() && (!before || before->order.is_below(run.order));
      before = &run;
    }
    if (listener_.filters) tell(global, range);
    return global.count == 0 ? duckdb::SinkFinalizeType::NO_OUTPUT_POSSIBLE : duckdb::SinkFinalizeType::READY;
  }

  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override {
    auto& sink = sink_state->Cast<GlobalSink>();
    auto source = make_uniq<GlobalSource>();
    for (auto& [at, run] : sink.runs) source->runs.push_back(&run);
    if (sink.ascending) {
      source->tasks = std::max<idx_t>(source->runs.size(), 1);
    } else if (sink.count > kRunRows) {
      const auto threads = static_cast<idx_t>(duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads());
      source->tasks = std::max(threads, sink.count / kPartRows + 1);
    }
    return source;
  }
  duckdb::unique_ptr<duckdb::LocalSourceState> GetLocalSourceState(duckdb::ExecutionContext& context,
                                                                   duckdb::GlobalSourceState&) const override {
    auto local = make_uniq<LocalSource>();
    if (sink_state->Cast<GlobalSink>().ascending) return local;
    local->read.Initialize(context.client, types);
    local->keys.InitializeEmpty(key_types_);
    local->own.InitializeEmpty(key_types_);
    return local;
  }

  duckdb::ProgressData GetProgress(duckdb::ClientContext&, duckdb::GlobalSourceState& state) const override {
    auto& source = state.Cast<GlobalSource>();
    const auto& sink = sink_state->Cast<GlobalSink>();
    duckdb::ProgressData progress;
    progress.total = static_cast<double>(sink.ascending ? sink.count : sink.count * source.tasks);
    progress.done = static_cast<double>(source.passed.load(std::memory_order_relaxed));
    return progress;
  }

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override {
    auto& global = input.global_state.Cast<GlobalSource>();
    auto& local = input.local_state.Cast<LocalSource>();
    const bool ascending = sink_state->Cast<GlobalSink>().ascending;
    for (;;) {
      if (!local.working) {
        const idx_t task = global.next.fetch_add(1, std::memory_order_relaxed);
        if (task >= global.tasks || global.runs.empty()) return duckdb::SourceResultType::FINISHED;
        local.working = true;
        if (ascending) {
          local.run = global.runs[task];
          local.run->rows->InitializeScan(local.scan);
        } else {
          local.part = task;
          local.run_index = global.runs.size();
          local.chunk_index = 0;
          local.seen = make_uniq<duckdb::GroupedAggregateHashTable>(
              context.client, duckdb::BufferAllocator::Get(context.client), key_types_);
        }
      }
      if (ascending) {
        local.working = local.run->rows->Scan(local.scan, chunk);
        global.passed.fetch_add(chunk.size(), std::memory_order_relaxed);
        if (!local.working) {
          local.scan = duckdb::ColumnDataScanState();
          local.run->rows.reset();
        }
      } else {
        if (context.client.IsInterrupted()) throw duckdb::InterruptException();
        local.working = pass_unseen(global, local, chunk);
      }
      if (chunk.size() > 0) return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
    }
  }

 private:
  void refer_keys(DataChunk& chunk, DataChunk& keys) const {
    for (size_t i = 0; i < keys_.size(); ++i) keys.data[i].Reference(chunk.data[keys_[i]]);
    keys.SetCardinality(chunk.size());
  }

  // Row groups without these keys need not be read: rows of the table that no row of the batch meets stay as they are.
  void tell(const GlobalSink& global, const KeyRange& range) const {
    listener_.filters->ClearFilters(*this);
    const auto bounds = range.bounds();
    if (!bounds) return;
    auto push = [&](duckdb::unique_ptr<duckdb::TableFilter> filter) {
      listener_.filters->PushFilter(*this, listener_.column, std::move(filter));
    };
    if (duckdb::ValueOperations::NotDistinctFrom(bounds->first, bounds->second)) {
      push(make_uniq<duckdb::ConstantFilter>(duckdb::ExpressionType::COMPARE_EQUAL, bounds->first));
      return;
    }
    if (global.count <= kMostSingleKeys) {
      duckdb::vector<duckdb::Value> values;
      for (const auto& [at, run] : global.runs) {
        for (const auto& row : run.rows->Rows()) values.push_back(row.GetValue(keys_[0]));
      }
      push(make_uniq<duckdb::OptionalFilter>(make_uniq<duckdb::InFilter>(std::move(values))));
    }
    using Selective = duckdb::SelectivityOptionalFilter;
    auto bound = [&](duckdb::ExpressionType type, const duckdb::Value& value) {
      push(make_uniq<Selective>(make_uniq<duckdb::ConstantFilter>(type, value), Selective::MIN_MAX_THRESHOLD,
                                Selective::MIN_MAX_CHECK_N));
    };
    bound(duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, bounds->first);
    bound(duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO, bounds->second);
  }

  // The rows of the next chunk towards the first whose keys lie in the part and did not come yet. False at the end.
  bool pass_unseen(GlobalSource& global, LocalSource& local, DataChunk& chunk) const {
    while (local.chunk_index == 0) {
      if (local.run_index == 0) return false;
      local.chunk_index = global.runs[--local.run_index]->rows->ChunkCount();
    }
    local.read.Reset();
    global.runs[local.run_index]->rows->FetchChunk(--local.chunk_index, local.read);
    global.passed.fetch_add(local.read.size(), std::memory_order_relaxed);
    refer_keys(local.read, local.keys);
    Vector hashes(duckdb::LogicalType::HASH);
    local.keys.Hash(hashes);
    hashes.Flatten(local.read.size());
    const auto* hash = duckdb::FlatVector::GetData<duckdb::hash_t>(hashes);
    idx_t count = 0;
    // The low bits are the place in the hash table, the highest ones are kept there.
    for (idx_t row = local.read.size(); row-- > 0;) {
      local.chosen.set_index(count, row);
      count += (hash[row] >> 32) % global.tasks == local.part ? 1 : 0;
    }
    if (count == 0) return true;
    for (size_t i = 0; i < keys_.size(); ++i) local.own.data[i].Slice(local.keys.data[i], local.chosen, count);
    local.own.SetCardinality(count);
    Vector own_hashes(hashes, local.chosen, count);
    own_hashes.Flatten(count);
    Vector addresses(duckdb::LogicalType::POINTER);
    const idx_t unseen = local.seen->FindOrCreateGroups(local.own, own_hashes, addresses, local.fresh);
    // Back to rows of the chunk, in their order.
    SelectionVector rows(STANDARD_VECTOR_SIZE);
    for (idx_t i = 0; i < unseen; ++i) rows.set_index(unseen - 1 - i, local.chosen.get_index(local.fresh.get_index(i)));
    if (unseen > 0) chunk.Slice(local.read, rows, unseen);
    return true;
  }

  const std::vector<idx_t> keys_;  // columns
  const Arrival arrival_;
  const Listener listener_;
  duckdb::vector<duckdb::LogicalType> key_types_;
};

class LogicalLastRows final : public duckdb::LogicalExtensionOperator {
 public:
  explicit LogicalLastRows(duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys)
      : LogicalExtensionOperator(std::move(keys)) {}

  Listener listener;

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override { return children[0]->GetColumnBindings(); }
  duckdb::string GetName() const override { return "LAST_ROWS"; }
  duckdb::string GetExtensionName() const override { return "sluice"; }
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    auto& rows = planner.CreatePlan(*children[0]);
    std::vector<idx_t> keys;
    for (const auto& key : expressions) keys.push_back(key->Cast<duckdb::BoundReferenceExpression>().index);
    Arrival arrival = Arrival::kOneThread;
    if (!duckdb::PhysicalPlanGenerator::PreserveInsertionOrder(context, rows))
      arrival = Arrival::kAnyOrder;
    else if (duckdb::PhysicalPlanGenerator::UseBatchIndex(context, rows))
      arrival = Arrival::kBatches;
    auto& last = planner.Make<LastRows>(rows.types, std::move(keys), arrival, listener, EstimateCardinality(context));
    last.children.push_back(rows);
    return last;
  }

 protected:
  void ResolveTypes() override { types = children[0]->types; }
};

void replace_below(Plan& plan) {
  for (auto& child : plan->children) replace_below(child);
  if (plan->type != duckdb::LogicalOperatorType::LOGICAL_DISTINCT) return;
  auto& distinct = plan->Cast<duckdb::LogicalDistinct>();
  if (distinct.distinct_type != duckdb::DistinctType::DISTINCT_ON) return;
  auto last = make_uniq<LogicalLastRows>(std::move(distinct.distinct_targets));
  last->children = std::move(distinct.children);
  last->ResolveOperatorTypes();
  plan = std::move(last);
}

// The root, or below that of an EXPLAIN.
void replace_in_merges(Plan& plan) {
  if (plan->type == duckdb::LogicalOperatorType::LOGICAL_MERGE_INTO) return replace_below(plan);
  for (auto& child : plan->children) replace_in_merges(child);
}

void replace(duckdb::PlannerExtensionInput&, duckdb::BoundStatement& statement) {
  if (statement.plan) replace_in_merges(statement.plan);
}

}  // namespace

SelectPtr last_of_each_key(const WriteTarget& target, const std::vector<const WriteColumn*>& columns, bool has_sign,
                           TablePtr rows) {
  auto select = make_uniq<duckdb::SelectNode>();
  auto distinct = make_uniq<duckdb::DistinctModifier>();
  for (const WriteColumn* column : columns) {
    select->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(column->name));
    if (column->model.key)
      distinct->distinct_on_targets.push_back(make_uniq<duckdb::ColumnRefExpression>(column->name));
  }
  if (has_sign) select->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(kDeleteSign));
  select->modifiers.push_back(std::move(distinct));
  select->from_table = std::move(rows);
  return select;
}

void tell_scan(duckdb::LogicalOperator& batch, duckdb::LogicalGet& scan,
               const std::function<std::optional<idx_t>(const duckdb::ColumnBinding&)>& key) {
  auto* at = &batch;
  // Projections may give the key another name.
  std::map<std::pair<idx_t, idx_t>, idx_t> names;
  for (const auto& binding : batch.GetColumnBindings()) {
    if (auto column = key(binding)) names[{binding.table_index, binding.column_index}] = *column;
  }
  while (at->type == duckdb::LogicalOperatorType::LOGICAL_PROJECTION) {
    const auto bindings = at->GetColumnBindings();
    for (size_t i = 0; i < at->expressions.size(); ++i) {
      const auto name = names.find({bindings[i].table_index, bindings[i].column_index});
      const auto& expression = *at->expressions[i];
      if (name == names.end() || expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) continue;
      const auto& below = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
      names[{below.table_index, below.column_index}] = name->second;
    }
    at = at->children[0].get();
  }
  auto* last = dynamic_cast<LogicalLastRows*>(at);
  if (!last || last->expressions[0]->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return;
  const auto& first = last->expressions[0]->Cast<duckdb::BoundColumnRefExpression>().binding;
  const auto name = names.find({first.table_index, first.column_index});
  if (name == names.end()) return;
  if (!scan.dynamic_filters) scan.dynamic_filters = duckdb::make_shared_ptr<duckdb::DynamicTableFilterSet>();
  last->listener = {scan.dynamic_filters, name->second};
}

void register_last_rows(duckdb::DBConfig& config) {
  duckdb::PlannerExtension extension;
  extension.post_bind_function = replace;
  duckdb::PlannerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::kernel
