// SPDX-License-Identifier: Apache-2.0
// Fuzz target: lines of the telnet door, and bodies of OpenTSDB's /api/put. A line gives the same point when it comes
// again, from the cache of series.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "timeseries/request/opentsdb_put.h"
#include "timeseries/request/point_recorder.h"
#include "timeseries/request/telnet_line.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::timeseries;
  if (size < 1 || size > 16 * 1024) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  PointRecorder store;
  if (data[0] & 1) {
    const auto outcome = put_opentsdb(text, store);
    BUG_CHECK(outcome.has_value());
    BUG_CHECK(outcome->success == store.points.size());
    (void)opentsdb_json(*outcome, data[0] & 2, data[0] & 4);
    return 0;
  }
  TelnetLines lines(store);
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line(text.substr(at, end - at));
    sluice::timeseries::WriteBatch batch;
    const auto first = lines.add(line, batch);
    const auto second = lines.add(line, batch);
    BUG_CHECK(first.has_value() && second.has_value() && *first == *second);
    BUG_CHECK(store.write(batch).has_value());
    if (*first == TelnetLines::Kind::kPoint) BUG_CHECK(store.points.back() == store.points[store.points.size() - 2]);
    at = end + 1;
  }
  return 0;
}
