// SPDX-License-Identifier: Apache-2.0
// Shapes on the sphere: points, lines of great circles, polygons and circles in degrees of longitude and latitude, as
// well-known text. Pure functions: no thread rule. Source of the measures: S2 with the radius 6371.01 km, as in Doris.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::functions {

constexpr double kEarthRadius = 6'371'010.0;  // metres

struct Place {
  double longitude = 0;
  double latitude = 0;
  bool operator==(const Place&) const = default;
};

struct Shape {
  enum class Kind : uint8_t { kPoint, kLine, kPolygon, kCircle };
  Kind kind = Kind::kPoint;
  std::vector<std::vector<Place>> rings;  // a polygon's, closed; the only one of other shapes
  double radius = 0;                      // of a circle, in metres

  const Place& point() const { return rings[0][0]; }
};

bool is_on_earth(const Place& place);

// Nothing for text that is no shape, or one that is not closed or not on the earth. Outer rings of polygons come out
// anticlockwise.
std::optional<Shape> parse_shape(std::string_view text);
std::string shape_text(const Shape& shape);
// Well-known binary in base 16 behind \x, with the lower bytes first; not of circles.
std::optional<std::string> shape_binary(const Shape& shape);
std::optional<Shape> parse_binary(std::string_view text);

double angle_between(const Place& a, const Place& b);  // radians
// Clockwise from the north, 0 to 2 pi; nothing for the same or opposite places.
std::optional<double> azimuth(const Place& from, const Place& to);
double area(const Shape& shape);  // of the unit sphere
bool contains(const Shape& shape, const Shape& other);

}  // namespace sluice::functions
