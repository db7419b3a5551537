// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/step_values.h"

#include <cstring>

#include "catalog/kairos/row_columns.h"

namespace sluice::catalog::kairos {
namespace {

using duckdb::LogicalType;

constexpr int64_t kDay = 86'400'000;

// The values of a flat vector, whatever their type.
duckdb::data_ptr_t bytes_of(const duckdb::Vector& vector) {
  return duckdb::FlatVector::GetData(const_cast<duckdb::Vector&>(vector));
}

}  // namespace

StepValues::StepValues(duckdb::ClientContext& context, const StepList& steps) : executor_(context) {
  duckdb::vector<LogicalType> types;
  for (const auto& step : steps) {
    executor_.AddExpression(*step);
    types.push_back(step->return_type);
  }
  input_.Initialize(context, {LogicalType::TIMESTAMP});
  output_.Initialize(context, types);
}

void StepValues::compute(const std::vector<int64_t>& times, const timeseries::Zone& zone) {
  input_.Reset();
  output_.Reset();
  auto* moments = duckdb::FlatVector::GetData<duckdb::timestamp_t>(input_.data[0]);
  for (size_t i = 0; i < times.size(); ++i) {
    // Outside of DATETIME, as scans have it.
    const bool known = times[i] > kFirstLocal - kDay && times[i] < kLastLocal + kDay;
    const int64_t local = known ? times[i] + zone.offset(times[i]) : kLastLocal + 1;
    if (local < kFirstLocal || local > kLastLocal)
      duckdb::FlatVector::SetNull(input_.data[0], i, true);
    else
      moments[i] = duckdb::timestamp_t(local * 1000);
  }
  input_.SetCardinality(times.size());
  executor_.Execute(input_, output_);
  output_.Flatten();
}

bool StepValues::equal(size_t a, size_t b) const {
  for (const auto& vector : output_.data) {
    const auto& validity = duckdb::FlatVector::Validity(vector);
    if (validity.RowIsValid(a) != validity.RowIsValid(b)) return false;
    if (!validity.RowIsValid(a)) continue;
    const auto type = vector.GetType().InternalType();
    if (type == duckdb::PhysicalType::VARCHAR) {
      const auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
      if (texts[a] != texts[b]) return false;
    } else if (duckdb::TypeIsConstantSize(type)) {
      const size_t size = duckdb::GetTypeIdSize(type);
      const auto* data = bytes_of(vector);
      if (std::memcmp(data + a * size, data + b * size, size) != 0) return false;
    } else {
      return false;
    }
  }
  return true;
}

KeptValues::KeptValues(const StepList& steps) {
  for (const auto& step : steps) {
    auto& column = columns_.emplace_back();
    const auto type = step->return_type.InternalType();
    column.width = type == duckdb::PhysicalType::VARCHAR ? 0 : duckdb::GetTypeIdSize(type);
  }
}

size_t KeptValues::keep(const StepValues& values, size_t row) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto& column = columns_[i];
    const auto& from = values.results()[i];
    const bool valid = duckdb::FlatVector::Validity(from).RowIsValid(row);
    column.valid.push_back(valid ? 1 : 0);
    if (column.width == 0) {
      column.texts.push_back(valid ? duckdb::FlatVector::GetData<duckdb::string_t>(from)[row].GetString()
                                   : std::string());
    } else {
      const auto* data = bytes_of(from) + row * column.width;
      column.data.insert(column.data.end(), data, data + column.width);
    }
  }
  return size_++;
}

size_t KeptValues::truncate(size_t count, size_t also) {
  for (auto& column : columns_) {
    if (also >= count) {
      column.valid[count] = column.valid[also];
      if (column.width == 0)
        column.texts[count] = std::move(column.texts[also]);
      else
        std::memmove(column.data.data() + count * column.width, column.data.data() + also * column.width, column.width);
    }
    const size_t left = also >= count ? count + 1 : count;
    column.valid.resize(left);
    if (column.width == 0)
      column.texts.resize(left);
    else
      column.data.resize(left * column.width);
  }
  size_ = also >= count ? count + 1 : count;
  return also >= count ? count : also;
}

void KeptValues::write(size_t step, std::span<const size_t> rows, duckdb::Vector& into, size_t at) const {
  const auto& column = columns_[step];
  for (size_t i = 0; i < rows.size(); ++i) {
    if (column.valid[rows[i]] == 0) {
      duckdb::FlatVector::SetNull(into, at + i, true);
    } else if (column.width == 0) {
      duckdb::FlatVector::GetData<duckdb::string_t>(into)[at + i] =
          duckdb::StringVector::AddString(into, column.texts[rows[i]]);
    } else {
      std::memcpy(bytes_of(into) + (at + i) * column.width, column.data.data() + rows[i] * column.width, column.width);
    }
  }
}

}  // namespace sluice::catalog::kairos
