// SPDX-License-Identifier: Apache-2.0
// What servers answer: RESULT of all kinds, events, SUPPORTED, the steps of authentication. Pure decoders with limits.
// Source of truth: native_protocol_v4.spec, section 4.2.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/cassandra/frame.h"
#include "client/cassandra/rows.h"

namespace sluice::client::cassandra {

enum class ResultKind : int32_t { kVoid = 1, kRows = 2, kSetKeyspace = 3, kPrepared = 4, kSchemaChange = 5 };

// Of a RESULT frame; its offset moves behind the kind.
Result<ResultKind> read_result_kind(ResponseFrame& frame);

// What PREPARE tells of a statement.
struct Prepared {
  std::string id;
  Columns parameters;
  std::vector<uint16_t> key_parameters;  // which parameters are the partition key, in the key's order; empty: not known
  ColumnsPtr columns;                    // of its rows; none for statements without rows
};
// Of a RESULT frame of kind Prepared, its offset behind the kind.
Result<Prepared> read_prepared(const ResponseFrame& frame);

// What the server tells by itself to who asked for it.
struct Event {
  enum class Kind : uint8_t { kTopology, kStatus, kSchema, kOther };
  Kind kind = Kind::kOther;
  std::string change;   // NEW_NODE, REMOVED_NODE; UP, DOWN; CREATED, UPDATED, DROPPED
  std::string address;  // topology and status: of the node, as text
  uint16_t port = 0;
  std::string target;  // schema: KEYSPACE, TABLE, TYPE, FUNCTION, AGGREGATE
  std::string keyspace;
  std::string name;  // of the table etc.
};
Result<Event> read_event(const ResponseFrame& frame);

// SUPPORTED: options by name. At most 64 of 64 values each.
Result<std::map<std::string, std::vector<std::string>>> read_supported(const ResponseFrame& frame);

// AUTHENTICATE: the class that the server authenticates with. AUTH_CHALLENGE and AUTH_SUCCESS: the token.
Result<std::string> read_authenticator(const ResponseFrame& frame);
Result<std::string> read_token(const ResponseFrame& frame);

}  // namespace sluice::client::cassandra
