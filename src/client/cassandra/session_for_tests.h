// SPDX-License-Identifier: Apache-2.0
// For tests of sessions: the scripted server, a session with it, and what most of them do first.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "client/cassandra/fake_server_for_tests.h"
#include "client/cassandra/session.h"

namespace sluice::client::cassandra {

using namespace std::chrono_literals;

inline constexpr std::string_view kInsert = "INSERT INTO ks.t (key, value) VALUES (?, ?)";

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { threads_.start(); }
  void TearDown() override {
    if (session_) session_->close();
    session_ = nullptr;
    if (server_) server_->stop();
  }

  Settings settings() {
    Settings made;
    made.contact_points = {"127.0.0.1:" + std::to_string(server_ ? server_->port() : port_)};
    made.connect_timeout = 2s;
    made.request_timeout = 5s;
    return made;
  }
  void serve(FakeServer::Script script = {}) { server_ = std::make_unique<FakeServer>(threads_, std::move(script)); }
  void open(Settings wanted) {
    auto opened = Session::open_and_wait(threads_, std::move(wanted));
    ASSERT_TRUE(opened) << opened.error().describe();
    session_ = *opened;
  }
  void open() { open(settings()); }
  StatementPtr insert() {
    auto statement = session_->prepare_and_wait(std::string(kInsert));
    EXPECT_TRUE(statement) << statement.error().describe();
    return *statement;
  }
  Result<Rows> put(const StatementPtr& statement, RequestOptions options = {}) {
    Execute request(statement);
    request.values().blob("key").blob("value");
    request.options = options;
    return session_->execute_and_wait(request);
  }
  void expect_works() {
    auto done = put(insert());
    EXPECT_TRUE(done) << done.error().describe();
  }
  template <typename F>
  void eventually(F holds) {
    for (int i = 0; i < 500 && !holds(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(holds());
  }

  NetworkThreads threads_{2};
  uint16_t port_ = 1;
  std::unique_ptr<FakeServer> server_;
  SessionPtr session_;
};

}  // namespace sluice::client::cassandra
