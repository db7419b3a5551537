// SPDX-License-Identifier: Apache-2.0
// A kernel in memory with the functions of Doris, for fuzz targets that run what they are given. One for the process;
// one thread. Errors of the statement are expected; an internal or fatal error of the kernel ends the target.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/check.h"
#include "dialect/parser.h"
#include "kernel/system_views.h"

namespace sluice::fuzz {

class FixedSession : public dialect::SessionValues {
 public:
  Result<duckdb::Value> system_variable(dialect::VariableScope, std::string_view) const override {
    return duckdb::Value::INTEGER(1);
  }
  duckdb::Value user_variable(std::string_view) const override { return duckdb::Value(); }
  std::string database() const override { return "d"; }
  std::string user() const override { return "u@h"; }
  std::string account() const override { return "'u'@'%'"; }
  uint64_t connection_id() const override { return 1; }
  uint64_t last_insert_id() const override { return 0; }
  uint64_t found_rows() const override { return 0; }
  int64_t row_count() const override { return 0; }
};

class Kernel {
 public:
  static Kernel& instance() {
    static Kernel* kernel = new Kernel();  // never destroyed: targets end by exit()
    return *kernel;
  }

  // Runs one statement of the dialect, when it parses and is one for the kernel.
  void run(std::string_view sql) {
    dialect::ParseOptions options;
    options.max_depth = 100;
    options.session = &session_;
    auto statement = dialect::parse(sql, options);
    if (!statement) return;
    auto* kernel = std::get_if<dialect::KernelStatement>(&statement->body);
    if (!kernel) return;
    check(*connection_.Query(duckdb::unique_ptr<duckdb::SQLStatement>(kernel->tree.release())), sql);
  }

  // Runs a SELECT of the dialect with '?' for texts, planned once.
  void run(const std::string& sql, duckdb::vector<duckdb::Value> values) {
    auto& prepared = prepared_[sql];
    if (!prepared) {
      dialect::ParseOptions options;
      options.session = &session_;
      auto statement = dialect::parse(sql, options);
      BUG_CHECK(statement, sql);
      auto& kernel = std::get<dialect::KernelStatement>(statement->body);
      prepared = connection_.Prepare(duckdb::unique_ptr<duckdb::SQLStatement>(kernel.tree.release()));
      BUG_CHECK(!prepared->HasError(), sql + ": " + prepared->GetError());
    }
    auto result = prepared->Execute(values, false);
    check(*result, sql);
  }

 private:
  Kernel() : database_(nullptr), connection_(database_) {
    const auto made = kernel::create_system_views(connection_, std::make_shared<kernel::SystemRows>());
    BUG_CHECK(made, made.error().message());
    for (const char* sql : {"SET threads = 1", "SET memory_limit = '1GB'", "ATTACH ':memory:' AS internal",
                            "CREATE SCHEMA internal.d", "USE internal.d"}) {
      check(*connection_.Query(sql), sql);
    }
    run("CREATE TABLE t (i INT, b BIGINT, n DECIMAL(12, 3), f DOUBLE, s VARCHAR(20), d DATE, m DATETIME, a ARRAY<INT>, "
        "j JSON)");
    run("CREATE TABLE u (i INT, s VARCHAR(20))");
    run("INSERT INTO t VALUES (1, 2, 3.5, 4e0, 'five', '2020-02-29', '2021-01-01 10:11:12', [1, 2], '{\"a\": 1}'), "
        "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
    run("INSERT INTO u VALUES (1, 'x'), (2, NULL)");
  }

  static void check(duckdb::QueryResult& result, std::string_view sql) {
    if (!result.HasError()) return;
    const auto type = result.GetErrorObject().Type();
    if (type != duckdb::ExceptionType::INTERNAL && type != duckdb::ExceptionType::FATAL) return;
    std::fprintf(stderr, "internal error: %s\nof: %.*s\n", result.GetError().c_str(), static_cast<int>(sql.size()),
                 sql.data());
    std::abort();
  }

  FixedSession session_;
  duckdb::DuckDB database_;
  duckdb::Connection connection_;
  std::unordered_map<std::string, duckdb::unique_ptr<duckdb::PreparedStatement>> prepared_;
};

// The input as a text value; nullopt when it is no UTF-8, which the doors refuse.
inline std::optional<duckdb::Value> text(std::string_view bytes) {
  if (!duckdb::Value::StringIsValid(bytes.data(), bytes.size())) return std::nullopt;
  return duckdb::Value(std::string(bytes));
}

}  // namespace sluice::fuzz
