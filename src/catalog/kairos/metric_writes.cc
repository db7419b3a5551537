// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/metric_writes.h"

#include "catalog/kairos/metric_scan.h"
#include "catalog/kairos/row_columns.h"
#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "kernel/errors.h"
#include "kernel/foreign_catalogs.h"

namespace sluice::catalog::kairos {
namespace {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::InvalidInputException;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::make_uniq;
using duckdb::UnifiedVectorFormat;
using timeseries::PointType;
using timeseries::SeriesRef;
using timeseries::Tags;

// Points that are handed to the store at once.
constexpr size_t kBatchPoints = 10'000;
constexpr auto kLongestFlush = std::chrono::seconds(5);
constexpr auto kFlushSlice = std::chrono::milliseconds(100);
// Series that a thread remembers.
constexpr size_t kMostSeries = 100'000;

struct WriteState final : duckdb::GlobalSinkState {
  std::atomic<idx_t> points{0};
};

// One thread's rows on their way.
class Writer final : public duckdb::LocalSinkState {
 public:
  Writer(ClientContext& context, MetricsRef metrics, MetricTableRef table)
      : zone_(zone_of(context)),
        metrics_(std::move(metrics)),
        table_(std::move(table)),
        columns_(table_->columns.size()),
        time_(*table_->find(ColumnKind::kTime)),
        value_(*table_->find(ColumnKind::kValue)),
        text_(table_->find(ColumnKind::kText)),
        tags_(*table_->find(ColumnKind::kTags)) {}

  void add(DataChunk& chunk) {
    for (size_t i = 0; i < columns_.size(); ++i) chunk.data[i].ToUnifiedFormat(chunk.size(), columns_[i]);
    for (size_t row = 0; row < chunk.size(); ++row) add_row(chunk, row);
    if (batch_.size() >= kBatchPoints) flush();
  }

  void flush() {
    if (batch_.empty()) return;
    auto written = metrics_->with_store([&](timeseries::Store& store) { return store.write(batch_); });
    if (!written) kernel::throw_to_kernel(written.error());
    batch_.clear();
  }

 private:
  bool is_null(size_t column, size_t row) const {
    return !columns_[column].validity.RowIsValid(columns_[column].sel->get_index(row));
  }
  template <typename T>
  const T& get(size_t column, size_t row) const {
    return UnifiedVectorFormat::GetData<T>(columns_[column])[columns_[column].sel->get_index(row)];
  }
  std::string text(size_t column, size_t row) const { return get<duckdb::string_t>(column, row).GetString(); }

  int64_t time(size_t row) const {
    if (is_null(time_, row)) throw InvalidInputException("Column 'time' cannot be null");
    const int64_t micros = get<duckdb::timestamp_t>(time_, row).value;
    // To the nearest millisecond, as DATETIME(3) rounds.
    const int64_t rounded = micros + 500;
    const int64_t local = rounded / 1000 - (rounded % 1000 < 0 ? 1 : 0);
    if (local < kFirstLocal || local > kLastLocal) throw InvalidInputException("'time' is out of range");
    return local - zone_.offset_from_local(local);
  }

  void add_row(DataChunk& chunk, size_t row) {
    const int64_t at = time(row);
    if (!is_null(value_, row)) {
      if (text_ && !is_null(*text_, row)) throw InvalidInputException("a point has a value or a value_text, not both");
      const SeriesRef& series = series_of(chunk, row, table_->value_type);
      if (table_->value_type == PointType::kLong)
        batch_.add_long(series, at, get<int64_t>(value_, row));
      else if (table_->value_type == PointType::kDouble)
        batch_.add_double(series, at, get<double>(value_, row));
      else
        add_text(series, at, value_, row);
    } else if (text_ && !is_null(*text_, row)) {
      add_text(series_of(chunk, row, PointType::kString), at, *text_, row);
    } else {
      throw InvalidInputException("Column 'value' cannot be null");
    }
  }

  void add_text(const SeriesRef& series, int64_t at, size_t column, size_t row) {
    const auto value = get<duckdb::string_t>(column, row);
    if (value.GetSize() > timeseries::Points::kMaxTextBytes)
      throw InvalidInputException("the text of a point is too long");
    batch_.add_text(series, at, {value.GetData(), value.GetSize()});
  }

  const SeriesRef& series_of(DataChunk& chunk, size_t row, PointType type) {
    key_.clear();
    key_.push_back(static_cast<char>(type));
    found_.clear();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (table_->columns[i].kind == ColumnKind::kTag && !is_null(i, row)) note(table_->columns[i].tag, text(i, row));
    }
    if (!is_null(tags_, row)) {
      const auto map = chunk.data[tags_].GetValue(row);
      for (const auto& entry : duckdb::MapValue::GetChildren(map)) {
        const auto& pair = duckdb::StructValue::GetChildren(entry);
        if (!pair[1].IsNull()) note(duckdb::StringValue::Get(pair[0]), duckdb::StringValue::Get(pair[1]));
      }
    }
    const auto known = series_.find(key_);
    if (known != series_.end()) return known->second;
    if (found_.empty()) throw InvalidInputException("a point needs at least one tag");
    const Tags tags(found_);
    for (const auto& [name, value] : found_) {
      if (name.empty() || value.empty()) throw InvalidInputException("tags and their values may not be empty");
      if (*tags.find(name) != value) throw InvalidInputException("the tag '%s' is given twice", name);
    }
    auto made =
        metrics_->with_store([&](timeseries::Store& store) { return store.series(table_->metric, type, tags); });
    if (!made) kernel::throw_to_kernel(made.error());
    if (series_.size() >= kMostSeries) series_.clear();
    return series_.emplace(key_, std::move(*made)).first->second;
  }

