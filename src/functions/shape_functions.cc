// SPDX-License-Identifier: Apache-2.0
// ST_POINT, ST_GEOMETRYFROMTEXT, ST_CONTAINS, ST_DISTANCE_SPHERE and their kind. A shape lies in a text: its well-known
// text.
#include <cmath>
#include <numbers>

#include "functions/families.h"
#include "functions/rows.h"
#include "functions/shapes.h"

namespace sluice::functions {
namespace {

using View = std::string_view;

std::optional<std::string> text_of(const std::optional<Shape>& shape) {
  if (!shape) return std::nullopt;
  return shape_text(*shape);
}
std::optional<Shape> of_kind(View text, Shape::Kind kind) {
  auto shape = parse_shape(text);
  return shape && shape->kind == kind ? shape : std::nullopt;
}

std::optional<std::string> st_point(double longitude, double latitude) {
  Shape shape;
  shape.rings = {{{longitude, latitude}}};
  if (!is_on_earth(shape.point())) return std::nullopt;
  return shape_text(shape);
}
std::optional<std::string> st_circle(double longitude, double latitude, double radius) {
  Shape shape;
  shape.kind = Shape::Kind::kCircle;
  shape.rings = {{{longitude, latitude}}};
  shape.radius = radius;
  if (!is_on_earth(shape.point()) || !(radius >= 0)) return std::nullopt;
  return shape_text(shape);
}
std::optional<std::string> st_geometry(View text) { return text_of(parse_shape(text)); }
std::optional<std::string> st_line(View text) { return text_of(of_kind(text, Shape::Kind::kLine)); }
std::optional<std::string> st_polygon(View text) { return text_of(of_kind(text, Shape::Kind::kPolygon)); }
std::optional<std::string> st_from_binary(View text) { return text_of(parse_binary(text)); }
std::optional<std::string> st_as_binary(View text) {
  auto shape = parse_shape(text);
  return shape ? shape_binary(*shape) : std::nullopt;
}

std::optional<double> st_x(View text) {
  auto point = of_kind(text, Shape::Kind::kPoint);
  if (!point) return std::nullopt;
  return point->point().longitude;
}
std::optional<double> st_y(View text) {
  auto point = of_kind(text, Shape::Kind::kPoint);
  if (!point) return std::nullopt;
  return point->point().latitude;
}

std::optional<double> sphere_angle(double lng1, double lat1, double lng2, double lat2) {
  const Place a{lng1, lat1};
  const Place b{lng2, lat2};
  if (!is_on_earth(a) || !is_on_earth(b)) return std::nullopt;
  return angle_between(a, b);
}
std::optional<double> st_distance_sphere(double lng1, double lat1, double lng2, double lat2) {
  auto angle = sphere_angle(lng1, lat1, lng2, lat2);
  if (!angle) return std::nullopt;
  return *angle * kEarthRadius;
}
std::optional<double> st_angle_sphere(double lng1, double lat1, double lng2, double lat2) {
  auto angle = sphere_angle(lng1, lat1, lng2, lat2);
  if (!angle) return std::nullopt;
  return *angle * (180 / std::numbers::pi);
}
std::optional<double> st_azimuth(View from, View to) {
  auto a = of_kind(from, Shape::Kind::kPoint);
  auto b = of_kind(to, Shape::Kind::kPoint);
  return a && b ? azimuth(a->point(), b->point()) : std::nullopt;
}
// The clockwise turn at the second point from the first to the third.
std::optional<double> st_angle(View first, View second, View third) {
  auto to_first = st_azimuth(second, first);
  auto to_third = st_azimuth(second, third);
  if (!to_first || !to_third) return std::nullopt;
  const double turn = *to_third - *to_first;
  return turn < 0 ? turn + 2 * std::numbers::pi : turn;
}

std::optional<double> st_area_meters(View text) {
  auto shape = parse_shape(text);
  if (!shape) return std::nullopt;
  return area(*shape) * (kEarthRadius * kEarthRadius);
}
std::optional<double> st_area_km(View text) {
  auto shape = parse_shape(text);
  if (!shape) return std::nullopt;
  constexpr double kKilometres = kEarthRadius / 1000;
  return area(*shape) * (kKilometres * kKilometres);
}
std::optional<bool> st_contains(View outer, View inner) {
  auto a = parse_shape(outer);
  auto b = parse_shape(inner);
  if (!a || !b) return std::nullopt;
  return contains(*a, *b);
}

}  // namespace

void add_shape_functions(Registry& registry) {
  add_rows<st_point>(registry.add("st_point", "A point of longitude and latitude."));
  add_rows<st_circle>(registry.add("st_circle", "A circle: longitude, latitude, radius in metres."));
  add_rows<st_geometry>(registry.add("st_geometryfromtext", "A shape of well-known text; NULL when it is none.")
                            .alias("st_geomfromtext"));
  add_rows<st_line>(registry.add("st_linefromtext", "A line of well-known text.").alias("st_linestringfromtext"));
  add_rows<st_polygon>(
      registry.add("st_polygon", "A polygon of well-known text.").alias("st_polyfromtext").alias("st_polygonfromtext"));
  add_rows<st_from_binary>(
      registry.add("st_geometryfromwkb", "A shape of well-known binary in base 16.").alias("st_geomfromwkb"));
  add_rows<st_as_binary>(registry.add("st_asbinary", "A shape as well-known binary in base 16."));
  add_rows<st_geometry>(registry.add("st_astext", "A shape as well-known text.").alias("st_aswkt"));
  add_rows<st_x>(registry.add("st_x", "The longitude of a point."));
  add_rows<st_y>(registry.add("st_y", "The latitude of a point."));
  add_rows<st_distance_sphere>(
      registry.add("st_distance_sphere", "The metres between two places: longitude, latitude of each."));
  add_rows<st_angle_sphere>(
      registry.add("st_angle_sphere", "The degrees between two places: longitude, latitude of each."));
  add_rows<st_azimuth>(
      registry.add("st_azimuth", "The direction from one point to another, clockwise from the north, in radians."));
  add_rows<st_angle>(
      registry.add("st_angle", "The clockwise turn at the second point from the first to the third, in radians."));
  add_rows<st_area_meters>(registry.add("st_area_square_meters", "The area of a shape in square metres."));
  add_rows<st_area_km>(registry.add("st_area_square_km", "The area of a shape in square kilometres."));
  add_rows<st_contains>(registry.add("st_contains", "Whether the first shape contains the second."));
}

}  // namespace sluice::functions
