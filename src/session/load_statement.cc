// SPDX-License-Identifier: Apache-2.0
#include "session/load_statement.h"

#include <set>

#include "dialect/parser.h"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/decimal256.h"
#include "functions/registry.h"
#include "kernel/sequence_column.h"
#include "kernel/table_model.h"

namespace sluice::session {
namespace {

using duckdb::make_uniq;
using duckdb::StringUtil;

Error wrong_header(const std::string& what) { return sql_error(Code::kInvalidArgument, 1064, what); }

bool has_subquery(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found |= has_subquery(child); });
  return found;
}

// Parses exactly one expression: anything that makes more of the SELECT than that is refused.
Result<std::unique_ptr<duckdb::ParsedExpression>> parse_expression(const std::string& text, const char* where) {
  dialect::ParseOptions options;
  auto statement = TRY(dialect::parse("SELECT " + text, options));
  auto not_one = [&] { return fail(wrong_header("'" + text + "' in " + where + " is not one expression")); };
  auto* kernel_statement = std::get_if<dialect::KernelStatement>(&statement.body);
  if (!kernel_statement || kernel_statement->tree->type != duckdb::StatementType::SELECT_STATEMENT ||
      statement.parameter_count > 0)
    return not_one();
  auto& node = *kernel_statement->tree->Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE || !node.modifiers.empty() || !node.cte_map.map.empty())
    return not_one();
  auto& select = node.Cast<duckdb::SelectNode>();
  const bool no_from = !select.from_table || select.from_table->type == duckdb::TableReferenceType::EMPTY_FROM;
  if (!no_from || select.where_clause || select.having || select.qualify || select.sample ||
      !select.groups.grouping_sets.empty() || select.select_list.size() != 1) {
    return not_one();
  }
  auto& expression = select.select_list[0];
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::STAR) return not_one();
  if (has_subquery(*expression)) return fail(wrong_header(std::string("subqueries are not allowed in ") + where));
  expression->ClearAlias();
  return std::unique_ptr<duckdb::ParsedExpression>(expression.release());
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// Reads a name at `i`, plain or in backquotes. Empty when there is none.
std::string read_name(const std::string& text, size_t& i) {
  std::string name;
  if (i < text.size() && text[i] == '`') {
    for (++i; i < text.size(); ++i) {
      if (text[i] == '`') {
        if (i + 1 < text.size() && text[i + 1] == '`') {
          ++i;
        } else {
          ++i;
          return name;
        }
      }
      name += text[i];
    }
    return {};
  }
  while (i < text.size() && is_name_byte(text[i])) name += text[i++];
  return name;
}

