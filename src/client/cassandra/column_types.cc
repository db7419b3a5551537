// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/column_types.h"

#include "client/cassandra/notation.h"

namespace sluice::client::cassandra {

namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxParts = 4096;

Result<ColumnType> read_nested(ByteReader& in, int depth, size_t& parts) {
  if (depth > kMaxDepth || ++parts > kMaxParts) return fail(Code::kDataLoss, "a column's type is nested too deeply");
  ColumnType type;
  type.id = static_cast<TypeId>(in.u16_be());
  auto add_part = [&]() -> Status {
    type.parts.push_back(TRY(read_nested(in, depth + 1, parts)));
    return {};
  };
  switch (type.id) {
    case TypeId::kCustom:
      type.name = read_string(in);
      break;
    case TypeId::kList:
    case TypeId::kSet:
      TRY(add_part());
      break;
    case TypeId::kMap:
      TRY(add_part());
      TRY(add_part());
      break;
    case TypeId::kTuple:
      for (uint16_t n = in.u16_be(); n > 0 && in.ok(); --n) TRY(add_part());
      break;
    case TypeId::kUdt:
      type.name = read_string(in);
      type.name += '.';
      type.name += read_string(in);
      for (uint16_t n = in.u16_be(); n > 0 && in.ok(); --n) {
        (void)read_string(in);
        TRY(add_part());
      }
      break;
    default:
      break;
  }
  if (!in.ok()) return fail(Code::kDataLoss, "a column's type does not decode");
  return type;
}

std::string_view plain_name(TypeId id) {
  switch (id) {
    case TypeId::kAscii:
      return "ascii";
    case TypeId::kBigint:
      return "bigint";
    case TypeId::kBlob:
      return "blob";
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kCounter:
      return "counter";
    case TypeId::kDecimal:
      return "decimal";
    case TypeId::kDouble:
      return "double";
    case TypeId::kFloat:
      return "float";
    case TypeId::kInt:
      return "int";
    case TypeId::kTimestamp:
      return "timestamp";
    case TypeId::kUuid:
      return "uuid";
    case TypeId::kText:
      return "text";
    case TypeId::kVarint:
      return "varint";
    case TypeId::kTimeuuid:
      return "timeuuid";
    case TypeId::kInet:
      return "inet";
    case TypeId::kDate:
      return "date";
    case TypeId::kTime:
      return "time";
    case TypeId::kSmallint:
      return "smallint";
    case TypeId::kTinyint:
      return "tinyint";
    case TypeId::kDuration:
      return "duration";
    case TypeId::kList:
      return "list";
    case TypeId::kMap:
      return "map";
    case TypeId::kSet:
      return "set";
    case TypeId::kTuple:
      return "tuple";
    default:
      return "";
  }
}

}  // namespace

Result<ColumnType> read_type(ByteReader& in) {
  size_t parts = 0;
  return read_nested(in, 0, parts);
}

std::string to_string(const ColumnType& type) {
  std::string text(plain_name(type.id));
  if (text.empty()) return type.name.empty() ? "type " + std::to_string(static_cast<int>(type.id)) : type.name;
  if (type.parts.empty()) return text;
  text += '<';
  for (size_t i = 0; i < type.parts.size(); ++i) text += (i == 0 ? "" : ", ") + to_string(type.parts[i]);
  return text + '>';
}

}  // namespace sluice::client::cassandra
