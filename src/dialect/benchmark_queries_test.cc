// SPDX-License-Identifier: Apache-2.0
// The queries of TPC-H and TPC-DS as the kernel's extensions give them: our trees must give the rows that the kernel's
// own parser gives, also with their literals lifted to parameters. Those of SSB and ClickBench (test/sql), which are in
// MySQL's words, must run on tables made by their own DDL.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "dialect/kernel_for_tests.h"
#include "tpcds_extension.hpp"
#include "tpch_extension.hpp"

namespace sluice::dialect {
namespace {

std::filesystem::path sql_folder() { return std::filesystem::path(__FILE__).parent_path() / "../../test/sql"; }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Cells "a|b" of all rows, one after another.
std::vector<std::string> cells_of(const std::string& rows) {
  std::vector<std::string> cells(1);
  for (char c : rows) {
    if (c == '|' || c == '\n')
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

// Doris' averages and quotients of decimals are decimals, cut off at four or more digits, where the kernel has doubles.
bool same_number(const std::string& got, const std::string& wanted) {
  const size_t point = got.find('.');
  if (point == std::string::npos || got.find_first_not_of("-0123456789.") != std::string::npos) return false;
  char* end = nullptr;
  const double right = std::strtod(wanted.c_str(), &end);
  if (wanted.empty() || *end != '\0') return false;
  const double left = std::strtod(got.c_str(), nullptr);
  return std::abs(left - right) <= 1.01e-4 + 1e-6 * std::abs(right);
}

void expect_same_rows(const std::string& got, const std::string& wanted) {
  if (got == wanted) return;
  const auto left = cells_of(got);
  const auto right = cells_of(wanted);
  ASSERT_EQ(left.size(), right.size()) << got << "\ninstead of\n" << wanted;
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_TRUE(left[i] == right[i] || same_number(left[i], right[i])) << left[i] << " instead of " << right[i];
  }
}

// The query for the kernel: the deviation of a sample of one is NULL there and 0 in Doris.
std::string kernel_text(const std::string& sql) {
  static const std::regex kSample(R"(\bstddev_samp\((\w+)\))");
  return std::regex_replace(sql, kSample, "CASE WHEN count($1) = 1 THEN 0 ELSE stddev_samp($1) END");
}

class BenchmarkQueries : public ::testing::Test {
 protected:
  BenchmarkQueries() {
    // The order of NULLs that our trees write.
    kernel_.native("SET default_null_order = 'nulls_first_on_asc_last_on_desc'");
    kernel_.native("SET threads = 2");
  }

  void compare_all(const std::string& list_of_queries, int expected_count) {
    auto queries = kernel_.native(list_of_queries);
    ASSERT_EQ(queries->RowCount(), static_cast<duckdb::idx_t>(expected_count));
    ParseOptions options = options_for_tests();
    options.pipes_as_concat = true;
    for (duckdb::idx_t i = 0; i < queries->RowCount(); ++i) {
      std::string sql = queries->GetValue(1, i).ToString();
      SCOPED_TRACE(sql);
      auto native = kernel_.native(kernel_text(sql));
      std::string wanted = KernelForTests::rows_of(*native, true);
      expect_same_rows(rows_of_tree(sql, options), wanted);
      expect_same_rows(rows_with_lifted_literals(sql, options), wanted);
    }
  }

  // Makes the tables of a schema file and fills each with `count` rows of few different values.
  void make_tables(const std::string& schema, int count) {
    for (std::string_view sql : split(schema, options_for_tests())) EXPECT_EQ(kernel_.run(sql), "") << sql;
    auto tables = kernel_.native("SELECT DISTINCT table_name FROM duckdb_columns() WHERE schema_name = 'd'");
    for (duckdb::idx_t i = 0; i < tables->RowCount(); ++i) {
      std::string table = tables->GetValue(0, i).ToString();
      auto columns = kernel_.native(
          "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'd' AND "
          "table_name = '" +
          table + "' ORDER BY column_index");
      std::string values;
      for (duckdb::idx_t column = 0; column < columns->RowCount(); ++column) {
        std::string type = columns->GetValue(1, column).ToString();
        std::string number = "hash(i, " + std::to_string(column) + ")";
        if (column > 0) values += ", ";
        if (type == "DATE")
          values += "DATE '2013-07-01' + (" + number + " % 31)::INTEGER";
        else if (type == "TIMESTAMP")
          values += "TIMESTAMP '2013-07-14' + to_seconds((" + number + " % 86400)::DOUBLE)";
        else if (type == "VARCHAR")
          values += "'http://www.google.com/' || (" + number + " % 20)";
        else
          values += "(" + number + " % 60 + 5)::" + type;
      }
      kernel_.native("INSERT INTO " + table + " SELECT " + values + " FROM range(" + std::to_string(count) + ") r(i)");
    }
  }

  void run_all(const std::string& text, int expected_count) {
    int count = 0;
    for (std::string_view sql : split(text, options_for_tests())) {
      SCOPED_TRACE(sql);
      std::string rows = rows_of_tree(std::string(sql), options_for_tests());
      EXPECT_THAT(rows, ::testing::Not(::testing::HasSubstr("rror")));
      bool same_rows_each_time = sql.find("LIMIT") == std::string_view::npos;
      if (same_rows_each_time) EXPECT_EQ(rows_with_lifted_literals(std::string(sql), options_for_tests()), rows);
      ++count;
    }
    EXPECT_EQ(count, expected_count);
  }

  std::string rows_of_tree(const std::string& sql, const ParseOptions& options) {
    auto statement = parse(sql, options);
    if (!statement) return statement.error().message();
    auto result = kernel_.run_tree(std::move(std::get<KernelStatement>(statement->body).tree));
    return KernelForTests::rows_of(*result, true);
  }

  // As the plan cache does it: the values come from normalise().
  std::string rows_with_lifted_literals(const std::string& sql, ParseOptions options) {
    options.lift_literals = true;
    auto statement = parse(sql, options);
    if (!statement) return statement.error().message();
    auto normalised = normalise(sql, options);
    if (!normalised) return "does not lex";
    if (normalised->values.size() != statement->literals.size()) return "the numbers of literals differ";
    duckdb::vector<duckdb::Value> values(statement->parameter_count);
    for (const LiteralSlot& slot : statement->literals) {
      if (!slot.fixed) values[slot.parameter - 1] = normalised->values[slot.ordinal];
    }
    return kernel_.run_prepared(std::move(std::get<KernelStatement>(statement->body).tree), values);
  }

  KernelForTests kernel_;
};

TEST_F(BenchmarkQueries, TpchGivesTheKernelsRows) {
  kernel_.database().LoadStaticExtension<duckdb::TpchExtension>();
  kernel_.native("CALL dbgen(sf = 0.01)");
  compare_all("SELECT query_nr, query FROM tpch_queries() ORDER BY 1", 22);
}

TEST_F(BenchmarkQueries, TpcdsGivesTheKernelsRows) {
  kernel_.database().LoadStaticExtension<duckdb::TpcdsExtension>();
  kernel_.native("CALL dsdgen(sf = 0.01)");
  compare_all("SELECT query_nr, query FROM tpcds_queries() ORDER BY 1", 99);
}

TEST_F(BenchmarkQueries, SsbRuns) {
  make_tables(read_file(sql_folder() / "ssb/schema.sql"), 500);
  std::string queries;
  for (const auto& entry : std::filesystem::directory_iterator(sql_folder() / "ssb")) {
    if (entry.path().filename().string().starts_with("q")) queries += read_file(entry.path());
  }
  run_all(queries, 13);
}

TEST_F(BenchmarkQueries, ClickBenchRuns) {
  make_tables(read_file(sql_folder() / "clickbench/schema.sql"), 2000);
  run_all(read_file(sql_folder() / "clickbench/queries.sql"), 43);
}

}  // namespace
}  // namespace sluice::dialect
