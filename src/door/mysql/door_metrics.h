// SPDX-License-Identifier: Apache-2.0
// The numbers that the MySQL door counts for /metrics. One object per process, updates from any thread.
#pragma once

#include <array>
#include <cstdint>

#include "base/metrics.h"
#include "door/mysql/constants.h"

namespace sluice::door::mysql {

class DoorMetrics {
 public:
  explicit DoorMetrics(Metrics& registry);

  Counter& command(uint8_t code) { return *commands_[code]; }
  // By the portable classes of errors would hide what clients see: by MySQL's error number.
  void error(uint16_t number);

  Gauge& open_connections;
  Counter& connections;
  Counter& refused_connections;
  Counter& login_failures;
  Counter& bytes_received;
  Counter& bytes_sent;
  Histogram& statement_seconds;

 private:
  Metrics& registry_;
  std::array<Counter*, 256> commands_;
};

}  // namespace sluice::door::mysql
