// SPDX-License-Identifier: Apache-2.0
// Decoders of the Cassandra store: row keys, tag strings, values and records of the queue, of any bytes. What decodes
// must encode and decode to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "timeseries/store/cassandra/queue_record.h"
#include "timeseries/store/cassandra/row_key.h"
#include "timeseries/store/cassandra/value_codec.h"

using namespace sluice;
using namespace sluice::timeseries;
using namespace sluice::timeseries::cassandra;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // A type beyond 255 bytes cannot come out of a key, so that every key that decodes can be encoded. But one without a
  // type (kairos_legacy) whose first tag begins with a zero byte is read as one with a type, in Java too.
  const auto key = decode_row_key(bytes);
  if (key && !(key->type == "kairos_legacy" && tag_string(key->tags).starts_with('\0'))) {
    const auto again = decode_row_key(encode_row_key(*key));
    if (!again || again->metric != key->metric || again->row_time != key->row_time || again->type != key->type ||
        again->tags != key->tags)
      std::abort();
  }
  const Tags tags = parse_tag_string(bytes);
  if (parse_tag_string(tag_string(tags)) != tags) std::abort();

  for (int type = 0; type <= static_cast<int>(PointType::kLongNano); ++type) {
    Points points;
    if (!add_value(static_cast<PointType>(type), 1, size % 2, bytes, points)) continue;
    const PointType made = points.type(0);
    const bool text = made == PointType::kString || made == PointType::kComplex;
    std::string encoded;
    // A text may grow: what was no modified UTF-8 is made so.
    if (!append_value(made, points.values()[0], text ? points.text(0) : std::string_view(), encoded)) continue;
    Points back;
    if (!add_value(made, 1, 0, encoded, back)) std::abort();
    if (text ? back.text(0) != points.text(0) : back.values() != points.values()) std::abort();
  }

  RecordReader reader(bytes);
  if (reader.open()) {
    QueuedPoint point{};
    while (!reader.at_end() && reader.next(point)) {
    }
  }
  return 0;
}
