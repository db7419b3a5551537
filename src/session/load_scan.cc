// SPDX-License-Identifier: Apache-2.0
#include "session/load_scan.h"

#include <unordered_map>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_binder/where_binder.hpp"
#include "duckdb/planner/expression_iterator.hpp"
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

// The fields of one scanning thread as text, for the condition that rows must meet before anything is made of them.
class PrecedingFilter {
 public:
  PrecedingFilter(duckdb::ClientContext& context, const duckdb::Expression& condition,
                  const std::vector<LoadTarget>& targets)
      : condition_(condition.Copy()), executor_(context, *condition_), met_(LoadFields::kRows) {
    const duckdb::vector<duckdb::LogicalType> types(targets.size(), duckdb::LogicalType::VARCHAR);
    texts_.Initialize(context, types);
    for (const auto& target : targets) {
      LoadTarget text;
      text.name = target.name;
      text.type = duckdb::LogicalType::VARCHAR;
      text.is_json = target.is_json;
      converters_.emplace_back(context, std::move(text));
    }
    duckdb::ExpressionIterator::VisitExpression<duckdb::BoundReferenceExpression>(
        *condition_, [&](const duckdb::BoundReferenceExpression& field) { used_.push_back(field.index); });
  }

  // Keeps the rows that meet it, and those that could not be read. The number of the others.
  size_t apply(LoadFields& fields) {
    texts_.Reset();
    ignored_.clear();
    for (const size_t c : used_)
      converters_[c].convert(fields.column(c), fields.rows, false, {}, texts_.data[c], ignored_);
    texts_.SetCardinality(fields.rows);
    const size_t count = executor_.SelectExpression(texts_, met_);
    if (count == fields.rows) return 0;
    wanted_.assign(fields.rows, 0);
    for (size_t i = 0; i < count; ++i) wanted_[met_.get_index(i)] = 1;
    size_t kept = 0, next_bad = 0;
    for (size_t row = 0; row < fields.rows; ++row) {
      const bool is_bad = next_bad < fields.bad.size() && fields.bad[next_bad].row == row;
      if (is_bad) fields.bad[next_bad++].row = static_cast<uint32_t>(kept);
      if (!wanted_[row] && !is_bad) continue;
      for (size_t c = 0; c < fields.columns; ++c) fields.column(c)[kept] = fields.column(c)[row];
      fields.records[kept++] = fields.records[row];
    }
    const size_t left_out = fields.rows - kept;
    fields.rows = kept;
    return left_out;
  }

 private:
  const duckdb::unique_ptr<duckdb::Expression> condition_;
  duckdb::ExpressionExecutor executor_;
  duckdb::SelectionVector met_;
  std::vector<uint8_t> wanted_;  // by row
  duckdb::DataChunk texts_;
  std::vector<LoadConverter> converters_;
  std::vector<size_t> used_;
  LoadVerdicts ignored_;  // what is wrong with a row is said when its columns are made
};

// One scanning thread.
class LocalState final : public duckdb::LocalSourceState {
 public:
  LocalState(duckdb::ClientContext& context, LoadRows& rows)
      : reader(rows.make_reader()), fields(rows.targets().size()), good(LoadFields::kRows) {
    for (const auto& target : rows.targets()) converters.emplace_back(context, target);
    if (rows.preceding()) preceding.emplace(context, *rows.preceding(), rows.targets());
  }

  LoadBlockPtr block;
  uint64_t sequence = 0;  // of the block
  bool block_is_ascii = false;
  std::unique_ptr<LoadReader> reader;
  LoadFields fields;
  LoadVerdicts verdicts;
  std::vector<LoadConverter> converters;
  std::optional<PrecedingFilter> preceding;
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
    const size_t data_fields = rows_->data_fields();
    for (size_t c = data_fields; c < fields.columns; ++c) {
      LoadField value;
      const auto& written = local.block->path_values->at(c - data_fields);
      value.kind = written ? LoadField::kQuoted : LoadField::kNull;
      if (written) value = {written->data(), static_cast<uint32_t>(written->size()), LoadField::kQuoted};
      std::fill_n(fields.column(c), fields.rows, value);
    }
    if (local.preceding) rows_->leave_out(local.preceding->apply(fields));
    local.verdicts.clear();
    for (auto& bad : fields.bad) local.verdicts.add(bad.row, std::move(bad.reason));
    std::vector<std::shared_ptr<void>> memory{local.block};
    if (fields.arena) memory.push_back(fields.arena);
    for (size_t c = 0; c < local.converters.size(); ++c) {
      // An arena holds decoded text: escapes of JSON may have made it more than ASCII.
      const bool is_ascii = local.block_is_ascii && !fields.arena && c < data_fields;
      local.converters[c].convert(fields.column(c), fields.rows, is_ascii, memory, chunk.data[c], local.verdicts);
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
  if (input.binder) rows->bind_preceding(*input.binder, context);
  for (const auto& target : rows->targets()) names.push_back(target.name);
  return duckdb::make_uniq<LogicalLoadScan>(bind_index, std::move(rows));
}

}  // namespace

LoadRows::LoadRows(std::shared_ptr<LoadSource> source, const LoadSpec& spec, std::vector<LoadTarget> targets,
                   bool fail_fast)
    : source_(std::move(source)),
      format_(spec.format),
      csv_(spec.csv),
      json_(spec.json),
      targets_(std::move(targets)),
      data_fields_(targets_.size() - spec.path_columns.size()),
      fail_fast_(fail_fast),
      preceding_(spec.preceding ? spec.preceding->Copy().release() : nullptr) {}

LoadRows::~LoadRows() = default;

void LoadRows::bind_preceding(duckdb::Binder& binder, duckdb::ClientContext& context) {
  if (!preceding_) return;
  auto own = duckdb::Binder::CreateBinder(context, &binder);
  const auto index = own->GenerateTableIndex();
  duckdb::vector<duckdb::string> names;
  for (const auto& target : targets_) names.push_back(target.name);
  const duckdb::vector<duckdb::LogicalType> types(names.size(), duckdb::LogicalType::VARCHAR);
  own->bind_context.AddGenericBinding(index, "load_rows", names, types);
  duckdb::WhereBinder where(*own, context);
  auto condition = preceding_->Copy();
  auto bound = where.Bind(condition);
  duckdb::ExpressionIterator::VisitExpressionMutable<duckdb::BoundColumnRefExpression>(
      bound, [](duckdb::BoundColumnRefExpression& field, duckdb::unique_ptr<duckdb::Expression>& place) {
        const auto column = field.binding.column_index;
        place = duckdb::make_uniq<duckdb::BoundReferenceExpression>(field.return_type, column);
      });
  bound_preceding_ = std::move(bound);
}

void LoadRows::leave_out(size_t rows) {
  total_rows_.fetch_add(rows, std::memory_order_relaxed);
  preceded_rows_.fetch_add(rows, std::memory_order_relaxed);
}

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
  if (format_ == LoadSpec::Format::kCsv) return make_csv_reader(csv_, data_fields_);
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
