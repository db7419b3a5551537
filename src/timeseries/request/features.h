// SPDX-License-Identifier: Apache-2.0
// Features: what queries may contain, as GET /api/v1/features describes it to user interfaces. Constant data.
// Source of truth: the recorded answer of KairosDB 1.3.0-1 (test/kairos/recorded/features-1.3.0-1.json).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "timeseries/request/java_fault.h"

namespace sluice::timeseries {

// A check in JavaScript that user interfaces make.
struct FeatureRule {
  std::string_view expression;
  std::string_view message;
};

struct FeatureField {
  std::string_view name;
  std::string_view label;
  std::string_view description = {};
  std::string_view type;
  std::span<const std::string_view> options = {};
  std::string_view default_value = {};
  std::string_view autocomplete = {};
  std::span<const FeatureRule> rules = {};
  std::span<const FeatureField> parts =
      {};  // not empty: an object of them, which has no description, options and so on
};

struct FeatureProcessor {
  std::string_view name;
  std::string_view label;
  std::string_view description;
  std::span<const FeatureField> fields;
};

struct FeatureFamily {
  std::string_view name;  // "aggregators", "group_by"
  std::string_view label;
  std::span<const FeatureProcessor> processors;
};

std::span<const FeatureFamily> feature_families();

// The body of /api/v1/features.
std::string features_json();
// The body of /api/v1/features/{feature}, whatever its case, or the answer 404. Sorted by name, as in Java; those of
// features_json() are sorted by label.
tl::expected<std::string, ParseOutcome> feature_json(std::string_view feature);

}  // namespace sluice::timeseries
