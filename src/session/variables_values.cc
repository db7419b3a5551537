// SPDX-License-Identifier: Apache-2.0
#include "session/variables_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace sluice::session {
namespace {

constexpr int64_t kLeastExecutionMillis = 1000;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string shown(const VariableValue& value) {
  struct {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return duckdb::Value::DOUBLE(v).ToString(); }
    std::string operator()(const std::string& v) const { return v.size() <= 200 ? v : v.substr(0, 200) + "..."; }
  } print;
  return std::visit(print, value);
}

Error wrong_value(const VariableDefinition& variable, const VariableValue& value) {
  return sql_error(Code::kInvalidArgument, 1231,
                   "Variable '" + std::string(variable.name) + "' can't be set to the value of '" + shown(value) + "'");
}
Error wrong_type(const VariableDefinition& variable) {
  return sql_error(Code::kInvalidArgument, 1232,
                   "Incorrect argument type to variable '" + std::string(variable.name) + "'");
}

std::optional<int64_t> whole_number(std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return text.front() == '-' ? INT64_MIN : INT64_MAX;
  return error == std::errc() ? std::optional(number) : std::nullopt;
}
std::optional<double> real_number(std::string_view text) {
  text = trimmed(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                                   : std::nullopt;
}
std::optional<bool> truth(std::string_view text) {
  text = trimmed(text);
  if (same_word(text, "on") || same_word(text, "true") || text == "1") return true;
  if (same_word(text, "off") || same_word(text, "false") || text == "0") return false;
  return std::nullopt;
}

// The n-th of "A,B,C", or an empty view.
std::string_view nth_choice(std::string_view choices, size_t n) {
  while (true) {
    const size_t comma = choices.find(',');
    if (n == 0) return choices.substr(0, comma);
    if (comma == std::string_view::npos) return {};
    choices.remove_prefix(comma + 1);
    --n;
  }
}

Result<VariableValue> coerce_bool(const VariableDefinition& variable, const VariableValue& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b;
  if (const auto* i = std::get_if<int64_t>(&value); i && (*i == 0 || *i == 1)) return *i == 1;
  if (const auto* s = std::get_if<std::string>(&value)) {
    if (const auto b = truth(*s)) return *b;
  }
  if (std::holds_alternative<double>(value)) return fail(wrong_type(variable));
  return fail(wrong_value(variable, value));
}

// 21G, 500MB: bytes in units of 1,024; nothing for other texts, 0 and what no int64 holds.
std::optional<int64_t> data_volume(std::string_view text) {
  text = trimmed(text);
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto number = whole_number(text.substr(0, digits));
  if (!number || *number <= 0) return std::nullopt;
  std::string unit = lower(text.substr(digits));
  if (unit.size() == 2 && unit[1] == 'b') unit.pop_back();
  if (unit.empty() || unit == "b") return number;
  const size_t power = std::string_view("kmgtp").find(unit);
  if (unit.size() != 1 || power == std::string_view::npos) return std::nullopt;
  const int64_t factor = int64_t{1} << (10 * (power + 1));
  if (*number > INT64_MAX / factor) return std::nullopt;
  return *number * factor;
}

Result<Coerced> coerce_int(const VariableDefinition& variable, const VariableValue& value) {
  std::optional<int64_t> number;
  if (const auto* i = std::get_if<int64_t>(&value)) number = *i;
  if (const auto* b = std::get_if<bool>(&value)) number = *b ? 1 : 0;
  if (const auto* s = std::get_if<std::string>(&value)) {
    const bool volume = variable.name == "exec_mem_limit" || variable.name == "scan_queue_mem_limit";
    number = volume ? data_volume(*s) : whole_number(*s);
  }
  if (std::holds_alternative<std::monostate>(value)) return fail(wrong_value(variable, value));
  if (!number) return fail(wrong_type(variable));
  if (variable.name == "query_timeout" && *number == 0) {
    return fail(
        sql_error(Code::kInvalidArgument, 1231, "query_timeout can not be set to 0, it must be greater than 0"));
  }
  if (variable.name == "max_execution_time" && *number >= 0 && *number < kLeastExecutionMillis) {
    return fail(sql_error(Code::kInvalidArgument, 1231,
                          "max_execution_time can not be set to " + std::to_string(*number) +
                              ", it must be greater or equal to 1000, the time unit is millisecond"));
  }
  const int64_t inside = std::clamp(*number, variable.min, variable.max);
  Coerced result{inside, {}};
  if (inside != *number)
    result.warning = "Truncated incorrect " + std::string(variable.name) + " value: '" + shown(value) + "'";
  return result;
}

Result<VariableValue> coerce_double(const VariableDefinition& variable, const VariableValue& value) {
  std::optional<double> number;
  if (const auto* d = std::get_if<double>(&value)) number = *d;
  if (const auto* i = std::get_if<int64_t>(&value)) number = static_cast<double>(*i);
  if (const auto* s = std::get_if<std::string>(&value)) number = real_number(*s);
  if (std::holds_alternative<std::monostate>(value)) return fail(wrong_value(variable, value));
  if (!number) return fail(wrong_type(variable));
  if (!std::isfinite(*number)) return fail(wrong_value(variable, value));
  return *number;
}

Result<VariableValue> coerce_enum(const VariableDefinition& variable, const VariableValue& value) {
  std::string_view found;
  if (const auto* s = std::get_if<std::string>(&value)) {
    std::string_view choice;
    for (size_t n = 0; !(choice = nth_choice(variable.choices, n)).empty(); ++n) {
      if (same_word(choice, trimmed(*s))) found = choice;
    }
  } else if (const auto* i = std::get_if<int64_t>(&value); i && *i >= 0 && *i < 64) {
    found = nth_choice(variable.choices, static_cast<size_t>(*i));
  } else if (const auto* b = std::get_if<bool>(&value)) {
    found = nth_choice(variable.choices, *b ? 1 : 0);
  }
  if (found.empty()) return fail(wrong_value(variable, value));
  return std::string(found);
}

Result<VariableValue> coerce_charset(const VariableDefinition& variable, const VariableValue& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    if (variable.name == "character_set_results") return value;
    return fail(wrong_value(variable, value));
  }
  const auto* text = std::get_if<std::string>(&value);
  if (!text) return fail(wrong_type(variable));
  std::string name = lower(trimmed(*text));
  if (!known_charset(name))
    return fail(sql_error(Code::kInvalidArgument, 1115, "Unknown character set: '" + shown(value) + "'"));
  return name;
}

