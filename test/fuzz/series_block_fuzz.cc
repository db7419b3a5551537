// SPDX-License-Identifier: Apache-2.0
// Decoders of the embedded time-series store: blocks, spans, keys and records of the log, of any bytes. What decodes
// must encode and decode to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "timeseries/store/embedded/block.h"
#include "timeseries/store/embedded/keys.h"
#include "timeseries/store/embedded/log_records.h"

using namespace sluice;
using namespace sluice::timeseries;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Columns columns;
  if (decode_block(bytes, columns)) {
    ByteBuffer again;
    encode_block(columns, 0, columns.size(), Effort::kSmall, again);
    Columns back;
    if (!decode_block(again.view(), back) || back.times != columns.times) std::abort();
    if (!has_text(columns.type) && back.values != columns.values) std::abort();
    for (size_t i = 0; has_text(columns.type) && i < back.size(); ++i)
      if (back.text_at(i) != columns.text_at(i)) std::abort();
  }
  Points points;
  (void)decode_numbers(bytes, points).has_value();
  std::vector<int64_t> times;
  (void)decode_times(bytes, times).has_value();
  Span span;
  (void)decode_span(bytes, span).has_value();
  (void)keys::parse_identity(bytes).has_value();
  if (bytes.empty()) return 0;
  (void)log_records::read_series(bytes).has_value();
  (void)log_records::read_erase(bytes).has_value();
  (void)log_records::read_service(bytes).has_value();
  log_records::PointsReader reader(bytes);
  log_records::LoggedPoint point{};
  while (!reader.at_end() && reader.next(point)) {
  }
  return 0;
}
