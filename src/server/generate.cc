// SPDX-License-Identifier: Apache-2.0
#include "server/generate.h"

#include <cmath>

#include "kernel/connection.h"
#include "kernel/errors.h"
#include "tpcds_extension.hpp"
#include "tpch_extension.hpp"

namespace sluice::server {
namespace {

std::string sql_quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> run(duckdb::Connection& connection,
                                                                const std::string& sql) {
  auto result = connection.Query(sql);
  if (result->HasError()) return fail(kernel::to_error(result->GetErrorObject()));
  return result;
}

// Of the generators the larger scales are made in parts, so that memory stays bounded: about this scale a part.
constexpr double kScaleOfPart = 5;

class Generator {
 public:
  Generator(duckdb::ClientContext& context, const GenerateOptions& options)
      : options_(options), database_(*context.db), connection_(*context.db) {}

  Result<Generated> generate() {
    const bool tpch = options_.benchmark == Benchmark::kTpch;
    if (tpch) {
      database_.LoadStaticExtension<duckdb::TpchExtension>();
    } else {
      database_.LoadStaticExtension<duckdb::TpcdsExtension>();
    }
    TRY(run(connection_, "CREATE SCHEMA IF NOT EXISTS " + schema()));
    TRY(make_room(tpch ? "lineitem" : "store_sales"));
    const std::string where = "sf = " + std::to_string(options_.scale) + ", catalog = '" + kernel::kInternalCatalog +
                              "', schema = " + sql_quoted(options_.database, '\'');
    if (tpch) {
      const int parts = static_cast<int>(std::ceil(options_.scale / kScaleOfPart));
      for (int part = 0; part < parts; ++part) {
        const std::string which =
            parts > 1 ? ", children = " + std::to_string(parts) + ", step = " + std::to_string(part) : "";
        TRY(run(connection_, "CALL dbgen(" + where + which + ")"));
        if (parts > 1 && options_.progress) options_.progress((part + 1) * 100 / parts);
      }
    } else {
      TRY(run(connection_, "CALL dsdgen(" + where + ", overwrite = " + (options_.replace ? "true" : "false") + ")"));
    }
    return count();
  }

 private:
  std::string schema() const {
    return std::string(kernel::kInternalCatalog) + "." + sql_quoted(options_.database, '"');
  }
  std::string of_schema() const {
    return " FROM duckdb_tables() WHERE database_name = '" + std::string(kernel::kInternalCatalog) +
           "' AND schema_name = " + sql_quoted(options_.database, '\'');
  }

  Status make_room(const std::string& largest_table) {
    const auto found =
        TRY(run(connection_, "SELECT count(*)" + of_schema() + " AND table_name = '" + largest_table + "'"));
    if (found->GetValue(0, 0).GetValue<int64_t>() == 0) return {};
    if (!options_.replace) {
      return fail(Code::kAlreadyExists, "the database " + options_.database + " has a table " + largest_table +
                                            " already: choose another database, or replace it with --replace");
    }
    for (const char* table : {"customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"}) {
      if (options_.benchmark == Benchmark::kTpch)
        TRY(run(connection_, "DROP TABLE IF EXISTS " + schema() + "." + table));
    }
    return {};
  }

  Result<Generated> count() {
    const auto tables = TRY(run(connection_, "SELECT table_name" + of_schema()));
    Generated out;
    for (const auto& row : tables->Collection().Rows()) {
      const auto rows =
          TRY(run(connection_, "SELECT count(*) FROM " + schema() + "." + sql_quoted(row.GetValue(0).ToString(), '"')));
      ++out.tables;
      out.rows += static_cast<uint64_t>(rows->GetValue(0, 0).GetValue<int64_t>());
    }
    return out;
  }

  const GenerateOptions& options_;
  duckdb::DuckDB database_;
  duckdb::Connection connection_;
};

}  // namespace

Result<Generated> generate(kernel::Host& host, const GenerateOptions& options) {
  if (!(options.scale > 0 && options.scale <= 100'000)) {
    return fail(Code::kInvalidArgument, "the scale must be more than 0 and at most 100,000");
  }
  auto connection = TRY(host.connect());
  Result<Generated> generated = fail(Code::kInternal, "not run");
  TRY(connection->with_context([&](duckdb::ClientContext& context) -> Status {
    generated = Generator(context, options).generate();
    return generated ? Status() : fail(generated.error());
  }));
  host.schema_changed();
  return generated;
}

}  // namespace sluice::server
