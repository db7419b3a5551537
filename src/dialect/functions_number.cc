// SPDX-License-Identifier: Apache-2.0
// Mathematics.
#include "dialect/function_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

ExprPtr binary_operator(const char* name, Call& call) {
  return tree::binary(name, std::move(call.args[0]), std::move(call.args[1]));
}
Parsed<ExprPtr> build_mod(ParseContext&, Call& call) { return binary_operator("%", call); }
Parsed<ExprPtr> build_bit_and(ParseContext&, Call& call) { return binary_operator("&", call); }
Parsed<ExprPtr> build_bit_or(ParseContext&, Call& call) { return binary_operator("|", call); }
Parsed<ExprPtr> build_shift_left(ParseContext&, Call& call) { return binary_operator("<<", call); }
Parsed<ExprPtr> build_shift_right(ParseContext&, Call& call) { return binary_operator(">>", call); }
Parsed<ExprPtr> build_bit_not(ParseContext&, Call& call) { return tree::unary("~", std::move(call.args[0])); }

// NULL where the argument is out of the function's range, as MySQL has it; the kernel raises an error.
ExprPtr where_positive(ExprPtr argument, const char* function) {
  ExprPtr inside = tree::compare(duckdb::ExpressionType::COMPARE_GREATERTHAN, argument->Copy(), tree::integer(0));
  return tree::when(std::move(inside), tree::function(function, std::move(argument)), tree::null());
}
Parsed<ExprPtr> build_ln(ParseContext&, Call& call) { return where_positive(std::move(call.args[0]), "ln"); }
Parsed<ExprPtr> build_log2(ParseContext&, Call& call) { return where_positive(std::move(call.args[0]), "log2"); }
Parsed<ExprPtr> build_log10(ParseContext&, Call& call) { return where_positive(std::move(call.args[0]), "log10"); }
// LOG(x) is the natural one, LOG(b, x) has its base first.
Parsed<ExprPtr> build_log(ParseContext& c, Call& call) {
  if (call.args.size() == 1) return build_ln(c, call);
  return tree::binary("/", where_positive(std::move(call.args[1]), "ln"),
                      where_positive(std::move(call.args[0]), "ln"));
}
Parsed<ExprPtr> build_sqrt(ParseContext&, Call& call) {
  ExprPtr inside =
      tree::compare(duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, call.args[0]->Copy(), tree::integer(0));
  return tree::when(std::move(inside), tree::function("sqrt", std::move(call.args[0])), tree::null());
}

// Digits behind the point that are cut off: TRUNCATE(x, d).
Parsed<ExprPtr> build_truncate(ParseContext& c, Call& call) {
  if (call.args.size() == 1) return tree::function("trunc", std::move(call.args[0]));
  auto digits = tree::constant_integer(*call.args[1]);
  if (digits && *digits == 0) return tree::function("trunc", std::move(call.args[0]));
  // trunc(x * 10^d) / 10^d
  ExprPtr power = tree::function("pow", tree::integer(10), std::move(call.args[1]));
  ExprPtr scaled = tree::binary("*", std::move(call.args[0]), power->Copy());
  return tree::binary("/", tree::function("trunc", std::move(scaled)), std::move(power));
}

// RAND(seed) gives one fixed row of numbers in MySQL; the kernel has one generator for the session.
Parsed<ExprPtr> build_rand(ParseContext& c, Call& call) {
  if (call.args.size() == 1) return c.unsupported("RAND() with a seed");
  ExprPtr random = tree::call("random", {});
  if (call.args.empty()) return random;
  // RANDOM(a, b): a whole number from a to b.
  ExprPtr low = std::move(call.args[0]);
  ExprPtr span = tree::binary("+", tree::binary("-", std::move(call.args[1]), low->Copy()), tree::integer(1));
  ExprPtr steps =
      tree::cast(tree::function("floor", tree::binary("*", std::move(random), std::move(span))), LogicalType::BIGINT);
  return tree::binary("+", std::move(low), std::move(steps));
}

Parsed<ExprPtr> build_atan(ParseContext&, Call& call) {
  const char* name = call.args.size() == 2 ? "atan2" : "atan";
  return tree::call(name, std::move(call.args));
}

// CONV(n, from, to) between the bases that the kernel prints.
Parsed<ExprPtr> build_conv(ParseContext& c, Call& call) {
  auto from = tree::constant_integer(*call.args[1]);
  auto to = tree::constant_integer(*call.args[2]);
  bool known = from && to && *from == 10 && (*to == 2 || *to == 10 || *to == 16);
  if (!known) return c.unsupported("CONV() other than from base 10 to 2, 10 or 16");
  ExprPtr number = tree::cast(std::move(call.args[0]), LogicalType::BIGINT);
  if (*to == 2) return tree::function("bin", std::move(number));
  if (*to == 16) return tree::function("hex", std::move(number));
  return tree::cast(std::move(number), LogicalType::VARCHAR);
}

Parsed<ExprPtr> build_uuid(ParseContext&, Call&) {
  return tree::cast(ExprPtr(tree::call("uuid", {})), LogicalType::VARCHAR);
}

constexpr FunctionEntry kFunctions[] = {
    {"mod", 2, 2, nullptr, build_mod},
    {"fmod", 2, 2, nullptr, build_mod},
    {"pow", 2, 2, "pow"},
    {"power", 2, 2, "pow"},
    {"fpow", 2, 2, "pow"},
    {"dpow", 2, 2, "pow"},
    {"ceiling", 1, 2, "ceil"},
    {"log", 1, 2, nullptr, build_log},
    {"ln", 1, 1, nullptr, build_ln},
    {"dlog1", 1, 1, nullptr, build_ln},
    {"log2", 1, 1, nullptr, build_log2},
    {"log10", 1, 1, nullptr, build_log10},
    {"dlog10", 1, 1, nullptr, build_log10},
    {"sqrt", 1, 1, nullptr, build_sqrt},
    {"dexp", 1, 1, "exp"},
    {"truncate", 1, 2, nullptr, build_truncate},
    {"rand", 0, 2, nullptr, build_rand},
    {"random", 0, 2, nullptr, build_rand},
    {"atan", 1, 2, nullptr, build_atan},
    {"positive", 1, 1, "+"},
    {"negative", 1, 1, "-"},
    {"bitand", 2, 2, nullptr, build_bit_and},
    {"bitor", 2, 2, nullptr, build_bit_or},
    {"bitxor", 2, 2, "xor"},
    {"bitnot", 1, 1, nullptr, build_bit_not},
    {"bit_shift_left", 2, 2, nullptr, build_shift_left},
    {"bit_shift_right", 2, 2, nullptr, build_shift_right},
    {"conv", 3, 3, nullptr, build_conv},
    {"uuid", 0, 0, nullptr, build_uuid},
};

}  // namespace

std::span<const FunctionEntry> number_functions() { return kFunctions; }

}  // namespace sluice::dialect
