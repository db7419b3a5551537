// SPDX-License-Identifier: Apache-2.0
// Series: a metric, a data type and tags: the points that share a row key but for its time. Immutable.
// Source of truth: KairosDB's DataPointsRowKey; order of tags: Java's String.compareTo, which compares UTF-16 units.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "timeseries/point_types.h"

namespace sluice::timeseries {

// Negative, zero or positive, as Java's String.compareTo: by UTF-16 code units (differs from bytes for characters
// beyond U+FFFF, which come before U+E000 there). Bytes that are no UTF-8 compare as bytes.
int compare_java(std::string_view left, std::string_view right);

// Tag names and values, sorted by name with compare_java, no name twice.
class Tags {
 public:
  using Tag = std::pair<std::string, std::string>;

  Tags() = default;
  // Sorts. Of a name that comes twice the last value stays.
  explicit Tags(std::vector<Tag> tags);

  const std::vector<Tag>& all() const { return tags_; }
  size_t size() const { return tags_.size(); }
  bool empty() const { return tags_.empty(); }
  // Nullptr when the tag is missing.
  const std::string* find(std::string_view name) const;
  bool operator==(const Tags&) const = default;

 private:
  std::vector<Tag> tags_;
};

// Stores make subclasses that carry what they know of a series (ids, encoded keys).
class Series {
 public:
  Series(std::string metric, PointType type, Tags tags)
      : metric_(std::move(metric)), tags_(std::move(tags)), type_(type) {}
  virtual ~Series() = default;
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  const std::string& metric() const { return metric_; }
  PointType type() const { return type_; }
  const Tags& tags() const { return tags_; }

 private:
  const std::string metric_;
  const Tags tags_;
  const PointType type_;
};

using SeriesRef = std::shared_ptr<const Series>;

}  // namespace sluice::timeseries
