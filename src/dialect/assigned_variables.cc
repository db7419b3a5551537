// SPDX-License-Identifier: Apache-2.0
#include "dialect/assigned_variables.h"

#include <map>
#include <set>

#include "dialect/tree.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::dialect {
namespace {

// Names that no function has and no statement can write.
constexpr const char* kAssignment = ":=";
constexpr const char* kRead = "@";
// Of an assigned expression: each read copies it.
constexpr size_t kMostCopiedNodes = 50'000;
constexpr size_t kMostDepth = 100;

using Values = std::map<std::string, ExprPtr>;

const duckdb::FunctionExpression* marker(const duckdb::ParsedExpression& expression, const char* name) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return nullptr;
  const auto& call = expression.Cast<duckdb::FunctionExpression>();
  return call.function_name == name ? &call : nullptr;
}

struct Size {
  size_t nodes = 1;
  size_t depth = 1;
};
Size size_of(const duckdb::ParsedExpression& expression) {
  Size size;
  duckdb::ParsedExpressionIterator::EnumerateChildren(expression, [&](const duckdb::ParsedExpression& child) {
    const Size below = size_of(child);
    size.nodes += below.nodes;
    size.depth = std::max(size.depth, below.depth + 1);
  });
  return size;
}

class Resolver {
 public:
  Resolver(ParseContext& c, const SessionValues& session) : c_(c), session_(session) {}

  void collect(const duckdb::ParsedExpression& expression) { names_assigned(expression, assigned_); }
  bool assigns() const { return !assigned_.empty(); }

  // In the order in which a row's values are computed; `values` are those of the variables so far.
  Parsed<void> apply(ExprPtr& expression, Values& values) {
    if (const auto* read = marker(*expression, kRead)) {
      const std::string alias = expression->GetAlias();
      expression = TRY(value_of(name_of(*read), values));
      expression->SetAlias(alias);
      return {};
    }
    if (marker(*expression, kAssignment)) {
      const std::string alias = expression->GetAlias();
      auto& call = expression->Cast<duckdb::FunctionExpression>();
      const std::string name = name_of(call);
      ExprPtr value = std::move(call.children[1]);
      TRY(apply(value, values));
      values[name] = value->Copy();
      expression = std::move(value);
      expression->SetAlias(alias);
      return {};
    }
    if (tree::is_doris(*expression, "case") || tree::is_doris(*expression, "if")) return branches(expression, values);
    Parsed<void> done{};
    duckdb::ParsedExpressionIterator::EnumerateChildren(*expression, [&](ExprPtr& child) {
      if (done) done = apply(child, values);
    });
    return done;
  }

 private:
  static std::string name_of(const duckdb::FunctionExpression& call) { return *tree::constant_text(*call.children[0]); }

  Parsed<ExprPtr> value_of(const std::string& name, const Values& values) {
    auto found = values.find(name);
    if (found == values.end()) {
      if (assigned_.contains(name))
        return c_.unsupported("@" + name + " of the row before (':=' in a query is a name within one row)");
      return tree::constant(session_.user_variable(name));
    }
    const Size size = size_of(*found->second);
    TRY(count(size.depth > kMostDepth ? kMostCopiedNodes : size.nodes));
    return found->second->Copy();
  }

  Parsed<void> count(size_t nodes) {
    copied_ += nodes;
    if (copied_ < kMostCopiedNodes) return {};
    return c_.unsupported("':=' with expressions that are so large");
  }
  Parsed<Values> copy_of(const Values& values) {
    Values copy;
    for (const auto& [name, value] : values) {
      TRY(count(size_of(*value).nodes));
      copy.emplace(name, value->Copy());
    }
    return copy;
  }

  static bool is_condition(const duckdb::vector<ExprPtr>& parts, size_t i) {
    return i % 2 == 0 && i + 1 < parts.size();
  }

  // condition, value, condition, value, .., [otherwise]: after it a variable has what the branch that was taken gave
  // it.
  Parsed<void> branches(ExprPtr& expression, Values& values) {
    auto& parts = expression->Cast<duckdb::FunctionExpression>().children;
    for (size_t i = 0; i + 1 < parts.size(); i += 2) TRY(apply(parts[i], values));
    std::map<size_t, Values> after;  // of the branches that assign; the others leave `values`
    std::set<std::string> changed;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (is_condition(parts, i)) continue;
      std::set<std::string> names;
      names_assigned(*parts[i], names);
      if (names.empty()) {
        TRY(apply(parts[i], values));
        continue;
      }
      TRY(apply(parts[i], after.emplace(i, TRY(copy_of(values))).first->second));
      changed.merge(names);
    }
    const auto value_after = [&](size_t branch, const std::string& name) -> ExprPtr {
      const auto known = after.find(branch);
      const Values& seen = known == after.end() ? values : known->second;
      const auto found = seen.find(name);
      return found == seen.end() ? tree::constant(session_.user_variable(name)) : found->second->Copy();
    };
    Values chosen;
    for (const std::string& name : changed) {
      ExprList choice;
      for (size_t i = 0; i < parts.size(); ++i) {
        choice.push_back(is_condition(parts, i) ? parts[i]->Copy() : value_after(i, name));
        TRY(count(size_of(*choice.back()).nodes));
      }
      if (parts.size() % 2 == 0) choice.push_back(value_after(parts.size(), name));
      chosen.emplace(name, tree::doris_call("case", std::move(choice)));
    }
    for (auto& [name, value] : chosen) values[name] = std::move(value);
    return {};
  }

  static void names_assigned(const duckdb::ParsedExpression& expression, std::set<std::string>& names) {
    if (const auto* assigned = marker(expression, kAssignment)) names.insert(name_of(*assigned));
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](const duckdb::ParsedExpression& child) { names_assigned(child, names); });
  }

  ParseContext& c_;
  const SessionValues& session_;
  std::set<std::string> assigned_;  // anywhere in the list
  size_t copied_ = 0;
};

}  // namespace

ExprPtr assignment(std::string name, ExprPtr value) {
  return tree::function(kAssignment, tree::text(std::move(name)), std::move(value));
}
ExprPtr assigned_read(std::string name) { return tree::function(kRead, tree::text(std::move(name))); }

Parsed<bool> resolve_assignments(ParseContext& c, ExprList& items) {
  const SessionValues* session = c.session();
  if (!session) return tl::unexpected<Failed>(Failed{});
  Resolver resolver(c, *session);
  for (const auto& item : items) resolver.collect(*item);
  Values values;
  for (auto& item : items) TRY(resolver.apply(item, values));
  return resolver.assigns();
}

}  // namespace sluice::dialect
