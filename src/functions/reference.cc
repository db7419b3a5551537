// SPDX-License-Identifier: Apache-2.0
#include "functions/reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "functions/registry.h"

namespace sluice::functions {
namespace {

// A type as Doris writes it; ANY for what is taken as it is.
std::string type_text(const LogicalType& type) {
  if (type.HasAlias()) return type.GetAlias();
  switch (type.id()) {
    case LogicalTypeId::INTEGER:
      return "INT";
    case LogicalTypeId::HUGEINT:
      return "LARGEINT";
    case LogicalTypeId::VARCHAR:
      return "STRING";
    case LogicalTypeId::TIMESTAMP:
      return "DATETIME";
    case LogicalTypeId::DECIMAL:
      return "DECIMAL";
    case LogicalTypeId::BLOB:
      return "BINARY";
    case LogicalTypeId::LIST: {
      if (!type.AuxInfo()) return "ARRAY";
      const auto& child = duckdb::ListType::GetChildType(type);
      return child.id() == LogicalTypeId::ANY ? "ARRAY" : "ARRAY<" + type_text(child) + ">";
    }
    case LogicalTypeId::MAP:
      if (!type.AuxInfo()) return "MAP";
      return "MAP<" + type_text(duckdb::MapType::KeyType(type)) + ", " + type_text(duckdb::MapType::ValueType(type)) +
             ">";
    case LogicalTypeId::STRUCT:
      return "STRUCT";
    default:
      return duckdb::EnumUtil::ToString(type.id());
  }
}

std::string call_text(const std::string& name, const duckdb::vector<LogicalType>& arguments, bool variadic,
                      const LogicalType& result) {
  std::string text = type_text(result) + " " + name + "(";
  for (size_t i = 0; i < arguments.size(); ++i) text += (i ? ", " : "") + type_text(arguments[i]);
  return text + (variadic ? ", ...)" : ")");
}

std::string signatures(const Function& function) {
  if (!function.signature.empty()) return function.signature;
  std::vector<std::string> all;
  for (const Overload& one : function.overloads)
    all.push_back(call_text(function.name, {one.arguments.begin(), one.arguments.end()}, one.variadic, one.result));
  for (const auto& one : function.aggregates)
    all.push_back(call_text(function.name, one.arguments, false, one.GetReturnType()));
  std::string text;
  for (const auto& one : all) text += (text.empty() ? "" : "; ") + one;
  return text;
}

std::string escaped(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

// Operators are registered under words of their own, which nobody writes.
bool is_callable(const Function& function) {
  return std::all_of(function.name.begin(), function.name.end(), [](char letter) {
    return letter == '_' || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
  });
}

}  // namespace

std::string reference() {
  std::vector<std::string> titles;
  for (const auto& function : Registry::instance().all()) {
    if (!function->family.empty() && std::find(titles.begin(), titles.end(), function->family) == titles.end())
      titles.push_back(function->family);
  }
  std::string text =
      "# Functions\n\nWritten by `sluice reference` from the registry of functions; `make reference` renews it. "
      "Arguments are converted\nimplicitly as in Doris. NULL arguments give NULL unless the text says otherwise.\n";
  for (const auto& title : titles) {
    std::vector<const Function*> members;
    for (const auto& function : Registry::instance().all()) {
      if (function->family == title && is_callable(*function)) members.push_back(function.get());
    }
    std::sort(members.begin(), members.end(), [](auto* left, auto* right) { return left->name < right->name; });
    text += fmt::format("\n## {}\n\n| function | signatures | what it gives |\n|---|---|---|\n", title);
    for (const Function* function : members) {
      std::string names = "`" + function->name + "`";
      for (const auto& alias : function->aliases) names += ", `" + alias + "`";
      text += fmt::format("| {} | `{}` | {} |\n", names, escaped(signatures(*function)), escaped(function->doc));
    }
  }
  return text;
}

}  // namespace sluice::functions
