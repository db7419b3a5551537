// SPDX-License-Identifier: Apache-2.0
// Types of CQL's columns and parameters, as the metadata of results names them. Values; any thread once made.
// Source of truth: native_protocol_v4.spec, section 4.2.5.2 ([option]).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::client::cassandra {

enum class TypeId : uint16_t {
  kCustom = 0x00,
  kAscii = 0x01,
  kBigint = 0x02,
  kBlob = 0x03,
  kBoolean = 0x04,
  kCounter = 0x05,
  kDecimal = 0x06,
  kDouble = 0x07,
  kFloat = 0x08,
  kInt = 0x09,
  kTimestamp = 0x0B,
  kUuid = 0x0C,
  kText = 0x0D,
  kVarint = 0x0E,
  kTimeuuid = 0x0F,
  kInet = 0x10,
  kDate = 0x11,
  kTime = 0x12,
  kSmallint = 0x13,
  kTinyint = 0x14,
  kDuration = 0x15,
  kList = 0x20,
  kMap = 0x21,
  kSet = 0x22,
  kUdt = 0x30,
  kTuple = 0x31,
};

struct ColumnType {
  TypeId id = TypeId::kCustom;
  std::string name;               // of a custom type's class, or "keyspace.type" of a user's type
  std::vector<ColumnType> parts;  // list, set: 1; map: key and value; tuple: its parts; user's type: its fields
};
// "map<text, blob>"
std::string to_string(const ColumnType& type);

struct Column {
  std::string keyspace;
  std::string table;
  std::string name;
  ColumnType type;
};
using Columns = std::vector<Column>;

// Nesting beyond 16 and more than 4,096 parts are refused (kDataLoss), so that a few bytes cannot ask for much.
Result<ColumnType> read_type(ByteReader& in);

}  // namespace sluice::client::cassandra
