// SPDX-License-Identifier: Apache-2.0
// For tests of this folder: a store in a keyspace of its own on a real Cassandra, which test/cassandra starts and names
// in SLUICE_CASSANDRA=host:port; tests are skipped without.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "timeseries/store/cassandra/cassandra_store.h"

namespace sluice::timeseries::cassandra {

inline const char* cassandra_address() { return std::getenv("SLUICE_CASSANDRA"); }

// Threads, folder and keyspace; the keyspace is emptied, and made once for all tests of a process.
class StoreWorld {
 public:
  explicit StoreWorld(std::string keyspace = "sluice_store_test") {
    threads_.start();
    folder_ = std::filesystem::temp_directory_path() / "cassandra_store_test_XXXXXX";
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    settings.write.connection.contact_points = {cassandra_address()};
    settings.write.keyspace = std::move(keyspace);
    settings.write.write_consistency = cql::Consistency::kOne;
    settings.queue_folder = folder_ + "/queue";
    settings.batch_wait = std::chrono::milliseconds(1);
  }
  ~StoreWorld() {
    close();
    if (session_) session_->close();
    session_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  void open() {
    auto opened = CassandraStore::open(threads_, settings);
    if (!opened) {
      ADD_FAILURE() << opened.error().describe();
      std::abort();
    }
    store = std::move(*opened);
  }
  void close() { store.reset(); }
  // What is in the tables goes; the store is to be opened afterwards, for it remembers what it wrote.
  void empty_tables() {
    open();
    close();
    for (const std::string table : {"data_points", "row_key_index", "string_index", "row_keys", "tag_indexed_row_keys",
                                    "row_key_time_index", "service_index"})
      query("TRUNCATE " + settings.write.keyspace + "." + table);
  }
  cql::Session& session() {
    if (!session_) {
      auto opened = cql::Session::open_and_wait(threads_, settings.write.connection);
      if (!opened) std::abort();
      session_ = *opened;
    }
    return *session_;
  }
  cql::Rows query(const std::string& text, std::optional<int64_t> stamp = {}) {
    auto rows =
        session().query_and_wait(text, {.timestamp = stamp, .deadline = Deadline::after(std::chrono::minutes(1))});
    EXPECT_TRUE(rows) << text << ": " << (rows ? "" : rows.error().describe());
    return rows ? std::move(*rows) : cql::Rows();
  }
  void flush() {
    const auto flushed = store->flush(Deadline::after(std::chrono::seconds(60)));
    EXPECT_TRUE(flushed) << flushed.error().describe();
  }
  NetworkThreads& threads() { return threads_; }
  const std::string& folder() const { return folder_; }

  CassandraSettings settings;
  std::unique_ptr<CassandraStore> store;

 private:
  NetworkThreads threads_{1};
  std::string folder_;
  cql::SessionPtr session_;
};

}  // namespace sluice::timeseries::cassandra
