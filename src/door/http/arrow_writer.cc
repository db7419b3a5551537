// SPDX-License-Identifier: Apache-2.0
// Arrow IPC stream: a schema message, record batches of up to kBatchRows rows, the end-of-stream mark. The arrays come
// from the kernel's Arrow appender; types that Arrow lacks are sent as text.
// Source of truth: https://arrow.apache.org/docs/format/Columnar.html and Schema.fbs/Message.fbs (MetadataVersion V5).
#include <algorithm>

#include "door/http/flat_builder.h"
#include "door/http/result_writer.h"
#include "duckdb/common/arrow/arrow_appender.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

namespace sluice::door::http {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using Offset = FlatBuilder::Offset;

constexpr duckdb::idx_t kBatchRows = 32768;
constexpr duckdb::idx_t kBatchBytes = 8ull << 20;  // of the kernel's chunks: offsets of strings have 32 bits
constexpr int16_t kVersion5 = 4;
constexpr uint8_t kSchemaMessage = 1;
constexpr uint8_t kBatchMessage = 3;

// Numbers of the union Type in Schema.fbs.
enum ArrowType : uint8_t {
  kNull = 1,
  kInt = 2,
  kFloatingPoint = 3,
  kBinary = 4,
  kUtf8 = 5,
  kBool = 6,
  kDecimal = 7,
  kDate = 8,
  kTime = 9,
  kTimestamp = 10,
  kInterval = 11,
  kList = 12,
  kStruct = 13,
  kFixedSizeList = 16,
  kMap = 17,
};
enum TimeUnit : int16_t { kSecond, kMillisecond, kMicrosecond, kNanosecond };

// What a kernel type is sent as: itself, or text.
LogicalType sent_type(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::SQLNULL:
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::INTERVAL:
    case LogicalTypeId::BLOB:
      return LogicalType(type.id());
    case LogicalTypeId::DECIMAL:
      return LogicalType::DECIMAL(duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::LIST:
      return LogicalType::LIST(sent_type(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::ARRAY:
      return LogicalType::ARRAY(sent_type(duckdb::ArrayType::GetChildType(type)), duckdb::ArrayType::GetSize(type));
    case LogicalTypeId::MAP:
      return LogicalType::MAP(sent_type(duckdb::MapType::KeyType(type)), sent_type(duckdb::MapType::ValueType(type)));
    case LogicalTypeId::STRUCT: {
      duckdb::child_list_t<LogicalType> children;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        children.emplace_back(name.empty() ? "f" + std::to_string(children.size()) : name, sent_type(child));
      }
      return LogicalType::STRUCT(std::move(children));
    }
    default:
      return LogicalType(LogicalTypeId::VARCHAR);
  }
}

struct TypeTable {
  ArrowType kind;
  Offset table;
};

Offset empty_table(FlatBuilder& builder) {
  builder.begin_table();
  return builder.end_table();
}

TypeTable integer(FlatBuilder& builder, int32_t bits, bool is_signed) {
  builder.begin_table();
  builder.field<int32_t>(0, bits);
  builder.field<uint8_t>(1, is_signed);
  return {kInt, builder.end_table()};
}

TypeTable decimal(FlatBuilder& builder, int32_t precision, int32_t scale) {
  builder.begin_table();
  builder.field<int32_t>(0, precision);
  builder.field<int32_t>(1, scale);
  builder.field<int32_t>(2, 128);
  return {kDecimal, builder.end_table()};
}

TypeTable one_short(FlatBuilder& builder, ArrowType kind, int16_t value) {
  builder.begin_table();
  builder.field<int16_t>(0, value);
  return {kind, builder.end_table()};
}

TypeTable timestamp(FlatBuilder& builder, TimeUnit unit, const char* zone) {
  const Offset zone_name = zone ? builder.string(zone) : 0;
  builder.begin_table();
  builder.field<int16_t>(0, unit);
  builder.field_offset(1, zone_name);
  return {kTimestamp, builder.end_table()};
}

TypeTable type_table(FlatBuilder& builder, const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::SQLNULL:
      return {kNull, empty_table(builder)};
    case LogicalTypeId::BOOLEAN:
      return {kBool, empty_table(builder)};
    case LogicalTypeId::TINYINT:
      return integer(builder, 8, true);
    case LogicalTypeId::SMALLINT:
      return integer(builder, 16, true);
    case LogicalTypeId::INTEGER:
      return integer(builder, 32, true);
    case LogicalTypeId::BIGINT:
      return integer(builder, 64, true);
    case LogicalTypeId::UTINYINT:
      return integer(builder, 8, false);
    case LogicalTypeId::USMALLINT:
      return integer(builder, 16, false);
    case LogicalTypeId::UINTEGER:
      return integer(builder, 32, false);
    case LogicalTypeId::UBIGINT:
      return integer(builder, 64, false);
    case LogicalTypeId::HUGEINT:
      return decimal(builder, 38, 0);
    case LogicalTypeId::DECIMAL:
      return decimal(builder, duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::FLOAT:
      return one_short(builder, kFloatingPoint, 1);
    case LogicalTypeId::DOUBLE:
      return one_short(builder, kFloatingPoint, 2);
    case LogicalTypeId::BLOB:
      return {kBinary, empty_table(builder)};
    case LogicalTypeId::DATE:
      return one_short(builder, kDate, 0);  // days
    case LogicalTypeId::TIME:
      builder.begin_table();
      builder.field<int16_t>(0, kMicrosecond);
      builder.field<int32_t>(1, 64);
      return {kTime, builder.end_table()};
    case LogicalTypeId::TIMESTAMP_SEC:
      return timestamp(builder, kSecond, nullptr);
    case LogicalTypeId::TIMESTAMP_MS:
      return timestamp(builder, kMillisecond, nullptr);
    case LogicalTypeId::TIMESTAMP:
      return timestamp(builder, kMicrosecond, nullptr);
    case LogicalTypeId::TIMESTAMP_NS:
      return timestamp(builder, kNanosecond, nullptr);
    case LogicalTypeId::TIMESTAMP_TZ:
      return timestamp(builder, kMicrosecond, "UTC");
    case LogicalTypeId::INTERVAL:
      return one_short(builder, kInterval, 2);  // months, days, nanoseconds
    case LogicalTypeId::LIST:
      return {kList, empty_table(builder)};
    case LogicalTypeId::ARRAY:
      builder.begin_table();
      builder.field<int32_t>(0, static_cast<int32_t>(duckdb::ArrayType::GetSize(type)));
      return {kFixedSizeList, builder.end_table()};
    case LogicalTypeId::STRUCT:
      return {kStruct, empty_table(builder)};
    case LogicalTypeId::MAP:
      return {kMap, empty_table(builder)};
    default:
      return {kUtf8, empty_table(builder)};
  }
}

Offset field_table(FlatBuilder& builder, const std::string& name, const LogicalType& type, bool nullable) {
  std::vector<Offset> children;
  switch (type.id()) {
    case LogicalTypeId::LIST:
      children.push_back(field_table(builder, "item", duckdb::ListType::GetChildType(type), true));
      break;
    case LogicalTypeId::ARRAY:
      children.push_back(field_table(builder, "item", duckdb::ArrayType::GetChildType(type), true));
      break;
    case LogicalTypeId::STRUCT:
      for (const auto& [child_name, child] : duckdb::StructType::GetChildTypes(type))
        children.push_back(field_table(builder, child_name, child, true));
      break;
    case LogicalTypeId::MAP: {
      std::vector<Offset> entry{field_table(builder, "key", duckdb::MapType::KeyType(type), false),
                                field_table(builder, "value", duckdb::MapType::ValueType(type), true)};
      const Offset entry_children = builder.offsets(entry);
      const Offset entry_name = builder.string("entries");
      const Offset entry_type = empty_table(builder);
      builder.begin_table();
      builder.field_offset(0, entry_name);
      builder.field<uint8_t>(2, kStruct);
      builder.field_offset(3, entry_type);
      builder.field_offset(5, entry_children);
      children.push_back(builder.end_table());
      break;
    }
    default:
      break;
  }
  const Offset child_vector = builder.offsets(children);
  const Offset name_text = builder.string(name);
  const TypeTable arrow = type_table(builder, type);
  builder.begin_table();
  builder.field_offset(0, name_text);
  builder.field<uint8_t>(1, nullable);
  builder.field<uint8_t>(2, arrow.kind);
  builder.field_offset(3, arrow.table);
  builder.field_offset(5, child_vector);
  return builder.end_table();
}

std::string message(FlatBuilder& builder, uint8_t kind, Offset header, int64_t body_bytes) {
  builder.begin_table();
  builder.field<int64_t>(3, body_bytes);
  builder.field_offset(2, header);
  builder.field<int16_t>(0, kVersion5);
  builder.field<uint8_t>(1, kind);
  return builder.finish(builder.end_table());
}

// Continuation mark, length, the metadata padded to eight bytes.
void append_metadata(const std::string& metadata, std::string& out) {
  const uint32_t mark = 0xFFFFFFFFu;
  const auto padded = static_cast<int32_t>((metadata.size() + 7) / 8 * 8);
  out.append(reinterpret_cast<const char*>(&mark), 4);
  out.append(reinterpret_cast<const char*>(&padded), 4);
  out += metadata;
  out.append(padded - metadata.size(), '\0');
}

// The buffers of a record batch, in the order of a depth-first walk over its columns.
class BatchBody {
 public:
  void add(const ArrowArray& array, const LogicalType& type) {
    nodes_.push_back({array.length, array.null_count < 0 ? count_nulls(array) : array.null_count});
    if (type.id() == LogicalTypeId::SQLNULL) return;
    const int64_t rows = array.length;
    const bool no_nulls = nodes_.back().second == 0;
    add_buffer(no_nulls ? nullptr : array.buffers[0], no_nulls ? 0 : (rows + 7) / 8);
    switch (type.id()) {
      case LogicalTypeId::BOOLEAN:
        add_buffer(array.buffers[1], (rows + 7) / 8);
        return;
      case LogicalTypeId::VARCHAR:
      case LogicalTypeId::BLOB: {
        const auto* offsets = static_cast<const int32_t*>(array.buffers[1]);
        add_buffer(offsets, (rows + 1) * 4);
        add_buffer(array.buffers[2], offsets ? offsets[rows] : 0);
        return;
      }
      case LogicalTypeId::LIST: {
        add_buffer(array.buffers[1], (rows + 1) * 4);
        add(*array.children[0], duckdb::ListType::GetChildType(type));
        return;
      }
      case LogicalTypeId::MAP: {
        add_buffer(array.buffers[1], (rows + 1) * 4);
        add(*array.children[0], duckdb::ListType::GetChildType(type));
        return;
      }
      case LogicalTypeId::ARRAY:
        add(*array.children[0], duckdb::ArrayType::GetChildType(type));
        return;
      case LogicalTypeId::STRUCT: {
        const auto& children = duckdb::StructType::GetChildTypes(type);
        for (size_t i = 0; i < children.size(); ++i) add(*array.children[i], children[i].second);
        return;
      }
      default:
        add_buffer(array.buffers[1], rows * width(type));
        return;
    }
  }

  const std::vector<std::pair<int64_t, int64_t>>& nodes() const { return nodes_; }
  const std::vector<std::pair<int64_t, int64_t>>& buffers() const { return buffers_; }
  int64_t bytes() const { return bytes_; }

  void append_to(std::string& out) const {
    for (size_t i = 0; i < buffers_.size(); ++i) {
      const auto [offset, length] = buffers_[i];
      if (length > 0) out.append(static_cast<const char*>(data_[i]), length);
      out.append((8 - length % 8) % 8, '\0');
    }
  }

 private:
  static int64_t width(const LogicalType& type) {
    switch (type.id()) {
      case LogicalTypeId::HUGEINT:
      case LogicalTypeId::DECIMAL:
      case LogicalTypeId::INTERVAL:
        return 16;
      default:
        return static_cast<int64_t>(duckdb::GetTypeIdSize(type.InternalType()));
    }
  }
  static int64_t count_nulls(const ArrowArray& array) {
    const auto* valid = static_cast<const uint8_t*>(array.buffers[0]);
    if (!valid) return 0;
    int64_t nulls = 0;
    for (int64_t row = 0; row < array.length; ++row) nulls += !(valid[row / 8] >> (row % 8) & 1);
    return nulls;
  }
  void add_buffer(const void* data, int64_t length) {
    if (!data) length = 0;
    buffers_.push_back({bytes_, length});
    data_.push_back(data);
    bytes_ += (length + 7) / 8 * 8;
  }

  std::vector<std::pair<int64_t, int64_t>> nodes_;    // length, nulls
  std::vector<std::pair<int64_t, int64_t>> buffers_;  // offset, length
  std::vector<const void*> data_;
  int64_t bytes_ = 0;
};

class ArrowWriter final : public ResultWriter {
 public:
  Status begin(const std::vector<session::Column>& columns, std::string& out) override {
    FlatBuilder builder;
    std::vector<Offset> fields;
    for (const auto& column : columns) {
      types_.push_back(sent_type(column.type));
      fields.push_back(field_table(builder, column.name, types_.back(), true));
    }
    const Offset field_vector = builder.offsets(fields);
    builder.begin_table();
    builder.field_offset(1, field_vector);
    builder.field<int16_t>(0, 0);  // little endian
    append_metadata(message(builder, kSchemaMessage, builder.end_table(), 0), out);
    return {};
  }

  Status rows(duckdb::DataChunk& chunk, std::string& out) override {
    duckdb::DataChunk sent;
    sent.InitializeEmpty(types_);
    for (duckdb::idx_t c = 0; c < types_.size(); ++c) {
      if (chunk.data[c].GetType() == types_[c]) {
        sent.data[c].Reference(chunk.data[c]);
      } else {
        duckdb::Vector converted(types_[c], chunk.size());
        std::string error;
        if (!duckdb::VectorOperations::DefaultTryCast(chunk.data[c], converted, chunk.size(), &error)) {
          return sluice::fail(Code::kOutOfRange, "a value cannot be sent as " + types_[c].ToString() + ": " + error);
        }
        sent.data[c].Reference(converted);
      }
    }
    sent.SetCardinality(chunk.size());
    if (!appender_) {
      appender_ = std::make_unique<duckdb::ArrowAppender>(
          types_, kBatchRows, duckdb::ClientProperties(),
          duckdb::unordered_map<duckdb::idx_t, const duckdb::shared_ptr<duckdb::ArrowTypeExtensionData>>());
      bytes_ = 0;
    }
    appender_->Append(sent, 0, sent.size(), sent.size());
    bytes_ += sent.GetAllocationSize();
    if (appender_->RowCount() >= kBatchRows || bytes_ >= kBatchBytes) send_batch(out);
    return {};
  }

  void end(std::chrono::microseconds, std::string& out) override {
    send_batch(out);
    out.append("\xFF\xFF\xFF\xFF\0\0\0\0", 8);
  }

  // Without the end-of-stream mark the stream is cut.
  void fail(const Error&, std::string&) override { appender_.reset(); }

 private:
  void send_batch(std::string& out) {
    if (!appender_) return;
    ArrowArray batch = appender_->Finalize();
    appender_.reset();
    BatchBody body;
    for (size_t c = 0; c < types_.size(); ++c) body.add(*batch.children[c], types_[c]);
    FlatBuilder builder;
    const Offset nodes = builder.long_pairs(body.nodes());
    const Offset buffers = builder.long_pairs(body.buffers());
    builder.begin_table();
    builder.field<int64_t>(0, batch.length);
    builder.field_offset(1, nodes);
    builder.field_offset(2, buffers);
    append_metadata(message(builder, kBatchMessage, builder.end_table(), body.bytes()), out);
    body.append_to(out);
    batch.release(&batch);
  }

  duckdb::vector<LogicalType> types_;
  std::unique_ptr<duckdb::ArrowAppender> appender_;
  duckdb::idx_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<ResultWriter> make_arrow_writer() { return std::make_unique<ArrowWriter>(); }

}  // namespace sluice::door::http
