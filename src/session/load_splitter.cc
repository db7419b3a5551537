// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "session/load_records.h"

namespace sluice::session {
namespace {
// What a document held in one block may at most be; LoadField keeps sizes in 32 bits.
constexpr uint64_t kMaxBlockBytes = 1ull << 30;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
}  // namespace

LoadSplitter::LoadSplitter(const LoadSpec& spec, LoadSource& source, size_t block_bytes)
    : format_(spec.format),
      csv_(spec.csv),
      json_by_line_(spec.json.by_line),
      json_whole_(!spec.json.by_line && !spec.json.root.empty()),
      json_array_(spec.json.strip_outer_array),
      max_record_bytes_(
          std::min(format_ == LoadSpec::Format::kJson && json_whole_ ? spec.max_document_bytes : spec.max_record_bytes,
                   kMaxBlockBytes)),
      block_bytes_(block_bytes),
      source_(source),
      skip_lines_(format_ == LoadSpec::Format::kCsv ? spec.csv.skip_lines : 0) {}

Status LoadSplitter::grow(size_t capacity) {
  LoadBlockPtr bigger = source_.new_block(capacity);
  std::memcpy(bigger->text.get(), block_->text.get(), block_->size);
  bigger->size = block_->size;
  block_ = std::move(bigger);
  return {};
}

Status LoadSplitter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!block_) {
      block_ = source_.new_block(block_bytes_);
      scanned_ = boundary_ = 0;
    }
    const size_t piece = std::min(bytes.size(), block_->capacity - block_->size);
    std::memcpy(block_->text.get() + block_->size, bytes.data(), piece);
    block_->size += piece;
    bytes.remove_prefix(piece);
    if (block_->size == block_->capacity) TRY(cut());
  }
  return {};
}

// Drops a byte order mark and the lines to skip from the front of the block, as far as they are there.
Status LoadSplitter::skip_header() {
  char* const text = block_->text.get();
  size_t drop = 0;
  if (at_start_) {
    if (block_->size >= 3 && std::memcmp(text, "\xEF\xBB\xBF", 3) == 0) drop = 3;
    at_start_ = false;
  }
  while (skip_lines_ > 0) {
    const char* end = csv_.record_end(text + drop, text + block_->size);
    if (!end) break;
    drop = end - text;
    --skip_lines_;
  }
  if (drop > 0) {
    std::memmove(text, text + drop, block_->size - drop);
    block_->size -= drop;
  }
  return {};
}

// Hands over the whole records of the block; what is behind them begins the next block.
Status LoadSplitter::cut() {
  TRY(skip_header());
  const size_t boundary = skip_lines_ > 0 ? 0 : last_boundary();
  if (boundary == 0) {
    if (block_->size < block_->capacity) return {};
    if (block_->capacity >= max_record_bytes_) {
      return fail(sql_error(Code::kInvalidArgument, 1105,
                            (json_whole_ && format_ == LoadSpec::Format::kJson ? "the JSON document is longer than "
                                                                               : "a row is longer than ") +
                                std::to_string(max_record_bytes_) +
                                " bytes; check the line delimiter and the enclosing character"));
    }
    return grow(std::min<uint64_t>(block_->capacity * 2, max_record_bytes_));
  }
  const size_t rest = block_->size - boundary;
  LoadBlockPtr next = source_.new_block(std::max(block_bytes_, rest * 2));
  std::memcpy(next->text.get(), block_->text.get() + boundary, rest);
  next->size = rest;
  block_->size = boundary;
  scanned_ -= std::min(scanned_, boundary);
  boundary_ = 0;
  std::swap(block_, next);
  return push(std::move(next));
}

Status LoadSplitter::push(LoadBlockPtr block) {
  block->path_values = path_values_;
  block->begins_file = std::exchange(begins_file_, false);
  return source_.push(std::move(block));
}

size_t LoadSplitter::last_boundary() {
  const char* const text = block_->text.get();
  if (format_ == LoadSpec::Format::kJson) {
    if (!json_by_line_) return json_whole_ ? 0 : last_value_boundary();
    auto* found = static_cast<const char*>(memrchr(text, '\n', block_->size));
    return found ? found - text + 1 : 0;
  }
  return csv_.last_record_end(text, text + block_->size) - text;
}

// JSON values one after another, or the elements of one outer array: looks for the ends of objects (and arrays).
size_t LoadSplitter::last_value_boundary() {
  const char* const text = block_->text.get();
  size_t i = scanned_;
  for (; i < block_->size; ++i) {
    const char c = text[i];
    if (in_string_) {
      if (after_backslash_) {
        after_backslash_ = false;
      } else if (c == '\\') {
        after_backslash_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        break;
      case '[':
      case '{':
        if (c == '[' && json_array_ && depth_ == 0 && !outer_open_) {
          outer_open_ = true;
        } else {
          ++depth_;
        }
        break;
      case ']':
      case '}':
        if (depth_ > 0) {
          if (--depth_ == 0) boundary_ = i + 1;
        } else if (c == ']') {
          outer_closed_ = true;
        }
        break;
      default:
        break;
    }
  }
  scanned_ = i;
  return boundary_;
}

Status LoadSplitter::finish() {
  if (!block_) {
    if (json_array_ && format_ == LoadSpec::Format::kJson && !json_by_line_ && !json_whole_ && outer_open_ &&
        !outer_closed_) {
      return fail(sql_error(Code::kInvalidArgument, 1105, "the JSON array is not closed: the data is incomplete"));
    }
    return {};
  }
  TRY(skip_header());
  if (skip_lines_ > 0) return {};  // fewer lines than were to be skipped
  if (format_ == LoadSpec::Format::kCsv) {
    const auto& delimiter = csv_.options().line_delimiter;
    const char* const text = block_->text.get();
    if (block_->size > 0 && std::string_view(text, block_->size).ends_with(delimiter) == false) {
      if (block_->size + delimiter.size() > block_->capacity) TRY(grow(block_->size + delimiter.size()));
      std::memcpy(block_->text.get() + block_->size, delimiter.data(), delimiter.size());
      block_->size += delimiter.size();
    }
    if (!csv_.plain()) {
      const char* at = block_->text.get();
      const char* const end = at + block_->size;
      while (at < end) {
        const char* next = csv_.record_end(at, end);
        if (!next) {
          return fail(sql_error(
              Code::kInvalidArgument, 1105,
              "the last row is incomplete: an enclosed field is not closed or the data ends with an escape character"));
        }
        at = next;
      }
    }
  } else if (!json_by_line_ && !json_whole_) {
    last_value_boundary();
    if (depth_ > 0 || in_string_ || (json_array_ && outer_open_ && !outer_closed_)) {
      return fail(
          sql_error(Code::kInvalidArgument, 1105, "the JSON ends in the middle of a value: the data is incomplete"));
    }
    while (block_->size > boundary_ && (is_space(block_->text[block_->size - 1]))) --block_->size;
  }
  if (block_->size == 0) return {};
  return push(std::move(block_));
}

Status LoadSplitter::next_file(std::shared_ptr<const std::vector<std::optional<std::string>>> path_values) {
  TRY(finish());
  block_.reset();
  path_values_ = std::move(path_values);
  skip_lines_ = format_ == LoadSpec::Format::kCsv ? csv_.options().skip_lines : 0;
  at_start_ = begins_file_ = true;
  scanned_ = boundary_ = depth_ = 0;
  in_string_ = after_backslash_ = outer_open_ = outer_closed_ = false;
  return {};
}

}  // namespace sluice::session
