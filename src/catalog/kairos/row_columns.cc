// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/row_columns.h"

#include "catalog/kairos/metric_deletes.h"

#include <cstring>

namespace sluice::catalog::kairos {
namespace {

using duckdb::FlatVector;
using duckdb::LogicalType;
using duckdb::string_t;
using duckdb::StringVector;
using duckdb::Value;
using duckdb::Vector;
using timeseries::Points;
using timeseries::PointType;
using timeseries::Series;

void set_null(Vector& into, size_t at) { FlatVector::SetNull(into, at, true); }

void longs(const Points& points, size_t from, size_t count, Vector& into, size_t at) {
  auto* out = FlatVector::GetData<int64_t>(into) + at;
  if (points.uniform() && points.uniform_type() == PointType::kLong) {
    std::memcpy(out, points.values().data() + from, count * sizeof *out);
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    if (points.type(from + i) == PointType::kLong)
      out[i] = points.long_value(from + i);
    else
      set_null(into, at + i);
  }
}

void doubles(const Points& points, size_t from, size_t count, Vector& into, size_t at) {
  auto* out = FlatVector::GetData<double>(into) + at;
  if (points.uniform() && points.uniform_type() == PointType::kDouble) {
    std::memcpy(out, points.values().data() + from, count * sizeof *out);
    return;
  }
  if (points.uniform() && points.uniform_type() == PointType::kLong) {
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<double>(points.long_value(from + i));
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const PointType type = points.type(from + i);
    if (type == PointType::kLong || type == PointType::kDouble)
      out[i] = points.number(from + i);
    else
      set_null(into, at + i);
  }
}

// `numbers`: those are texts, too.
void texts(const Points& points, size_t from, size_t count, Vector& into, size_t at, bool numbers) {
  auto* out = FlatVector::GetData<string_t>(into) + at;
  for (size_t i = 0; i < count; ++i) {
    switch (points.type(from + i)) {
      case PointType::kString:
        out[i] = StringVector::AddStringOrBlob(into, points.text(from + i).data(), points.text(from + i).size());
        break;
      case PointType::kComplex:
        out[i] = StringVector::AddString(into, complex_text(points.text(from + i)));
        break;
      case PointType::kLong:
      case PointType::kDouble:
        if (numbers) {
          out[i] = StringVector::AddString(into, points.type(from + i) == PointType::kLong
                                                     ? std::to_string(points.long_value(from + i))
                                                     : number_text(points.double_value(from + i)));
          break;
        }
        [[fallthrough]];
      default:
        set_null(into, at + i);
    }
  }
}

}  // namespace

std::string number_text(double value) { return Value::DOUBLE(value).ToString(); }

std::string complex_text(std::string_view bytes) {
  double parts[2] = {};
  std::memcpy(parts, bytes.data(), std::min(bytes.size(), sizeof parts));
  return "{\"real\":" + number_text(parts[0]) + ",\"imaginary\":" + number_text(parts[1]) + "}";
}

OutputColumn output_column(const MetricTable& table, duckdb::idx_t id) {
  OutputColumn column;
  column.value_type = table.value_type;
  if (id >= table.columns.size()) {
    column.point = id == kPointColumn;
    column.row_id = !column.point;
    return column;
  }
  column.kind = table.columns[id].kind;
  column.tag = table.columns[id].tag;
  return column;
}

Value tag_value(const Series& series, const std::string& tag) {
  const std::string* value = series.tags().find(tag);
  if (!value || !Value::StringIsValid(*value)) return Value(LogicalType::VARCHAR);
  return Value(*value);
}

Value tags_value(const Series& series) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& [name, value] : series.tags().all()) {
    if (!Value::StringIsValid(name) || !Value::StringIsValid(value)) continue;
    keys.emplace_back(name);
    values.emplace_back(value);
  }
  return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

void RowWriter::times(std::span<const int64_t> in, Vector& into, size_t at) const {
  constexpr int64_t kDay = 86'400'000;
  auto* out = FlatVector::GetData<duckdb::timestamp_t>(into) + at;
  for (size_t i = 0; i < in.size(); ++i) {
    if (in[i] < kFirstLocal - kDay || in[i] > kLastLocal + kDay) [[unlikely]] {
      set_null(into, at + i);
      continue;
    }
    const int64_t local = in[i] + zone_.offset(in[i]);
    out[i] = duckdb::timestamp_t(local * 1000);
    if (local < kFirstLocal || local > kLastLocal) [[unlikely]]
      set_null(into, at + i);
  }
}

void RowWriter::tags(const OutputColumn& column, const Series& series, size_t count, Vector& into, size_t at,
                     bool whole) {
  const bool all = column.kind == ColumnKind::kTags;
  if (whole) {
    into.Reference(all ? tags_value(series) : tag_value(series, column.tag));
    return;
  }
  if (all) {
    const Value value = tags_value(series);
    for (size_t row = 0; row < count; ++row) into.SetValue(at + row, value);
    return;
  }
  const std::string* value = series.tags().find(column.tag);
  if (!value || !Value::StringIsValid(*value)) {
    for (size_t row = 0; row < count; ++row) set_null(into, at + row);
    return;
  }
  auto* out = FlatVector::GetData<string_t>(into) + at;
  std::fill(out, out + count, StringVector::AddString(into, *value));
}

void RowWriter::write(const std::vector<OutputColumn>& columns, const Series& series, const Points& points, size_t from,
                      size_t count, duckdb::DataChunk& chunk, size_t at, bool whole) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const OutputColumn& column = columns[i];
    Vector& into = chunk.data[i];
    if (column.point) continue;
    if (column.row_id) {
      into.Reference(Value(into.GetType()));
      continue;
    }
    switch (column.kind) {
      case ColumnKind::kTime:
        times(std::span(points.times()).subspan(from, count), into, at);
        break;
      case ColumnKind::kValue:
        if (column.value_type == PointType::kLong)
          longs(points, from, count, into, at);
        else if (column.value_type == PointType::kString)
          texts(points, from, count, into, at, true);
        else
          doubles(points, from, count, into, at);
        break;
      case ColumnKind::kText:
        texts(points, from, count, into, at, false);
        break;
      case ColumnKind::kTag:
      case ColumnKind::kTags:
        tags(column, series, count, into, at, whole);
        break;
    }
  }
}

}  // namespace sluice::catalog::kairos