  void note(const std::string& name, std::string value) {
    for (const auto* part : {&name, static_cast<const std::string*>(&value)}) {
      key_ += std::to_string(part->size());
      key_ += ':';
      key_ += *part;
    }
    found_.emplace_back(name, std::move(value));
  }

  const timeseries::Zone zone_;
  const MetricsRef metrics_;
  const MetricTableRef table_;
  std::vector<UnifiedVectorFormat> columns_;
  const size_t time_, value_;
  const std::optional<size_t> text_;
  const size_t tags_;
  std::string key_;
  std::vector<Tags::Tag> found_;
  std::unordered_map<std::string, SeriesRef> series_;
  timeseries::WriteBatch batch_;
};

class MetricInsert final : public duckdb::PhysicalOperator {
 public:
  MetricInsert(duckdb::PhysicalPlan& plan, duckdb::vector<LogicalType> types, idx_t cardinality, MetricsRef metrics,
               MetricTableRef table)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), cardinality),
        metrics_(std::move(metrics)),
        table_(std::move(table)) {}

  std::string GetName() const override { return "METRIC_INSERT"; }
  bool IsSink() const override { return true; }
  // One thread: of equal times and tags the last row is to win.
  bool ParallelSink() const override { return false; }
  bool SinkOrderDependent() const override { return true; }
  bool IsSource() const override { return true; }

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(ClientContext& context) const override {
    return make_uniq<WriteState>();
  }
  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(duckdb::ExecutionContext& context) const override {
    return make_uniq<Writer>(context.client, metrics_, table_);
  }
  duckdb::SinkResultType Sink(duckdb::ExecutionContext&, DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override {
    input.local_state.Cast<Writer>().add(chunk);
    input.global_state.Cast<WriteState>().points += chunk.size();
    return duckdb::SinkResultType::NEED_MORE_INPUT;
  }
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override {
    input.local_state.Cast<Writer>().flush();
    wait_until_read(context.client);
    // It may have new tags, or be new itself.
    metrics_->forget(table_->metric);
    return duckdb::SinkCombineResultType::FINISHED;
  }
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&, ClientContext&,
                                    duckdb::OperatorSinkFinalizeInput&) const override {
    return duckdb::SinkFinalizeType::READY;
  }
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext&, DataChunk& chunk,
                                           duckdb::OperatorSourceInput&) const override {
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, duckdb::Value::BIGINT(static_cast<int64_t>(sink_state->Cast<WriteState>().points.load())));
    return duckdb::SourceResultType::FINISHED;
  }

 private:
  // The points are acknowledged: where they cannot be delivered soon they are there later.
  void wait_until_read(ClientContext& context) const {
    const Deadline longest = Deadline::after(kLongestFlush);
    while (!context.interrupted && !longest.expired()) {
      const auto slice = Deadline::after(std::min<Deadline::Clock::duration>(kFlushSlice, longest.remaining()));
      if (metrics_->with_store([&](timeseries::Store& store) { return store.flush(slice); })) return;
    }
  }

  const MetricsRef metrics_;
  const MetricTableRef table_;
};

bool same(const std::string& a, const std::string& b) { return duckdb::StringUtil::CIEquals(a, b); }

}  // namespace

MetricTableRef with_written_columns(ClientContext& context, const std::string& metric, MetricTableRef table) {
  const auto write = context.registered_state->Get<kernel::IntendedWrite>(kernel::IntendedWrite::kKey);
  if (!write || write->table != metric || (!write->catalog.empty() && !same(write->catalog, kCatalogName)))
    return table;
  HeldTypes types;
  std::vector<std::string> tags;
  bool any = false;
  for (const auto& [name, type] : write->columns) {
    if (same(name, "value") && type.IsIntegral()) types.longs = true;
    if (same(name, "value") && type.id() == LogicalTypeId::VARCHAR) types.texts = true;
    const bool reserved = same(name, "time") || same(name, "value") || same(name, "value_text") || same(name, "tags");
    const bool known =
        table && std::ranges::any_of(table->columns, [&](const auto& column) { return same(column.name, name); });
    if (reserved || known) continue;
    tags.push_back(name);
    any = true;
  }
  if (table && !any) return table;
  if (!table) {
    // Its first values say what it holds.
    if (write->columns.empty()) return table;
    return std::make_shared<const MetricTable>(make_metric_table(metric, types, std::move(tags)));
  }
  // New tags come last: the others keep their columns, whatever their names are.
  auto wider = std::make_shared<MetricTable>(*table);
  const MetricColumn map = wider->columns.back();
  wider->columns.pop_back();
  for (auto& tag : tags) wider->columns.push_back({tag, ColumnKind::kTag, LogicalType::VARCHAR, "", tag});
  wider->columns.push_back(map);
  return wider;
}

duckdb::PhysicalOperator& plan_insert(ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                      duckdb::LogicalInsert& insert,
                                      duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
  if (insert.return_chunk || insert.on_conflict_info.action_type != duckdb::OnConflictAction::THROW)
    refuse("INSERT with ON DUPLICATE KEY, IGNORE or RETURNING");
  auto& rows = planner.ResolveDefaultsProjection(insert, *plan);
  auto& table = insert.table.Cast<KairosTable>();
  auto& result = planner.Make<MetricInsert>(insert.types, insert.estimated_cardinality, table.metrics(), table.table());
  result.children.push_back(rows);
  return result;
}

}  // namespace sluice::catalog::kairos
