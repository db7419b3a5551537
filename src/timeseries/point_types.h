// SPDX-License-Identifier: Apache-2.0
// The data types of points: their names in requests and in the store, and the group in which a query puts them.
// Pure functions. Source of truth: KairosDB 1.3.0-1 and its HEAD (2023-10-04), package core.datapoints.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::timeseries {

enum class PointType : uint8_t {
  kLong,      // int64
  kDouble,    // IEEE double, NaN and infinities included
  kString,    // UTF-8
  kComplex,   // two doubles
  kNull,      // made by aggregators (gaps); never stored by clients
  kLegacy,    // read only: rows that KairosDB before 0.9.4 wrote; each point is a long or a double
  kLongNano,  // int64 whose time was given in nanoseconds; stored in milliseconds
};

// A query keeps points of different groups apart, and an aggregator takes some groups only.
enum class PointGroup : uint8_t { kNumber, kText, kComplex };

// "long": what clients write as "type", and what export prints.
std::string_view api_name(PointType type);
// "kairos_long": part of the row key.
std::string_view store_name(PointType type);
PointGroup group_of(PointType type);
// "number", "text", "complex": the group_by element that answers carry.
std::string_view group_name(PointGroup group);

std::optional<PointType> find_api_type(std::string_view name);
std::optional<PointType> find_store_type(std::string_view name);

}  // namespace sluice::timeseries
