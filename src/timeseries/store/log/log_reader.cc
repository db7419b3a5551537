// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/log/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"

namespace sluice::timeseries {
namespace {

Error read_error(const std::string& path, int number) {
  return Error(Code::kUnavailable, system_error("cannot read " + path, number).message())
      .with_native(Origin::kSystem, number)
      .with_retry(Retry::kBackoff);
}

// Whether the bytes, the last of a segment, are the beginning of a record: what a kill in the middle of append()
// leaves.
bool is_torn_record(std::span<const uint8_t> bytes) {
  if (bytes.size() < kRecordHeader) return true;
  uint32_t length;
  std::memcpy(&length, bytes.data() + 4, sizeof length);
  return length <= kMaxRecord && kRecordHeader + length > bytes.size();
}

}  // namespace

LogReader::~LogReader() {
  if (fd_ >= 0) ::close(fd_);
}

Status LogReader::open(uint64_t segment) {
  if (fd_ >= 0 && open_segment_ == segment) return {};
  if (fd_ >= 0) ::close(fd_);
  const std::string path = segment_path(folder_, segment);
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0 && errno != ENOENT) return fail(read_error(path, errno));
  open_segment_ = segment;
  return {};
}

// Up to `wanted` bytes from the place on, none beyond `limit`; how many there are.
Result<size_t> LogReader::fill(uint64_t limit, size_t wanted) {
  buffer_.clear();
  const size_t most = static_cast<size_t>(std::min<uint64_t>(wanted, limit - at_.offset));
  uint8_t* const into = buffer_.tail(most);
  size_t have = 0;
  while (have < most) {
    const ssize_t n = ::pread(fd_, into + have, most - have, static_cast<off_t>(at_.offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(read_error(segment_path(folder_, at_.segment), errno));
    if (n == 0) break;
    have += static_cast<size_t>(n);
  }
  buffer_.advance(have);
  return have;
}

Result<std::vector<std::string_view>> LogReader::read(LogPosition end, size_t bytes) {
  std::vector<std::string_view> payloads;
  while (at_ < end) {
    TRY(open(at_.segment));
    uint64_t limit = end.offset;
    if (at_.segment < end.segment) {
      struct stat status{};
      if (fd_ >= 0 && ::fstat(fd_, &status) != 0) return fail(read_error(segment_path(folder_, at_.segment), errno));
      limit = static_cast<uint64_t>(status.st_size);
    }
    at_.offset = std::max<uint64_t>(at_.offset, kSegmentHeader);
    if (fd_ < 0 || at_.offset >= limit) {
      if (at_.segment == end.segment) break;
      at_ = {at_.segment + 1, kSegmentHeader};
      continue;
    }
    size_t have = TRY(fill(limit, std::max(bytes, kRecordHeader)));
    std::string_view payload;
    if (!whole_record(buffer_.span(), payload) && have >= kRecordHeader) {
      // Longer than what was asked for?
      uint32_t length;
      std::memcpy(&length, buffer_.data() + 4, sizeof length);
      if (length <= kMaxRecord && kRecordHeader + length > have && kRecordHeader + length <= limit - at_.offset)
        have = TRY(fill(limit, kRecordHeader + length));
    }
    size_t place = 0;
    while (whole_record(buffer_.span().subspan(place), payload)) {
      payloads.push_back(payload);
      place += kRecordHeader + payload.size();
    }
    if (place == 0) {
      // Damage, or the end that a kill tore: on to the next record whose mark is there.
      size_t next = buffer_.view().find(mark_, kRecordHeader + 1);
      bool found = false;
      while (next != std::string_view::npos && !found) {
        found = whole_record(buffer_.span().subspan(next - kRecordHeader), payload);
        // One that is cut by the end of the buffer is looked at again from there.
        if (!found && next + (1u << 20) > have && at_.offset + have < limit) found = true;
        if (!found) next = buffer_.view().find(mark_, next + 1);
      }
      const size_t skipped = next != std::string_view::npos ? next - kRecordHeader
                             : at_.offset + have < limit    ? have - std::min(have - 1, kRecordHeader + mark_.size())
                                                            : have;
      const std::string file = segment_path(folder_, at_.segment);
      if (at_.offset + skipped == limit && is_torn_record(buffer_.span())) {
        log::info("an unfinished record at the end of a file is left out: it was never acknowledged",
                  {{"file", file}, {"offset", at_.offset}, {"bytes", skipped}});
      } else {
        log::warn("bytes of the queue are damaged and are left out",
                  {{"file", file}, {"offset", at_.offset}, {"bytes", skipped}});
        lost_ += skipped;
      }
      at_.offset += skipped;
      continue;
    }
    at_.offset += place;
    return payloads;
  }
  return payloads;
}

}  // namespace sluice::timeseries
