// SPDX-License-Identifier: Apache-2.0
#include "functions/shapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numbers>

namespace sluice::functions {
namespace {

using Vec = std::array<double, 3>;

double radians(double degrees) { return degrees * (std::numbers::pi / 180); }

Vec vector_of(const Place& place) {
  const double phi = radians(place.latitude);
  const double theta = radians(place.longitude);
  return {std::cos(theta) * std::cos(phi), std::sin(theta) * std::cos(phi), std::sin(phi)};
}
Vec cross(const Vec& a, const Vec& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vec& a, const Vec& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
double angle(const Vec& a, const Vec& b) {
  const Vec c = cross(a, b);
  return std::atan2(std::sqrt(dot(c, c)), dot(a, b));
}

// The area of a triangle on the unit sphere, negative when it goes clockwise.
double triangle_area(const Vec& a, const Vec& b, const Vec& c) {
  const double sa = angle(b, c);
  const double sb = angle(c, a);
  const double sc = angle(a, b);
  const double s = 0.5 * (sa + sb + sc);
  const double product =
      std::tan(0.5 * s) * std::tan(0.5 * (s - sa)) * std::tan(0.5 * (s - sb)) * std::tan(0.5 * (s - sc));
  const double size = 4 * std::atan(std::sqrt(std::max(0.0, product)));
  return dot(cross(a, b), c) < 0 ? -size : size;
}
double ring_area(const std::vector<Place>& ring) {
  double sum = 0;
  const Vec first = vector_of(ring[0]);
  for (size_t i = 1; i + 2 < ring.size(); ++i) sum += triangle_area(first, vector_of(ring[i]), vector_of(ring[i + 1]));
  return sum;
}

// ---- text

struct Text {
  std::string_view rest;

  void skip_spaces() {
    while (!rest.empty() && (rest.front() == ' ' || (rest.front() >= '\t' && rest.front() <= '\r')))
      rest.remove_prefix(1);
  }
  bool take(char c) {
    skip_spaces();
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::string word() {
    skip_spaces();
    std::string result;
    while (!rest.empty() && std::isalpha(static_cast<unsigned char>(rest.front()))) {
      result += static_cast<char>(std::toupper(static_cast<unsigned char>(rest.front())));
      rest.remove_prefix(1);
    }
    return result;
  }
  bool number(double& value) {
    skip_spaces();
    if (!rest.empty() && rest.front() == '+') rest.remove_prefix(1);
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc() || !std::isfinite(value)) return false;
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    return true;
  }
  bool place(Place& value) { return number(value.longitude) && number(value.latitude) && is_on_earth(value); }
  bool places(std::vector<Place>& ring) {
    if (!take('(')) return false;
    do {
      if (!place(ring.emplace_back())) return false;
    } while (take(','));
    return take(')');
  }
};

bool is_closed(const std::vector<Place>& ring) { return ring.size() >= 4 && ring.front() == ring.back(); }
bool has_double_places(const std::vector<Place>& ring) {
  for (size_t i = 0; i + 1 < ring.size(); ++i) {
    if (ring[i] == ring[i + 1]) return true;
  }
  return false;
}

bool finish(Shape& shape) {
  if (shape.kind == Shape::Kind::kLine) return shape.rings[0].size() >= 2 && !has_double_places(shape.rings[0]);
  if (shape.kind != Shape::Kind::kPolygon) return true;
  for (auto& ring : shape.rings) {
    if (!is_closed(ring) || has_double_places(ring)) return false;
    // Without the closing place, so that the ring still begins with its last one.
    if (ring_area(ring) < 0) {
      ring.pop_back();
      std::reverse(ring.begin(), ring.end());
      ring.push_back(ring.front());
    }
  }
  return true;
}

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}
void append_places(std::string& out, const std::vector<Place>& ring) {
  out += '(';
  for (size_t i = 0; i < ring.size(); ++i) {
    if (i > 0) out += ", ";
    out += number_text(ring[i].longitude) + " " + number_text(ring[i].latitude);
  }
  out += ')';
}

// ---- binary

template <typename T>
void append_bytes(std::string& out, T value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  unsigned char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  for (unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

struct Bytes {
  std::string data;
  size_t at = 0;
  bool big_endian = false;

  template <typename T>
  bool read(T& value) {
    if (data.size() - at < sizeof(T)) return false;
    char bytes[sizeof(T)];
    data.copy(bytes, sizeof(T), at);
    if (big_endian) std::reverse(bytes, bytes + sizeof(T));
    std::memcpy(&value, bytes, sizeof(T));
    at += sizeof(T);
    return true;
  }
  bool place(Place& value) { return read(value.longitude) && read(value.latitude) && is_on_earth(value); }
  bool places(std::vector<Place>& ring) {
    uint32_t count = 0;
    if (!read(count) || count > (data.size() - at) / 16) return false;
    for (uint32_t i = 0; i < count; ++i) {
      if (!place(ring.emplace_back())) return false;
    }
    return count > 0;
  }
};

// How often the ring goes around the place, by the turns of the directions to its corners.
bool is_inside(const std::vector<Place>& ring, const Place& place) {
  const Vec p = vector_of(place);
  double turns = 0;
  for (size_t i = 0; i + 1 < ring.size(); ++i) {
    const Vec a = cross(p, vector_of(ring[i]));
    const Vec b = cross(p, vector_of(ring[i + 1]));
    turns += std::atan2(dot(cross(a, b), p), dot(a, b));
  }
  return turns > std::numbers::pi;
}
bool polygon_contains(const Shape& polygon, const Place& place) {
  if (!is_inside(polygon.rings[0], place)) return false;
  return std::none_of(polygon.rings.begin() + 1, polygon.rings.end(),
                      [&](const auto& hole) { return is_inside(hole, place); });
}

}  // namespace

bool is_on_earth(const Place& place) {
  return place.longitude >= -180 && place.longitude <= 180 && place.latitude >= -90 && place.latitude <= 90;
}

std::optional<Shape> parse_shape(std::string_view written) {
  Text text{written};
  Shape shape;
  const std::string word = text.word();
  bool good = false;
  if (word == "POINT") {
    shape.rings.resize(1);
    good = text.places(shape.rings[0]) && shape.rings[0].size() == 1;
  } else if (word == "LINESTRING") {
    shape.kind = Shape::Kind::kLine;
    shape.rings.resize(1);
    good = text.places(shape.rings[0]);
  } else if (word == "POLYGON") {
    shape.kind = Shape::Kind::kPolygon;
    good = text.take('(');
    do {
      good = good && text.places(shape.rings.emplace_back());
    } while (good && text.take(','));
    good = good && text.take(')');
  } else if (word == "CIRCLE") {
    shape.kind = Shape::Kind::kCircle;
    shape.rings.resize(1);
    good = text.take('(') && text.places(shape.rings[0]) && shape.rings[0].size() == 1 && text.take(',') &&
           text.number(shape.radius) && text.take(')') && shape.radius >= 0;
  }
  text.skip_spaces();
  if (!good || !text.rest.empty() || !finish(shape)) return std::nullopt;
  return shape;
}

std::string shape_text(const Shape& shape) {
  std::string out;
  switch (shape.kind) {
    case Shape::Kind::kPoint:
      out = "POINT ";
      append_places(out, shape.rings[0]);
      break;
    case Shape::Kind::kLine:
      out = "LINESTRING ";
      append_places(out, shape.rings[0]);
      break;
    case Shape::Kind::kPolygon:
      out = "POLYGON (";
      for (size_t i = 0; i < shape.rings.size(); ++i) {
        if (i > 0) out += ", ";
        append_places(out, shape.rings[i]);
      }
      out += ')';
      break;
    case Shape::Kind::kCircle:
      out = "CIRCLE (";
      append_places(out, shape.rings[0]);
      out += ", " + number_text(shape.radius) + ")";
      break;
  }
  return out;
}

std::optional<std::string> shape_binary(const Shape& shape) {
  if (shape.kind == Shape::Kind::kCircle) return std::nullopt;
  std::string out = "\\x01";
  append_bytes(out, static_cast<uint32_t>(shape.kind) + 1);
  if (shape.kind == Shape::Kind::kPolygon) append_bytes(out, static_cast<uint32_t>(shape.rings.size()));
  for (const auto& ring : shape.rings) {
    if (shape.kind != Shape::Kind::kPoint) append_bytes(out, static_cast<uint32_t>(ring.size()));
    for (const Place& place : ring) {
      append_bytes(out, place.longitude);
      append_bytes(out, place.latitude);
    }
  }
  return out;
}

std::optional<Shape> parse_binary(std::string_view text) {
  if (text.starts_with("\\x")) text.remove_prefix(2);
  Bytes bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    bytes.data += static_cast<char>(byte);
  }
  uint8_t order = 0;
  uint32_t kind = 0;
  if (!bytes.read(order) || order > 1) return std::nullopt;
  bytes.big_endian = order == 0;
  if (!bytes.read(kind) || kind < 1 || kind > 3) return std::nullopt;
  Shape shape;
  shape.kind = static_cast<Shape::Kind>(kind - 1);
  bool good = true;
  uint32_t rings = 1;
  if (shape.kind == Shape::Kind::kPolygon) good = bytes.read(rings) && rings > 0 && rings <= bytes.data.size();
  for (uint32_t i = 0; good && i < rings; ++i) {
    auto& ring = shape.rings.emplace_back();
    good = shape.kind == Shape::Kind::kPoint ? bytes.place(ring.emplace_back()) : bytes.places(ring);
  }
  if (!good || bytes.at != bytes.data.size() || !finish(shape)) return std::nullopt;
  return shape;
}

double angle_between(const Place& a, const Place& b) {
  const double lat1 = radians(a.latitude);
  const double lat2 = radians(b.latitude);
  const double dlat = std::sin(0.5 * (lat2 - lat1));
  const double dlng = std::sin(0.5 * (radians(b.longitude) - radians(a.longitude)));
  const double x = dlat * dlat + dlng * dlng * std::cos(lat1) * std::cos(lat2);
  return 2 * std::asin(std::sqrt(std::min(1.0, x)));
}

std::optional<double> azimuth(const Place& from, const Place& to) {
  const double lat1 = radians(from.latitude);
  const double lat2 = radians(to.latitude);
  const double dlng = radians(to.longitude - from.longitude);
  const bool opposite =
      std::abs(from.latitude + to.latitude) < 1e-12 && std::abs(std::abs(from.longitude - to.longitude) - 180) < 1e-12;
  if (from == to || opposite) return std::nullopt;
  const double y = std::sin(dlng) * std::cos(lat2);
  const double x = std::cos(lat1) * std::sin(lat2) - std::sin(lat1) * std::cos(lat2) * std::cos(dlng);
  const double direction = std::atan2(y, x);
  return direction < 0 ? direction + 2 * std::numbers::pi : direction;
}

double area(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::kCircle: {
      const double chord = 2 * std::sin(0.5 * std::min(std::numbers::pi, shape.radius / kEarthRadius));
      return 2 * std::numbers::pi * (0.5 * chord * chord);
    }
    case Shape::Kind::kPolygon: {
      double sum = ring_area(shape.rings[0]);
      for (size_t i = 1; i < shape.rings.size(); ++i) sum -= ring_area(shape.rings[i]);
      return sum;
    }
    default:
      return 0;
  }
}

bool contains(const Shape& shape, const Shape& other) {
  if (shape.kind == Shape::Kind::kCircle) {
    return other.kind == Shape::Kind::kPoint &&
           angle_between(shape.point(), other.point()) <= shape.radius / kEarthRadius;
  }
  if (shape.kind == Shape::Kind::kPolygon) {
    if (other.kind == Shape::Kind::kCircle) return false;
    return std::all_of(other.rings[0].begin(), other.rings[0].end(),
                       [&](const Place& place) { return polygon_contains(shape, place); });
  }
  return shape.kind == Shape::Kind::kPoint && other.kind == Shape::Kind::kPoint && shape.point() == other.point();
}

}  // namespace sluice::functions
