// SPDX-License-Identifier: Apache-2.0
// ERROR messages of CQL, with what each kind of them says, and what they are as base Errors. Pure functions.
// Source of truth: native_protocol_v4.spec, section 9.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "client/cassandra/notation.h"

namespace sluice::client::cassandra {

enum class ErrorCode : int32_t {
  kServerError = 0x0000,
  kProtocolError = 0x000A,
  kBadCredentials = 0x0100,
  kUnavailable = 0x1000,
  kOverloaded = 0x1001,
  kBootstrapping = 0x1002,
  kTruncateError = 0x1003,
  kWriteTimeout = 0x1100,
  kReadTimeout = 0x1200,
  kReadFailure = 0x1300,
  kFunctionFailure = 0x1400,
  kWriteFailure = 0x1500,
  kCdcWriteFailure = 0x1600,
  kCasWriteUnknown = 0x1700,
  kSyntaxError = 0x2000,
  kUnauthorized = 0x2100,
  kInvalid = 0x2200,
  kConfigError = 0x2300,
  kAlreadyExists = 0x2400,
  kUnprepared = 0x2500,
};

struct ServerError {
  ErrorCode code = ErrorCode::kServerError;
  std::string message;
  // kUnavailable, time-outs and failures:
  Consistency consistency = Consistency::kAny;
  int32_t received = 0;       // answers that came; of kUnavailable: replicas alive
  int32_t required = 0;       // answers that were needed
  int32_t failures = 0;       // of the failures
  bool data_present = false;  // reads: the replica asked for data did answer
  std::string write_type;     // writes: SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW, CDC
  // kUnprepared:
  std::string statement_id;
  // kAlreadyExists:
  std::string keyspace;
  std::string table;  // empty: the keyspace itself
};

// kDataLoss when it does not decode; details that newer servers add are not read.
Result<ServerError> read_server_error(std::span<const uint8_t> content);

// Origin kCassandra with CQL's code as the native one; retry class by what a caller may do with an idempotent request.
Error to_error(const ServerError& error, std::string peer);

// The coordinator refused a batch beyond its batch_size_fail_threshold: smaller ones may pass.
bool is_batch_too_large(const Error& error);

}  // namespace sluice::client::cassandra
