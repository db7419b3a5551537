// SPDX-License-Identifier: Apache-2.0
#include "session/load_scan.h"

#include <unordered_map>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "kernel/errors.h"

namespace sluice::session {
namespace {

constexpr size_t kMaxRecordShown = 1024;
constexpr const char* kFunction = "sluice_load";

struct Published {
  std::shared_ptr<LoadRows> rows;
  const duckdb::ClientContext* context;
};

struct Registry {
  std::mutex mutex;
  uint64_t last_id = 0;
  std::unordered_map<uint64_t, Published> loads;
  duckdb::weak_ptr<duckdb::DatabaseInstance> registered;  // whose table function is there
};

Registry& registry() {
  static Registry the;
  return the;
}

bool is_ascii(const char* text, size_t size) {
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, text + i, 8);
    seen |= word;
  }
  for (; i < size; ++i) seen |= static_cast<uint64_t>(static_cast<uint8_t>(text[i]));
  return (seen & 0x8080808080808080ull) == 0;
}

class GlobalState final : public duckdb::GlobalSourceState {
 public:
  duckdb::idx_t MaxThreads() override { return UINT32_MAX; }
};

// One scanning thread.
class LocalState final : public duckdb::LocalSourceState {
 public:
  LocalState(duckdb::ClientContext& context, LoadRows& rows)
      : reader(rows.make_reader()), fields(rows.targets().size()), good(LoadFields::kRows) {
    for (const auto& target : rows.targets()) converters.emplace_back(context, target);
  }

  LoadBlockPtr block;
  uint64_t sequence = 0;  // of the block
  bool block_is_ascii = false;
  std::unique_ptr<LoadReader> reader;
  LoadFields fields;
  LoadVerdicts verdicts;
  std::vector<LoadConverter> converters;
  duckdb::SelectionVector good;
};

class LoadScan final : public duckdb::PhysicalOperator {
 public:
  LoadScan(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types, std::shared_ptr<LoadRows> rows)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), 1'000'000),
        rows_(std::move(rows)) {}

  duckdb::string GetName() const override { return "LOAD_SCAN"; }
  bool IsSource() const override { return true; }
  bool ParallelSource() const override { return true; }
  // Rows go into the table as threads parse them: several threads insert at once and nothing is held back. Where later
  // rows replace earlier ones, each block says its place; what does not ask for it is given one thread by the kernel.
  duckdb::OrderPreservationType SourceOrder() const override {
    return rows_->ordered() ? duckdb::OrderPreservationType::INSERTION_ORDER : duckdb::OrderPreservationType::NO_ORDER;
  }
  bool SupportsPartitioning(const duckdb::OperatorPartitionInfo& wanted) const override {
    return !wanted.AnyRequired() || (rows_->ordered() && !wanted.RequiresPartitionColumns());
  }
  duckdb::OperatorPartitionData GetPartitionData(duckdb::ExecutionContext&, duckdb::DataChunk&,
                                                 duckdb::GlobalSourceState&, duckdb::LocalSourceState& state,
                                                 const duckdb::OperatorPartitionInfo&) const override {
    return duckdb::OperatorPartitionData(static_cast<LocalState&>(state).sequence);
  }

  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext&) const override {
    return duckdb::make_uniq<GlobalState>();
  }
  duckdb::unique_ptr<duckdb::LocalSourceState> GetLocalSourceState(duckdb::ExecutionContext& context,
                                                                   duckdb::GlobalSourceState&) const override {
    return duckdb::make_uniq<LocalState>(context.client, *rows_);
  }

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override {
    auto& local = static_cast<LocalState&>(input.local_state);
    for (;;) {
      if (!local.block) {
        switch (rows_->source().take(local.block, input.interrupt_state)) {
          case LoadSource::Taken::kBlocked:
            return duckdb::SourceResultType::BLOCKED;
          case LoadSource::Taken::kEnd:
            return duckdb::SourceResultType::FINISHED;
          case LoadSource::Taken::kAborted:
            kernel::throw_to_kernel(*rows_->source().abort_reason());
          case LoadSource::Taken::kBlock:
            break;
        }
        local.sequence = local.block->sequence;
        local.block_is_ascii = is_ascii(local.block->text.get(), local.block->size);
        local.reader->start(*local.block);
      }
      local.reader->read(local.fields);
      if (local.fields.rows == 0) {
        local.block.reset();
        continue;
      }
      fill(local, chunk);
      if (chunk.size() > 0) return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
      chunk.Reset();
    }
  }

 private:
  void fill(LocalState& local, duckdb::DataChunk& chunk) const {
    LoadFields& fields = local.fields;
    local.verdicts.clear();
    for (auto& bad : fields.bad) local.verdicts.add(bad.row, std::move(bad.reason));
    std::vector<std::shared_ptr<void>> memory{local.block};
    if (fields.arena) memory.push_back(fields.arena);
    for (size_t c = 0; c < local.converters.size(); ++c) {
      // An arena holds decoded text: escapes of JSON may have made it more than ASCII.
      local.converters[c].convert(fields.column(c), fields.rows, local.block_is_ascii && !fields.arena, memory,
                                  chunk.data[c], local.verdicts);
    }
    rows_->account(fields, local.verdicts);
    chunk.SetCardinality(fields.rows);
    if (local.verdicts.all().empty()) return;
    duckdb::idx_t kept = 0;
    for (size_t row = 0; row < fields.rows; ++row) {
      if (!local.verdicts.is_bad(row)) local.good.set_index(kept++, row);
    }
    chunk.Slice(local.good, kept);
    chunk.Flatten();
  }

  const std::shared_ptr<LoadRows> rows_;
};

