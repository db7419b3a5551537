// SPDX-License-Identifier: Apache-2.0
// The text formats of loads: cutting a stream of bytes into blocks of whole records (LoadSplitter, one per load), and
// reading the fields of a block's records (LoadReader, one per scanning thread). Neither knows types or the kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "session/load.h"
#include "session/load_source.h"

namespace sluice::session {

// A CSV dialect with the questions that both the splitter and the reader ask.
class CsvText {
 public:
  explicit CsvText(const LoadSpec::Csv& options);

  // The end of the record that begins at `begin`, behind its line delimiter; null when it is not complete.
  const char* record_end(const char* begin, const char* end) const;
  // The end of the last whole record of the text that begins at `begin`; `begin` when there is none.
  const char* last_record_end(const char* begin, const char* end) const;
  // Whether every line delimiter ends a record: no enclosing, no escapes outside it.
  bool plain() const { return plain_; }
  const LoadSpec::Csv& options() const { return options_; }

 private:
  friend class CsvReader;
  // Whether separator and delimiter are one byte each and no escape in [begin, end) has a meaning outside enclosed
  // fields: then a field begins behind each of the two that is not enclosed, whatever stands before.
  bool simple(const char* begin, const char* end) const;
  bool separator_at(const char* p, const char* end) const;
  bool delimiter_at(const char* p, const char* end) const;
  // Behind the closing quote of the field whose opening one is at `p`; null when it is not closed before `end`.
  const char* skip_enclosed(const char* p, const char* end) const;
  const char* next_enclosed(const char* begin, const char* from, const char* end) const;

  const LoadSpec::Csv options_;
  const bool plain_;
  const bool single_bytes_;
};

// Takes bytes in any pieces, gives whole records in blocks of about kBlockBytes. Worker thread.
class LoadSplitter {
 public:
  static constexpr size_t kBlockBytes = 1ull << 20;

  LoadSplitter(const LoadSpec& spec, LoadSource& source, size_t block_bytes = kBlockBytes);

  // Errors: kInvalidArgument for a record longer than allowed; what LoadSource::push says.
  Status write(std::string_view bytes);
  // Hands over what is left. Errors: the last record is incomplete.
  Status finish();
  // What follows is another file. Errors: those of finish().
  Status next_file(std::shared_ptr<const std::vector<std::optional<std::string>>> path_values);

 private:
  // The end of the last whole record in [0, block_->size); 0 when there is none.
  size_t last_boundary();
  size_t last_value_boundary();
  Status skip_header();
  Status cut();
  Status grow(size_t capacity);
  Status push(LoadBlockPtr block);

  const LoadSpec::Format format_;
  const CsvText csv_;
  const bool json_by_line_;
  const bool json_whole_;  // the document is one block
  const bool json_array_;
  const uint64_t max_record_bytes_;
  const size_t block_bytes_;
  LoadSource& source_;
  LoadBlockPtr block_;
  std::shared_ptr<const std::vector<std::optional<std::string>>> path_values_;
  uint64_t skip_lines_ = 0;
  bool at_start_ = true;
  bool begins_file_ = true;  // nothing of the file was handed over yet
  // JSON that is not by line: the state behind scanned_ bytes of block_.
  size_t scanned_ = 0;
  size_t boundary_ = 0;  // behind the last complete value
  uint32_t depth_ = 0;   // of brackets inside a value
  bool in_string_ = false;
  bool after_backslash_ = false;
  bool outer_open_ = false;
  bool outer_closed_ = false;
};

// One field of one record; points into the block or the arena of its LoadFields.
struct LoadField {
  enum Kind : uint32_t {
    kMissing,  // the record has no such field: NULL
    kText,     // as it stands; CSV's \N is NULL
    kQuoted,   // was enclosed, or a JSON string: never NULL
    kNull,     // JSON null
    kTrue,     // JSON true and false
    kFalse,
    kNested,  // JSON text of an object or array
  };
  const char* data = nullptr;
  uint32_t size = 0;
  Kind kind = kMissing;
  std::string_view text() const { return {data, size}; }
};

// Memory that fields point into, freed as a whole.
class LoadArena {
 public:
  char* allocate(size_t bytes);

 private:
  static constexpr size_t kPieceBytes = 64ull << 10;
  std::vector<std::unique_ptr<char[]>> pieces_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

// Up to kRows records, column by column.
struct LoadFields {
  static constexpr size_t kRows = 2048;
  struct Bad {
    uint32_t row;
    std::string reason;
  };
  explicit LoadFields(size_t columns) : columns(columns), cells(columns * kRows), records(kRows) {}
  LoadField* column(size_t index) { return cells.data() + index * kRows; }

  const size_t columns;
  std::vector<LoadField> cells;           // column(c)[row]
  std::vector<std::string_view> records;  // each row's text
  std::vector<Bad> bad;                   // rows that could not be read, ascending; their fields are kMissing
  std::shared_ptr<LoadArena> arena;       // null when nothing points into it
  size_t rows = 0;
};

class LoadReader {
 public:
  virtual ~LoadReader() = default;
  // `block` outlives its reading.
  virtual void start(const LoadBlock& block) = 0;
  // Replaces `fields` by the next records of the block; fields.rows is 0 at its end.
  virtual void read(LoadFields& fields) = 0;
};

// `names`: what the fields are called (JSON without paths), in the order of the columns of LoadFields.
std::unique_ptr<LoadReader> make_csv_reader(const LoadSpec::Csv& options, size_t columns);
std::unique_ptr<LoadReader> make_json_reader(const LoadSpec& spec, std::vector<std::string> names);

// "$.a.b[0]" or "a.b" as steps; empty for "$". Errors: 1105 not a path.
struct JsonStep {
  std::string key;
  int64_t index = -1;  // of an array, when not negative
};
Result<std::vector<JsonStep>> parse_json_path(const std::string& path);
// ["$.a", "$.b"] as the paths. Nothing: it is no such array.
std::optional<std::vector<std::string>> parse_json_paths(const std::string& text);

}  // namespace sluice::session
