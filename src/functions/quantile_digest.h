// SPDX-License-Identifier: Apache-2.0
// A t-digest: quantiles of many numbers from few centroids, in the variant that merges sorted buffers. Computes in
// single precision with Doris' bounds, so that its answers agree. Value semantics, not for several threads at once.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::functions {

class QuantileDigest {
 public:
  static constexpr float kDefaultCompression = 10000;

  explicit QuantileDigest(float compression = kDefaultCompression) : compression_(compression) {}

  void add(float value, float weight = 1);
  void merge(const QuantileDigest& other);
  // `rank` from 0 to 1; NaN when nothing was added.
  float quantile(float rank) const;
  float compression() const { return compression_; }

  void append_to(std::string& bytes) const;
  // Takes what append_to() wrote from the front; nothing for other bytes.
  static std::optional<QuantileDigest> take_from(std::string_view& bytes);

 private:
  struct Centroid {
    float mean = 0;
    float weight = 0;
  };

  void compress() const;
  float location(float rank) const;
  float rank_at(float location) const;

  float compression_;
  // Reading compresses: what is added later waits unsorted.
  mutable std::vector<Centroid> waiting_;
  mutable std::vector<Centroid> centroids_;
  mutable std::vector<float> middles_;  // the weight up to each centroid's middle, and all weight
  mutable float weight_ = 0;            // of centroids_
  mutable float minimum_ = std::numeric_limits<float>::max();
  mutable float maximum_ = std::numeric_limits<float>::lowest();
};

}  // namespace sluice::functions
