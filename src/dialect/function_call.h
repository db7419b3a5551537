// SPDX-License-Identifier: Apache-2.0
// Function calls as written, and the table that gives each MySQL/Doris function its kernel tree. A name that is not in
// the table goes to the kernel as it is.
#pragma once

#include <span>

#include "dialect/parse_context.h"

namespace sluice::dialect {

struct Call {
  std::string name;  // lower case
  ExprList args;
  bool star = false;  // f(*)
  bool distinct = false;
  duckdb::vector<duckdb::OrderByNode> orders;  // ORDER BY inside the parentheses
  ExprPtr separator;                           // SEPARATOR 'x'; null when not written
  Token where;                                 // the name's token
};

// `args` were counted. May move from the call.
using FunctionBuilder = Parsed<ExprPtr> (*)(ParseContext& c, Call& call);

struct FunctionEntry {
  static constexpr uint8_t kAny = 255;

  std::string_view name;  // lower case
  uint8_t min_args;
  uint8_t max_args;         // kAny: no limit
  const char* kernel_name;  // same arguments under this name; null: `build`
  FunctionBuilder build = nullptr;
};

// The tables, by topic. Each name is in one of them once.
std::span<const FunctionEntry> aggregate_functions();
std::span<const FunctionEntry> logic_functions();
std::span<const FunctionEntry> session_functions();
std::span<const FunctionEntry> text_functions();
std::span<const FunctionEntry> time_functions();

// At a name and '('.
Parsed<ExprPtr> parse_call(ParseContext& c);

// At '(' behind [catalog.]database.name: a function of that database.
Parsed<ExprPtr> parse_call_in(ParseContext& c, duckdb::vector<std::string> names, const Token& where);

// The tree of a call whose arguments were read.
Parsed<ExprPtr> build_call(ParseContext& c, Call call);

// CURRENT_DATE, LOCALTIME, ..: a call without parentheses.
Parsed<ExprPtr> build_call(ParseContext& c, std::string name, const Token& where);

// OVER (..) after a call. (window.cc)
Parsed<ExprPtr> parse_over(ParseContext& c, ExprPtr call, bool ignore_nulls);

}  // namespace sluice::dialect
