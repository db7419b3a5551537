// SPDX-License-Identifier: Apache-2.0
// Fuzz target: bodies of POST /api/v1/datapoints. The outcome and the points must be the same however the bytes are
// cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "timeseries/request/datapoints_parser.h"
#include "timeseries/request/point_recorder.h"

namespace {

using namespace sluice::timeseries;

struct Run {
  int status = 0;
  std::vector<std::string> points;
};

Run parse(std::string_view body, Compat compat, size_t piece, SeriesCache* cache) {
  PointRecorder store;
  DatapointsParser parser(store, {.compat = compat}, cache);
  for (size_t at = 0; at < body.size(); at += piece) {
    const std::string part(body.substr(at, piece));
    BUG_CHECK(parser.feed(part, false).has_value());
  }
  BUG_CHECK(parser.feed("", true).has_value());
  BUG_CHECK(parser.done());
  (void)errors_json(parser.outcome());
  return {parser.outcome().status, std::move(store.points)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 64 * 1024) return 0;
  const Compat compat = data[0] & 1 ? Compat::kV14 : Compat::kV13;
  const std::string_view body(reinterpret_cast<const char*>(data + 2), size - 2);
  SeriesCache cache(4, 64);
  const Run whole = parse(body, compat, body.size() + 1, nullptr);
  const Run cut = parse(body, compat, data[1] + size_t{1}, data[0] & 2 ? &cache : nullptr);
  BUG_CHECK(whole.status == cut.status);
  BUG_CHECK(whole.points == cut.points);
  return 0;
}
