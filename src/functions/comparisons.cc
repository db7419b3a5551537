// SPDX-License-Identifier: Apache-2.0
// Comparisons with Doris' rules of types: a text literal becomes the other side's type where it can, text and numbers
// meet as DOUBLE, dates and times as DATETIME. Plans hold plain comparisons, which reach scans and joins.
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_binder.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/registry.h"
#include "functions/sought.h"
#include "functions/text_to_value.h"
#include "functions/type_coercion.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::ExpressionType;

bool is_counting(const LogicalType& type) {
  return is_number(type) || is_decimal256(type) || type.id() == LogicalTypeId::BOOLEAN;
}

// The type that a text literal takes beside `other`; nothing when it stays text.
std::optional<LogicalType> literal_type(const std::string& text, const LogicalType& other) {
  if (is_moment(other)) {
    auto moment = text_to_moment(text);
    if (!moment) return LogicalType::TIMESTAMP;
    if (other.id() == LogicalTypeId::DATE && !moment->has_time && !moment->zone_offset) return LogicalType::DATE;
    return LogicalType::TIMESTAMP;
  }
  if (!is_counting(other)) return std::nullopt;
  if (is_decimal256(other)) return other;
  if (other.id() == LogicalTypeId::BOOLEAN) {
    return text_to_boolean(text) ? LogicalType::BOOLEAN : LogicalType::DOUBLE;
  }
  const bool whole = text.find_first_not_of("0123456789-+ ") == text.npos;
  if (whole && text_to_integer(text)) {
    if (other.id() == LogicalTypeId::DOUBLE || other.id() == LogicalTypeId::FLOAT) return LogicalType::DOUBLE;
    auto value = *text_to_integer(text);
    if (value >= duckdb::hugeint_t(INT64_MIN) && value <= duckdb::hugeint_t(INT64_MAX)) return LogicalType::BIGINT;
    return LogicalType::HUGEINT;
  }
  if (other.id() == LogicalTypeId::DECIMAL) {
    duckdb::Value value(text);
    if (value.DefaultTryCastAs(other) && duckdb::Value(value).DefaultTryCastAs(LogicalType::DOUBLE) &&
        text.find_first_of("eE") == text.npos) {
      const size_t point = text.find('.');
      const size_t scale = point == text.npos ? 0 : text.size() - point - 1;
      if (scale <= duckdb::DecimalType::GetScale(other)) return other;
    }
  }
  return LogicalType::DOUBLE;
}

// A constant integer beside a narrower integer column: the column stays as it is when the number fits it, so that the
// comparison reaches the scan.
void narrow_constant(duckdb::ClientContext& context, BoundPtr& constant, const LogicalType& other) {
  if (!is_integer(other) || !is_integer(constant->return_type) || constant->return_type == other) return;
  auto value = constant_of(context, *constant);
  if (!value || value->IsNull()) return;
  if (!value->DefaultTryCastAs(other, true)) return;
  constant = duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(*value));
}

void adapt_literal(duckdb::ClientContext& context, BoundPtr& literal, const LogicalType& other) {
  if (is_text(literal->return_type)) {
    auto value = constant_of(context, *literal);
    if (!value || value->IsNull()) return;
    auto type = literal_type(duckdb::StringValue::Get(*value), other);
    if (!type) return;
    literal = convert(context, std::move(literal), *type);
    if (auto converted = constant_of(context, *literal)) {
      literal = duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(*converted));
    }
  }
  if (literal->IsFoldable()) narrow_constant(context, literal, other);
}

void check_comparable(const Call& call, const LogicalType& type) {
  if (is_object(type)) {
    throw duckdb::BinderException("%s values cannot be compared", duckdb::StringUtil::Upper(type_name(type)));
  }
  // Structs without names are rows: (a, b) = (1, 2).
  const bool named = type.id() == LogicalTypeId::STRUCT && !duckdb::StructType::IsUnnamed(type);
  if (named || type.id() == LogicalTypeId::MAP)
    throw duckdb::BinderException("comparison predicate could not contains complex type: %s", type_name(type));
  (void)call;
}

bool is_unknown(const BoundPtr& value) { return value->return_type.id() == LogicalTypeId::UNKNOWN; }

// A '?' has the type of what it is compared with.
void type_parameter(duckdb::ClientContext& context, BoundPtr& parameter, const LogicalType& type) {
  parameter = duckdb::BoundCastExpression::AddCastToType(context, std::move(parameter), type);
}

