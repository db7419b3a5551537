// SPDX-License-Identifier: Apache-2.0
// The aggregators and group-bys of queries: their names, the properties that a query may set, and what becomes of them.
// One table for all of them. Pure functions.
// Source of truth: the bean properties of KairosDB's classes, whose names clients see in messages.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "timeseries/request/query_parser.h"

namespace sluice::timeseries {

enum class ProcessorFamily : uint8_t { kAggregator, kGroupBy };
// "aggregators", "group_by".
std::string_view family_name(ProcessorFamily family);

// What is around a processor in its query.
struct ProcessorContext {
  const QueryParserOptions& options;
  int64_t start = 0;  // of the query
  int64_t end = 0;
  std::string zone;
  std::vector<std::string> group_tags;  // of the tag group-bys before
};

using Processor = std::variant<Aggregator, GroupBy>;

bool is_processor(ProcessorFamily family, std::string_view name);
// Whether a query may set the property.
bool is_property(ProcessorFamily family, std::string_view name, std::string_view property);

// `json` is the object with the properties, `place` ("query.metric[0].aggregators[0]") precedes messages.
// The name is that of a processor.
Java<Processor> make_processor(ProcessorFamily family, std::string_view name, const JsonValue& json,
                               std::string_view place, const ProcessorContext& context);

}  // namespace sluice::timeseries
