// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>

#include "door/http/http_error.h"
#include "door/http/result_writer.h"
#include "duckdb/common/types/blob.hpp"
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "functions/addresses.h"
#include "functions/types.h"

namespace sluice::door::http {
namespace {

using duckdb::LogicalTypeId;

template <typename T>
void append_number(T value, std::string& out) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end - text);
}

template <typename T>
void append_float(T value, std::string& out) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    append_number(value, out);
  }
}

class JsonWriter final : public ResultWriter {
 public:
  explicit JsonWriter(bool by_line) : by_line_(by_line) {}

  Status begin(const std::vector<session::Column>& columns, std::string& out) override {
    formats_.resize(columns.size());
    for (const auto& column : columns) {
      std::string name;
      append_json_string(column.name, name);
      names_.push_back(std::move(name));
    }
    if (by_line_) return {};
    out += "{\"columns\":[";
    for (size_t c = 0; c < columns.size(); ++c) {
      if (c > 0) out += ',';
      out += "{\"name\":" + names_[c] + ",\"type\":";
      append_json_string(columns[c].type.ToString(), out);
      out += '}';
    }
    out += "],\"rows\":[";
    return {};
  }

  Status rows(duckdb::DataChunk& chunk, std::string& out) override {
    for (duckdb::idx_t c = 0; c < chunk.ColumnCount(); ++c) chunk.data[c].ToUnifiedFormat(chunk.size(), formats_[c]);
    for (duckdb::idx_t row = 0; row < chunk.size(); ++row, ++rows_) {
      if (!by_line_ && rows_ > 0) out += ",\n";
      out += by_line_ ? '{' : '[';
      for (duckdb::idx_t c = 0; c < chunk.ColumnCount(); ++c) {
        if (c > 0) out += ',';
        if (by_line_) {
          out += names_[c];
          out += ':';
        }
        append_json_cell(chunk.data[c], formats_[c], row, out);
      }
      out += by_line_ ? "}\n" : "]";
    }
    return {};
  }

  void end(std::chrono::microseconds elapsed, std::string& out) override {
    if (by_line_) return;
    out += "],\"row_count\":" + std::to_string(rows_) + ",\"elapsed_ms\":";
    append_number(static_cast<double>(elapsed.count()) / 1000, out);
    out += "}\n";
  }

  void fail(const Error& error, std::string& out) override {
    out += by_line_ ? "{\"error\":" : "],\"error\":";
    out += error_json(error);
    out += "}\n";
  }

 private:
  const bool by_line_;
  std::vector<std::string> names_;  // as JSON strings
  std::vector<duckdb::UnifiedVectorFormat> formats_;
  uint64_t rows_ = 0;
};

}  // namespace

std::string scalar_text(const duckdb::Value& value) {
  switch (value.type().id()) {
    case LogicalTypeId::VARCHAR:
      return duckdb::StringValue::Get(value);
    case LogicalTypeId::BLOB:
      return duckdb::Blob::ToBase64(duckdb::string_t(duckdb::StringValue::Get(value)));
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE: {
      const double number = value.GetValue<double>();
      if (std::isnan(number)) return "NaN";
      if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
      std::string out;
      if (value.type().id() == LogicalTypeId::FLOAT) {
        append_number(value.GetValue<float>(), out);
      } else {
        append_number(number, out);
      }
      return out;
    }
    default:
      return value.ToString();
  }
}

void append_json_value(const duckdb::Value& value, std::string& out) {
  if (value.IsNull()) {
    out += "null";
    return;
  }
  switch (value.type().id()) {
    case LogicalTypeId::BOOLEAN:
      out += duckdb::BooleanValue::Get(value) ? "true" : "false";
      return;
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
      append_number(value.GetValue<int64_t>(), out);
      return;
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
      append_number(value.GetValue<uint64_t>(), out);
      return;
    case LogicalTypeId::FLOAT:
      append_float(duckdb::FloatValue::Get(value), out);
      return;
    case LogicalTypeId::DOUBLE:
      append_float(duckdb::DoubleValue::Get(value), out);
      return;
    case LogicalTypeId::LIST:
    case LogicalTypeId::ARRAY: {
      const auto& children = value.type().id() == LogicalTypeId::LIST ? duckdb::ListValue::GetChildren(value)
                                                                      : duckdb::ArrayValue::GetChildren(value);
      out += '[';
      for (size_t i = 0; i < children.size(); ++i) {
        if (i > 0) out += ',';
        append_json_value(children[i], out);
      }
      out += ']';
      return;
    }
    case LogicalTypeId::STRUCT: {
      const auto& children = duckdb::StructValue::GetChildren(value);
      const bool named = !duckdb::StructType::IsUnnamed(value.type());
      out += named ? '{' : '[';
      for (size_t i = 0; i < children.size(); ++i) {
        if (i > 0) out += ',';
        if (named) {
          append_json_string(duckdb::StructType::GetChildName(value.type(), i), out);
          out += ':';
        }
        append_json_value(children[i], out);
      }
      out += named ? '}' : ']';
      return;
    }
    case LogicalTypeId::MAP: {
      const auto& entries = duckdb::MapValue::GetChildren(value);
      out += '{';
      for (size_t i = 0; i < entries.size(); ++i) {
        if (i > 0) out += ',';
        const auto& pair = duckdb::StructValue::GetChildren(entries[i]);
        append_json_string(pair[0].type().IsNested() ? pair[0].ToString() : scalar_text(pair[0]), out);
        out += ':';
        append_json_value(pair[1], out);
      }
      out += '}';
      return;
    }
    case LogicalTypeId::UNION:
      append_json_value(duckdb::UnionValue::GetValue(value), out);
      return;
    default:
      append_json_string(scalar_text(value), out);
      return;
  }
}

