// SPDX-License-Identifier: Apache-2.0
// Scalar functions written for one row: `run_rows<f>` is the vector body of a plain function f, `add_rows<f>(entry)` an
// overload of it whose types follow from f's. Arguments: bool, integers, double, duckdb's date_t, timestamp_t,
// interval_t and hugeint_t, std::string_view; std::optional<T> for one that may be NULL (the entry then needs
// own_nulls()). A first parameter `duckdb::ClientContext&` gets the session's. Results: the same, std::string for text;
// std::optional for NULL. Internal to src/functions; no thread rule: f has to be a pure function or lock.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "functions/registry.h"

namespace sluice::functions {

template <typename T>
struct RowType;  // how a C++ type lies in a vector

template <typename T>
struct PlainRowType {
  using Stored = T;
  static T read(const T& stored) { return stored; }
  static T write(duckdb::Vector&, const T& value) { return value; }
};
template <>
struct RowType<bool> : PlainRowType<bool> {
  static LogicalType type() { return LogicalType::BOOLEAN; }
};
template <>
struct RowType<int8_t> : PlainRowType<int8_t> {
  static LogicalType type() { return LogicalType::TINYINT; }
};
template <>
struct RowType<int16_t> : PlainRowType<int16_t> {
  static LogicalType type() { return LogicalType::SMALLINT; }
};
template <>
struct RowType<int32_t> : PlainRowType<int32_t> {
  static LogicalType type() { return LogicalType::INTEGER; }
};
template <>
struct RowType<int64_t> : PlainRowType<int64_t> {
  static LogicalType type() { return LogicalType::BIGINT; }
};
template <>
struct RowType<uint32_t> : PlainRowType<uint32_t> {
  static LogicalType type() { return LogicalType::UINTEGER; }
};
template <>
struct RowType<uint64_t> : PlainRowType<uint64_t> {
  static LogicalType type() { return LogicalType::UBIGINT; }
};
template <>
struct RowType<duckdb::hugeint_t> : PlainRowType<duckdb::hugeint_t> {
  static LogicalType type() { return LogicalType::HUGEINT; }
};
template <>
struct RowType<duckdb::uhugeint_t> : PlainRowType<duckdb::uhugeint_t> {
  static LogicalType type() { return LogicalType::UHUGEINT; }
};
template <>
struct RowType<float> : PlainRowType<float> {
  static LogicalType type() { return LogicalType::FLOAT; }
};
template <>
struct RowType<double> : PlainRowType<double> {
  static LogicalType type() { return LogicalType::DOUBLE; }
};
template <>
struct RowType<duckdb::date_t> : PlainRowType<duckdb::date_t> {
  static LogicalType type() { return LogicalType::DATE; }
};
template <>
struct RowType<duckdb::timestamp_t> : PlainRowType<duckdb::timestamp_t> {
  static LogicalType type() { return LogicalType::TIMESTAMP; }
};
template <>
struct RowType<duckdb::interval_t> : PlainRowType<duckdb::interval_t> {
  static LogicalType type() { return LogicalType::INTERVAL; }
};
template <>
struct RowType<std::string_view> {
  using Stored = duckdb::string_t;
  static std::string_view read(const duckdb::string_t& stored) { return {stored.GetData(), stored.GetSize()}; }
  static duckdb::string_t write(duckdb::Vector& result, std::string_view value) {
    return duckdb::StringVector::AddStringOrBlob(result, value.data(), value.size());
  }
  static LogicalType type() { return LogicalType::VARCHAR; }
};
template <>
struct RowType<std::string> : RowType<std::string_view> {};

namespace rows {

template <typename T>
struct Unwrapped {
  using Type = T;
  static constexpr bool optional = false;
};
template <typename T>
struct Unwrapped<std::optional<T>> {
  using Type = T;
  static constexpr bool optional = true;
};

// The argument of one row.
template <typename A>
A read_argument(const duckdb::UnifiedVectorFormat& format, duckdb::idx_t row) {
  using Type = RowType<typename Unwrapped<A>::Type>;
  const duckdb::idx_t index = format.sel->get_index(row);
  if constexpr (Unwrapped<A>::optional) {
    if (!format.validity.RowIsValid(index)) return std::nullopt;
  }
  return Type::read(duckdb::UnifiedVectorFormat::GetData<typename Type::Stored>(format)[index]);
}

template <typename A>
bool is_missing(const duckdb::UnifiedVectorFormat& format, duckdb::idx_t row) {
  return !Unwrapped<A>::optional && !format.validity.RowIsValid(format.sel->get_index(row));
}

// Fills the result by rows: one row when everything is constant, since then all are alike.
template <typename R, typename OneRow>
void fill(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result, OneRow one_row) {
  using Result = typename Unwrapped<R>::Type;
  const bool constant = input.ColumnCount() > 0 && input.AllConstant() && !state.expr.IsVolatile();
  const duckdb::idx_t count = constant ? 1 : input.size();
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* data = duckdb::FlatVector::GetData<typename RowType<Result>::Stored>(result);
  for (duckdb::idx_t row = 0; row < count; ++row) {
    std::optional<Result> value = one_row(row);
    if (value)
      data[row] = RowType<Result>::write(result, *value);
    else
      duckdb::FlatVector::SetNull(result, row, true);
  }
  if (constant) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

template <typename F>
struct Signature;
template <typename R, typename... A>
struct Signature<R (*)(A...)> {
  static std::vector<LogicalType> types() { return {RowType<typename Unwrapped<A>::Type>::type()...}; }
  static LogicalType result() { return RowType<typename Unwrapped<R>::Type>::type(); }

  template <auto f>
  static void run(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& out) {
    std::array<duckdb::UnifiedVectorFormat, sizeof...(A) + 1> formats;
    for (size_t i = 0; i < sizeof...(A); ++i) input.data[i].ToUnifiedFormat(input.size(), formats[i]);
    fill<R>(input, state, out,
            [&](duckdb::idx_t row) { return call<f>(formats, row, std::index_sequence_for<A...>()); });
  }

 private:
  template <auto f, typename Formats, size_t... i>
  static std::optional<typename Unwrapped<R>::Type> call(const Formats& formats, duckdb::idx_t row,
                                                         std::index_sequence<i...>) {
    if ((is_missing<A>(formats[i], row) || ...)) return std::nullopt;
    return f(read_argument<A>(formats[i], row)...);
  }
};
// With the session's context in front.
template <typename R, typename... A>
struct Signature<R (*)(duckdb::ClientContext&, A...)> {
  static std::vector<LogicalType> types() { return {RowType<typename Unwrapped<A>::Type>::type()...}; }
  static LogicalType result() { return RowType<typename Unwrapped<R>::Type>::type(); }

  template <auto f>
  static void run(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& out) {
    std::array<duckdb::UnifiedVectorFormat, sizeof...(A) + 1> formats;
    for (size_t i = 0; i < sizeof...(A); ++i) input.data[i].ToUnifiedFormat(input.size(), formats[i]);
    auto& context = state.GetContext();
    fill<R>(input, state, out,
            [&](duckdb::idx_t row) { return call<f>(context, formats, row, std::index_sequence_for<A...>()); });
  }

 private:
  template <auto f, typename Formats, size_t... i>
  static std::optional<typename Unwrapped<R>::Type> call(duckdb::ClientContext& context, const Formats& formats,
                                                         duckdb::idx_t row, std::index_sequence<i...>) {
    if ((is_missing<A>(formats[i], row) || ...)) return std::nullopt;
    return f(context, read_argument<A>(formats[i], row)...);
  }
};

// All arguments of one type: R f(std::span<const E>).
template <typename R, typename E>
struct Signature<R (*)(std::span<const E>)> {
  static LogicalType element() { return RowType<typename Unwrapped<E>::Type>::type(); }
  static LogicalType result() { return RowType<typename Unwrapped<R>::Type>::type(); }

  template <auto f>
  static void run(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& out) {
    std::vector<duckdb::UnifiedVectorFormat> formats(input.ColumnCount());
    for (size_t i = 0; i < formats.size(); ++i) input.data[i].ToUnifiedFormat(input.size(), formats[i]);
    std::vector<E> values(formats.size());
    fill<R>(input, state, out, [&](duckdb::idx_t row) -> std::optional<typename Unwrapped<R>::Type> {
      for (size_t i = 0; i < formats.size(); ++i) {
        if (is_missing<E>(formats[i], row)) return std::nullopt;
        values[i] = read_argument<E>(formats[i], row);
      }
      return f(std::span<const E>(values));
    });
  }
};

}  // namespace rows

template <auto f>
void run_rows(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  rows::Signature<decltype(f)>::template run<f>(input, state, result);
}

template <auto f>
Function& add_rows(Function& entry) {
  using Signature = rows::Signature<decltype(f)>;
  return entry.overload(Signature::types(), Signature::result(), run_rows<f>);
}

// Any number of arguments, but at least `fixed`: R f(std::span<const E>).
template <auto f>
Function& add_variadic_rows(Function& entry, size_t fixed = 1) {
  using Signature = rows::Signature<decltype(f)>;
  return entry.variadic(std::vector<LogicalType>(fixed, Signature::element()), Signature::result(), run_rows<f>);
}

}  // namespace sluice::functions
