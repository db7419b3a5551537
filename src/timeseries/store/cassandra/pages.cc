// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/pages.h"

#include "timeseries/store/codec/double_codec.h"

namespace sluice::timeseries::cassandra {

void Pages::add(Points page, bool packed) {
  if (page.empty()) return;
  points_ += page.size();
  const bool numbers =
      page.uniform() && (page.uniform_type() == PointType::kLong || page.uniform_type() == PointType::kDouble);
  if (!packed || !numbers || page.size() > kMaxColumn) {
    pages_.push_back({std::move(page), PointType::kNull, 0, {}});
    return;
  }
  thread_local ByteBuffer bytes;
  bytes.clear();
  const auto* times = reinterpret_cast<const uint64_t*>(page.times().data());
  encode_column({times, page.size()}, Effort::kFast, bytes);
  if (page.uniform_type() == PointType::kDouble)
    encode_doubles(page.values(), Effort::kFast, bytes);
  else
    encode_column(page.values(), Effort::kFast, bytes);
  const auto made = bytes.span();
  pages_.push_back({Points(), page.uniform_type(), page.size(), {made.begin(), made.end()}});
}

size_t Pages::memory() const {
  size_t bytes = 0;
  for (const auto& page : pages_) bytes += sizeof page + page.plain.memory() + page.packed.capacity();
  return bytes;
}

Status Pages::next(Points& into) {
  into.clear();
  if (pages_.empty()) return {};
  Page page = std::move(pages_.front());
  pages_.pop_front();
  if (page.points == 0) {
    std::swap(into, page.plain);
    return {};
  }
  const auto tail = into.grow(page.type, page.points);
  ByteReader reader(page.packed);
  TRY(decode_column(reader, {reinterpret_cast<uint64_t*>(tail.times), page.points}));
  const std::span<uint64_t> values(tail.values, page.points);
  return page.type == PointType::kDouble ? decode_doubles(reader, values) : decode_column(reader, values);
}

}  // namespace sluice::timeseries::cassandra
