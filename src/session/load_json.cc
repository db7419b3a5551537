// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "session/load_records.h"
#include "yyjson.hpp"

namespace sluice::session {

namespace yy = duckdb_yyjson;

namespace {

bool is_filler(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ','; }

yy::yyjson_val* follow(yy::yyjson_val* value, const std::vector<JsonStep>& path) {
  for (const auto& step : path) {
    if (!value) return nullptr;
    if (step.index >= 0) {
      value = yy::yyjson_is_arr(value) ? yy::yyjson_arr_get(value, static_cast<size_t>(step.index)) : nullptr;
    } else {
      value = yy::yyjson_is_obj(value) ? yy::yyjson_obj_getn(value, step.key.data(), step.key.size()) : nullptr;
    }
  }
  return value;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

class JsonReader final : public LoadReader {
 public:
  JsonReader(const LoadSpec& spec, std::vector<std::string> names) : options_(spec.json), names_(std::move(names)) {
    for (const auto& path : options_.paths) paths_.push_back(parse_json_path(path).value_or(std::vector<JsonStep>()));
    if (!options_.root.empty()) root_ = parse_json_path(options_.root).value_or(std::vector<JsonStep>());
    for (size_t i = 0; i < names_.size(); ++i) by_name_.emplace(lower(names_[i]), i);
    slots_.resize(names_.size());
  }
  ~JsonReader() override { yy::yyjson_doc_free(document_); }

  void start(const LoadBlock& block) override {
    next_ = block.text.get();
    end_ = next_ + block.size;
    outer_bracket_ = block.begins_file && options_.strip_outer_array && root_.empty() && !options_.by_line;
    drop_document();
  }

  void read(LoadFields& fields) override {
    fields.rows = 0;
    fields.bad.clear();
    fields.arena = std::make_shared<LoadArena>();
    while (fields.rows < LoadFields::kRows) {
      if (rows_left_ > 0) {
        yy::yyjson_val* row = rows_are_elements_ ? yy::yyjson_arr_iter_next(&iterator_) : single_;
        --rows_left_;
        add_row(fields, row);
        continue;
      }
      if (!next_document(fields)) return;
    }
  }

 private:
  void drop_document() {
    yy::yyjson_doc_free(document_);
    document_ = nullptr;
    rows_left_ = 0;
  }

  // The next document of the block: a line, or a value. False at the end of the block.
  bool next_document(LoadFields& fields) {
    drop_document();
    const char* begin = next_;
    const char* end = end_;
    if (options_.by_line) {
      while (begin < end_ && (is_filler(*begin) && *begin != ',')) ++begin;
      if (begin >= end_) return false;
      auto* newline = static_cast<const char*>(memchr(begin, '\n', end_ - begin));
      end = newline ? newline : end_;
      next_ = newline ? newline + 1 : end_;
    } else {
      // Between the elements of an outer array only commas may stand, around them its brackets.
      const bool elements = options_.strip_outer_array && root_.empty();
      for (; begin < end_; ++begin) {
        if (*begin == '[' && outer_bracket_) {
          outer_bracket_ = false;
        } else if (!is_filler(*begin) && !(elements && *begin == ']')) {
          break;
        }
      }
      if (begin >= end_) return false;
    }
    yy::yyjson_read_err error;
    const yy::yyjson_read_flag flags =
        yy::YYJSON_READ_NUMBER_AS_RAW | (options_.by_line ? 0u : yy::YYJSON_READ_STOP_WHEN_DONE);
    document_ = yy::yyjson_read_opts(const_cast<char*>(begin), end - begin, flags, nullptr, &error);
    record_ = {begin, static_cast<size_t>(end - begin)};
    if (!document_) {
      if (!options_.by_line) {
        next_ = end_;  // where the next value begins cannot be told
      }
      add_bad(fields, std::string("not JSON: ") + error.msg + " at byte " + std::to_string(error.pos));
      return true;
    }
    if (!options_.by_line) {
      record_ = {begin, yy::yyjson_doc_get_read_size(document_)};
      next_ = begin + record_.size();
    }
    take_rows(fields, yy::yyjson_doc_get_root(document_));
    return true;
  }

  void take_rows(LoadFields& fields, yy::yyjson_val* value) {
    value = follow(value, root_);
    if (!value) {
      add_bad(fields, "the JSON has nothing at the path " + options_.root);
      return;
    }
    const bool whole = options_.by_line || !root_.empty();
    if (yy::yyjson_is_arr(value) && options_.strip_outer_array && whole) {
      rows_left_ = yy::yyjson_arr_size(value);
      rows_are_elements_ = true;
      yy::yyjson_arr_iter_init(value, &iterator_);
      return;
    }
    if (yy::yyjson_is_arr(value) && !options_.strip_outer_array) {
      add_bad(fields, "the JSON is an array; use the header strip_outer_array: true");
      return;
    }
    if (options_.strip_outer_array && whole) {
      add_bad(fields, "strip_outer_array is set, but the JSON is not an array");
      return;
    }
    single_ = value;
    rows_are_elements_ = false;
    rows_left_ = 1;
  }

  void add_bad(LoadFields& fields, std::string reason) {
    const size_t row = fields.rows++;
    fields.records[row] = record_;
    fields.bad.push_back({static_cast<uint32_t>(row), std::move(reason)});
    for (size_t c = 0; c < fields.columns; ++c) fields.column(c)[row].kind = LoadField::kMissing;
  }

  void add_row(LoadFields& fields, yy::yyjson_val* value) {
    if (!paths_.empty()) {
      const size_t row = fields.rows++;
      fields.records[row] = record_;
      for (size_t c = 0; c < fields.columns; ++c) {
        set_cell(fields, c, row, c < paths_.size() ? follow(value, paths_[c]) : nullptr);
      }
      return;
    }
    if (!yy::yyjson_is_obj(value)) {
      add_bad(fields, "not a JSON object");
      return;
    }
    const size_t row = fields.rows++;
    fields.records[row] = record_;
    std::fill(slots_.begin(), slots_.end(), nullptr);
    size_t index, max;
    yy::yyjson_val *key, *member;
    yyjson_obj_foreach(value, index, max, key, member) {
      const std::string_view name(yy::yyjson_get_str(key), yy::yyjson_get_len(key));
      // Objects of one load mostly have their members in the same order.
      if (index < guesses_.size() && guesses_[index].first == name) {
        if (guesses_[index].second < slots_.size()) slots_[guesses_[index].second] = member;
        continue;
      }
      auto found = by_name_.find(lower(name));
      const size_t slot = found == by_name_.end() ? SIZE_MAX : found->second;
      if (slot < slots_.size()) slots_[slot] = member;
      if (index < kMaxGuesses) {
        if (index >= guesses_.size()) guesses_.resize(index + 1);
        guesses_[index] = {std::string(name), slot};
      }
    }
    for (size_t c = 0; c < fields.columns; ++c) set_cell(fields, c, row, slots_[c]);
  }

  void set_cell(LoadFields& fields, size_t column, size_t row, yy::yyjson_val* value) {
    LoadField& cell = fields.column(column)[row];
    cell = {};
    if (!value) return;
    switch (yy::yyjson_get_type(value)) {
      case YYJSON_TYPE_NULL:
        cell.kind = LoadField::kNull;
        return;
      case YYJSON_TYPE_BOOL: {
        const bool is_true = yy::yyjson_get_bool(value);
        cell.kind = is_true ? LoadField::kTrue : LoadField::kFalse;
        cell.data = is_true ? "true" : "false";
        cell.size = is_true ? 4 : 5;
        return;
      }
      case YYJSON_TYPE_RAW:
        keep(fields, cell, yy::yyjson_get_raw(value), yy::yyjson_get_len(value));
        cell.kind = LoadField::kText;
        return;
      case YYJSON_TYPE_STR:
        keep(fields, cell, yy::yyjson_get_str(value), yy::yyjson_get_len(value));
        cell.kind = LoadField::kQuoted;
        return;
      default: {
        size_t size = 0;
        char* text = yy::yyjson_val_write_opts(value, yy::YYJSON_WRITE_ALLOW_INF_AND_NAN, nullptr, &size, nullptr);
        if (text) keep(fields, cell, text, size);
        free(text);
        cell.kind = LoadField::kNested;
        return;
      }
    }
  }

  static void keep(LoadFields& fields, LoadField& cell, const char* text, size_t size) {
    char* copy = fields.arena->allocate(size);
    if (size > 0) std::memcpy(copy, text, size);
    cell.data = copy;
    cell.size = static_cast<uint32_t>(size);
  }

  static constexpr size_t kMaxGuesses = 4096;

  const LoadSpec::Json options_;
  const std::vector<std::string> names_;
  std::vector<std::vector<JsonStep>> paths_;
  std::vector<JsonStep> root_;
  std::unordered_map<std::string, size_t> by_name_;      // lower case -> column
  std::vector<std::pair<std::string, size_t>> guesses_;  // the i-th member of the last object: its name and column
  std::vector<yy::yyjson_val*> slots_;
  const char* next_ = nullptr;
  const char* end_ = nullptr;
  yy::yyjson_doc* document_ = nullptr;
  bool outer_bracket_ = false;  // the '[' of the outer array is still to come
  std::string_view record_;
  uint64_t rows_left_ = 0;          // in document_
  bool rows_are_elements_ = false;  // of iterator_'s array; otherwise single_ is the row
  yy::yyjson_arr_iter iterator_{};
  yy::yyjson_val* single_ = nullptr;
};

}  // namespace

Result<std::vector<JsonStep>> parse_json_path(const std::string& path) {
  auto bad = [&](const char* why) {
    return fail(sql_error(Code::kInvalidArgument, 1105, "'" + path + "' is not a JSON path: " + why));
  };
  std::vector<JsonStep> steps;
  size_t i = 0;
  if (i < path.size() && path[i] == '$') ++i;
  while (i < path.size()) {
    if (path[i] == '[') {
      const size_t close = path.find(']', i);
      if (close == std::string::npos) return bad("a ']' is missing");
      std::string_view inner(path.data() + i + 1, close - i - 1);
      if (inner.size() >= 2 && (inner[0] == '"' || inner[0] == '\'') && inner.back() == inner[0]) {
        steps.push_back({std::string(inner.substr(1, inner.size() - 2)), -1});
      } else {
        JsonStep step;
        auto [end, error] = std::from_chars(inner.data(), inner.data() + inner.size(), step.index);
        if (error != std::errc() || end != inner.data() + inner.size() || step.index < 0)
          return bad("an index must be a number from 0");
        steps.push_back(std::move(step));
      }
      i = close + 1;
      continue;
    }
    if (path[i] == '.') {
      ++i;
    } else if (i > 0) {
      return bad("a '.' or '[' is expected between keys");
    }
    if (i < path.size() && (path[i] == '"' || path[i] == '`')) {
      const size_t close = path.find(path[i], i + 1);
      if (close == std::string::npos) return bad("a quote is not closed");
      steps.push_back({path.substr(i + 1, close - i - 1), -1});
      i = close + 1;
      continue;
    }
    const size_t end = std::min(path.find_first_of(".[", i), path.size());
    if (end == i) return bad("a key is empty");
    steps.push_back({path.substr(i, end - i), -1});
    i = end;
  }
  return steps;
}

std::optional<std::vector<std::string>> parse_json_paths(const std::string& text) {
  const std::unique_ptr<yy::yyjson_doc, void (*)(yy::yyjson_doc*)> document(
      yy::yyjson_read(text.data(), text.size(), 0), &yy::yyjson_doc_free);
  yy::yyjson_val* const list = document ? yy::yyjson_doc_get_root(document.get()) : nullptr;
  if (!yy::yyjson_is_arr(list) || yy::yyjson_arr_size(list) == 0) return std::nullopt;
  std::vector<std::string> paths;
  yy::yyjson_arr_iter elements = yy::yyjson_arr_iter_with(list);
  while (yy::yyjson_val* element = yy::yyjson_arr_iter_next(&elements)) {
    if (!yy::yyjson_is_str(element)) return std::nullopt;
    paths.emplace_back(yy::yyjson_get_str(element), yy::yyjson_get_len(element));
  }
  return paths;
}

std::unique_ptr<LoadReader> make_json_reader(const LoadSpec& spec, std::vector<std::string> names) {
  return std::make_unique<JsonReader>(spec, std::move(names));
}

}  // namespace sluice::session
