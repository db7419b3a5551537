// SPDX-License-Identifier: Apache-2.0
// Tag filters of queries: exact values and patterns. Immutable after construction, any thread.
// Source of truth: KairosDB's CQLFilteredRowKeyIterator. Patterns are RE2's, not java.util.regex's: linear in the
// length of the value, and so without look-around, back references and possessive quantifiers, which are errors here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "timeseries/store.h"

namespace re2 {
class RE2;
}

namespace sluice::timeseries {

inline constexpr std::string_view kPatternPrefix = "regex:";

// A regular expression for whole values.
class ValuePattern {
 public:
  // kInvalidArgument: no pattern, or one that needs more than a megabyte.
  static Result<ValuePattern> compile(std::string_view pattern);
  ValuePattern(ValuePattern&&) noexcept;
  ValuePattern& operator=(ValuePattern&&) noexcept;
  ~ValuePattern();

  bool matches(std::string_view value) const;

 private:
  explicit ValuePattern(std::unique_ptr<re2::RE2> expression);
  std::unique_ptr<re2::RE2> expression_;
};

// All filters of a query.
class TagMatcher {
 public:
  // Values that begin with `prefix` are patterns; an empty prefix turns patterns off. Of several patterns of one tag
  // the last one counts, as in KairosDB; all of them must be patterns.
  static Result<TagMatcher> make(const std::vector<TagFilter>& filters, std::string_view prefix = kPatternPrefix);

  // True when every filter's tag is there and has one of its values.
  bool matches(const Tags& tags) const;

 private:
  struct Filter {
    std::string tag;
    std::vector<std::string> values;
    std::optional<ValuePattern> pattern;
  };
  std::vector<Filter> filters_;
};

}  // namespace sluice::timeseries
