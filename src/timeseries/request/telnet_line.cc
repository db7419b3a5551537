// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/telnet_line.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "timeseries/request/java_numbers.h"

namespace sluice::timeseries {
namespace {

// Times of put below this are seconds.
constexpr int64_t kFirstMillis = 3'000'000'000;
constexpr std::string_view kTtlTag = "kairos_opt.ttl";

bool blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

// Takes the next word of the front.
std::string_view next_word(std::string_view& rest) {
  size_t begin = 0;
  while (begin < rest.size() && blank(rest[begin])) ++begin;
  size_t end = begin;
  while (end < rest.size() && !blank(rest[end])) ++end;
  const std::string_view word = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// KairosDB's WordSplitter: a quote at the begin of a word opens, a quote before a blank closes.
std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  bool quoted = false;
  size_t start = 0;
  char previous = ' ';
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (blank(c) && !quoted) {
      if (i > start) words.push_back(line.substr(start, i - start));
      start = i + 1;
    } else if (c == '"' && blank(previous) && !quoted) {
      quoted = true;
      start = i + 1;
    } else if (quoted && previous == '"' && blank(c)) {
      if (i > start) words.push_back(line.substr(start, i - 1 - start));
      quoted = false;
      start = i + 1;
    }
    previous = c;
  }
  if (start < line.size()) {
    std::string_view word = line.substr(start);
    if (quoted && word.back() == '"') word.remove_suffix(1);
    words.push_back(word);
  }
  return words;
}

// The bytes are Latin-1.
std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

Java<double> read_double(std::string_view text) {
  double value = 0;
  if (parse_plain_double(text, value)) return value;
  return parse_double(text);
}

}  // namespace

Result<TelnetLines::Kind> TelnetLines::add(std::string_view line, WriteBatch& batch) {
  // Words without quotes are between blanks; others need a look at every character.
  const bool quotes = std::memchr(line.data(), '"', line.size()) != nullptr;
  std::vector<std::string_view> words;
  std::string_view rest = line;
  std::string_view command;
  if (quotes) {
    words = split_words(line);
    if (!words.empty()) command = words[0];
  } else {
    command = next_word(rest);
  }
  Line parts;
  if (command == "put") {
    parts.command = Command::kPut;
  } else if (command == "putm") {
    parts.command = Command::kPutMillis;
  } else if (command == "puts") {
    parts.command = Command::kPutString;
  } else {
    reason_.clear();
    return command == "version" ? Kind::kVersion : Kind::kUnknown;
  }
  if (quotes) {
    if (words.size() < 4) return drop({FaultClass::kOther, "the line has fewer than four words", {}});
    parts.quotes = true;
    parts.metric = words[1];
    parts.time = words[2];
    parts.value = words[3];
    words.erase(words.begin(), words.begin() + 4);
    return put(parts, nullptr, &words, batch);
  }
  parts.metric = next_word(rest);
  parts.time = next_word(rest);
  parts.value = next_word(rest);
  parts.tags = trim(rest);
  if (parts.value.empty()) return drop({FaultClass::kOther, "the line has fewer than four words", {}});
  const uint64_t hash = SeriesCache::hash(parts.metric, parts.tags);
  if (auto* const entry = cache_.find(parts.metric, parts.tags, hash)) return put(parts, entry, nullptr, batch);
  for (std::string_view tags = parts.tags; !tags.empty();) words.push_back(next_word(tags));
  return put(parts, nullptr, &words, batch);
}

Result<TelnetLines::Kind> TelnetLines::put(const Line& line, SeriesCache::Entry* entry,
                                           const std::vector<std::string_view>* tag_words, WriteBatch& batch) {
  auto time = parse_strict_long(line.time);
  if (!time) return drop(time.error());
  // Wraps, as Java's does.
  if (line.command == Command::kPut && *time < kFirstMillis)
    time = static_cast<int64_t>(static_cast<uint64_t>(*time) * 1000);
  if (line.metric.empty()) return drop({FaultClass::kValidation, "metricName may not be empty.", {}});

  PointType type = PointType::kString;
  int64_t whole = 0;
  double real = 0;
  if (line.command != Command::kPutString) {
    type = line.value.find('.') == std::string_view::npos ? PointType::kLong : PointType::kDouble;
    if (type == PointType::kLong) {
      const auto value = parse_strict_long(line.value);
      if (!value) return drop(value.error());
      whole = *value;
    } else {
      const auto value = read_double(line.value);
      if (!value) return drop(value.error());
      real = *value;
    }
  }

  SeriesRef series;
  uint32_t ttl = 0;
  if (entry && entry->series[static_cast<size_t>(type)]) {
    ttl = entry->ttl;
  } else {
    std::vector<std::string_view> words;
    if (!tag_words) {
      for (std::string_view tags = line.tags; !tags.empty();) words.push_back(next_word(tags));
      tag_words = &words;
    }
    auto tags = read_tags(*tag_words, ttl);
    if (!tags) return drop(tags.error());
    series = TRY(store_.series(to_utf8(line.metric), type, *tags));
    if (!entry && !line.quotes) {
      entry = &cache_.add(std::string(line.metric) + '\n' + std::string(line.tags),
                          SeriesCache::hash(line.metric, line.tags));
    }
    if (entry) {
      entry->ttl = ttl;
      entry->series[static_cast<size_t>(type)] = series;
    }
  }
  const SeriesRef& ref = entry ? entry->series[static_cast<size_t>(type)] : series;
  switch (type) {
    case PointType::kLong:
      batch.add_long(ref, *time, whole, ttl);
      break;
    case PointType::kDouble:
      batch.add_double(ref, *time, real, ttl);
      break;
    default:
      batch.add_text(ref, *time, to_utf8(line.value), ttl);
  }
  return Kind::kPoint;
}

Java<Tags> TelnetLines::read_tags(const std::vector<std::string_view>& words, uint32_t& ttl) const {
  const auto bad = [](size_t i, std::string_view what) {
    return raise(FaultClass::kValidation, "tag[" + std::to_string(i) + "]" + std::string(what));
  };
  std::vector<Tags::Tag> tags;
  ttl = 0;
  for (const std::string_view word : words) {
    // As Java's split("="): empty parts at the end do not count.
    const std::string_view used = word.substr(0, word.find_last_not_of('=') + 1);
    const size_t equals = used.find('=');
    if (equals == std::string_view::npos) return bad(tags.size(), " must be in the format 'name=value'.");
    const std::string_view name = used.substr(0, equals);
    const std::string_view rest = used.substr(equals + 1);
    const std::string_view value = rest.substr(0, rest.find('='));
    if (name.empty()) return bad(tags.size(), ".name may not be empty.");
    if (value.empty()) return bad(tags.size(), ".value may not be empty.");
    if (name == kTtlTag) {
      const auto seconds = parse_int(value);
      if (!seconds) return raise(FaultClass::kValidation, "tag[kairos_opt.ttl] must be a number");
      ttl = static_cast<uint32_t>(std::max(*seconds, 0));
    } else {
      tags.emplace_back(to_utf8(name), to_utf8(value));
    }
  }
  if (tags.empty()) tags.emplace_back("add", "tag");
  const size_t count = tags.size();
  Tags sorted(std::move(tags));
  if (sorted.size() != count) return raise(FaultClass::kIllegalArgument, "Multiple entries with same key");
  return sorted;
}

TelnetLines::Kind TelnetLines::drop(const Fault& fault) {
  reason_ = fault.message.value_or("");
  return Kind::kDropped;
}

}  // namespace sluice::timeseries