Result<VariableValue> coerce_collation(const VariableDefinition& variable, const VariableValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (!text)
    return fail(std::holds_alternative<std::monostate>(value) ? wrong_value(variable, value) : wrong_type(variable));
  std::string name = lower(trimmed(*text));
  if (name != "binary" && (name.find('_') == std::string::npos || !known_charset(charset_of_collation(name)))) {
    return fail(sql_error(Code::kInvalidArgument, 1273, "Unknown collation: '" + shown(value) + "'"));
  }
  return name;
}

// Bits as MySQL numbers them; the combined modes at their own bit bring others with them.
struct Mode {
  std::string_view name;
  int bit;
};
constexpr Mode kModes[] = {{"REAL_AS_FLOAT", 0},
                           {"PIPES_AS_CONCAT", 1},
                           {"ANSI_QUOTES", 2},
                           {"IGNORE_SPACE", 3},
                           {"ONLY_FULL_GROUP_BY", 5},
                           {"NO_UNSIGNED_SUBTRACTION", 6},
                           {"NO_DIR_IN_CREATE", 7},
                           {"POSTGRESQL", 8},
                           {"ORACLE", 9},
                           {"MSSQL", 10},
                           {"DB2", 11},
                           {"MAXDB", 12},
                           {"NO_KEY_OPTIONS", 13},
                           {"NO_TABLE_OPTIONS", 14},
                           {"NO_FIELD_OPTIONS", 15},
                           {"MYSQL323", 16},
                           {"MYSQL40", 17},
                           {"ANSI", 18},
                           {"NO_AUTO_VALUE_ON_ZERO", 19},
                           {"NO_BACKSLASH_ESCAPES", 20},
                           {"STRICT_TRANS_TABLES", 21},
                           {"STRICT_ALL_TABLES", 22},
                           {"NO_ZERO_IN_DATE", 23},
                           {"NO_ZERO_DATE", 24},
                           {"ALLOW_INVALID_DATES", 25},
                           {"ERROR_FOR_DIVISION_BY_ZERO", 26},
                           {"TRADITIONAL", 27},
                           {"NO_AUTO_CREATE_USER", 28},
                           {"HIGH_NOT_PRECEDENCE", 29},
                           {"NO_ENGINE_SUBSTITUTION", 30},
                           {"PAD_CHAR_TO_FULL_LENGTH", 31},
                           {"TIME_TRUNCATE_FRACTIONAL", 32}};

constexpr SqlModes bit(int number) { return 1ull << number; }
constexpr SqlModes kOtherSystems = bit(1) | bit(2) | bit(3) | bit(13) | bit(14) | bit(15);

SqlModes with_members(SqlModes modes) {
  if (modes & bit(18)) modes |= bit(0) | bit(1) | bit(2) | bit(3) | bit(5);
  if (modes & bit(27)) modes |= bit(21) | bit(22) | bit(23) | bit(24) | bit(26) | bit(28) | bit(30);
  if (modes & (bit(8) | bit(9) | bit(10) | bit(11) | bit(12))) modes |= kOtherSystems;
  if (modes & (bit(9) | bit(12))) modes |= bit(28);
  if (modes & (bit(16) | bit(17))) modes |= bit(29);
  return modes;
}

