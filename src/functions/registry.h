// SPDX-License-Identifier: Apache-2.0
// The functions of Doris that the kernel runs, as data: name, signatures, null rule, implementation, one line of
// documentation. Each lies in the schema system.doris under kernel_name(name) and is called by that name only: names of
// the kernel's own functions are never overridden, its optimizer matches them by text. Built once, read by all threads.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/planner/expression.hpp"
#include "pch/pch.h"

namespace sluice::functions {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using BoundPtr = duckdb::unique_ptr<duckdb::Expression>;
using BoundList = duckdb::vector<BoundPtr>;

// One set of argument types. LogicalType::ANY takes an argument as it is; LogicalType(LogicalTypeId::DECIMAL) a
// DECIMAL of any size (integers become one); LogicalType(LogicalTypeId::LIST) any array, ..MAP any map, ..STRUCT.
struct Overload {
  std::vector<LogicalType> arguments;
  LogicalType result;
  duckdb::scalar_function_t run;
  bool variadic = false;                          // the last type may be there more than once
  duckdb::bind_scalar_function_t bind = nullptr;  // sees the cast arguments; may set the function's return type
};

// A call while the binder looks at it.
struct Call {
  duckdb::ClientContext& context;
  std::string_view name;  // as in Doris
  BoundList& arguments;   // bound, of known types; SQLNULL for a NULL literal
};
// Gives any bound tree for a call: native operators, casts, a private function. Throws BinderException for arguments
// that make no sense.
using Expand = BoundPtr (*)(Call&);

enum class Nulls : uint8_t {
  kPropagate,  // NULL when an argument is NULL; `run` may rely on the executors for it
  kOwn,        // `run` sees NULLs
};

struct Function {
  std::string name;                  // lower case
  std::vector<std::string> aliases;  // further names
  std::string doc;                   // one sentence
  std::string family;                // heading in the reference; empty: for the server's own trees
  std::string signature;             // for the reference when it does not follow from the overloads
  Nulls nulls = Nulls::kPropagate;
  bool deterministic = true;
  // `expand` sees '?' whose type is not known yet, and may give it one; otherwise the statement is bound anew when the
  // values are there.
  bool takes_parameters = false;
  uint8_t min_arguments = 0;
  uint8_t max_arguments = 0;  // 255: no limit
  // One of them is set.
  std::vector<Overload> overloads;
  Expand expand = nullptr;
  std::vector<duckdb::AggregateFunction> aggregates;  // overloads of an aggregate
  // Instead of `aggregates`: casts the arguments and makes the function for them.
  using BindAggregate = duckdb::AggregateFunction (*)(duckdb::ClientContext&, std::string_view name,
                                                      BoundList& arguments);
  BindAggregate bind_aggregate = nullptr;

  bool is_aggregate() const { return bind_aggregate || !aggregates.empty(); }
  // Chains, for the family files.
  Function& alias(std::string other);
  Function& own_nulls();
  Function& volatile_result();
  Function& with_parameters();
  Function& overload(std::vector<LogicalType> arguments, LogicalType result, duckdb::scalar_function_t run,
                     duckdb::bind_scalar_function_t bind = nullptr);
  Function& variadic(std::vector<LogicalType> arguments, LogicalType result, duckdb::scalar_function_t run,
                     duckdb::bind_scalar_function_t bind = nullptr);
  Function& expanded(uint8_t min, uint8_t max, std::string signatures, Expand by);
  Function& aggregate(duckdb::AggregateFunction function);
  Function& aggregate_by(uint8_t min, uint8_t max, std::string signatures, BindAggregate by);
};

class Registry {
 public:
  static const Registry& instance();

  // By name or alias, in lower case; null when there is none.
  const Function* find(std::string_view name) const;
  const std::vector<std::unique_ptr<Function>>& all() const { return functions_; }

  // For the family files, while the registry is made. What is added belongs to the family begun last.
  void begin_family(std::string title) { family_ = std::move(title); }
  Function& add(std::string name, std::string doc);

 private:
  Registry();
  std::string family_;
  std::vector<std::unique_ptr<Function>> functions_;
  std::unordered_map<std::string, const Function*> by_name_;
};

// "d_" and the name: what trees say.
std::string kernel_name(std::string_view name);

// While one lives, calls that become other trees keep how they were written: as the alias kWrittenCall + "upper(v)".
// For EXPLAIN. One a thread, on the thread that binds; `text` gives the text of a bound argument.
class WrittenCalls {
 public:
  using Text = std::function<std::string(const duckdb::Expression&)>;
  explicit WrittenCalls(Text text);
  ~WrittenCalls();
  WrittenCalls(const WrittenCalls&) = delete;
  WrittenCalls& operator=(const WrittenCalls&) = delete;
};
inline constexpr char kWrittenCall = '\x01';

// Creates all of them in system.doris, which must exist.
void create_functions(duckdb::ClientContext& context);

}  // namespace sluice::functions
