// SPDX-License-Identifier: Apache-2.0
// Requests: bodies of STARTUP, QUERY, PREPARE, EXECUTE, BATCH, REGISTER, AUTH_RESPONSE. Execute and Batch write values
// straight into the body that goes to the socket. One thread at a time.
// Source of truth: native_protocol_v4.spec, section 4.1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/deadline.h"
#include "client/cassandra/notation.h"
#include "client/cassandra/statement.h"
#include "client/cassandra/values.h"

namespace sluice::client::cassandra {

// What a request may say beside its text and values.
struct RequestOptions {
  std::optional<Consistency> consistency = {};         // the session's when absent
  std::optional<Consistency> serial_consistency = {};  // of conditional writes
  // Of the written cells, in whatever unit all writers of the table use: microseconds by custom, milliseconds in
  // KairosDB's tables. Absent: the coordinator's clock in microseconds.
  std::optional<int64_t> timestamp = {};
  int32_t page_size = 5000;  // rows of one answer; 0: all at once
  bool idempotent = true;  // may be sent again when its fate is unknown. Not for counters, lists' appends, conditions.
  bool spread_replicas =
      false;               // which replica is asked first changes, also where the session's replica_order does not
  Deadline deadline = {};  // never: the session's request_timeout from when it is sent off
};

// A statement with values. Reusable: values stay until clear().
class Execute {
 public:
  explicit Execute(StatementPtr statement) : statement_(std::move(statement)), values_(bytes_) {}
  Execute(Execute&&) = delete;

  const StatementPtr& statement() const { return statement_; }
  // In the order of the statement's parameters; all of them, or session calls fail with kInvalidArgument.
  Values& values() { return values_; }
  void clear() {
    bytes_.clear();
    values_ = Values(bytes_);
  }
  std::span<const uint8_t> bytes() const { return bytes_.span(); }
  uint16_t value_count() const { return values_.count(); }
  // The partition key as tokens are made of it; nullopt when the statement does not hold all of it.
  std::optional<std::string> partition_key() const;

  RequestOptions options;

 private:
  StatementPtr statement_;
  ByteBuffer bytes_;
  Values values_;
};

enum class BatchType : uint8_t { kLogged = 0, kUnlogged = 1, kCounter = 2 };

// Statements sent as one. At most 65,535.
class Batch {
 public:
  explicit Batch(BatchType type = BatchType::kUnlogged, size_t reserve_bytes = 0);
  Batch(Batch&&) = delete;

  // The next statement; its values are to be appended to what is returned, all of them, before the next add().
  // `statement` is kept alive by the batch only where it differs from the one before: add equal ones in runs.
  Values& add(const StatementPtr& statement);
  // Where the batch goes: to a replica of this partition key of the first statement's keyspace. The caller chooses
  // rows of one host (Session::host_of); the first add() of a row says nothing about it.
  void route(int64_t token) { token_ = token; }

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  size_t bytes() const { return body_.size(); }
  void clear();  // for the next one; keeps the memory unless it was sent
  std::optional<int64_t> token() const { return token_; }
  const std::vector<StatementPtr>& statements() const { return statements_; }

  // The body; the batch is empty afterwards. kInvalidArgument: a statement lacks values, or there are too many.
  Result<ByteBuffer> take_body(Consistency consistency);

  RequestOptions options;

 private:
  bool last_is_whole() const { return statements_.empty() || values_.count() == expected_values_; }

  ByteBuffer body_;
  Values values_{body_};
  std::vector<StatementPtr> statements_;  // kept alive, without repetition in a row
  const Statement* last_ = nullptr;
  uint16_t expected_values_ = 0;
  size_t count_ = 0;
  bool broken_ = false;  // a statement got another number of values than it has parameters
  BatchType type_;
  std::optional<int64_t> token_;
};

ByteBuffer startup_body(const std::map<std::string, std::string>& options);
ByteBuffer query_body(std::string_view text, Consistency consistency, const RequestOptions& options,
                      std::string_view paging_state = {});
ByteBuffer prepare_body(std::string_view text);
// `without_columns`: the answer need not name the columns of its rows.
ByteBuffer execute_body(const Statement& statement, std::span<const uint8_t> values, uint16_t value_count,
                        Consistency consistency, const RequestOptions& options, bool without_columns,
                        std::string_view paging_state = {});
ByteBuffer register_body();  // for all events
ByteBuffer auth_response_body(std::string_view token);

}  // namespace sluice::client::cassandra
