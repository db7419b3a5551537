// SPDX-License-Identifier: Apache-2.0
#include "functions/quantile_digest.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace sluice::functions {
namespace {

float weighted_mean(float left, float left_weight, float right, float right_weight) {
  if (left > right) return weighted_mean(right, right_weight, left, left_weight);
  const float mean = (left * left_weight + right * right_weight) / (left_weight + right_weight);
  return std::max(left, std::min(mean, right));
}

}  // namespace

// The scale function and its inverse: a centroid covers at most one unit of location.
float QuantileDigest::location(float rank) const {
  return static_cast<float>(compression_ * (std::asin(2.0 * rank - 1.0) + std::numbers::pi / 2) / std::numbers::pi);
}
float QuantileDigest::rank_at(float location) const {
  return static_cast<float>(
      (std::sin(std::min(location, compression_) * std::numbers::pi / compression_ - std::numbers::pi / 2) + 1) / 2);
}

void QuantileDigest::add(float value, float weight) {
  if (std::isnan(value) || !(weight > 0)) return;
  waiting_.push_back({value, weight});
  const auto room = static_cast<size_t>(8 * std::ceil(compression_));
  if (waiting_.size() > room) compress();
}

void QuantileDigest::merge(const QuantileDigest& other) {
  // By hand: `other` may be this one.
  std::vector<Centroid> added = other.centroids_;
  added.insert(added.end(), other.waiting_.begin(), other.waiting_.end());
  minimum_ = std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  waiting_.insert(waiting_.end(), added.begin(), added.end());
  const auto room = static_cast<size_t>(8 * std::ceil(compression_));
  if (waiting_.size() > room) compress();
}

void QuantileDigest::compress() const {
  if (waiting_.empty()) return;
  const auto below = [](const Centroid& left, const Centroid& right) { return left.mean < right.mean; };
  std::sort(waiting_.begin(), waiting_.end(), below);
  const auto middle = static_cast<std::ptrdiff_t>(waiting_.size());
  for (const Centroid& centroid : waiting_) weight_ += centroid.weight;
  waiting_.insert(waiting_.end(), centroids_.begin(), centroids_.end());
  std::inplace_merge(waiting_.begin(), waiting_.begin() + middle, waiting_.end(), below);

  centroids_.assign(1, waiting_.front());
  float taken = waiting_.front().weight;
  float limit = weight_ * rank_at(1.0F);
  for (size_t i = 1; i < waiting_.size(); ++i) {
    const Centroid& next = waiting_[i];
    const float with_next = taken + next.weight;
    if (with_next <= limit) {
      Centroid& last = centroids_.back();
      last.weight += next.weight;
      last.mean += next.weight * (next.mean - last.mean) / last.weight;
    } else {
      limit = weight_ * rank_at(static_cast<float>(location(taken / weight_) + 1.0));
      centroids_.push_back(next);
    }
    taken = with_next;
  }
  waiting_.clear();
  minimum_ = std::min(minimum_, centroids_.front().mean);
  maximum_ = std::max(maximum_, centroids_.back().mean);

  middles_.clear();
  float before = 0;
  for (const Centroid& centroid : centroids_) {
    middles_.push_back(before + centroid.weight / 2);
    before += centroid.weight;
  }
  middles_.push_back(before);
}

float QuantileDigest::quantile(float rank) const {
  compress();
  if (centroids_.empty()) return std::numeric_limits<float>::quiet_NaN();
  if (centroids_.size() == 1) return centroids_.front().mean;
  const float index = rank * weight_;
  const Centroid& first = centroids_.front();
  if (index <= first.weight / 2) {
    return static_cast<float>(minimum_ + 2.0 * index / first.weight * (first.mean - minimum_));
  }
  const auto next = std::lower_bound(middles_.begin(), middles_.end(), index);
  if (next != middles_.end() && next + 1 != middles_.end()) {
    const auto i = static_cast<size_t>(next - middles_.begin());
    return weighted_mean(centroids_[i - 1].mean, *next - index, centroids_[i].mean, index - *(next - 1));
  }
  const Centroid& last = centroids_.back();
  const auto left = static_cast<float>(index - weight_ - last.weight / 2.0);
  const auto right = static_cast<float>(last.weight / 2 - left);
  return weighted_mean(last.mean, left, maximum_, right);
}

void QuantileDigest::append_to(std::string& bytes) const {
  compress();
  const auto put = [&](const auto& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
  put(compression_);
  put(minimum_);
  put(maximum_);
  put(static_cast<uint32_t>(centroids_.size()));
  for (const Centroid& centroid : centroids_) {
    put(centroid.mean);
    put(centroid.weight);
  }
}

std::optional<QuantileDigest> QuantileDigest::take_from(std::string_view& bytes) {
  const auto take = [&](auto& value) {
    if (bytes.size() < sizeof(value)) return false;
    std::memcpy(&value, bytes.data(), sizeof(value));
    bytes.remove_prefix(sizeof(value));
    return true;
  };
  QuantileDigest result;
  uint32_t count = 0;
  if (!take(result.compression_) || !take(result.minimum_) || !take(result.maximum_) || !take(count)) {
    return std::nullopt;
  }
  if (!(result.compression_ >= 1 && result.compression_ <= 1e6F)) return std::nullopt;
  if (bytes.size() / sizeof(Centroid) < count) return std::nullopt;
  for (uint32_t i = 0; i < count; ++i) {
    Centroid centroid;
    if (!take(centroid.mean) || !take(centroid.weight) || !(centroid.weight > 0)) return std::nullopt;
    result.waiting_.push_back(centroid);
  }
  return result;
}

}  // namespace sluice::functions