// The end of the expression that begins at `i`: the next comma outside brackets and quotes, or the end of the text.
size_t expression_end(const std::string& text, size_t i) {
  int depth = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'' || c == '"' || c == '`') {
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\' && c != '`') ++i;
      }
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      --depth;
    } else if (c == ',' && depth <= 0) {
      return i;
    }
  }
  return std::min(i, text.size());
}

void skip_blanks(const std::string& text, size_t& i) {
  while (i < text.size() && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r')) ++i;
}

}  // namespace

Result<std::vector<LoadColumn>> parse_load_columns(const std::string& text) {
  std::vector<LoadColumn> columns;
  size_t i = 0;
  for (;;) {
    skip_blanks(text, i);
    LoadColumn column;
    const size_t at = i;
    column.name = read_name(text, i);
    if (column.name.empty())
      return fail(wrong_header("columns: a column name is expected at position " + std::to_string(at + 1) + " of '" +
                               text + "'"));
    skip_blanks(text, i);
    if (i < text.size() && text[i] == '=') {
      const size_t end = expression_end(text, ++i);
      column.value = TRY(parse_expression(text.substr(i, end - i), "columns"));
      i = end;
    }
    columns.push_back(std::move(column));
    if (columns.size() > 10'000) return fail(wrong_header("columns: more than 10,000 columns"));
    if (i >= text.size()) return columns;
    if (text[i] != ',')
      return fail(
          wrong_header("columns: ',' or '=' is expected at position " + std::to_string(i + 1) + " of '" + text + "'"));
    ++i;
  }
}

Result<std::unique_ptr<duckdb::ParsedExpression>> parse_load_condition(const std::string& text) {
  return parse_expression(text, "where");
}

Result<LoadSpec> load_spec(const dialect::LoadDataStatement& statement, const std::string& database) {
  LoadSpec spec;
  spec.table = statement.table;
  if (spec.table.database.empty()) spec.table.database = database;
  if (spec.table.database.empty()) return fail(sql_error(Code::kFailedPrecondition, 1046, "No database selected"));
  spec.csv.column_separator = statement.fields_terminated_by;
  spec.csv.line_delimiter = statement.lines_terminated_by;
  spec.csv.enclose = statement.enclosed_by;
  spec.csv.escape = statement.escaped_by;
  spec.csv.mysql_escapes = true;
  spec.csv.flexible_columns = true;
  spec.csv.keep_cr = true;
  spec.csv.skip_lines = statement.ignore_lines;
  spec.strict = false;
  for (const auto& name : statement.columns) spec.columns.push_back({name, nullptr});
  return spec;
}

const LoadTableColumn* LoadTable::find(const std::string& column) const {
  for (const auto& known : columns) {
    if (StringUtil::CIEquals(known.name, column)) return &known;
  }
  return nullptr;
}

Result<LoadTable> look_up_load_table(kernel::Connection& connection, const dialect::QualifiedName& name) {
  LoadTable table;
  table.catalog = name.catalog.empty() ? kernel::kInternalCatalog : name.catalog;
  table.database = name.database;
  table.name = name.name;
  TRY(connection.with_context([&](duckdb::ClientContext& context) -> Status {
    if (table.database == kernel::kServerSchema ||
        !duckdb::Catalog::GetSchema(context, table.catalog, table.database, duckdb::OnEntryNotFound::RETURN_NULL)) {
      return fail(sql_error(Code::kNotFound, 1049, "Unknown database '" + table.database + "'"));
    }
    duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, table.name);
    auto entry =
        duckdb::Catalog::GetEntry(context, table.catalog, table.database, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
    if (!entry)
      return fail(sql_error(Code::kNotFound, 1146, "Table '" + table.database + "." + table.name + "' doesn't exist"));
    if (entry->type != duckdb::CatalogType::TABLE_ENTRY) {
      return fail(
          sql_error(Code::kInvalidArgument, 1347, "'" + table.database + "." + table.name + "' is not BASE TABLE"));
    }
    auto& found = entry->Cast<duckdb::TableCatalogEntry>();
    const auto model = kernel::decode_table(found.comment);
    table.unique = model.keys == kernel::KeyModel::kUnique;
    table.merges = table.unique || model.keys == kernel::KeyModel::kAggregate;
    table.sorted = model.keys == kernel::KeyModel::kDuplicate;
    std::set<duckdb::idx_t> not_null;
    for (const auto& constraint : found.GetConstraints()) {
      if (constraint->type == duckdb::ConstraintType::NOT_NULL) {
        not_null.insert(constraint->Cast<duckdb::NotNullConstraint>().index.index);
      } else if (constraint->type == duckdb::ConstraintType::UNIQUE) {
        auto& unique = constraint->Cast<duckdb::UniqueConstraint>();
        if (!unique.IsPrimaryKey()) continue;
        for (auto& index : unique.GetLogicalIndexes(found.GetColumns())) not_null.insert(index.index);
      }
    }
    if (const std::string* sequence = model.property(kernel::kSequenceColumnProperty)) table.sequence = *sequence;
    for (const auto& column : found.GetColumns().Logical()) {
      if (column.Generated()) continue;
      if (kernel::decode_column(column.Comment()).hidden) {
        if (column.Name() == kernel::kSequenceColumn) table.stored_sequence = column.Type();
        continue;
      }
      LoadTableColumn& known = table.columns.emplace_back();
      known.name = column.Name();
      known.type = column.Type();
      known.not_null = not_null.contains(column.Logical().index);
      known.auto_increment = kernel::decode_column(column.Comment()).auto_increment;
      if (column.HasDefaultValue()) known.default_value = column.DefaultValue().Copy();
    }
    return {};
  }));
  return table;
}

namespace {

tl::unexpected<Error> refuse(std::string why) {
  return fail(sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + std::move(why)));
}

// function_column.sequence_col of a load names what the table wants.
Status check_sequence(const LoadSpec& spec, const LoadTable& table) {
  if (spec.sequence.empty()) {
    if (!table.stored_sequence || spec.partial_update) return {};
    return refuse("Table " + table.name + " has sequence column, need to specify the sequence column");
  }
  if (!table.stored_sequence && table.sequence.empty())
    return refuse("There is no sequence column in the table " + table.name);
  if (!table.sequence.empty() && !StringUtil::CIEquals(table.sequence, spec.sequence))
    return refuse("the sequence column of the table " + table.name + " is " + table.sequence + ", not " +
                  spec.sequence);
  const auto names_it = [&](const auto& column) { return StringUtil::CIEquals(column.name, spec.sequence); };
  // Where nothing is computed, the fields are the table's columns.
  const bool listed = std::ranges::any_of(spec.columns, [](const LoadColumn& column) { return !column.value; });
  const bool in_path = std::ranges::any_of(
      spec.path_columns, [&](const std::string& name) { return StringUtil::CIEquals(name, spec.sequence); });
  if (in_path || std::ranges::any_of(spec.columns, names_it) ||
      (!listed && std::ranges::any_of(table.columns, names_it)))
    return {};
  return refuse("The sequence column " + spec.sequence + " is not among the columns of the load");
}

}  // namespace

Result<std::vector<LoadTarget>> load_targets(const LoadSpec& spec, const LoadTable& table) {
  TRY(check_sequence(spec, table));
  if (spec.delete_when && !table.unique) return refuse("load by MERGE or DELETE is only supported in unique tables.");
  auto unknown = [&](const std::string& name) {
    return fail(sql_error(Code::kNotFound, 1054, "Unknown column '" + name + "' in table '" + table.name + "'"));
  };
  std::set<std::string> computed;
  std::set<std::string> named;
  for (const auto& column : spec.columns) {
    const LoadTableColumn* known = table.find(column.name);
    if (column.value && !known && !StringUtil::CIEquals(column.name, spec.sequence)) return unknown(column.name);
    if (!known) continue;
    if (!(column.value ? computed : named).insert(StringUtil::Lower(column.name)).second) {
      return fail(sql_error(Code::kInvalidArgument, 1110, "Column '" + column.name + "' specified twice"));
    }
  }
  std::vector<LoadTarget> targets;
  auto add = [&](const std::string& name, const LoadTableColumn* column) {
    LoadTarget target;
    target.name = column ? column->name : name;
    // The kernel knows no conversion into a DECIMAL256; that of the INSERT does.
    const bool as_text = !column || functions::is_decimal256(column->type);
    target.type = as_text ? duckdb::LogicalType(duckdb::LogicalTypeId::VARCHAR) : column->type;
    target.not_null = column && column->not_null && !column->auto_increment;  // those draw a number
    target.strict = spec.strict;
    target.empty_is_null = spec.csv.empty_as_null;
    target.is_json = spec.format == LoadSpec::Format::kJson;
    targets.push_back(std::move(target));
  };
  for (const auto& column : spec.columns) {
    // A field of which another value is computed for the same column is raw text for that expression.
    if (!column.value)
      add(column.name, computed.contains(StringUtil::Lower(column.name)) ? nullptr : table.find(column.name));
  }
  // Only computed columns, or none: the data holds the table's columns.
  if (targets.empty()) {
    for (const auto& column : table.columns) {
      add(column.name, computed.contains(StringUtil::Lower(column.name)) && spec.format == LoadSpec::Format::kCsv
                           ? nullptr
                           : &column);
    }
  }
  for (const auto& name : spec.path_columns) {
    add(name, computed.contains(StringUtil::Lower(name)) ? nullptr : table.find(name));
    targets.back().is_json = false;
  }
  return targets;
}

duckdb::unique_ptr<duckdb::TableRef> table_function(const std::string& function, duckdb::Value argument) {
  auto ref = make_uniq<duckdb::TableFunctionRef>();
  duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> arguments;
  arguments.push_back(make_uniq<duckdb::ConstantExpression>(std::move(argument)));
  ref->function = make_uniq<duckdb::FunctionExpression>(function, std::move(arguments));
  return ref;
}

namespace {

// CAST, which is NULL for texts that are no such number.
duckdb::unique_ptr<duckdb::ParsedExpression> null_if_wrong_256(duckdb::unique_ptr<duckdb::ParsedExpression> text,
                                                               const duckdb::LogicalType& type) {
  duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> arguments;
  arguments.push_back(std::move(text));
  arguments.push_back(make_uniq<duckdb::ConstantExpression>(duckdb::Value(type)));
  return make_uniq<duckdb::FunctionExpression>("system", "doris", functions::kernel_name("cast"), std::move(arguments));
}

duckdb::unique_ptr<duckdb::ParsedExpression> or_default(duckdb::unique_ptr<duckdb::ParsedExpression> value,
                                                        const LoadTableColumn& column) {
  duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> arguments;
  arguments.push_back(std::move(value));
  arguments.push_back(column.default_value->Copy());
  return make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE, std::move(arguments));
}

}  // namespace

Status take_defaults(kernel::Connection& connection, const LoadTable& table, std::vector<LoadTarget>& targets) {
  for (LoadTarget& target : targets) {
    const LoadTableColumn* column = table.find(target.name);
    if (!column || !column->default_value || column->auto_increment || target.type != column->type) continue;
    auto select = make_uniq<duckdb::SelectNode>();
    select->select_list.push_back(make_uniq<duckdb::CastExpression>(column->type, column->default_value->Copy()));
    select->from_table = make_uniq<duckdb::EmptyTableRef>();
    auto statement = make_uniq<duckdb::SelectStatement>();
    statement->node = std::move(select);
    auto answer = TRY(connection.run(std::move(statement)));
    auto* chunk = TRY(answer->next());
    if (chunk && chunk->size() == 1) target.absent = chunk->GetValue(0, 0);
  }
  return {};
}

duckdb::unique_ptr<duckdb::SQLStatement> load_insert(LoadSpec& spec, const LoadTable& table,
                                                     const std::vector<std::string>& fields,
                                                     duckdb::unique_ptr<duckdb::TableRef> source, bool cast_fields) {
  auto insert = make_uniq<duckdb::InsertStatement>();
  insert->catalog = table.catalog;
  insert->schema = table.database;
  insert->table = table.name;

  std::set<std::string> computed;
  for (const auto& column : spec.columns) {
    if (column.value) computed.insert(StringUtil::Lower(column.name));
  }
  auto select = make_uniq<duckdb::SelectNode>();
  auto add = [&](const LoadTableColumn& column, duckdb::unique_ptr<duckdb::ParsedExpression> value, bool cast,
                 bool null_if_wrong) {
    if (cast && !functions::is_decimal256(column.type))
      value = make_uniq<duckdb::CastExpression>(column.type, std::move(value), null_if_wrong);
    value->SetAlias(column.name);
    insert->columns.push_back(column.name);
    select->select_list.push_back(std::move(value));
  };
  for (const auto& field : fields) {
    const LoadTableColumn* column = table.find(field);
    if (!column || computed.contains(StringUtil::Lower(field))) continue;
    duckdb::unique_ptr<duckdb::ParsedExpression> value = make_uniq<duckdb::ColumnRefExpression>(field);
    if (functions::is_decimal256(column->type) && !spec.strict)
      value = null_if_wrong_256(std::move(value), column->type);
    if (column->auto_increment && column->default_value) value = or_default(std::move(value), *column);
    add(*column, std::move(value), cast_fields, !spec.strict);
  }
  if (table.stored_sequence && !spec.sequence.empty()) {
    duckdb::unique_ptr<duckdb::ParsedExpression> value;
    for (const auto& column : spec.columns) {
      if (column.value && StringUtil::CIEquals(column.name, spec.sequence)) value = column.value->Copy();
    }
    if (!value) value = make_uniq<duckdb::ColumnRefExpression>(spec.sequence);
    add({kernel::kSequenceColumn, *table.stored_sequence, false}, std::move(value), true, !spec.strict);
  }
  for (auto& column : spec.columns) {
    const LoadTableColumn* known = column.value ? table.find(column.name) : nullptr;
    if (known) add(*known, duckdb::unique_ptr<duckdb::ParsedExpression>(column.value.release()), true, false);
  }
  if (spec.delete_when) {
    auto sign = make_uniq<duckdb::CaseExpression>();
    duckdb::CaseCheck check;
    check.when_expr = duckdb::unique_ptr<duckdb::ParsedExpression>(spec.delete_when.release());
    check.then_expr = make_uniq<duckdb::ConstantExpression>(duckdb::Value::TINYINT(1));
    sign->case_checks.push_back(std::move(check));
    sign->else_expr = make_uniq<duckdb::ConstantExpression>(duckdb::Value::TINYINT(0));
    sign->SetAlias(kernel::kDeleteSign);
    insert->columns.emplace_back(kernel::kDeleteSign);
    select->select_list.push_back(std::move(sign));
  }
  if (!spec.partitions.empty()) {
    insert->table_ref = make_uniq<duckdb::BaseTableRef>();
    insert->table_ref->column_name_alias.assign(spec.partitions.begin(), spec.partitions.end());
  }
  select->from_table = std::move(source);
  if (spec.where) {
    auto inner = make_uniq<duckdb::SelectStatement>();
    inner->node = std::move(select);
    select = make_uniq<duckdb::SelectNode>();
    select->select_list.push_back(make_uniq<duckdb::StarExpression>());
    select->from_table = make_uniq<duckdb::SubqueryRef>(std::move(inner), table.name);
    select->where_clause = duckdb::unique_ptr<duckdb::ParsedExpression>(spec.where.release());
  }
  insert->select_statement = make_uniq<duckdb::SelectStatement>();
  insert->select_statement->node = std::move(select);
  return insert;
}

}  // namespace sluice::session
