// SPDX-License-Identifier: Apache-2.0
// LoadConverter: the fields of one column as values of its type. The common spellings of numbers, decimals, dates and
// times are read directly; everything else goes through the kernel's own casts. One per column and scanning thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "functions/session_zone.h"
#include "pch/pch.h"
#include "session/load_records.h"

namespace sluice::session {

// How one output column is made.
struct LoadTarget {
  std::string name;
  duckdb::LogicalType type;
  bool not_null = false;
  bool strict = true;          // what does not convert makes the row bad; otherwise NULL, if the column takes it
  bool empty_is_null = false;  // for strings; for other types an empty field is NULL unless `strict_empty`
  bool strict_empty = false;
  bool is_json = false;                   // fields come from JSON
  std::optional<duckdb::Value> absent{};  // of `type`: for records without such a field; otherwise NULL
};

// Collects what is wrong with the rows of one batch. A row has at most one complaint: its first.
class LoadVerdicts {
 public:
  void clear() {
    bad_.clear();
    flagged_.assign(LoadFields::kRows, 0);
    nulled = 0;
  }
  bool is_bad(size_t row) const { return flagged_[row]; }
  void add(size_t row, std::string reason) {
    if (flagged_[row]) return;
    flagged_[row] = 1;
    bad_.push_back({static_cast<uint32_t>(row), std::move(reason)});
  }
  const std::vector<LoadFields::Bad>& all() const { return bad_; }
  uint64_t nulled = 0;

 private:
  std::vector<LoadFields::Bad> bad_;
  std::vector<uint8_t> flagged_ = std::vector<uint8_t>(LoadFields::kRows, 0);
};

class LoadConverter {
 public:
  LoadConverter(duckdb::ClientContext& context, LoadTarget target) : context_(context), target_(std::move(target)) {}

  // Writes `rows` values into `out`, a flat vector of the target's type. `valid_utf8`: all text is known to be UTF-8.
  // `keep_alive` holds the memory that the fields point into.
  void convert(const LoadField* fields, size_t rows, bool valid_utf8,
               const std::vector<std::shared_ptr<void>>& keep_alive, duckdb::Vector& out, LoadVerdicts& verdicts);

 private:
  template <typename T, typename Parse>
  void convert_with(const LoadField* fields, size_t rows, duckdb::Vector& out, LoadVerdicts& verdicts, Parse parse);
  template <typename T>
  void convert_decimal(const LoadField* fields, size_t rows, duckdb::Vector& out, LoadVerdicts& verdicts);
  void convert_text(const LoadField* fields, size_t rows, bool valid_utf8,
                    const std::vector<std::shared_ptr<void>>& keep_alive, duckdb::Vector& out, LoadVerdicts& verdicts);
  void cast_by(duckdb::Vector& texts, size_t rows, bool as_doris, duckdb::Vector& out);
  void convert_by_kernel(const LoadField* fields, size_t rows, duckdb::Vector& out, LoadVerdicts& verdicts);

  bool parse_moment(const LoadField& field, duckdb::timestamp_t& value);
  bool is_null(const LoadField& field) const;
  // Whether the default stands for it, which fill_absent() writes.
  bool is_absent(const LoadField& field) const { return target_.absent && field.kind == LoadField::kMissing; }
  void fill_absent(const LoadField* fields, size_t rows, duckdb::Vector& out, const LoadVerdicts& verdicts) const;
  void convert_present(const LoadField* fields, size_t rows, bool valid_utf8,
                       const std::vector<std::shared_ptr<void>>& keep_alive, duckdb::Vector& out,
                       LoadVerdicts& verdicts);
  void set_null(const LoadField& field, size_t row, duckdb::Vector& out, LoadVerdicts& verdicts);
  void refuse(const LoadField& field, size_t row, duckdb::Vector& out, LoadVerdicts& verdicts);

  duckdb::ClientContext& context_;
  const LoadTarget target_;
  functions::SessionZone zone_{context_};
};

}  // namespace sluice::session
