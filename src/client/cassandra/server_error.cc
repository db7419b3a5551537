// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/server_error.h"

namespace sluice::client::cassandra {

Result<ServerError> read_server_error(std::span<const uint8_t> content) {
  ByteReader in(content);
  ServerError error;
  error.code = static_cast<ErrorCode>(in.i32_be());
  error.message = read_string(in);
  auto read_answers = [&] {
    error.consistency = static_cast<Consistency>(in.u16_be());
    error.received = in.i32_be();
    error.required = in.i32_be();
  };
  switch (error.code) {
    case ErrorCode::kUnavailable:
      error.consistency = static_cast<Consistency>(in.u16_be());
      error.required = in.i32_be();
      error.received = in.i32_be();
      break;
    case ErrorCode::kWriteTimeout:
      read_answers();
      error.write_type = read_string(in);
      break;
    case ErrorCode::kReadTimeout:
      read_answers();
      error.data_present = in.u8() != 0;
      break;
    case ErrorCode::kReadFailure:
      read_answers();
      error.failures = in.i32_be();
      error.data_present = in.u8() != 0;
      break;
    case ErrorCode::kWriteFailure:
      read_answers();
      error.failures = in.i32_be();
      error.write_type = read_string(in);
      break;
    case ErrorCode::kCasWriteUnknown:
      read_answers();
      error.write_type = "CAS";
      break;
    case ErrorCode::kAlreadyExists:
      error.keyspace = read_string(in);
      error.table = read_string(in);
      break;
    case ErrorCode::kUnprepared:
      error.statement_id = read_short_bytes(in);
      break;
    default:
      break;
  }
  if (!in.ok()) return fail(Code::kDataLoss, "an ERROR message of the server does not decode");
  return error;
}

namespace {

struct Meaning {
  Code code;
  Retry retry;
};

Meaning meaning_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kProtocolError:
      return {Code::kInternal, Retry::kNever};
    case ErrorCode::kBadCredentials:
      return {Code::kUnauthenticated, Retry::kNever};
    case ErrorCode::kServerError:
      return {Code::kUnavailable, Retry::kReroute};
    case ErrorCode::kUnavailable:
      return {Code::kUnavailable, Retry::kBackoff};
    case ErrorCode::kOverloaded:
      return {Code::kResourceExhausted, Retry::kReroute};
    case ErrorCode::kBootstrapping:
      return {Code::kUnavailable, Retry::kReroute};
    case ErrorCode::kTruncateError:
      return {Code::kUnavailable, Retry::kBackoff};
    case ErrorCode::kReadTimeout:
      return {Code::kDeadlineExceeded, Retry::kBackoff};
    case ErrorCode::kReadFailure:
      return {Code::kUnavailable, Retry::kBackoff};
    case ErrorCode::kWriteTimeout:
    case ErrorCode::kWriteFailure:
    case ErrorCode::kCasWriteUnknown:
      return {Code::kUndetermined, Retry::kBackoff};
    case ErrorCode::kCdcWriteFailure:
      return {Code::kResourceExhausted, Retry::kBackoff};
    case ErrorCode::kUnauthorized:
      return {Code::kPermissionDenied, Retry::kNever};
    case ErrorCode::kAlreadyExists:
      return {Code::kAlreadyExists, Retry::kNever};
    case ErrorCode::kUnprepared:
      return {Code::kFailedPrecondition, Retry::kNever};
    case ErrorCode::kFunctionFailure:
    case ErrorCode::kSyntaxError:
    case ErrorCode::kInvalid:
    case ErrorCode::kConfigError:
      return {Code::kInvalidArgument, Retry::kNever};
  }
  return {Code::kUnavailable, Retry::kNever};
}

}  // namespace

Error to_error(const ServerError& error, std::string peer) {
  const Meaning meaning = meaning_of(error.code);
  return Error(meaning.code, error.message)
      .with_native(Origin::kCassandra, static_cast<int>(error.code))
      .with_retry(meaning.retry)
      .with_peer(std::move(peer));
}

bool is_batch_too_large(const Error& error) {
  // The server has no code of its own for it.
  return error.origin() == Origin::kCassandra && error.native_code() == static_cast<int>(ErrorCode::kInvalid) &&
         error.message().find("Batch too large") != std::string::npos;
}

}  // namespace sluice::client::cassandra
