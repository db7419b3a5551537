// SPDX-License-Identifier: Apache-2.0
// The JSON of a query into a Query, or into the status and errors that KairosDB answers. Pure functions.
// Source of truth: recorded answers, facts 1.3 and 1.4, KairosDB's QueryParser, BeanValidationException and the setters
// of its aggregators and group-bys.
// Differs from Java: several broken rules of one object come in a fixed order (Java's is that of a hash set); Gson's
// access to KairosDB's private fields by name ("m_plugins", "calendar") is not there.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "timeseries/compat.h"
#include "timeseries/query.h"
#include "timeseries/request/json_value.h"

namespace sluice::timeseries {

struct QueryParserOptions {
  Compat compat = Compat::kV14;
  int64_t now = 0;                   // milliseconds
  std::string default_zone = "UTC";  // of queries without time_zone
  // Whether the calendar knows a zone: an IANA name, or an offset in the form of normal_offset(). Not set: Joda's names
  // and offsets.
  std::function<bool(std::string_view)> is_zone;
  size_t max_metrics = 10'000;  // more: a 400
  // Groups and aggregators are checked, but nobody will use them (tags, delete): what Java only finds out when it runs
  // them is no error.
  bool runs = true;
};

// Body of POST /datapoints/query, /query/tags and /delete.
tl::expected<Query, ParseOutcome> parse_query(std::string_view json, const QueryParserOptions& options);

// A query inside something else (a roll-up); `context` ("rollup[0]") precedes the place in messages.
Java<Query> parse_query_object(const JsonValue& json, std::string_view context, const QueryParserOptions& options);

// The answer to a fault of parsing: 400 for those of syntax and validation, else 500.
ParseOutcome outcome_of(const Fault& fault);

// A zone as the calendar wants it, or a kValidation that lists all. The empty text is UTC.
Java<std::string> read_zone(const JsonValue& value, const QueryParserOptions& options);

}  // namespace sluice::timeseries