class LogicalLoadScan final : public duckdb::LogicalExtensionOperator {
 public:
  LogicalLoadScan(duckdb::idx_t table_index, std::shared_ptr<LoadRows> rows)
      : table_index_(table_index), rows_(std::move(rows)) {
    SetEstimatedCardinality(1'000'000);
  }

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override {
    return GenerateColumnBindings(table_index_, rows_->targets().size());
  }
  duckdb::vector<duckdb::idx_t> GetTableIndex() const override { return {table_index_}; }
  duckdb::string GetName() const override { return "LOAD_SCAN"; }
  duckdb::string GetExtensionName() const override { return "sluice"; }
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator& planner) override {
    return planner.Make<LoadScan>(types, rows_);
  }

 protected:
  void ResolveTypes() override {
    for (const auto& target : rows_->targets()) types.push_back(target.type);
  }

 private:
  const duckdb::idx_t table_index_;
  const std::shared_ptr<LoadRows> rows_;
};

duckdb::unique_ptr<duckdb::LogicalOperator> bind(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input,
                                                 duckdb::idx_t bind_index, duckdb::vector<duckdb::string>& names) {
  auto rows = input.inputs.empty() || input.inputs[0].IsNull()
                  ? nullptr
                  : LoadRows::find(input.inputs[0].GetValue<uint64_t>(), context);
  if (!rows) throw duckdb::BinderException("%s is for loads only", kFunction);
  for (const auto& target : rows->targets()) names.push_back(target.name);
  return duckdb::make_uniq<LogicalLoadScan>(bind_index, std::move(rows));
}

}  // namespace

LoadRows::LoadRows(std::shared_ptr<LoadSource> source, LoadSpec::Format format, LoadSpec::Csv csv, LoadSpec::Json json,
                   std::vector<LoadTarget> targets, bool fail_fast)
    : source_(std::move(source)),
      format_(format),
      csv_(std::move(csv)),
      json_(std::move(json)),
      targets_(std::move(targets)),
      fail_fast_(fail_fast) {}

uint64_t LoadRows::publish(const std::shared_ptr<LoadRows>& rows, duckdb::ClientContext& context) {
  auto& the = registry();
  std::lock_guard lock(the.mutex);
  if (the.registered.lock().get() != context.db.get()) {
    duckdb::ExtensionLoader loader(*context.db, "sluice");
    duckdb::TableFunction function(kFunction, {duckdb::LogicalType::UBIGINT}, nullptr, nullptr);
    function.bind_operator = bind;
    loader.RegisterFunction(std::move(function));
    the.registered = context.db;
  }
  const uint64_t id = ++the.last_id;
  the.loads[id] = {rows, &context};
  return id;
}

void LoadRows::withdraw(uint64_t id) {
  auto& the = registry();
  std::lock_guard lock(the.mutex);
  the.loads.erase(id);
}

std::shared_ptr<LoadRows> LoadRows::find(uint64_t id, duckdb::ClientContext& context) {
  auto& the = registry();
  std::lock_guard lock(the.mutex);
  auto found = the.loads.find(id);
  return found == the.loads.end() || found->second.context != &context ? nullptr : found->second.rows;
}

std::unique_ptr<LoadReader> LoadRows::make_reader() const {
  if (format_ == LoadSpec::Format::kCsv) return make_csv_reader(csv_, targets_.size());
  LoadSpec spec;
  spec.format = format_;
  spec.json = json_;
  std::vector<std::string> names;
  for (const auto& target : targets_) names.push_back(target.name);
  return make_json_reader(spec, std::move(names));
}

void LoadRows::account(const LoadFields& fields, const LoadVerdicts& verdicts) {
  total_rows_.fetch_add(fields.rows, std::memory_order_relaxed);
  if (verdicts.nulled > 0) nulled_values_.fetch_add(verdicts.nulled, std::memory_order_relaxed);
  if (verdicts.all().empty()) return;
  bad_rows_.fetch_add(verdicts.all().size(), std::memory_order_relaxed);
  {
    std::lock_guard lock(mutex_);
    for (const auto& bad : verdicts.all()) {
      if (complaints_.size() >= kMaxComplaints) break;
      complaints_.push_back({bad.reason, std::string(fields.records[bad.row].substr(0, kMaxRecordShown))});
    }
  }
  if (fail_fast_) throw duckdb::InvalidInputException("bad row: %s", verdicts.all().front().reason);
}

std::vector<LoadComplaint> LoadRows::complaints() const {
  std::lock_guard lock(mutex_);
  return complaints_;
}

}  // namespace sluice::session
