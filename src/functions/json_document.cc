// SPDX-License-Identifier: Apache-2.0
#include "functions/json_document.h"

#include "functions/value_text.h"

namespace sluice::functions {
namespace {

bool is_shallow(yy::yyjson_val* value, int levels) {
  if (!yy::yyjson_is_ctn(value)) return true;
  if (levels == 0) return false;
  size_t index = 0;
  size_t count = 0;
  yy::yyjson_val* key = nullptr;
  yy::yyjson_val* child = nullptr;
  if (yy::yyjson_is_arr(value)) {
    yyjson_arr_foreach(value, index, count, child) {
      if (!is_shallow(child, levels - 1)) return false;
    }
    return true;
  }
  yyjson_obj_foreach(value, index, count, key, child) {
    if (!is_shallow(child, levels - 1)) return false;
  }
  return true;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Reads a path from its beginning to its end.
class PathReader {
 public:
  explicit PathReader(std::string_view text) : text_(text) {}

  std::optional<JsonPath> read() {
    skip_space();
    if (!accept('$')) return std::nullopt;
    for (;;) {
      skip_space();
      if (text_.empty()) return std::move(path_);
      if (accept('.')) {
        skip_space();
        if (!text_.empty() && text_.front() == '[') continue;  // $.[0]
        if (!read_key()) return std::nullopt;
      } else if (accept('[')) {
        if (!read_index()) return std::nullopt;
      } else {
        return std::nullopt;
      }
    }
  }

 private:
  bool accept(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool accept_word(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  void skip_space() {
    while (!text_.empty() && is_space(text_.front())) text_.remove_prefix(1);
  }
  bool add(JsonLeg::Kind kind, uint64_t index = 0, std::string key = {}) {
    path_.has_wildcard |= kind == JsonLeg::Kind::kEveryKey || kind == JsonLeg::Kind::kEveryIndex;
    path_.legs.push_back(JsonLeg{kind, std::move(key), index});
    return path_.legs.size() <= kMostLegs;
  }

  bool read_key() {
    if (accept('*')) return add(JsonLeg::Kind::kEveryKey);
    std::string key;
    if (accept('"')) {
      while (!text_.empty() && text_.front() != '"') {
        if (text_.front() == '\\' && text_.size() > 1) text_.remove_prefix(1);
        key += text_.front();
        text_.remove_prefix(1);
      }
      return accept('"') && add(JsonLeg::Kind::kKey, 0, std::move(key));
    }
    while (!text_.empty() && text_.front() != '.' && text_.front() != '[') {
      if (text_.front() == '\\' && text_.size() > 1) text_.remove_prefix(1);
      key += text_.front();
      text_.remove_prefix(1);
    }
    return !key.empty() && add(JsonLeg::Kind::kKey, 0, std::move(key));
  }

  std::optional<uint64_t> read_number() {
    skip_space();
    uint64_t number = 0;
    size_t digits = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++digits) {
      if (digits > 17) return std::nullopt;
      number = number * 10 + static_cast<uint64_t>(text_.front() - '0');
      text_.remove_prefix(1);
    }
    skip_space();
    return digits > 0 ? std::optional(number) : std::nullopt;
  }

  bool read_index() {
    skip_space();
    if (accept('*')) {
      skip_space();
      return accept(']') && add(JsonLeg::Kind::kEveryIndex);
    }
    const bool last = accept_word("last");
    skip_space();
    if (last && accept(']')) return add(JsonLeg::Kind::kFromEnd, 0);
    // [last-1] is the one before the last, and so is [-2]; [-0] is the first.
    const bool minus = accept('-');
    if (last && !minus) return false;
    auto number = read_number();
    if (!number || !accept(']')) return false;
    if (last) return add(JsonLeg::Kind::kFromEnd, *number);
    return minus && *number > 0 ? add(JsonLeg::Kind::kFromEnd, *number - 1) : add(JsonLeg::Kind::kIndex, *number);
  }

  static constexpr size_t kMostLegs = JsonDocument::kMostLevels;
  std::string_view text_;
  JsonPath path_;
};

// Calls `visit` for the values that a leg leads to.
template <typename Visit>
void follow(yy::yyjson_val* value, const JsonLeg& leg, Visit visit) {
  size_t index = 0;
  size_t count = 0;
  yy::yyjson_val* key = nullptr;
  yy::yyjson_val* child = nullptr;
  switch (leg.kind) {
    case JsonLeg::Kind::kKey:
      if (yy::yyjson_is_obj(value)) child = yy::yyjson_obj_getn(value, leg.key.data(), leg.key.size());
      if (child) visit(child);
      return;
    case JsonLeg::Kind::kEveryKey:
      if (!yy::yyjson_is_obj(value)) return;
      yyjson_obj_foreach(value, index, count, key, child) visit(child);
      return;
    case JsonLeg::Kind::kEveryIndex:
      if (!yy::yyjson_is_arr(value)) return;
      yyjson_arr_foreach(value, index, count, child) visit(child);
      return;
    case JsonLeg::Kind::kIndex:
    case JsonLeg::Kind::kFromEnd: {
      const bool from_end = leg.kind == JsonLeg::Kind::kFromEnd;
      if (!yy::yyjson_is_arr(value)) {
        // An object counts as an array of itself.
        if (leg.index == 0 && yy::yyjson_is_obj(value)) visit(value);
        return;
      }
      const uint64_t size = yy::yyjson_arr_size(value);
      if (leg.index >= size) return;
      visit(yy::yyjson_arr_get(value, from_end ? size - 1 - leg.index : leg.index));
    }
  }
}

void find_from(yy::yyjson_val* value, const JsonPath& path, size_t leg, std::vector<yy::yyjson_val*>& found) {
  if (leg == path.legs.size()) {
    found.push_back(value);
    return;
  }
  follow(value, path.legs[leg], [&](yy::yyjson_val* next) { find_from(next, path, leg + 1, found); });
}

}  // namespace

bool JsonDocument::parse(std::string_view text) {
  yy::yyjson_read_err error;
  document_.reset(yy::yyjson_read_opts(const_cast<char*>(text.data()), text.size(), yy::YYJSON_READ_BIGNUM_AS_RAW,
                                       nullptr, &error));
  if (document_ && !is_shallow(root(), kMostLevels)) document_.reset();
  return document_ != nullptr;
}

void write_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[(c >> 4) & 0xF];
          out += kHex[c & 0xF];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void write_json(std::string& out, yy::yyjson_val* value) {
  size_t index = 0;
  size_t count = 0;
  yy::yyjson_val* key = nullptr;
  yy::yyjson_val* child = nullptr;
  switch (yy::yyjson_get_type(value)) {
    case YYJSON_TYPE_RAW:
      out.append(yy::yyjson_get_raw(value), yy::yyjson_get_len(value));
      return;
    case YYJSON_TYPE_BOOL:
      out += yy::yyjson_get_bool(value) ? "true" : "false";
      return;
    case YYJSON_TYPE_NUM:
      if (yy::yyjson_is_real(value))
        out += number_text(yy::yyjson_get_real(value));
      else if (yy::yyjson_is_uint(value))
        out += std::to_string(yy::yyjson_get_uint(value));
      else
        out += std::to_string(yy::yyjson_get_sint(value));
      return;
    case YYJSON_TYPE_STR:
      return write_json_string(out, {yy::yyjson_get_str(value), yy::yyjson_get_len(value)});
    case YYJSON_TYPE_ARR:
      out += '[';
      yyjson_arr_foreach(value, index, count, child) {
        if (index > 0) out += ',';
        write_json(out, child);
      }
      out += ']';
      return;
    case YYJSON_TYPE_OBJ:
      out += '{';
      yyjson_obj_foreach(value, index, count, key, child) {
        if (index > 0) out += ',';
        write_json_string(out, {yy::yyjson_get_str(key), yy::yyjson_get_len(key)});
        out += ':';
        write_json(out, child);
      }
      out += '}';
      return;
    default:
      out += "null";
  }
}

void write_json_unquoted(std::string& out, yy::yyjson_val* value) {
  if (yy::yyjson_is_str(value))
    out.append(yy::yyjson_get_str(value), yy::yyjson_get_len(value));
  else
    write_json(out, value);
}

std::optional<double> json_number(yy::yyjson_val* value) {
  if (yy::yyjson_is_num(value)) return yy::yyjson_get_num(value);
  if (yy::yyjson_is_raw(value)) return std::strtod(yy::yyjson_get_raw(value), nullptr);
  return std::nullopt;
}

std::optional<JsonPath> parse_json_path(std::string_view text) { return PathReader(text).read(); }

const JsonPath* JsonPaths::get(std::string_view text) {
  if (!parsed_ || text_ != text) {
    text_ = text;
    path_ = parse_json_path(text);
    parsed_ = true;
  }
  return path_ ? &*path_ : nullptr;
}

yy::yyjson_val* find_json(yy::yyjson_val* value, const JsonPath& path) {
  if (path.has_wildcard) {
    std::vector<yy::yyjson_val*> found;
    find_all_json(value, path, found);
    return found.empty() ? nullptr : found[0];
  }
  for (const JsonLeg& leg : path.legs) {
    yy::yyjson_val* next = nullptr;
    follow(value, leg, [&](yy::yyjson_val* child) { next = child; });
    if (!next) return nullptr;
    value = next;
  }
  return value;
}

void find_all_json(yy::yyjson_val* value, const JsonPath& path, std::vector<yy::yyjson_val*>& found) {
  find_from(value, path, 0, found);
}

}  // namespace sluice::functions
