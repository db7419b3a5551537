// SPDX-License-Identifier: Apache-2.0
#include "door/http/result_writer.h"

#include <charconv>

namespace sluice::door::http {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

std::string_view next_part(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return trimmed(part);
}

std::optional<ResultFormat> format_of(const std::string& media_type) {
  if (media_type == "application/json" || media_type == "*/*" || media_type == "application/*")
    return ResultFormat::kJson;
  if (media_type == "application/x-ndjson" || media_type == "application/ndjson" || media_type == "application/jsonl")
    return ResultFormat::kNdjson;
  if (media_type == "text/csv" || media_type == "text/*") return ResultFormat::kCsv;
  if (media_type == "application/vnd.apache.arrow.stream") return ResultFormat::kArrow;
  return std::nullopt;
}

}  // namespace

std::optional<ResultFormat> parse_result_format(std::string_view name) {
  const std::string key = lower(name);
  if (key == "json") return ResultFormat::kJson;
  if (key == "ndjson" || key == "jsonl") return ResultFormat::kNdjson;
  if (key == "csv") return ResultFormat::kCsv;
  if (key == "arrow") return ResultFormat::kArrow;
  return std::nullopt;
}

std::optional<ResultFormat> negotiate_result_format(std::string_view accept) {
  if (trimmed(accept).empty()) return ResultFormat::kJson;
  std::optional<ResultFormat> best;
  double best_weight = 0;
  while (!accept.empty()) {
    std::string_view entry = next_part(accept, ',');
    const std::string media_type = lower(next_part(entry, ';'));
    double weight = 1;
    while (!entry.empty()) {
      std::string_view parameter = next_part(entry, ';');
      if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
        parameter.remove_prefix(2);
        if (std::from_chars(parameter.data(), parameter.data() + parameter.size(), weight).ec != std::errc())
          weight = 0;
      }
    }
    const auto format = format_of(media_type);
    if (format && weight > best_weight) {
      best = format;
      best_weight = weight;
    }
  }
  return best;
}

std::string_view content_type(ResultFormat format) {
  switch (format) {
    case ResultFormat::kJson:
      return "application/json";
    case ResultFormat::kNdjson:
      return "application/x-ndjson";
    case ResultFormat::kCsv:
      return "text/csv; charset=utf-8; header=present";
    case ResultFormat::kArrow:
      return "application/vnd.apache.arrow.stream";
  }
  return "application/octet-stream";
}

std::unique_ptr<ResultWriter> make_result_writer(ResultFormat format) {
  switch (format) {
    case ResultFormat::kJson:
      return make_json_writer(false);
    case ResultFormat::kNdjson:
      return make_json_writer(true);
    case ResultFormat::kCsv:
      return make_csv_writer();
    case ResultFormat::kArrow:
      return make_arrow_writer();
  }
  return make_json_writer(false);
}

}  // namespace sluice::door::http
