// SPDX-License-Identifier: Apache-2.0
#include "kernel/error_texts.h"

#include <utility>

#include "base/text_pattern.h"
#include "kernel/error_names.h"

namespace sluice::kernel {
namespace {

using Parts = PatternParts;

// '%' in the kernel's text is any text, as short as what follows allows; $1 to $3 in ours is what stood there, #1 to #3
// the same with the kernel's names replaced by ours.
struct Rule {
  std::string_view kernel;
  Code code;
  int mysql_errno;
  std::string_view ours;
};

// The first one that matches counts.
constexpr Rule kRules[] = {
    {"Table \"%\" does not have a column named \"%\"", Code::kNotFound, 1054, "Unknown column '$1.$2' in 'table list'"},
    {"Table \"%\" does not have a column with name \"%\"", Code::kNotFound, 1054, "Unknown column '$2' in '$1'"},
    {"Values list \"%\" does not have a column named \"%\"", Code::kNotFound, 1054,
     "Unknown column '$1.$2' in 'table list'"},
    {"Column \"%\" in EXCLUDE list not found in %", Code::kNotFound, 1054, "Unknown column '$1' in 'table list'"},
    {"Column \"%\" in REPLACE list not found in %", Code::kNotFound, 1054, "Unknown column '$1' in 'table list'"},
    {"Referenced column \"%\" not found in FROM clause%", Code::kNotFound, 1054, "Unknown column '$1' in 'table list'"},
    {"Referenced column \"%\" was not found because the FROM clause is missing%", Code::kNotFound, 1054,
     "Unknown column '$1' in 'field list'"},
    {"Referenced update column % not found in table%", Code::kNotFound, 1054, "Unknown column '$1' in 'field list'"},
    {"Column \"%\" does not exist on % side of join!%", Code::kNotFound, 1054, "Unknown column '$1' in 'from clause'"},
    {"Referenced table \"%\" not found!%", Code::kNotFound, 1109, "Unknown table '$1'"},
    {"Ambiguous reference to column name \"%\"%", Code::kInvalidArgument, 1052, "Column '$1' is ambiguous$2"},
    {"Table with name \"%\" does not exist because schema \"%\" does not exist%", Code::kNotFound, 1049,
     "Unknown database '$2'"},
    {"Table with name % does not exist!%", Code::kNotFound, 1146, "Table '$1' doesn't exist"},
    {"View with name % does not exist!%", Code::kNotFound, 1146, "Table '$1' doesn't exist"},
    {"Schema with name % does not exist!%", Code::kNotFound, 1049, "Unknown database '$1'"},
    {"Index with name % does not exist!%", Code::kNotFound, 1091, "Can't DROP '$1'; check that column/key exists"},
    {"Scalar Function with name % does not exist!%", Code::kNotFound, 1305, "FUNCTION $1 does not exist"},
    {"Aggregate Function with name % does not exist!%", Code::kNotFound, 1305, "FUNCTION $1 does not exist"},
    {"Table Function with name % does not exist!%", Code::kNotFound, 1305, "FUNCTION $1 does not exist"},
    {"Table with name \"%\" already exists!%", Code::kAlreadyExists, 1050, "Table '$1' already exists"},
    {"View with name \"%\" already exists!%", Code::kAlreadyExists, 1050, "Table '$1' already exists"},
    {"Schema with name \"%\" already exists!%", Code::kAlreadyExists, 1007,
     "Can't create database '$1'; database exists"},
    {"Index with name \"%\" already exists!%", Code::kAlreadyExists, 1061, "Duplicate key name '$1'"},
    {"Column with name % already exists!%", Code::kAlreadyExists, 1060, "Duplicate column name '$1'"},
    {"NOT NULL constraint failed: %.%", Code::kInvalidArgument, 1048, "Column '$2' cannot be null"},
    {"Could not convert string '%' to % when casting from source column %", Code::kInvalidArgument, 1366,
     "Incorrect #2 value: '$1' in column $3"},
    {"Unimplemented type for cast (% -> %)", Code::kInvalidArgument, 1366, "A value of type #1 cannot become a #2"},
    {"Cannot drop internal catalog entry \"%\"%", Code::kPermissionDenied, 1044,
     "Access denied: '$1' belongs to the server"},
    {"Cannot create entry in system catalog%", Code::kPermissionDenied, 1044,
     "Access denied: this database belongs to the server"},
    {"Could not convert string '%' to %", Code::kInvalidArgument, 1366, "Incorrect #2 value: '$1'"},
    {"Could not convert string \"%\" to %", Code::kInvalidArgument, 1366, "Incorrect #2 value: '$1'"},
    {"invalid date field format: \"%\"%", Code::kInvalidArgument, 1292, "Incorrect DATE value: '$1'"},
    {"date field value out of range: \"%\"%", Code::kInvalidArgument, 1292, "Incorrect DATE value: '$1'"},
    {"invalid timestamp field format: \"%\"%", Code::kInvalidArgument, 1292, "Incorrect DATETIME value: '$1'"},
    {"timestamp field value out of range: \"%\"%", Code::kInvalidArgument, 1292, "Incorrect DATETIME value: '$1'"},
    {"Type % with value % can't be cast because the value is out of range for the destination type %",
     Code::kOutOfRange, 1264, "Out of range value '$2' for type #3"},
    {"Type % with value % can't be cast to the destination type %", Code::kInvalidArgument, 1366,
     "Incorrect #3 value: $2"},
    {"Could not cast value % to DECIMAL(%)", Code::kOutOfRange, 1264, "Out of range value '$1' for type DECIMAL($2)"},
    {"table % has % columns but % values were supplied", Code::kInvalidArgument, 1136,
     "Column count doesn't match value count: '$1' has $2 columns, $3 values are given"},
    {"Column name/value mismatch for insert on %: expected % columns but % values were supplied",
     Code::kInvalidArgument, 1136,
     "Column count doesn't match value count: '$1' takes $2 columns, $3 values are given"},
    {"Duplicate column name \"%\" in INSERT", Code::kInvalidArgument, 1110, "Column '$1' specified twice"},
    {"There are no UNIQUE/PRIMARY KEY % that refer to this table%", Code::kInvalidArgument, 1105,
     "ON DUPLICATE KEY UPDATE needs a table with a primary or unique key"},
    {"Could not ORDER BY column \"%\": %", Code::kNotFound, 1054, "Unknown column '$1' in 'table list'"},
    {"GROUPING child \"%\" must be a grouping column", Code::kInvalidArgument, 1105,
     "The argument of GROUPING() '$1' must appear in GROUP BY clause"},
    {"ARRAY_OPERAND() takes an array as its argument %, not %", Code::kInvalidArgument, 1105,
     "A function with a lambda takes arrays, not $2"},
    {"More than one row returned by a subquery used as an expression%", Code::kInvalidArgument, 1242,
     "Subquery returns more than 1 row"},
    {"Subquery returns % columns - expected %", Code::kInvalidArgument, 1241, "Operand should contain $2 column(s)"},
    {"Set operations can only apply to expressions with the same number of result columns", Code::kInvalidArgument,
     1222, "The used SELECT statements have a different number of columns"},
    {"aggregate function calls cannot be nested", Code::kInvalidArgument, 1111,
     "Invalid use of group function: one inside another"},
    {"WHERE clause cannot contain aggregates!", Code::kInvalidArgument, 1111,
     "Invalid use of group function: WHERE cannot have one, HAVING can"},
    {"GROUP BY clause cannot contain aggregates!", Code::kInvalidArgument, 1111,
     "Invalid use of group function: GROUP BY cannot have one"},
    {"% is not an aggregate function", Code::kInvalidArgument, 1105, "#1 is not an aggregate function"},
    {"Existing object % is of type View, trying to drop type Table", Code::kInvalidArgument, 1347,
     "'$1' is not TABLE. Use 'DROP VIEW $1'"},
    {"Existing object % is of type Table, trying to drop type View", Code::kInvalidArgument, 1347,
     "'$1' is not VIEW. Use 'DROP TABLE $1'"},
    {"Could not choose a best candidate function for the function call \"%\".%", Code::kInvalidArgument, 1105,
     "No matching function with signature: #1"},
    {"No function matches the given name and argument types '%'.%", Code::kInvalidArgument, 1105,
     "No matching function with signature: #1"},
};

std::string fill(std::string_view ours, const Parts& parts) {
  std::string text;
  for (size_t i = 0; i < ours.size(); ++i) {
    if ((ours[i] != '$' && ours[i] != '#') || i + 1 == ours.size()) {
      text += ours[i];
      continue;
    }
    const std::string_view part = parts[static_cast<size_t>(ours[i + 1] - '1')];
    if (ours[i] == '$')
      text += part;
    else
      text += with_our_names(part);
    ++i;
  }
  return text;
}

// "a: 1, b: x" -> "1-x"
std::string key_values(std::string_view key) {
  std::string values;
  while (!key.empty()) {
    const size_t colon = key.find(": ");
    if (colon == std::string_view::npos) return values + std::string(key);
    key.remove_prefix(colon + 2);
    // The next column begins at the last ", " before the next ": ".
    const size_t next = key.find(": ");
    const size_t end = next == std::string_view::npos ? key.size() : std::min(key.rfind(", ", next), key.size());
    if (!values.empty()) values += '-';
    values += key.substr(0, end);
    key.remove_prefix(std::min(end + 2, key.size()));
  }
  return values;
}

std::optional<ErrorText> duplicate_entry(std::string_view message) {
  Parts parts;
  if (!match_pattern("Duplicate key \"%\" violates % constraint.%", message, parts)) return std::nullopt;
  const std::string_view column = parts[0].substr(0, parts[0].find(':'));
  const std::string key = parts[1] == "primary key" ? "PRIMARY" : std::string(column);
  return ErrorText{Code::kAlreadyExists, 1062, "Duplicate entry '" + key_values(parts[0]) + "' for key '" + key + "'"};
}

}  // namespace

std::optional<ErrorText> error_text(std::string_view kernel_message) {
  if (auto duplicate = duplicate_entry(kernel_message)) return duplicate;
  for (const Rule& rule : kRules) {
    Parts parts;
    if (match_pattern(rule.kernel, kernel_message, parts))
      return ErrorText{rule.code, rule.mysql_errno, fill(rule.ours, parts)};
  }
  return std::nullopt;
}

}  // namespace sluice::kernel