constexpr SqlModes all_modes() {
  SqlModes all = 0;
  for (const auto& mode : kModes) all |= bit(mode.bit);
  return all;
}

Result<VariableValue> coerce_sql_mode(const VariableDefinition& variable, const VariableValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto number = whole_number(*text)) return coerce_sql_mode(variable, *number);
    return static_cast<int64_t>(TRY(parse_sql_mode(*text)));
  }
  if (const auto* number = std::get_if<int64_t>(&value);
      number && (static_cast<SqlModes>(*number) & ~all_modes()) == 0) {
    return static_cast<int64_t>(with_members(static_cast<SqlModes>(*number)));
  }
  if (std::holds_alternative<double>(value)) return fail(wrong_type(variable));
  return fail(wrong_value(variable, value));
}

}  // namespace

// ---- public ----

Result<Coerced> coerce(const VariableDefinition& variable, const VariableValue& value) {
  switch (variable.kind) {
    case VariableKind::kBool:
      return Coerced{TRY(coerce_bool(variable, value)), {}};
    case VariableKind::kInt:
      return coerce_int(variable, value);
    case VariableKind::kDouble:
      return Coerced{TRY(coerce_double(variable, value)), {}};
    case VariableKind::kEnum:
      return Coerced{TRY(coerce_enum(variable, value)), {}};
    case VariableKind::kCharset:
      return Coerced{TRY(coerce_charset(variable, value)), {}};
    case VariableKind::kCollation:
      return Coerced{TRY(coerce_collation(variable, value)), {}};
    case VariableKind::kSqlMode:
      return Coerced{TRY(coerce_sql_mode(variable, value)), {}};
    case VariableKind::kTimeZone: {
      const auto* text = std::get_if<std::string>(&value);
      auto zone = text ? normalise_time_zone(*text) : std::nullopt;
      if (!zone) {
        return fail(sql_error(Code::kInvalidArgument, 1298, "Unknown or incorrect time zone: '" + shown(value) + "'"));
      }
      return Coerced{std::move(*zone), {}};
    }
    case VariableKind::kString:
      break;
  }
  if (std::holds_alternative<std::monostate>(value)) return Coerced{std::string(), {}};
  if (const auto* text = std::get_if<std::string>(&value)) return Coerced{*text, {}};
  return Coerced{shown(value), {}};
}

VariableValue default_value(const VariableDefinition& variable) {
  auto value = coerce(variable, std::string(variable.default_text));
  return value ? std::move(value->value) : VariableValue();
}

Result<VariableId> find_variable(std::string_view name) {
  const auto table = variable_table();
  const auto find = [&](std::string_view wanted) -> std::optional<VariableId> {
    const auto at = std::lower_bound(table.begin(), table.end(), wanted,
                                     [](const VariableDefinition& d, std::string_view n) { return d.name < n; });
    if (at == table.end() || at->name != wanted) return std::nullopt;
    return static_cast<VariableId>(at - table.begin());
  };
  const std::string wanted = lower(name);
  if (const auto id = find(wanted)) return *id;
  for (const std::string_view prefix : {"experimental_", "deprecated_"}) {
    const auto other = std::string_view(wanted).starts_with(prefix) ? find(wanted.substr(prefix.size()))
                                                                    : find(std::string(prefix) + wanted);
    if (other) return *other;
  }
  return fail(sql_error(Code::kNotFound, 1193, "Unknown system variable '" + std::string(name.substr(0, 200)) + "'"));
}

const VariableDefinition& definition(VariableId id) { return variable_table()[id]; }

std::string to_text(const VariableDefinition& variable, const VariableValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return {};
  if (const auto* b = std::get_if<bool>(&value)) {
    const std::string_view words = variable.default_text;
    if (words == "ON" || words == "OFF") return *b ? "ON" : "OFF";
    if (words == "0" || words == "1") return *b ? "1" : "0";
    return *b ? "true" : "false";
  }
  if (variable.kind == VariableKind::kSqlMode) return sql_mode_text(static_cast<SqlModes>(std::get<int64_t>(value)));
  if (const auto* d = std::get_if<double>(&value)) {
    return *d == real_number(variable.default_text) ? std::string(variable.default_text)
                                                    : duckdb::Value::DOUBLE(*d).ToString();
  }
  if (const auto* i = std::get_if<int64_t>(&value)) return std::to_string(*i);
  return std::get<std::string>(value);
}

