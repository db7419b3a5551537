// SPDX-License-Identifier: Apache-2.0
#include "timeseries/point_types.h"

#include <array>

namespace sluice::timeseries {
namespace {

struct Names {
  PointType type;
  PointGroup group;
  std::string_view api;
  std::string_view store;
};

constexpr std::array kNames = {
    Names{PointType::kLong, PointGroup::kNumber, "long", "kairos_long"},
    Names{PointType::kDouble, PointGroup::kNumber, "double", "kairos_double"},
    Names{PointType::kString, PointGroup::kText, "string", "kairos_string"},
    Names{PointType::kComplex, PointGroup::kComplex, "complex", "kairos_complex"},
    Names{PointType::kNull, PointGroup::kNumber, "null", "null"},
    Names{PointType::kLegacy, PointGroup::kNumber, "legacy", "kairos_legacy"},
    Names{PointType::kLongNano, PointGroup::kNumber, "long_nano", "kairos_long_nano"},
};

const Names& names(PointType type) { return kNames[static_cast<size_t>(type)]; }

std::optional<PointType> find(std::string_view Names::* member, std::string_view name) {
  for (const auto& entry : kNames)
    if (entry.*member == name) return entry.type;
  return std::nullopt;
}

}  // namespace

std::string_view api_name(PointType type) { return names(type).api; }
std::string_view store_name(PointType type) { return names(type).store; }
PointGroup group_of(PointType type) { return names(type).group; }

std::string_view group_name(PointGroup group) {
  switch (group) {
    case PointGroup::kNumber:
      return "number";
    case PointGroup::kText:
      return "text";
    case PointGroup::kComplex:
      return "complex";
  }
  return "number";
}

std::optional<PointType> find_api_type(std::string_view name) { return find(&Names::api, name); }
std::optional<PointType> find_store_type(std::string_view name) { return find(&Names::store, name); }

}  // namespace sluice::timeseries
