// SPDX-License-Identifier: Apache-2.0
// For tests of this folder: a node on loopback that speaks enough of CQL for a CassandraStore to open, keeps which
// points it acknowledged, and answers batches as a test tells it to. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/cassandra/fake_server_for_tests.h"

namespace sluice::timeseries::cassandra {

class FakeNode {
 public:
  struct Batch {
    int number;                       // of all batches, from 1
    size_t statements = 0;            // inserts of any table
    std::vector<std::string> points;  // partition key and column of each
    // One of the points is in partitions with this text in their keys.
    bool about(std::string_view text) const {
      for (const auto& point : points)
        if (point.find(text) != std::string::npos) return true;
      return false;
    }
  };
  using Answer = std::function<std::optional<client::cassandra::FakeReply>(const Batch&)>;

  explicit FakeNode(NetworkThreads& threads)
      : server_(threads, [this](const client::cassandra::FakeRequest& request) { return reply(request); }) {}

  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  void stop() { server_.stop(); }
  // What batches are answered; nullopt: they are taken. Called one at a time.
  void answer_batches(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  size_t points() const {
    const std::lock_guard lock(mutex_);
    return points_.size();
  }
  int batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  using Opcode = client::cassandra::Opcode;
  using Reply = client::cassandra::FakeReply;

  std::optional<Reply> reply(const client::cassandra::FakeRequest& request) {
    using namespace client::cassandra;
    const std::lock_guard lock(mutex_);
    const std::string_view body = request.body.view();
    const auto has = [&](std::string_view text) { return body.find(text) != body.npos; };
    if (request.opcode == Opcode::kQuery && has("table_name FROM system_schema.tables")) {
      FakeRows tables;
      for (const std::string name : {"data_points", "row_key_index", "string_index", "row_keys", "tag_indexed_row_keys",
                                     "row_key_time_index", "spec", "service_index"})
        tables.push_back({name});
      return Reply{.body = rows_body({{"table_name", kTextType}}, tables)};
    }
    if (request.opcode == Opcode::kQuery && has(".spec WHERE"))
      return Reply{.body = rows_body({{"value", kTextType}}, {{has("'row_width'") ? "1814400000" : "MILLISECONDS"}})};
    if (request.opcode == Opcode::kQuery && has("default_time_to_live"))
      return Reply{.body = rows_body({{"default_time_to_live", kIntType}}, {{be32(0)}})};
    if (request.opcode == Opcode::kPrepare) return prepared(body.substr(4));
    if (request.opcode == Opcode::kBatch) return batch(body);
    return std::nullopt;
  }

  Reply prepared(std::string_view text) {
    using namespace client::cassandra;
    std::string id = std::to_string(statements_.size());
    id.insert(0, 16 - id.size(), '0');
    statements_[id] = text;
    FakeColumns parameters, columns;
    for (const char c : text)
      if (c == '?') parameters.push_back({"p" + std::to_string(parameters.size()), kBlobType});
    if (text.starts_with("SELECT")) columns.push_back({"c", kBlobType});
    return {.body = prepared_body(id, parameters, columns)};
  }

  std::optional<Reply> batch(std::string_view body) {
    using namespace client::cassandra;
    ByteReader in(std::span<const uint8_t>(reinterpret_cast<const uint8_t*>(body.data()), body.size()));
    in.u8();
    Batch batch{.number = ++batches_, .statements = in.u16_be(), .points = {}};
    for (size_t i = 0; i < batch.statements; ++i) {
      in.u8();
      const std::string id(read_short_bytes(in));
      std::vector<std::string> values(in.u16_be());
      for (auto& value : values) value = read_bytes(in).value_or("");
      if (statements_[id].starts_with("INSERT INTO ks.data_points")) batch.points.push_back(values[0] + values[1]);
    }
    EXPECT_TRUE(in.ok());
    auto scripted = answer_ ? answer_(batch) : std::nullopt;
    if (!scripted) points_.insert(batch.points.begin(), batch.points.end());
    return scripted;
  }

  mutable std::mutex mutex_;
  Answer answer_;
  std::map<std::string, std::string> statements_;  // texts by id
  std::set<std::string> points_;                   // that were taken
  int batches_ = 0;
  client::cassandra::FakeServer server_;  // the last one: its threads call reply()
};

}  // namespace sluice::timeseries::cassandra
