// SPDX-License-Identifier: Apache-2.0
#include "kernel/foreign_catalogs.h"

#include <shared_mutex>

#include "kernel/connection.h"
#include "kernel/errors.h"
#include "kernel/host.h"

namespace sluice::kernel {
namespace {

// Names are asked for where no Host is at hand (the dialect, the catalog's facts), so they are those of the process.
struct Attached {
  std::shared_mutex mutex;
  std::atomic<size_t> count = 0;  // 0: nobody need take the mutex
  std::vector<std::pair<const Host*, ForeignCatalog>> catalogs;
};

Attached& attached() {
  static Attached all;
  return all;
}

bool is_name(std::string_view text, std::string_view name) {
  return text.size() == name.size() && duckdb::StringUtil::CIEquals(std::string(text), std::string(name));
}

void remove(const Host& host, const std::string* name) {
  std::unique_lock lock(attached().mutex);
  std::erase_if(attached().catalogs,
                [&](const auto& entry) { return entry.first == &host && (!name || entry.second.name == *name); });
  attached().count = attached().catalogs.size();
}

}  // namespace

Status attach_catalog(Host& host, ForeignCatalog catalog) {
  {
    std::unique_lock lock(attached().mutex);
    for (const auto& [owner, known] : attached().catalogs) {
      if (owner == &host && known.name == catalog.name)
        return fail(Code::kAlreadyExists, "the catalog " + catalog.name + " is attached already");
    }
    attached().catalogs.emplace_back(&host, catalog);
    attached().count = attached().catalogs.size();
  }
  Connection connection(host);
  auto status = connection.with_context([&](duckdb::ClientContext& context) -> Status {
    catalog.attach(context);
    return {};
  });
  if (!status) remove(host, &catalog.name);
  return status;
}

void detach_catalog(Host& host, const std::string& name) { remove(host, &name); }
void forget_host(const Host& host) { remove(host, nullptr); }

void attach_to_instance(const Host& host, duckdb::Connection& connection) {
  std::vector<ForeignCatalog> own;
  {
    std::shared_lock lock(attached().mutex);
    for (const auto& [owner, catalog] : attached().catalogs)
      if (owner == &host) own.push_back(catalog);
  }
  for (const auto& catalog : own)
    connection.context->RunFunctionInTransaction([&] { catalog.attach(*connection.context); });
}

std::vector<ForeignCatalog> foreign_catalogs() {
  std::vector<ForeignCatalog> all;
  std::shared_lock lock(attached().mutex);
  for (const auto& [owner, catalog] : attached().catalogs) {
    if (std::ranges::none_of(all, [&](const auto& known) { return known.name == catalog.name; }))
      all.push_back(catalog);
  }
  std::ranges::sort(all, {}, &ForeignCatalog::name);
  return all;
}

std::optional<ForeignDatabase> foreign_database(std::string_view name) {
  if (attached().count.load(std::memory_order_acquire) == 0) return std::nullopt;
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view catalog = name.substr(0, dot);
  const std::string_view database = name.substr(dot + 1);
  std::shared_lock lock(attached().mutex);
  for (const auto& [owner, known] : attached().catalogs) {
    if (!is_name(catalog, known.name)) continue;
    ForeignDatabase found{known.name, std::string(database)};
    for (const auto& own : known.databases)
      if (is_name(database, own)) found.database = own;
    return found;
  }
  return std::nullopt;
}

std::optional<ForeignDatabase> foreign_database(std::string_view catalog, std::string_view database,
                                                std::string_view selected) {
  if (!catalog.empty()) return foreign_database(std::string(catalog) + "." + std::string(database));
  if (auto found = foreign_database(database)) return found;
  const auto current = foreign_database(selected);
  if (!current || database.empty()) return current;
  for (const auto& known : foreign_catalogs()) {
    if (known.name != current->catalog) continue;
    for (const auto& own : known.databases)
      if (is_name(database, own)) return ForeignDatabase{known.name, own};
  }
  return std::nullopt;
}

namespace {

// The type of the first row's value, as far as it is a constant.
duckdb::LogicalType constant_type(const duckdb::ParsedExpression& value) {
  const auto* constant = &value;
  if (constant->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
    const auto& call = constant->Cast<duckdb::FunctionExpression>();  // a sign
    if (call.children.size() == 1) constant = call.children[0].get();
  }
  // A literal that the plan cache made a parameter.
  if (constant->GetExpressionClass() == duckdb::ExpressionClass::CAST)
    return constant->Cast<duckdb::CastExpression>().cast_type;
  if (constant->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return duckdb::LogicalType::INVALID;
  return constant->Cast<duckdb::ConstantExpression>().value.type();
}

const duckdb::ExpressionListRef* values_of(const duckdb::InsertStatement& insert) {
  if (!insert.select_statement || !insert.select_statement->node ||
      insert.select_statement->node->type != duckdb::QueryNodeType::SELECT_NODE)
    return nullptr;
  const auto* from = insert.select_statement->node->Cast<duckdb::SelectNode>().from_table.get();
  if (!from || from->type != duckdb::TableReferenceType::EXPRESSION_LIST) return nullptr;
  return &from->Cast<duckdb::ExpressionListRef>();
}

}  // namespace

void note_write(duckdb::ClientContext& context, const duckdb::InsertStatement& insert) {
  auto write = duckdb::make_shared_ptr<IntendedWrite>();
  write->catalog = insert.catalog;
  write->schema = insert.schema;
  write->table = insert.table;
  const auto* values = values_of(insert);
  for (size_t i = 0; i < insert.columns.size(); ++i) {
    duckdb::LogicalType type = duckdb::LogicalType::INVALID;
    if (values && !values->values.empty() && i < values->values[0].size() && values->values[0][i])
      type = constant_type(*values->values[0][i]);
    write->columns.emplace_back(insert.columns[i], std::move(type));
  }
  context.registered_state->Remove(IntendedWrite::kKey);
  context.registered_state->Insert(IntendedWrite::kKey, std::move(write));
}

bool is_foreign_catalog(std::string_view name) {
  if (attached().count.load(std::memory_order_acquire) == 0) return false;
  std::shared_lock lock(attached().mutex);
  return std::ranges::any_of(attached().catalogs, [&](const auto& entry) { return is_name(name, entry.second.name); });
}

}  // namespace sluice::kernel