void append_json_cell(duckdb::Vector& column, const duckdb::UnifiedVectorFormat& format, duckdb::idx_t row,
                      std::string& out) {
  const auto index = format.sel->get_index(row);
  if (!format.validity.RowIsValid(index)) {
    out += "null";
    return;
  }
  auto get = [&]<typename T>(T) { return reinterpret_cast<const T*>(format.data)[index]; };
  if (functions::is_ipv4(column.GetType())) return append_json_string(functions::ipv4_text(get(uint32_t())), out);
  if (functions::is_ipv6(column.GetType())) {
    return append_json_string(functions::ipv6_text(get(duckdb::uhugeint_t())), out);
  }
  switch (column.GetType().id()) {
    case LogicalTypeId::BOOLEAN:
      out += get(bool()) ? "true" : "false";
      return;
    case LogicalTypeId::TINYINT:
      append_number(static_cast<int>(get(int8_t())), out);
      return;
    case LogicalTypeId::SMALLINT:
      append_number(get(int16_t()), out);
      return;
    case LogicalTypeId::INTEGER:
      append_number(get(int32_t()), out);
      return;
    case LogicalTypeId::BIGINT:
      append_number(get(int64_t()), out);
      return;
    case LogicalTypeId::UTINYINT:
      append_number(static_cast<unsigned>(get(uint8_t())), out);
      return;
    case LogicalTypeId::USMALLINT:
      append_number(get(uint16_t()), out);
      return;
    case LogicalTypeId::UINTEGER:
      append_number(get(uint32_t()), out);
      return;
    case LogicalTypeId::UBIGINT:
      append_number(get(uint64_t()), out);
      return;
    case LogicalTypeId::FLOAT:
      append_float(get(float()), out);
      return;
    case LogicalTypeId::DOUBLE:
      append_float(get(double()), out);
      return;
    case LogicalTypeId::VARCHAR: {
      const auto text = get(duckdb::string_t());
      append_json_string({text.GetData(), text.GetSize()}, out);
      return;
    }
    case LogicalTypeId::DATE:
      out += '"' + duckdb::Date::ToString(get(duckdb::date_t())) + '"';
      return;
    case LogicalTypeId::TIMESTAMP:
      out += '"' + duckdb::Timestamp::ToString(get(duckdb::timestamp_t())) + '"';
      return;
    case LogicalTypeId::DECIMAL: {
      const auto& type = column.GetType();
      const uint8_t width = duckdb::DecimalType::GetWidth(type), scale = duckdb::DecimalType::GetScale(type);
      out += '"';
      switch (type.InternalType()) {
        case duckdb::PhysicalType::INT16:
          out += duckdb::Decimal::ToString(get(int16_t()), width, scale);
          break;
        case duckdb::PhysicalType::INT32:
          out += duckdb::Decimal::ToString(get(int32_t()), width, scale);
          break;
        case duckdb::PhysicalType::INT64:
          out += duckdb::Decimal::ToString(get(int64_t()), width, scale);
          break;
        default:
          out += duckdb::Decimal::ToString(get(duckdb::hugeint_t()), width, scale);
          break;
      }
      out += '"';
      return;
    }
    default:
      append_json_value(column.GetValue(row), out);
      return;
  }
}

std::string done_json(const session::Done& done, std::chrono::microseconds elapsed) {
  std::string out =
      "{\"columns\":[],\"rows\":[],\"row_count\":0,\"affected_rows\":" + std::to_string(done.affected_rows) +
      ",\"last_insert_id\":" + std::to_string(done.last_insert_id) + ",\"warnings\":" + std::to_string(done.warnings) +
      ",\"info\":";
  append_json_string(done.info, out);
  out += ",\"elapsed_ms\":";
  append_number(static_cast<double>(elapsed.count()) / 1000, out);
  out += "}\n";
  return out;
}

std::unique_ptr<ResultWriter> make_json_writer(bool by_line) { return std::make_unique<JsonWriter>(by_line); }

}  // namespace sluice::door::http
