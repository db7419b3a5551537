// SPDX-License-Identifier: Apache-2.0
// Attaches a time-series store to the SQL kernel as the catalog `kairos` (docs/timeseries.md, "SQL"). Thread-safe.
#pragma once

#include <memory>

#include "base/result.h"
#include "catalog/kairos/metrics.h"
#include "kernel/host.h"
#include "timeseries/store.h"

namespace sluice::catalog::kairos {

// The catalog is there as long as this object. Both `host` and `store` must outlive it. When it ends, no statement may
// be running that reads metrics.
class Attachment {
 public:
  ~Attachment();
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

 private:
  friend Result<std::unique_ptr<Attachment>> attach(kernel::Host&, timeseries::Store&, CatalogOptions);
  Attachment(kernel::Host& host, std::shared_ptr<Metrics> metrics) : host_(host), metrics_(std::move(metrics)) {}

  kernel::Host& host_;
  const std::shared_ptr<Metrics> metrics_;
};

// Errors: kAlreadyExists: the host has the catalog already.
Result<std::unique_ptr<Attachment>> attach(kernel::Host& host, timeseries::Store& store, CatalogOptions options = {});

}  // namespace sluice::catalog::kairos
