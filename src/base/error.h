// SPDX-License-Identifier: Apache-2.0
// Error: what went wrong, as a value. Library code returns it in Result<T> and does not throw for faults of
// the network, of peers or of users. Immutable after construction; copies share the cause.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sluice {

// The portable classes of failure. Doors map these to errno/SQLSTATE or HTTP status where `native_code` says nothing.
enum class Code : uint8_t {
  kInvalidArgument,     // the request is wrong and will stay wrong
  kNotFound,            // a named thing does not exist
  kAlreadyExists,       // a named thing exists already
  kUnauthenticated,     // who you are could not be shown
  kPermissionDenied,    // you are known and may not
  kFailedPrecondition,  // right request, wrong state (no database selected, transaction aborted)
  kConflict,            // another transaction was faster; repeating may succeed
  kOutOfRange,          // a value does not fit its type
  kUnsupported,         // understood, but not offered
  kResourceExhausted,   // memory, disk, connections or a quota ran out
  kDeadlineExceeded,    // the deadline passed
  kCancelled,           // somebody asked to stop (KILL, client gone, shutdown)
  kUnavailable,         // a peer or this server cannot answer now
  kUndetermined,        // a write was sent and its outcome is unknown: neither success nor failure
  kDataLoss,            // stored bytes are damaged
  kInternal,            // a defect of ours
};

// Whose numbers `native_code` holds.
enum class Origin : uint8_t { kSluice, kMysql, kKernel, kSystem, kTls, kCassandra };

// What a caller that wants to go on should do.
enum class Retry : uint8_t { kNever, kBackoff, kReroute };

std::string_view to_string(Code code);

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  Error with_native(Origin origin, int native_code) && {
    origin_ = origin;
    native_code_ = native_code;
    return std::move(*this);
  }
  Error with_retry(Retry retry) && {
    retry_ = retry;
    return std::move(*this);
  }
  Error with_peer(std::string peer) && {
    peer_ = std::move(peer);
    return std::move(*this);
  }
  Error with_cause(Error cause) && {
    cause_ = std::make_shared<const Error>(std::move(cause));
    return std::move(*this);
  }

  Code code() const { return code_; }
  Origin origin() const { return origin_; }
  // errno of MySQL, of the system, CQL's error code or the library's own number, as `origin` says; 0: there is none.
  int native_code() const { return native_code_; }
  Retry retry() const { return retry_; }
  const std::string& message() const { return message_; }
  // "host:port" of the other side; empty when no peer was involved.
  const std::string& peer() const { return peer_; }
  const Error* cause() const { return cause_.get(); }

  // "message (peer): cause": for logs.
  std::string describe() const;

 private:
  Code code_;
  Origin origin_ = Origin::kSluice;
  Retry retry_ = Retry::kNever;
  int native_code_ = 0;
  std::string message_;
  std::string peer_;
  std::shared_ptr<const Error> cause_;
};

// An error of SQL with the MySQL server error number that clients know it by, e.g. 1049 for an unknown database.
inline Error sql_error(Code code, int mysql_errno, std::string message) {
  return Error(code, std::move(message)).with_native(Origin::kMysql, mysql_errno);
}
// The last failed system call's errno as an Error: "<what>: <strerror>".
Error system_error(std::string_view what, int errno_value);

}  // namespace sluice
