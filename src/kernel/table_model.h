// SPDX-License-Identifier: Apache-2.0
// What Doris' CREATE TABLE says of a table and the kernel has no place for: key model, aggregation, partitions,
// distribution, properties, declared types. It is kept in the comments of the table and of its columns, which the
// kernel logs, copies and alters with them. Plain data and pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// Names of hidden columns that an INSERT may write.
inline constexpr const char* kDeleteSign = "__DORIS_DELETE_SIGN__";
inline constexpr const char* kSequenceColumn = "__DORIS_SEQUENCE_COL__";
inline constexpr const char* kVersionColumn = "__DORIS_VERSION_COL__";

enum class KeyModel : uint8_t { kNone, kDuplicate, kUnique, kAggregate };  // kNone: a table in MySQL's manner

struct ColumnModel {
  std::string comment;
  bool key = false;
  std::string aggregation;  // "SUM", "REPLACE", ..: upper case; empty: none
  std::string type;         // as declared, where the kernel's type says less: "varchar(10)"
  uint64_t max_bytes = 0;   // of a text; 0: no limit
  bool auto_increment = false;
  std::string sequence;        // with auto_increment: the kernel's sequence, "schema"."name"
  bool now_on_update = false;  // ON UPDATE CURRENT_TIMESTAMP
  bool hidden = false;         // not in SELECT *
};

// A bound of a range, one value a column. No text: MAXVALUE in an upper bound, the least value in a lower one.
using Bound = std::vector<std::optional<std::string>>;

struct Partition {
  std::string name;
  bool temporary = false;
  Bound lower, upper;         // of RANGE: lower <= row < upper; an empty lower bound is below everything
  std::vector<Bound> values;  // of LIST: one entry a tuple; no text: NULL
  std::string visible_since;  // "YYYY-MM-DD hh:mm:ss"
};

// A note of ALTER TABLE and of materialised views: kind "mv" (a view kept with the table: its query), "constraint",
// "generated" (a column's expression as it was written), or "async" (of a materialised view with rows of its own: its
// query, refresh method, ..).
struct TableNote {
  std::string kind;
  std::string name;
  std::string text;
};

enum class PartitionKind : uint8_t { kNone, kRange, kList };

struct TableModel {
  std::string comment;
  KeyModel keys = KeyModel::kNone;
  std::vector<std::string> key_order;  // as written; columns renamed since are found by their flag
  std::string distribution;            // HASH(`k`) BUCKETS 3
  std::vector<std::string> cluster_by;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<std::string> indexes;  // lines of CREATE TABLE
  std::vector<std::string> rollups;
  PartitionKind partitioned = PartitionKind::kNone;
  bool auto_partitions = false;
  std::string auto_unit;  // of AUTO RANGE: the unit of date_trunc
  std::vector<std::string> partition_columns;
  std::vector<Partition> partitions;
  std::vector<TableNote> notes;

  bool is_plain() const;  // nothing but a comment
  const std::string* property(const std::string& name) const;
  Partition* find_partition(const std::string& name, bool temporary);
  const Partition* find_partition(const std::string& name, bool temporary) const;
  // The text of a note; null when there is none. Names are compared without case.
  const std::string* note(std::string_view kind, std::string_view name) const;
  void set_note(const std::string& kind, const std::string& name, std::string text);
  bool remove_note(std::string_view kind, std::string_view name);
  // The table, in kServerSchema, that holds the rows of all temporary partitions; null: there are none.
  const std::string* temporary_rows() const { return note("temporary", "rows"); }
  // Whether this table holds the rows of a materialised view.
  bool is_materialized_view() const { return note("async", "query") != nullptr; }
};

// The value to be kept as a comment; NULL when there is nothing to keep.
duckdb::Value encode(const ColumnModel& model);
duckdb::Value encode(const TableModel& model);
// The same, never as mere text: for ALTER, where mere text means that the client changed the comment alone.
duckdb::Value encode_whole(const ColumnModel& model);
duckdb::Value encode_whole(const TableModel& model);
// From a comment, also one that is only text.
ColumnModel decode_column(const duckdb::Value& comment);
TableModel decode_table(const duckdb::Value& comment);

// Whether a comment is one of ours, and not only text.
bool is_encoded(const duckdb::Value& comment);

}  // namespace sluice::kernel