duckdb::Value to_kernel(const VariableDefinition& variable, const VariableValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return duckdb::Value(duckdb::LogicalType::VARCHAR);
  if (variable.kind == VariableKind::kSqlMode) return duckdb::Value(to_text(variable, value));
  if (const auto* b = std::get_if<bool>(&value)) return duckdb::Value::BOOLEAN(*b);
  if (const auto* i = std::get_if<int64_t>(&value)) return duckdb::Value::BIGINT(*i);
  if (const auto* d = std::get_if<double>(&value)) return duckdb::Value::DOUBLE(*d);
  return duckdb::Value(std::get<std::string>(value));
}

VariableValue from_kernel(const duckdb::Value& value) {
  if (value.IsNull()) return std::monostate();
  switch (value.type().id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
      return duckdb::BooleanValue::Get(value);
    case duckdb::LogicalTypeId::VARCHAR:
      return duckdb::StringValue::Get(value);
    case duckdb::LogicalTypeId::FLOAT:
      return static_cast<double>(duckdb::FloatValue::Get(value));
    case duckdb::LogicalTypeId::DOUBLE:
      return duckdb::DoubleValue::Get(value);
    case duckdb::LogicalTypeId::DECIMAL: {
      const std::string text = value.ToString();
      if (text.find('.') != std::string::npos) return real_number(text).value_or(0);
      return whole_number(text).value_or(0);
    }
    default:
      break;
  }
  std::string text = value.ToString();
  if (value.type().IsIntegral()) return whole_number(text).value_or(0);
  return text;
}

Result<SqlModes> parse_sql_mode(std::string_view text) {
  SqlModes modes = 0;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view word = trimmed(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    if (word.empty()) continue;
    const auto mode =
        std::find_if(std::begin(kModes), std::end(kModes), [&](const Mode& m) { return same_word(m.name, word); });
    if (mode == std::end(kModes)) {
      return fail(
          sql_error(Code::kInvalidArgument, 1231,
                    "Variable 'sql_mode' can't be set to the value of '" + std::string(word.substr(0, 200)) + "'"));
    }
    modes |= bit(mode->bit);
  }
  return with_members(modes);
}

std::string sql_mode_text(SqlModes modes) {
  std::string text;
  for (const auto& mode : kModes) {
    if (!(modes & bit(mode.bit))) continue;
    if (!text.empty()) text += ',';
    text += mode.name;
  }
  return text;
}

std::optional<std::string> normalise_time_zone(std::string_view text) {
  text = trimmed(text);
  if (same_word(text, "SYSTEM")) return "SYSTEM";
  if (text.empty() || text.size() > 64) return std::nullopt;
  if (text[0] == '+' || text[0] == '-') {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon < 2 || colon > 3 || text.size() != colon + 3) return std::nullopt;
    int hours = 0;
    int minutes = 0;
    for (const char c : text.substr(1, colon - 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      hours = hours * 10 + (c - '0');
    }
    for (const char c : text.substr(colon + 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      minutes = minutes * 10 + (c - '0');
    }
    const int offset_minutes = hours * 60 + minutes;
    if (minutes > 59 || offset_minutes > (text[0] == '+' ? 14 * 60 : 13 * 60 + 59)) return std::nullopt;
    std::string out(1, text[0]);
    out += static_cast<char>('0' + hours / 10);
    out += static_cast<char>('0' + hours % 10);
    out += ':';
    out += text.substr(colon + 1);
    return out == "-00:00" ? "+00:00" : out;
  }
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '_' || c == '-' || c == '+';
    if (!plain) return std::nullopt;
  }
  return std::string(text);
}

bool known_charset(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "armscii8", "ascii", "big5",    "binary", "cp1250",  "cp1251", "cp1256", "cp1257",  "cp850",    "cp852",  "cp866",
      "cp932",    "dec8",  "eucjpms", "euckr",  "gb18030", "gb2312", "gbk",    "geostd8", "greek",    "hebrew", "hp8",
      "keybcs2",  "koi8r", "koi8u",   "latin1", "latin2",  "latin5", "latin7", "macce",   "macroman", "sjis",   "swe7",
      "tis620",   "ucs2",  "ujis",    "utf16",  "utf16le", "utf32",  "utf8",   "utf8mb3", "utf8mb4"};
  return std::binary_search(std::begin(kNames), std::end(kNames), name);
}

std::string default_collation(std::string_view charset) {
  if (charset == "binary") return "binary";
  if (charset == "utf8mb4") return "utf8mb4_0900_bin";
  if (charset == "latin1") return "latin1_swedish_ci";
  return std::string(charset) + "_general_ci";
}

std::string charset_of_collation(std::string_view collation) {
  return std::string(collation.substr(0, collation.find('_')));
}

}  // namespace sluice::session
