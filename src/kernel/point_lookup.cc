// SPDX-License-Identifier: Apache-2.0
#include "kernel/point_lookup.h"

#include "duckdb/catalog/catalog_entry/duck_table_entry.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/execution/index/art/art.hpp"
#include "duckdb/execution/index/art/art_key.hpp"
#include "duckdb/execution/index/art/art_operator.hpp"
#include "duckdb/execution/index/art/iterator.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/table_filter.hpp"
#include "duckdb/storage/data_table.hpp"
#include "duckdb/storage/table/append_state.hpp"
#include "duckdb/storage/table/scan_state.hpp"
#include "duckdb/transaction/duck_transaction.hpp"
#include "duckdb/transaction/duck_transaction_manager.hpp"
#include "duckdb/transaction/local_storage.hpp"
#include "kernel/table_model.h"

namespace sluice::kernel {
namespace {

using duckdb::ART;

duckdb::optional_ptr<duckdb::DuckTableEntry> find_table(duckdb::ClientContext& context,
                                                        const PointLookup::Shape& shape) {
  const duckdb::EntryLookupInfo wanted(duckdb::CatalogType::TABLE_ENTRY, shape.table);
  auto entry =
      duckdb::Catalog::GetEntry(context, shape.catalog, shape.schema, wanted, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY) return nullptr;
  auto& table = entry->Cast<duckdb::TableCatalogEntry>();
  if (!table.IsDuckTable()) return nullptr;
  return &table.Cast<duckdb::DuckTableEntry>();
}

bool is_plain_unique_art(duckdb::Index& index) {
  return index.GetIndexType() == ART::TYPE_NAME && index.IsBound() && index.IsUnique();
}

// Whether rows merge by exactly these columns.
bool is_unique_by(duckdb::TableCatalogEntry& table, const std::vector<duckdb::column_t>& key_ids) {
  if (decode_table(table.comment).keys != KeyModel::kUnique) return false;
  size_t keys = 0;
  for (const auto& column : table.GetColumns().Physical()) {
    if (!decode_column(column.Comment()).key) continue;
    ++keys;
    if (std::find(key_ids.begin(), key_ids.end(), column.StorageOid()) == key_ids.end()) return false;
  }
  return keys > 0 && keys == key_ids.size();
}

// Reading so many takes about as long as planning does.
constexpr size_t kMostRowGroups = 3;
// A table whose keys lie in no order: not tried again after so many times.
constexpr uint32_t kMostFruitless = 5;

// What the index says about `key`: the ids of rows that hold it, visible or not.
void collect_row_ids(ART& art, const duckdb::ARTKey& key, std::set<duckdb::row_t>& row_ids) {
  duckdb::IndexLock lock;
  art.InitializeLock(lock);
  auto leaf = duckdb::ARTOperator::Lookup(art, art.tree, key, 0);
  if (!leaf) return;
  duckdb::Iterator iterator(art);
  iterator.FindMinimum(*leaf);
  duckdb::set<duckdb::row_t> found;
  duckdb::RowIdSetOutput output(found, duckdb::NumericLimits<duckdb::idx_t>::Maximum());
  iterator.Scan(duckdb::ARTKey(), output, false);
  row_ids.insert(found.begin(), found.end());
}

}  // namespace

Result<std::unique_ptr<PointLookup>> PointLookup::plan(Connection& connection, const Shape& shape) {
  std::unique_ptr<PointLookup> lookup;
  TRY(connection.with_context([&](duckdb::ClientContext& context) -> Status {
    auto table = find_table(context, shape);
    if (!table) return {};
    std::unique_ptr<PointLookup> made(new PointLookup());
    made->shape_ = shape;
    made->table_oid_ = table->oid;

    const auto& columns = table->GetColumns();
    auto add_output = [&](const duckdb::ColumnDefinition& column) {
      if (column.Generated()) return false;
      made->names_.push_back(column.Name());
      made->types_.push_back(column.Type());
      made->columns_.emplace_back(column.StorageOid());
      return true;
    };
    if (shape.outputs.empty()) {
      for (const auto& column : columns.Logical()) {
        if (!add_output(column)) return {};
      }
    }
    for (const auto& name : shape.outputs) {
      if (!columns.ColumnExists(name) || !add_output(columns.GetColumn(name))) return {};
    }

    std::vector<duckdb::column_t> key_ids;
    for (const auto& name : shape.keys) {
      if (!columns.ColumnExists(name)) return {};
      const auto& column = columns.GetColumn(name);
      if (column.Generated()) return {};
      key_ids.push_back(column.StorageOid());
      made->key_types_.push_back(column.Type());
      made->key_columns_.emplace_back(column.StorageOid());
    }

    auto& info = table->GetStorage().GetDataTableInfo();
    info->BindIndexes(context, ART::TYPE_NAME);
    for (auto& entry : info->GetIndexes().IndexEntries()) {
      auto& index = *entry.index;
      if (!is_plain_unique_art(index)) continue;
      const auto& ids = index.GetColumnIds();
      if (ids.size() != key_ids.size()) continue;
      made->key_order_.clear();
      bool plain = true;
      for (size_t i = 0; i < ids.size(); ++i) {
        auto at = std::find(key_ids.begin(), key_ids.end(), ids[i]);
        // An index on an expression has its column here too, but another key type.
        plain =
            plain && at != key_ids.end() &&
            index.Cast<ART>().unbound_expressions[i]->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF;
        if (plain) made->key_order_.push_back(static_cast<size_t>(at - key_ids.begin()));
      }
      if (!plain) continue;
      made->index_name_ = index.GetIndexName();
      lookup = std::move(made);
      return {};
    }
    if (is_unique_by(*table, key_ids)) lookup = std::move(made);
    return {};
  }));
  return lookup;
}

bool PointLookup::accepts(size_t index, const duckdb::Value& value) const {
  if (value.IsNull()) return false;
  const auto& key = key_types_[index];
  const auto& type = value.type();
  if (type == key && !type.IsNested() && type.id() != duckdb::LogicalTypeId::FLOAT &&
      type.id() != duckdb::LogicalTypeId::DOUBLE)
    return true;
  if (type.IsIntegral() && key.IsIntegral()) {
    duckdb::Value cast;
    duckdb::string ignored;
    return value.DefaultTryCastAs(key, cast, &ignored, true);
  }
  return type.id() == duckdb::LogicalTypeId::VARCHAR && key.id() == duckdb::LogicalTypeId::VARCHAR &&
         duckdb::StringType::GetCollation(key).empty();
}

Result<std::optional<duckdb::unique_ptr<duckdb::DataChunk>>> PointLookup::run(
    Connection& connection, std::span<const duckdb::Value> keys) const {
  std::optional<duckdb::unique_ptr<duckdb::DataChunk>> rows;
  TRY(connection.with_context([&](duckdb::ClientContext& context) -> Status {
    auto table = find_table(context, shape_);
    if (!table || table->oid != table_oid_) return {};
    auto& storage = table->GetStorage();
    auto& transaction = duckdb::DuckTransaction::Get(context, table->catalog);
    if (duckdb::LocalStorage::Get(transaction).Find(storage)) return {};

    if (index_name_.empty()) {
      rows = scan(context, transaction, storage, keys);
      return {};
    }
    std::set<duckdb::row_t> row_ids;
    duckdb::unique_ptr<duckdb::StorageLockKey> vacuum_lock;
    if (storage.GetAttached().GetVacuumRebuildIndexThreshold() > 0) {
      vacuum_lock = duckdb::DuckTransactionManager::Get(storage.GetAttached()).SharedVacuumLock();
    }
    bool found_index = false;
    for (auto& entry : storage.GetDataTableInfo()->GetIndexes().IndexEntries()) {
      auto& index = *entry.index;
      if (!is_plain_unique_art(index) || index.GetIndexName() != index_name_) continue;
      found_index = true;
      auto& art = index.Cast<ART>();
      duckdb::ArenaAllocator arena(duckdb::Allocator::Get(context));
      duckdb::ARTKey key;
      for (size_t i = 0; i < key_order_.size(); ++i) {
        duckdb::Value value = keys[key_order_[i]].DefaultCastAs(key_types_[key_order_[i]], true);
        auto part = duckdb::ARTKey::CreateKey(arena, value, art.storage_version);
        if (i == 0) {
          key = part;
        } else {
          key.Concat(arena, part);
        }
      }
      std::lock_guard guard(entry.lock);
      collect_row_ids(art, key, row_ids);
      for (auto* delta : {entry.deleted_rows_in_use.get(), entry.added_data_during_checkpoint.get()}) {
        if (delta && delta->GetIndexType() == ART::TYPE_NAME) collect_row_ids(delta->Cast<ART>(), key, row_ids);
      }
      break;
    }
    if (!found_index) return {};

    auto chunk = duckdb::make_uniq<duckdb::DataChunk>();
    chunk->Initialize(duckdb::Allocator::Get(context), types_, std::max<size_t>(row_ids.size(), 1));
    if (!row_ids.empty()) {
      std::vector<duckdb::row_t> ids(row_ids.begin(), row_ids.end());
      duckdb::Vector id_vector(duckdb::LogicalType::ROW_TYPE, reinterpret_cast<duckdb::data_ptr_t>(ids.data()));
      duckdb::ColumnFetchState state;
      storage.Fetch(transaction, *chunk, columns_, id_vector, ids.size(), state);
    }
    rows = std::move(chunk);
    return {};
  }));
  return rows;
}

std::optional<duckdb::unique_ptr<duckdb::DataChunk>> PointLookup::scan(duckdb::ClientContext& context,
                                                                       duckdb::DuckTransaction& transaction,
                                                                       duckdb::DataTable& table,
                                                                       std::span<const duckdb::Value> keys) const {
  if (fruitless_.load(std::memory_order_relaxed) >= kMostFruitless) return std::nullopt;
  duckdb::vector<duckdb::StorageIndex> columns = columns_;
  duckdb::vector<duckdb::LogicalType> types = types_;
  duckdb::TableFilterSet filters;
  for (size_t i = 0; i < key_columns_.size(); ++i) {
    filters.PushFilter(duckdb::ColumnIndex(columns.size()),
                       duckdb::make_uniq<duckdb::ConstantFilter>(duckdb::ExpressionType::COMPARE_EQUAL,
                                                                 keys[i].DefaultCastAs(key_types_[i], true)));
    columns.push_back(key_columns_[i]);
    types.push_back(key_types_[i]);
  }
  duckdb::TableScanState state;
  state.Initialize(columns, &context, &filters);
  duckdb::ParallelTableScanState row_groups;
  table.InitializeParallelScan(context, row_groups, {});
  auto found = duckdb::make_uniq<duckdb::DataChunk>();
  found->Initialize(duckdb::Allocator::Get(context), types_, 1);
  duckdb::DataChunk read;
  read.Initialize(duckdb::Allocator::Get(context), types);
  for (size_t tried = 1; table.NextParallelScan(context, row_groups, state) > 0; ++tried) {
    if (tried > kMostRowGroups) {
      fruitless_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    read.Reset();
    table.Scan(transaction, read, state);
    if (read.size() == 0) continue;
    // Nothing else has the key.
    if (read.size() > 1) return std::nullopt;
    for (size_t i = 0; i < types_.size(); ++i) duckdb::VectorOperations::Copy(read.data[i], found->data[i], 1, 0, 0);
    found->SetCardinality(1);
    break;
  }
  return found;
}

}  // namespace sluice::kernel