// Both sides in the type in which they are compared.
void coerce(duckdb::ClientContext& context, BoundPtr& left, BoundPtr& right) {
  if (is_unknown(left) && is_unknown(right)) throw duckdb::ParameterNotResolvedException();
  if (is_unknown(left)) return type_parameter(context, left, right->return_type);
  if (is_unknown(right)) return type_parameter(context, right, left->return_type);
  const bool left_constant = left->IsFoldable();
  const bool right_constant = right->IsFoldable();
  if (right_constant && !left_constant) adapt_literal(context, right, left->return_type);
  if (left_constant && !right_constant) adapt_literal(context, left, right->return_type);
  if (left_constant && right_constant) {
    if (is_text(left->return_type) && !is_text(right->return_type))
      adapt_literal(context, left, right->return_type);
    else if (is_text(right->return_type))
      adapt_literal(context, right, left->return_type);
  }
  const LogicalType type = comparison_type(left->return_type, right->return_type);
  left = convert(context, std::move(left), type);
  right = convert(context, std::move(right), type);
  duckdb::ExpressionBinder::PushCollation(context, left, type);
  duckdb::ExpressionBinder::PushCollation(context, right, type);
}

BoundPtr compare(duckdb::ClientContext& context, ExpressionType type, BoundPtr left, BoundPtr right) {
  coerce(context, left, right);
  return duckdb::make_uniq<duckdb::BoundComparisonExpression>(type, std::move(left), std::move(right));
}

template <ExpressionType type>
BoundPtr expand_comparison(Call& call) {
  for (const auto& operand : call.arguments) check_comparable(call, operand->return_type);
  return compare(call.context, type, std::move(call.arguments[0]), std::move(call.arguments[1]));
}

// x IN (a, b, ..): one type for all when there is one that keeps plain IN; text beside numbers compares as text.
template <bool negated>
BoundPtr expand_in(Call& call) {
  const LogicalType first = call.arguments[0]->return_type;
  if (is_json(first) && std::all_of(call.arguments.begin() + 1, call.arguments.end(), [](const BoundPtr& operand) {
        return operand->return_type.id() == LogicalTypeId::SQLNULL;
      })) {
    throw duckdb::BinderException("IN takes no JSON beside NULL only");
  }
  for (auto& operand : call.arguments) {
    check_comparable(call, operand->return_type);
    if (!is_unknown(operand)) continue;
    if (first.id() == LogicalTypeId::UNKNOWN) throw duckdb::ParameterNotResolvedException();
    type_parameter(call.context, operand, first);
  }
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    if (call.arguments[i]->IsFoldable() && !call.arguments[0]->IsFoldable()) {
      adapt_literal(call.context, call.arguments[i], first);
    }
  }
  LogicalType type = call.arguments[0]->return_type;
  for (size_t i = 1; i < call.arguments.size(); ++i) type = comparison_type(type, call.arguments[i]->return_type);
  auto result = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
      negated ? ExpressionType::COMPARE_NOT_IN : ExpressionType::COMPARE_IN, LogicalType::BOOLEAN);
  for (auto& operand : call.arguments) {
    BoundPtr element = convert(call.context, std::move(operand), type);
    duckdb::ExpressionBinder::PushCollation(call.context, element, type);
    if (!result->children.empty()) {
      if (auto value = constant_of(call.context, *element)) {
        element = duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(*value));
      }
    }
    result->children.push_back(std::move(element));
  }
  return result;
}

BoundPtr expand_between(Call& call) {
  for (const auto& operand : call.arguments) check_comparable(call, operand->return_type);
  if (is_unknown(call.arguments[0])) throw duckdb::ParameterNotResolvedException();
  BoundPtr low_input = call.arguments[0]->Copy();
  BoundPtr lower = std::move(call.arguments[1]);
  coerce(call.context, low_input, lower);
  BoundPtr high_input = call.arguments[0]->Copy();
  BoundPtr upper = std::move(call.arguments[2]);
  coerce(call.context, high_input, upper);
  // Two comparisons: of its own BETWEEN the kernel's statistics make NULL where one side is NULL and the other false.
  BoundPtr above = duckdb::make_uniq<duckdb::BoundComparisonExpression>(ExpressionType::COMPARE_GREATERTHANOREQUALTO,
                                                                        std::move(low_input), std::move(lower));
  BoundPtr below = duckdb::make_uniq<duckdb::BoundComparisonExpression>(ExpressionType::COMPARE_LESSTHANOREQUALTO,
                                                                        std::move(high_input), std::move(upper));
  return duckdb::make_uniq<duckdb::BoundConjunctionExpression>(ExpressionType::CONJUNCTION_AND, std::move(above),
                                                               std::move(below));
}

