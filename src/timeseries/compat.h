// SPDX-License-Identifier: Apache-2.0
// Compat: which KairosDB answers are to be equal to, where its releases differ. A setting of the server.
#pragma once

#include <cstdint>

namespace sluice::timeseries {

enum class Compat : uint8_t {
  kV13,  // 1.3.0-1, the newest release: shows groups without points and no alias, reads JSON with Gson 2.2.4
  kV14,  // the source as of 2023-10-04; Gson 2.8.9
};

}  // namespace sluice::timeseries
