// SPDX-License-Identifier: Apache-2.0
// The queries of TPC-H and TPC-DS as the kernel's extensions give them: our trees must give the rows that the kernel's
// own parser gives, also with their literals lifted to parameters.
#include <gmock/gmock.h>

#include "dialect/kernel_for_tests.h"
#include "tpcds_extension.hpp"
#include "tpch_extension.hpp"

namespace sluice::dialect {
namespace {

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
      auto native = kernel_.native(sql);
      std::string wanted = KernelForTests::rows_of(*native, true);
      EXPECT_EQ(rows_of_tree(sql, options), wanted);
      EXPECT_EQ(rows_with_lifted_literals(sql, options), wanted);
    }
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

}  // namespace
}  // namespace sluice::dialect
