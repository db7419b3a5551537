// SPDX-License-Identifier: Apache-2.0
// For the tests of this folder: a session with fixed values, and an in-memory kernel with our functions, the catalog
// `internal` and the database `d`, on which trees are run.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dialect/parser.h"
#include "kernel/system_views.h"

namespace sluice::dialect {

class SessionForTests : public SessionValues {
 public:
  Result<duckdb::Value> system_variable(VariableScope scope, std::string_view name) const override {
    if (name == "version") return duckdb::Value("5.7.99");
    if (name == "autocommit") return duckdb::Value::INTEGER(1);
    if (name == "no_such_variable") {
      return fail(sql_error(Code::kNotFound, 1193, "Unknown system variable 'no_such_variable'"));
    }
    std::string value(name);
    return duckdb::Value(scope == VariableScope::kGlobal ? "global " + value : value);
  }
  duckdb::Value user_variable(std::string_view name) const override {
    return name == "seven" ? duckdb::Value::INTEGER(7) : duckdb::Value();
  }
  std::string database() const override { return "d"; }
  std::string user() const override { return "root@127.0.0.1"; }
  std::string account() const override { return "'root'@'%'"; }
  uint64_t connection_id() const override { return 3; }
  uint64_t last_insert_id() const override { return 11; }
  uint64_t found_rows() const override { return 5; }
  int64_t row_count() const override { return -1; }
};

inline ParseOptions options_for_tests() {
  static const SessionForTests session;
  ParseOptions options;
  options.session = &session;
  return options;
}

// The error of a text that must not parse; "parsed" when it does.
inline std::string error_of(std::string_view sql, const ParseOptions& options = options_for_tests()) {
  auto statement = parse(sql, options);
  return statement ? "parsed" : statement.error().message();
}

class KernelForTests {
 public:
  KernelForTests() : database_(nullptr), connection_(database_) {
    Status made = kernel::create_system_views(connection_, std::make_shared<kernel::SystemRows>());
    EXPECT_TRUE(made) << made.error().message();
    native("ATTACH ':memory:' AS internal");
    native("CREATE SCHEMA internal.d");
    native("USE internal.d");
  }

  duckdb::DuckDB& database() { return database_; }

  // Runs SQL of the kernel's own dialect.
  std::unique_ptr<duckdb::MaterializedQueryResult> native(const std::string& sql) {
    auto result = connection_.Query(sql);
    EXPECT_FALSE(result->HasError()) << sql << "\n" << result->GetError();
    return result;
  }

  std::unique_ptr<duckdb::MaterializedQueryResult> run_tree(std::unique_ptr<duckdb::SQLStatement> tree) {
    return connection_.Query(duckdb::unique_ptr<duckdb::SQLStatement>(tree.release()));
  }

  // Sorted rows of a tree whose parameters have these values.
  std::string run_prepared(std::unique_ptr<duckdb::SQLStatement> tree, duckdb::vector<duckdb::Value> values) {
    auto prepared = connection_.Prepare(duckdb::unique_ptr<duckdb::SQLStatement>(tree.release()));
    if (prepared->HasError()) return "kernel: " + prepared->GetError();
    auto result = prepared->Execute(values, false);
    if (result->HasError()) return "kernel: " + result->GetError();
    return rows_of(result->Cast<duckdb::MaterializedQueryResult>(), true);
  }

  // Parses and runs. Rows joined by '\n', values by '|', NULL for NULL; an error as "1064: message" or "kernel:
  // message".
  std::string run(std::string_view sql, const ParseOptions& options = options_for_tests()) {
    auto statement = parse(sql, options);
    if (!statement) {
      return std::to_string(statement.error().native_code()) + ": " + statement.error().message();
    }
    if (auto* explain = std::get_if<ExplainStatement>(&statement->body)) {
      duckdb::unique_ptr<duckdb::SQLStatement> tree(explain->tree.release());
      return rows_of(*run_tree(std::make_unique<duckdb::ExplainStatement>(std::move(tree))));
    }
    auto* kernel = std::get_if<KernelStatement>(&statement->body);
    if (!kernel) return "not for the kernel";
    std::string rows = rows_of(*run_tree(std::move(kernel->tree)));
    for (auto& tree : kernel->rest) rows = rows_of(*run_tree(std::move(tree)));
    return rows;
  }

  // The names of the result's columns, joined by '|'.
  std::string columns(std::string_view sql, const ParseOptions& options = options_for_tests()) {
    auto statement = parse(sql, options);
    if (!statement) return statement.error().message();
    auto result = run_tree(std::move(std::get<KernelStatement>(statement->body).tree));
    if (result->HasError()) return result->GetError();
    std::string names;
    for (const auto& name : result->names) names += (names.empty() ? "" : "|") + name;
    return names;
  }

  static std::string rows_of(duckdb::MaterializedQueryResult& result, bool sorted = false) {
    if (result.HasError()) return "kernel: " + result.GetError();
    std::vector<std::string> rows;
    for (duckdb::idx_t row = 0; row < result.RowCount(); ++row) {
      std::string line;
      for (duckdb::idx_t column = 0; column < result.ColumnCount(); ++column) {
        if (column > 0) line += '|';
        line += result.GetValue(column, row).ToString();
      }
      rows.push_back(std::move(line));
    }
    if (sorted) std::sort(rows.begin(), rows.end());
    std::string text;
    for (const auto& line : rows) text += (text.empty() ? "" : "\n") + line;
    return text;
  }

 private:
  duckdb::DuckDB database_;
  duckdb::Connection connection_;
};

}  // namespace sluice::dialect
