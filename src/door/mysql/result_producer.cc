// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/result_producer.h"

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "kernel/errors.h"

namespace sluice::door::mysql {
namespace {

// Rows that were read ahead of their cursor.
class StoredRows : public session::RowStream {
 public:
  StoredRows(std::vector<session::Column> columns, duckdb::vector<duckdb::LogicalType> types)
      : columns_(std::move(columns)), rows_(duckdb::Allocator::DefaultAllocator(), std::move(types)) {}

  void add(duckdb::DataChunk& chunk) { rows_.Append(chunk); }
  size_t bytes() const { return rows_.AllocationSize(); }
  void begin_reading() {
    rows_.InitializeScan(scan_);
    rows_.InitializeScanChunk(scan_, chunk_);
  }

  const std::vector<session::Column>& columns() const override { return columns_; }
  Result<duckdb::DataChunk*> next() override {
    chunk_.Reset();
    return rows_.Scan(scan_, chunk_) ? &chunk_ : nullptr;
  }

 private:
  std::vector<session::Column> columns_;
  duckdb::ColumnDataCollection rows_;
  duckdb::ColumnDataScanState scan_;
  duckdb::DataChunk chunk_;
};

}  // namespace

Result<bool> ResultProducer::next_chunk() {
  duckdb::DataChunk* chunk = TRY(stream_->next());
  if (chunk == nullptr) return false;
  encoder_.bind(*chunk);
  return true;
}

Result<bool> ResultProducer::fill(PacketBuffer& out, uint8_t& sequence, size_t stop_bytes, uint64_t& max_rows) {
  if (ended_) return false;
  try {
    while (out.size() < stop_bytes && max_rows > 0) {
      if (encoder_.rows_left() == 0) {
        auto more = next_chunk();
        if (!more || !*more) {
          ended_ = true;
          return more;
        }
      }
      max_rows -= encoder_.encode(out, sequence, stop_bytes, max_rows);
    }
    return true;
  } catch (const std::exception& exception) {
    ended_ = true;
    return fail(kernel::to_error(exception));
  }
}

Status ResultProducer::drain() {
  while (!ended_) {
    auto chunk = stream_->next();
    ended_ = !chunk || *chunk == nullptr;
    if (!chunk) return fail(std::move(chunk).error());
  }
  return {};
}

Status ResultProducer::detach(size_t max_bytes) {
  if (ended_) return {};
  try {
    duckdb::vector<duckdb::LogicalType> types;
    for (const auto& column : stream_->columns()) types.push_back(column.type);
    auto stored = std::make_unique<StoredRows>(stream_->columns(), types);
    duckdb::DataChunk rest;
    if (encoder_.rows_left() > 0) {
      // The encoder still points into the stream's chunk, which is kept as a copy of its own.
      duckdb::DataChunk& current = encoder_.bound_chunk();
      size_t first = current.size() - encoder_.rows_left();
      rest.Initialize(duckdb::Allocator::DefaultAllocator(), types);
      current.Copy(rest, first);
      stored->add(rest);
    }
    for (;;) {
      auto chunk = stream_->next();
      if (!chunk) {
        ended_ = true;
        return fail(std::move(chunk).error());
      }
      if (*chunk == nullptr) break;
      stored->add(**chunk);
      if (stored->bytes() > max_bytes) {
        ended_ = true;
        return fail(sql_error(Code::kResourceExhausted, 1105,
                              "An open cursor with too many unread rows is in the way: fetch or close it first"));
      }
    }
    stored->begin_reading();
    stream_ = std::move(stored);
    encoder_.forget_chunk();
    return {};
  } catch (const std::exception& exception) {
    ended_ = true;
    return fail(kernel::to_error(exception));
  }
}

}  // namespace sluice::door::mysql
