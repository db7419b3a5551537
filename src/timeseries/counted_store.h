// SPDX-License-Identifier: Apache-2.0
// CountedStore: a store whose points are counted by metric, whoever writes them. Thread-safe.
#pragma once

#include "timeseries/store_wrapper.h"
#include "timeseries/traffic_details.h"

namespace sluice::timeseries {

class CountedStore final : public StoreWrapper {
 public:
  // Both must outlive it.
  CountedStore(Store& store, TrafficDetails& details) : StoreWrapper(store), details_(details) {}

  Status write(const WriteBatch& batch) override {
    TRY(store_.write(batch));
    details_.add_points(batch);
    return {};
  }

 private:
  TrafficDetails& details_;
};

}  // namespace sluice::timeseries
