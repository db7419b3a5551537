// SPDX-License-Identifier: Apache-2.0
#include "timeseries/value_pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace sluice::timeseries {

ValuePattern::ValuePattern(std::unique_ptr<re2::RE2> expression) : expression_(std::move(expression)) {}
ValuePattern::ValuePattern(ValuePattern&&) noexcept = default;
ValuePattern& ValuePattern::operator=(ValuePattern&&) noexcept = default;
ValuePattern::~ValuePattern() = default;

Result<ValuePattern> ValuePattern::compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto expression = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!expression->ok())
    return fail(Code::kInvalidArgument, expression->error() + " in pattern " + std::string(pattern));
  return ValuePattern(std::move(expression));
}

bool ValuePattern::matches(std::string_view value) const {
  return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *expression_);
}

Result<TagMatcher> TagMatcher::make(const std::vector<TagFilter>& filters, std::string_view prefix) {
  TagMatcher matcher;
  for (const auto& filter : filters) {
    Filter made{filter.name, {}, std::nullopt};
    for (const auto& value : filter.values) {
      if (prefix.empty() || !value.starts_with(prefix))
        made.values.push_back(value);
      else
        made.pattern = TRY(ValuePattern::compile(std::string_view(value).substr(prefix.size())));
    }
    matcher.filters_.push_back(std::move(made));
  }
  return matcher;
}

bool TagMatcher::matches(const Tags& tags) const {
  return std::all_of(filters_.begin(), filters_.end(), [&](const Filter& filter) {
    const auto* value = tags.find(filter.tag);
    if (value == nullptr) return false;
    return std::find(filter.values.begin(), filter.values.end(), *value) != filter.values.end() ||
           (filter.pattern && filter.pattern->matches(*value));
  });
}

}  // namespace sluice::timeseries
