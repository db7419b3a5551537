// SPDX-License-Identifier: Apache-2.0
// LogReader: reads the records of a SegmentLog while others are appended. Damage does not stop it: it goes on at the
// next whole record and says how much it left out. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "timeseries/store/log/segment_log.h"

namespace sluice::timeseries {

class LogReader {
 public:
  // `mark`: the first bytes of every payload, by which records are found behind damage.
  LogReader(std::string folder, LogPosition from, std::string mark)
      : folder_(std::move(folder)), mark_(std::move(mark)), at_(from) {}
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // Payloads before `end`, of about `bytes` or of one larger record; none: all were read. They live until the next
  // call. `end` is SegmentLog::end() as it was. Errors: kUnavailable (a file cannot be read; try again).
  Result<std::vector<std::string_view>> read(LogPosition end, size_t bytes);
  // Behind what was read.
  LogPosition position() const { return at_; }
  // Bytes left out as damaged since the last call, which are told in the log. Not the unfinished record at the end of a
  // segment: append() had not returned for it.
  uint64_t take_lost() { return std::exchange(lost_, 0); }

 private:
  Status open(uint64_t segment);
  Result<size_t> fill(uint64_t limit, size_t wanted);

  const std::string folder_;
  const std::string mark_;
  LogPosition at_;
  int fd_ = -1;
  uint64_t open_segment_ = 0;
  ByteBuffer buffer_;
  uint64_t lost_ = 0;
};

}  // namespace sluice::timeseries
