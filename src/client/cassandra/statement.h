// SPDX-License-Identifier: Apache-2.0
// Statement: a prepared statement, as a session keeps it. Immutable but for one flag; any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "client/cassandra/responses.h"

namespace sluice::client::cassandra {

class Statement {
 public:
  Statement(std::string text, Prepared prepared) : text_(std::move(text)), prepared_(std::move(prepared)) {}

  const std::string& text() const { return text_; }
  // The same on every host of one version of Cassandra: the MD5 of keyspace and text.
  const std::string& id() const { return prepared_.id; }
  const Columns& parameters() const { return prepared_.parameters; }
  const ColumnsPtr& columns() const { return prepared_.columns; }
  const std::vector<uint16_t>& key_parameters() const { return prepared_.key_parameters; }
  // Of the table it is about; empty when it has no parameters.
  const std::string& keyspace() const {
    static const std::string kNone;
    return prepared_.parameters.empty() ? kNone : prepared_.parameters.front().keyspace;
  }

  // After a change of the schema the server says the columns of rows anew with each answer: version 4 has no other way
  // to learn of a column that was added or dropped.
  bool columns_may_differ() const { return columns_may_differ_.load(std::memory_order_relaxed); }
  void schema_changed() { columns_may_differ_.store(true, std::memory_order_relaxed); }

 private:
  const std::string text_;
  const Prepared prepared_;
  std::atomic<bool> columns_may_differ_{false};
};
using StatementPtr = std::shared_ptr<Statement>;

}  // namespace sluice::client::cassandra
