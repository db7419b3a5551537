// SPDX-License-Identifier: Apache-2.0
// Values of points as the cells of data_points hold them. Pure functions; any thread. Decoders take any bytes.
// Source of truth: KairosDB's data point factories, ValueSerializer for kairos_legacy.
//   long, long_nano: zigzag varint, lowest 7 bits first      double: 8 bytes, IEEE, big endian
//   complex: two doubles     string: u16 length, big endian, and Java's modified UTF-8     null: nothing
//   legacy: by the lowest bit of the column: long as big-endian bytes without leading zeros; 01 float or 02 double
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "timeseries/points.h"

namespace sluice::timeseries::cassandra {

inline constexpr size_t kMaxTextValue = 65'535;  // bytes of modified UTF-8

// Appends to `out` the value of a point, given as in Points::values(); `text` of kString and kComplex. False: it has no
// form there (a text that is too long, kLegacy).
bool append_value(PointType type, uint64_t value, std::string_view text, std::string& out);

// Adds the point of a cell; false, and nothing added: the bytes are none of the type.
bool add_value(PointType type, int64_t time, uint32_t column, std::string_view bytes, Points& into);

// Java's modified UTF-8: zero in two bytes, characters beyond U+FFFF as two surrogates of three bytes each. Bytes that
// are no UTF-8 stay as they are, both ways.
void append_modified_utf8(std::string_view utf8, std::string& out);
void append_utf8(std::string_view modified, std::string& out);

}  // namespace sluice::timeseries::cassandra