constexpr const char* kSought = "sought";

void run_sought(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  result.Reinterpret(input.data[0]);
}

BoundPtr expand_sought(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  check_comparable(call, type);
  if (type.id() == LogicalTypeId::UNKNOWN || type.id() == LogicalTypeId::SQLNULL || type.IsNested())
    return std::move(call.arguments[0]);
  // Of two types the binder takes the one with a name.
  LogicalType named = type.DeepCopy();
  named.SetAlias(kSought);
  return bind_private(call.context, kSought, {type}, named, run_sought, std::move(call.arguments), Nulls::kOwn);
}

}  // namespace

BoundPtr* find_sought(BoundPtr& expression) {
  if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION) {
    auto& call = expression->Cast<duckdb::BoundFunctionExpression>();
    if (call.function.name == kSought && call.return_type.GetAlias() == kSought) return &call.children[0];
  }
  BoundPtr* found = nullptr;
  duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](BoundPtr& child) {
    if (!found) found = find_sought(child);
  });
  return found;
}

bool is_sought_in(const LogicalType& column) { return is_bitmap(column); }

BoundPtr numbers_of(duckdb::ClientContext& context, BoundPtr bitmap) {
  constexpr const char* kToArray = "bitmap_to_array";
  BoundList arguments;
  arguments.push_back(std::move(bitmap));
  Call call{context, kToArray, arguments};
  return bind_overload(*Registry::instance().find(kToArray), call);
}

void compare_alike(duckdb::ClientContext& context, BoundPtr& left, BoundPtr& right) { coerce(context, left, right); }

void add_comparisons(Registry& registry) {
  const auto comparison = [&](const char* name, const char* doc, Expand expand) {
    registry.add(name, doc).expanded(2, 2, std::string("BOOLEAN ") + name + "(ANY, ANY)", expand).with_parameters();
  };
  comparison("eq", "Whether both are equal.", expand_comparison<ExpressionType::COMPARE_EQUAL>);
  comparison("ne", "Whether both differ.", expand_comparison<ExpressionType::COMPARE_NOTEQUAL>);
  comparison("lt", "Whether the first is less.", expand_comparison<ExpressionType::COMPARE_LESSTHAN>);
  comparison("le", "Whether the first is less or equal.", expand_comparison<ExpressionType::COMPARE_LESSTHANOREQUALTO>);
  comparison("gt", "Whether the first is greater.", expand_comparison<ExpressionType::COMPARE_GREATERTHAN>);
  comparison("ge", "Whether the first is greater or equal.",
             expand_comparison<ExpressionType::COMPARE_GREATERTHANOREQUALTO>);
  comparison("eq_for_null", "Whether both are equal; two NULLs are.",
             expand_comparison<ExpressionType::COMPARE_NOT_DISTINCT_FROM>);
  comparison("ne_for_null", "Whether both differ; two NULLs do not.",
             expand_comparison<ExpressionType::COMPARE_DISTINCT_FROM>);
  registry.add("in", "Whether the first equals one of the others.")
      .expanded(2, 255, "BOOLEAN in(ANY, ANY, ...)", expand_in<false>)
      .with_parameters();
  registry.add("not_in", "Whether the first equals none of the others.")
      .expanded(2, 255, "BOOLEAN not_in(ANY, ANY, ...)", expand_in<true>)
      .with_parameters();
  registry.add("between", "Whether the first lies between the others, or is one of them.")
      .expanded(3, 3, "BOOLEAN between(ANY, ANY, ANY)", expand_between)
      .with_parameters();
}

// Numbers, dates and booleans as text; anything else as it is.
BoundPtr expand_text_cast(Call& call) {
  const LogicalType& type = call.arguments[0]->return_type;
  const bool plain = is_number(type) || is_moment(type) || type.id() == LogicalTypeId::BOOLEAN ||
                     type.id() == LogicalTypeId::SQLNULL || type.id() == LogicalTypeId::UNKNOWN;
  if (!plain) return std::move(call.arguments[0]);
  return convert(call.context, std::move(call.arguments[0]), LogicalType::VARCHAR);
}

void add_sought(Registry& registry) {
  registry.add("text_cast", "What LIKE and REGEXP look at: plain values as text.")
      .expanded(1, 1, "ANY text_cast(ANY)", expand_text_cast)
      .with_parameters();
  registry.add(kSought, "The value that IN (query) seeks, until both sides are known.")
      .expanded(1, 1, "ANY sought(ANY)", expand_sought)
      .with_parameters();
}

}  // namespace sluice::functions
