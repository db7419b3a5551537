// SPDX-License-Identifier: Apache-2.0
#include "door/http/http_error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace sluice::door::http {
namespace {

// Sorted by number. Numbers that are not here have HY000.
constexpr std::pair<int, std::string_view> kStates[] = {
    {1040, "08004"}, {1044, "42000"}, {1045, "28000"}, {1046, "3D000"}, {1047, "08S01"}, {1048, "23000"},
    {1049, "42000"}, {1050, "42S01"}, {1051, "42S02"}, {1052, "23000"}, {1053, "08S01"}, {1054, "42S22"},
    {1055, "42000"}, {1060, "42S21"}, {1061, "42000"}, {1062, "23000"}, {1063, "42000"}, {1064, "42000"},
    {1065, "42000"}, {1066, "42000"}, {1068, "42000"}, {1072, "42000"}, {1091, "42000"}, {1101, "42000"},
    {1102, "42000"}, {1103, "42000"}, {1104, "42000"}, {1109, "42S02"}, {1110, "42000"}, {1111, "42000"},
    {1113, "42000"}, {1115, "42000"}, {1118, "42000"}, {1120, "42000"}, {1136, "21S01"}, {1140, "42000"},
    {1141, "42000"}, {1142, "42000"}, {1143, "42000"}, {1146, "42S02"}, {1149, "42000"}, {1153, "08S01"},
    {1161, "08S01"}, {1166, "42000"}, {1171, "42000"}, {1176, "42000"}, {1193, "HY000"}, {1203, "42000"},
    {1205, "HY000"}, {1213, "40001"}, {1222, "21000"}, {1226, "42000"}, {1227, "42000"}, {1230, "42000"},
    {1231, "42000"}, {1232, "42000"}, {1235, "42000"}, {1241, "21000"}, {1242, "21000"}, {1247, "42S22"},
    {1248, "42000"}, {1250, "42000"}, {1264, "22003"}, {1286, "42000"}, {1292, "22007"}, {1304, "42000"},
    {1305, "42000"}, {1317, "70100"}, {1318, "42000"}, {1364, "HY000"}, {1365, "22012"}, {1366, "HY000"},
    {1367, "22007"}, {1370, "42000"}, {1390, "HY000"}, {1406, "22001"}, {1451, "23000"}, {1452, "23000"},
    {1580, "HY000"}, {1690, "22003"}, {3024, "HY000"}, {3819, "HY000"},
};

// The length of the UTF-8 sequence at `text[i]`, 0 when it is not one.
size_t utf8_length(std::string_view text, size_t i) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t first = byte(i);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xC2 && first < 0xE0 ? 2
                        : (first & 0xF0) == 0xE0        ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  }
  if (length == 3 && ((first == 0xE0 && byte(i + 1) < 0xA0) || (first == 0xED && byte(i + 1) >= 0xA0))) return 0;
  if (length == 4 && ((first == 0xF0 && byte(i + 1) < 0x90) || (first == 0xF4 && byte(i + 1) >= 0x90))) return 0;
  return length;
}

}  // namespace

unsigned http_status(const Error& error) {
  switch (error.code()) {
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
    case Code::kFailedPrecondition:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kConflict:
      return 409;
    case Code::kCancelled:
      return error.native_code() == 1053 ? 503 : 409;
    case Code::kUnsupported:
      return 501;
    case Code::kResourceExhausted:
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kUndetermined:
    case Code::kDataLoss:
    case Code::kInternal:
      return 500;
  }
  return 500;
}

int error_number(const Error& error) {
  return error.origin() == Origin::kMysql && error.native_code() != 0 ? error.native_code() : 1105;
}

std::string_view sqlstate(int mysql_errno) {
  auto found = std::lower_bound(std::begin(kStates), std::end(kStates), mysql_errno,
                                [](const auto& entry, int number) { return entry.first < number; });
  return found != std::end(kStates) && found->first == mysql_errno ? found->second : std::string_view("HY000");
}

std::string error_json(const Error& error) {
  const int number = error_number(error);
  std::string out = "{\"code\":" + std::to_string(number) + ",\"sqlstate\":\"";
  out += sqlstate(number);
  out += "\",\"message\":";
  append_json_string(error.message(), out);
  out += '}';
  return out;
}

void append_json_string(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  size_t clean = 0;  // start of what can be copied as it is
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<uint8_t>(text[i]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      if (size_t length = utf8_length(text, i); length > 0) {
        i += length;
        continue;
      }
    }
    out.append(text, clean, i - clean);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
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
        if (c >= 0x80) {
          out += "\\ufffd";
        } else {
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        }
    }
    clean = ++i;
  }
  out.append(text, clean, text.size() - clean);
  out += '"';
}

}  // namespace sluice::door::http
