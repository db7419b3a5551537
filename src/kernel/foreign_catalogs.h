// SPDX-License-Identifier: Apache-2.0
// Catalogs of other systems (src/catalog/*) that a Host has attached beside `internal`. The kernel's side asks here
// where a name leads: their databases are written "catalog.database" wherever a database is one name (the selected
// database, SHOW, information_schema). Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "duckdb/main/client_context_state.hpp"
#include "pch/pch.h"

namespace sluice::kernel {

class Host;

struct ForeignCatalog {
  std::string name;  // lower case, no dot
  std::string type;  // as SHOW CATALOGS says
  std::string comment;
  std::vector<std::string> databases;
  // Names of all tables of a database, sorted: cheaper than the entries of the kernel's catalog.
  std::function<Result<std::vector<std::string>>(const std::string& database)> tables;
  // Makes it known to an instance of the kernel: now, and again whenever the host reopened the database. May throw the
  // kernel's exceptions.
  std::function<void(duckdb::ClientContext&)> attach;
};

// Errors: kAlreadyExists, and what attach() throws. The catalog is there until detach_catalog() or the host's end.
Status attach_catalog(Host& host, ForeignCatalog catalog);
void detach_catalog(Host& host, const std::string& name);

// All that are attached, by name.
std::vector<ForeignCatalog> foreign_catalogs();
// "kairos.default" in two, names as the catalog has them; nothing when no such catalog is attached. `database` may be
// one that the catalog does not have.
struct ForeignDatabase {
  std::string catalog;
  std::string database;
  std::string text() const { return catalog + "." + database; }
};
std::optional<ForeignDatabase> foreign_database(std::string_view name);
bool is_foreign_catalog(std::string_view name);
// The database that these words mean when `selected` is the selected one: "kairos" and "default", "" and
// "kairos.default",
// "" and "default" while kairos.default is selected. Nothing: it is none of a foreign catalog.
std::optional<ForeignDatabase> foreign_database(std::string_view catalog, std::string_view database,
                                                std::string_view selected);

// What the running statement is about to write, for catalogs whose tables take new columns: the table, the columns that
// the INSERT names and, of each, the type of its first constant value (INVALID where there is none). Registered in the
// context by rewrite_write().
struct IntendedWrite final : duckdb::ClientContextState {
  static constexpr const char* kKey = "sluice_intended_write";
  std::string catalog, schema, table;
  std::vector<std::pair<std::string, duckdb::LogicalType>> columns;
  void QueryEnd() override { table.clear(); }
};
void note_write(duckdb::ClientContext& context, const duckdb::InsertStatement& insert);

// For the host: attaches all of its catalogs to an instance that was just opened.
void attach_to_instance(const Host& host, duckdb::Connection& connection);
void forget_host(const Host& host);

}  // namespace sluice::kernel
