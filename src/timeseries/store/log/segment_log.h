// SPDX-License-Identifier: Apache-2.0
// SegmentLog: the write-ahead log: records in files <number>.log of one folder. Calls come one at a time (the store's
// commit lock), but for sync() and bytes(), which any thread may call. Format: ../embedded/README.md, "Log".
// Used by the embedded store, and by the queue of the Cassandra store, which reads it with a LogReader.
//
// A record is durable against the end of the process when append() returns, against that of the machine when sync()
// returned. A torn record at the end of the last segment was never acknowledged and is cut off; any other damage is
// kDataLoss.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::timeseries {

// Of each record: u32 checksum (XXH3 of length and payload, its low half), u32 length of the payload.
inline constexpr size_t kRecordHeader = 8;
inline constexpr size_t kMaxRecord = 256u << 20;  // bytes of one payload
// A new segment begins when one has more.
inline constexpr uint64_t kSegmentBytes = 64u << 20;

inline constexpr size_t kSegmentHeader = 32;

// `record` begins with kRecordHeader bytes of room: writes the header there.
void seal_record(ByteBuffer& record);
// The payload of the record at the front, if there is a whole and undamaged one.
bool whole_record(std::span<const uint8_t> bytes, std::string_view& payload);
std::string segment_path(const std::string& folder, uint64_t number);
// Numbers of the segments of a folder, rising; the folder is made when it is missing.
Result<std::vector<uint64_t>> list_segments(const std::string& folder);

// A place in a log: the segment's number and the bytes before the place, header included.
struct LogPosition {
  uint64_t segment = 0;
  uint64_t offset = 0;
  auto operator<=>(const LogPosition&) const = default;
};

class SegmentLog {
 public:
  // Called for each payload, in order; an error ends the replay.
  using Replay = std::function<Status(std::string_view payload)>;

  // Opens the folder, replays what is there and begins a new segment. Errors: kDataLoss with file and place, system
  // errors.
  static Result<std::unique_ptr<SegmentLog>> open(std::string folder, const Replay& replay);
  // Begins a new segment behind those that are there, which are neither read nor checked.
  static Result<std::unique_ptr<SegmentLog>> open_behind(std::string folder);
  ~SegmentLog();

  // Sealed records, one after the other. All or none is written. Errors: kResourceExhausted (disk full), kUnavailable.
  Status append(std::span<const std::span<const uint8_t>> records);
  // What was appended is on the disk when it returns.
  Status sync();
  // A new segment; what was appended so far lies in segments below the number that it returns.
  Result<uint64_t> rotate();
  // Deletes the segments below.
  Status drop_below(uint64_t segment);
  // Deletes all that there is and begins a new segment: on a full disk there is room for it then, unlike for rotate().
  Status drop_all();

  // Where the next record goes, and where the first one is.
  LogPosition end() const { return {segments_.back().number, segments_.back().bytes}; }
  LogPosition begin() const { return {segments_.front().number, kSegmentHeader}; }
  // Of all segments; for statistics and to tell when points should be put into blocks.
  uint64_t bytes() const { return total_bytes_.load(std::memory_order_relaxed); }

 private:
  struct File;
  struct Segment {
    uint64_t number;
    uint64_t bytes;
  };

  explicit SegmentLog(std::string folder) : folder_(std::move(folder)) {}
  std::string path(uint64_t number) const { return segment_path(folder_, number); }
  Status replay_all(const Replay& replay);
  Status replay_segment(uint64_t number, uint64_t valid_bytes, bool last, const Replay& replay);
  Status begin_segment(uint64_t number, uint64_t previous_bytes);
  Status sync_folder();

  const std::string folder_;
  std::vector<Segment> segments_;  // the last one is being written
  std::atomic<uint64_t> total_bytes_ = 0;
  bool broken_ = false;  // the end of the current segment could not be cut: the next record goes into a new one

  std::mutex file_mutex_;
  std::shared_ptr<File> file_;  // guarded by file_mutex_ against sync()
};

}  // namespace sluice::timeseries
