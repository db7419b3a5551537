// SPDX-License-Identifier: Apache-2.0
// A kernel with a database `d`, into which tests load text.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "duckdb/parser/parser.hpp"
#include "session/load.h"

namespace sluice::session {

class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("sluice_load_test_" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory_);
    kernel::HostOptions options;
    options.data_dir = directory_;
    options.threads = 2;
    auto host = kernel::Host::open(options);
    ASSERT_TRUE(host) << host.error().describe();
    host_ = std::move(*host);
    connection_ = std::make_unique<kernel::Connection>(*host_);
    run("CREATE SCHEMA internal.d");
  }
  void TearDown() override {
    connection_.reset();
    host_.reset();
    std::filesystem::remove_all(directory_);
  }

  // The result's rows, fields joined by '|', rows by '\n'.
  std::string run(const std::string& sql) {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    std::string out;
    for (auto& statement : parser.statements) {
      auto answer = connection_->run(std::move(statement));
      if (!answer) return "error: " + answer.error().message();
      while (true) {
        auto chunk = (*answer)->next();
        if (!chunk) return "error: " + chunk.error().message();
        if (!*chunk) break;
        for (duckdb::idx_t row = 0; row < (*chunk)->size(); ++row) {
          for (duckdb::idx_t c = 0; c < (*chunk)->ColumnCount(); ++c)
            out += (c ? "|" : "") + (*chunk)->GetValue(c, row).ToString();
          out += "\n";
        }
      }
    }
    return out;
  }

  LoadSpec spec(const std::string& table) {
    LoadSpec result;
    result.table.database = "d";
    result.table.name = table;
    return result;
  }

  // Feeds `data` in pieces of `piece` bytes. "ok <rows>" or the error.
  std::string load(LoadSpec the_spec, const std::string& data, size_t piece = 1 << 20) {
    auto opened = Load::open(*connection_, std::move(the_spec));
    if (!opened) return "error: " + opened.error().message();
    for (size_t at = 0; at < data.size(); at += piece) {
      if (!(*opened)->write(std::string_view(data).substr(at, piece))) break;
    }
    auto done = (*opened)->finish();
    report_ = (*opened)->report();
    return done ? "ok " + std::to_string(done->affected_rows) : "error: " + done.error().message();
  }

  std::filesystem::path directory_;
  std::unique_ptr<kernel::Host> host_;
  std::unique_ptr<kernel::Connection> connection_;
  LoadReport report_;
};

}  // namespace sluice::session
