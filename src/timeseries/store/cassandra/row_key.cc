// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/row_key.h"

#include "base/bytes.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr std::string_view kLegacy = "kairos_legacy";

void append_escaped(std::string& out, std::string_view text, char escape) {
  for (const char c : text) {
    if (c == ':' || c == '=') out += escape;
    out += c;
  }
}

std::string unescape(std::string_view text, char escape) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == escape && ++i == text.size()) break;
    out += text[i];
  }
  return out;
}

std::string with_time(std::string_view front, int64_t row_time) {
  std::string out(front);
  const uint64_t swapped = sluice::detail::swap_bytes(static_cast<uint64_t>(row_time));
  out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
  return out;
}

}  // namespace

std::string tag_string(const Tags& tags) {
  std::string out;
  for (const auto& [name, value] : tags.all()) {
    append_escaped(out, name, ':');
    out += '=';
    append_escaped(out, value, '=');
    out += ':';
  }
  return out;
}

Tags parse_tag_string(std::string_view text) {
  std::vector<Tags::Tag> tags;
  size_t mark = 0;
  bool in_value = false;
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    const char end = in_value ? ':' : '=';
    const char escape = in_value ? '=' : ':';
    if (text[i] == escape) {
      ++i;
    } else if (text[i] == end) {
      std::string part = unescape(text.substr(mark, i - mark), escape);
      mark = i + 1;
      if (in_value)
        tags.emplace_back(std::move(name), std::move(part));
      else
        name = std::move(part);
      in_value = !in_value;
    }
  }
  return Tags(std::move(tags));
}

std::string key_front(std::string_view metric) {
  std::string front(metric);
  front += '\0';
  return front;
}

std::string key_back(std::string_view type, const Tags& tags) {
  std::string back;
  if (type != kLegacy) {
    back += '\0';
    back += static_cast<char>(type.size());
    back += type;
  }
  return back + tag_string(tags);
}

std::string join_key(std::string_view front, int64_t row_time, std::string_view back) {
  std::string key;
  key.reserve(front.size() + sizeof row_time + back.size());
  return key.append(with_time(front, row_time)).append(back);
}

std::string encode_row_key(const RowKey& key) {
  return join_key(key_front(key.metric), key.row_time, key_back(key.type, key.tags));
}

Result<RowKey> decode_row_key(std::string_view bytes) {
  ByteReader in(bytes);
  RowKey key;
  key.metric = in.text_to_zero();
  key.row_time = in.i64_be();
  if (!in.ok()) return fail(Code::kDataLoss, "the row key is too short");
  key.type = kLegacy;
  if (in.remaining() != 0 && in.rest()[0] == 0) {
    in.skip(1);
    key.type = in.text(in.u8());
    if (!in.ok()) return fail(Code::kDataLoss, "the row key ends in its data type");
  }
  key.tags = parse_tag_string(in.rest_text());
  return key;
}

std::string index_begin(std::string_view metric, int64_t first) {
  return with_time(key_front(metric), first) + std::string(2, '\0');
}

std::string index_end(std::string_view metric, int64_t last) {
  return with_time(key_front(metric), last) + std::string("\xFF\0", 2);
}

}  // namespace sluice::timeseries::cassandra
