// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/log/segment_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/failpoint.h"

namespace sluice::timeseries {
namespace {

constexpr std::string_view kMagic = "SLUICELG";
// A segment's header: magic, u64 number, u64 bytes of the segment before that count (what lies behind is torn), u64
// XXH3.

Error log_error(std::string_view what, const std::string& path, int number) {
  Error error = system_error(std::string(what) + " " + path, number);
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  return Error(full ? Code::kResourceExhausted : Code::kUnavailable, error.message())
      .with_native(Origin::kSystem, number)
      .with_retry(Retry::kBackoff);
}

uint32_t checksum(const uint8_t* length_and_payload, size_t bytes) {
  return static_cast<uint32_t>(XXH3_64bits(length_and_payload, bytes));
}

struct SegmentHeader {
  uint64_t number;
  uint64_t bytes_before;
};
std::optional<SegmentHeader> header_of(std::span<const uint8_t> bytes) {
  ByteReader in(bytes);
  const bool magic = in.text(kMagic.size()) == kMagic;
  const SegmentHeader header{in.u64_le(), in.u64_le()};
  const uint64_t sum = in.u64_le();
  if (!in.ok() || !magic || sum != XXH3_64bits(bytes.data(), kSegmentHeader - 8)) return std::nullopt;
  return header;
}

// A file as memory.
class Mapping {
 public:
  Mapping(void* at, size_t bytes) : at_(at), bytes_(bytes) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (bytes_ != 0) ::munmap(at_, bytes_);
  }
  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(at_), bytes_}; }

 private:
  void* at_;
  size_t bytes_;
};

Result<std::unique_ptr<Mapping>> map(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(log_error("cannot open", path, errno));
  struct stat status{};
  const int failed = ::fstat(fd, &status);
  const auto size = static_cast<size_t>(status.st_size);
  void* at = nullptr;
  if (failed == 0 && size != 0) at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  const int number = errno;
  ::close(fd);
  if (failed != 0 || at == MAP_FAILED) return fail(log_error("cannot read", path, number));
  return std::make_unique<Mapping>(at, size);
}

}  // namespace

struct SegmentLog::File {
  explicit File(int descriptor) : fd(descriptor) {}
  ~File() { ::close(fd); }
  const int fd;
};

void seal_record(ByteBuffer& record) {
  const auto length = static_cast<uint32_t>(record.size() - kRecordHeader);
  std::memcpy(record.data() + 4, &length, sizeof length);
  const uint32_t sum = checksum(record.data() + 4, record.size() - 4);
  std::memcpy(record.data(), &sum, sizeof sum);
}

bool whole_record(std::span<const uint8_t> bytes, std::string_view& payload) {
  if (bytes.size() < kRecordHeader) return false;
  ByteReader in(bytes);
  const uint32_t sum = in.u32_le();
  const uint32_t length = in.u32_le();
  if (length == 0 || length > kMaxRecord || length > in.remaining()) return false;
  if (checksum(bytes.data() + 4, 4 + size_t{length}) != sum) return false;
  payload = in.text(length);
  return true;
}

std::string segment_path(const std::string& folder, uint64_t number) {
  std::string digits = std::to_string(number);
  return folder + "/" + std::string(digits.size() < 12 ? 12 - digits.size() : 0, '0') + digits + ".log";
}

Result<std::vector<uint64_t>> list_segments(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(log_error("cannot make the folder", folder, error.value()));
  std::vector<uint64_t> numbers;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    uint64_t number = 0;
    const auto [rest, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc() && std::string_view(rest) == ".log") numbers.push_back(number);
  }
  if (error) return fail(log_error("cannot list", folder, error.value()));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<std::unique_ptr<SegmentLog>> SegmentLog::open(std::string folder, const Replay& replay) {
  const auto numbers = TRY(list_segments(folder));
  std::unique_ptr<SegmentLog> log(new SegmentLog(std::move(folder)));
  for (const uint64_t number : numbers) log->segments_.push_back({number, 0});
  TRY(log->replay_all(replay));
  const Segment last = log->segments_.empty() ? Segment{0, 0} : log->segments_.back();
  TRY(log->begin_segment(last.number + 1, last.bytes));
  return log;
}

Result<std::unique_ptr<SegmentLog>> SegmentLog::open_behind(std::string folder) {
  const auto numbers = TRY(list_segments(folder));
  std::unique_ptr<SegmentLog> log(new SegmentLog(std::move(folder)));
  uint64_t last = 0;
  uint64_t bytes = 0;
  for (const uint64_t number : numbers) {
    std::error_code error;
    bytes = std::filesystem::file_size(log->path(number), error);
    if (error) return fail(log_error("cannot look at", log->path(number), error.value()));
    log->segments_.push_back({last = number, bytes});
    log->total_bytes_ += bytes;
  }
  TRY(log->begin_segment(last + 1, bytes));
  return log;
}

SegmentLog::~SegmentLog() = default;

Status SegmentLog::replay_all(const Replay& replay) {
  // A last segment whose header did not reach the disk is empty: the one before was synced when it began.
  if (!segments_.empty()) {
    const std::string name = path(segments_.back().number);
    bool empty = false;
    {
      const auto file = TRY(map(name));
      std::string_view payload;
      empty = file->bytes().size() < kSegmentHeader ||
              (!header_of(file->bytes()) && !whole_record(file->bytes().subspan(kSegmentHeader), payload));
    }
    if (empty) {
      if (::unlink(name.c_str()) != 0) return fail(log_error("cannot delete", name, errno));
      segments_.pop_back();
    }
  }
  // Each header says how much of the segment before counts.
  for (size_t i = 0; i < segments_.size(); ++i) {
    const std::string name = path(segments_[i].number);
    const auto file = TRY(map(name));
    const auto header = header_of(file->bytes());
    if (!header || header->number != segments_[i].number)
      return fail(Code::kDataLoss, "damaged log: header of " + name);
    const auto [number, before] = *header;
    segments_[i].bytes = file->bytes().size();
    if (i == 0) continue;
    if (segments_[i - 1].number + 1 != number)
      return fail(Code::kDataLoss, "damaged log: the segment before " + name + " is missing");
    if (before > segments_[i - 1].bytes)
      return fail(Code::kDataLoss, "damaged log: " + path(number - 1) + " has lost its end, from byte " +
                                       std::to_string(segments_[i - 1].bytes) + " on");
    segments_[i - 1].bytes = before;
  }
  for (size_t i = 0; i < segments_.size(); ++i) {
    TRY(replay_segment(segments_[i].number, segments_[i].bytes, i + 1 == segments_.size(), replay));
    total_bytes_ += segments_[i].bytes;
  }
  return {};
}

Status SegmentLog::replay_segment(uint64_t number, uint64_t valid_bytes, bool last, const Replay& replay) {
  const std::string name = path(number);
  const auto file = TRY(map(name));
  const auto bytes = file->bytes().first(std::min<size_t>(valid_bytes, file->bytes().size()));
  size_t at = kSegmentHeader;
  while (at < bytes.size()) {
    std::string_view payload;
    if (whole_record(bytes.subspan(at), payload)) {
      TRY(replay(payload));
      at += kRecordHeader + payload.size();
      continue;
    }
    bool torn = last;
    for (size_t behind = at + 1; torn && behind < bytes.size(); ++behind)
      torn = !whole_record(bytes.subspan(behind), payload);
    if (!torn) return fail(Code::kDataLoss, "damaged log: " + name + ", byte " + std::to_string(at));
    if (::truncate(name.c_str(), static_cast<off_t>(at)) != 0) return fail(log_error("cannot cut", name, errno));
    segments_.back().bytes = at;
    break;
  }
  return {};
}

Status SegmentLog::begin_segment(uint64_t number, uint64_t previous_bytes) {
  const std::string name = path(number);
  if (auto fault = FAILPOINT("store.log.create")) return fail(std::move(*fault));
  // What a failed attempt left there is overwritten.
  const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return fail(log_error("cannot make", name, errno));
  auto file = std::make_shared<File>(fd);
  ByteBuffer header;
  header.append(kMagic);
  header.u64_le(number);
  header.u64_le(previous_bytes);
  header.u64_le(XXH3_64bits(header.data(), header.size()));
  if (::write(fd, header.data(), header.size()) != static_cast<ssize_t>(header.size())) {
    const int why = errno == 0 ? ENOSPC : errno;
    ::unlink(name.c_str());
    return fail(log_error("cannot write", name, why));
  }
  TRY(sync_folder());
  const std::lock_guard lock(file_mutex_);
  file_ = std::move(file);
  segments_.push_back({number, kSegmentHeader});
  total_bytes_ += kSegmentHeader;
  broken_ = false;
  return {};
}

Status SegmentLog::sync_folder() {
  const int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(log_error("cannot open", folder_, errno));
  const int failed = ::fsync(fd);
  const int number = errno;
  ::close(fd);
  if (failed != 0) return fail(log_error("cannot sync", folder_, number));
  return {};
}

Status SegmentLog::append(std::span<const std::span<const uint8_t>> records) {
  if (broken_ || segments_.back().bytes > kSegmentBytes) TRY(rotate());
  if (auto fault = FAILPOINT("store.log.write")) return fail(std::move(*fault));
  std::array<iovec, 64> parts;
  size_t written = 0;
  int why = 0;
  for (size_t next = 0; next < records.size() && why == 0;) {
    size_t count = 0;
    size_t wanted = 0;
    for (; count < parts.size() && next < records.size(); ++count, ++next) {
      parts[count] = {const_cast<uint8_t*>(records[next].data()), records[next].size()};
      wanted += records[next].size();
    }
    iovec* part = parts.data();
    while (wanted != 0) {
      const ssize_t n = ::writev(file_->fd, part, static_cast<int>(count));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        why = n == 0 ? ENOSPC : errno;
        break;
      }
      auto rest = static_cast<size_t>(n);
      written += rest;
      wanted -= rest;
      for (; count != 0 && rest >= part->iov_len; ++part, --count) rest -= part->iov_len;
      if (count == 0) break;
      part->iov_base = static_cast<uint8_t*>(part->iov_base) + rest;
      part->iov_len -= rest;
    }
  }
  if (why != 0) {
    // Nothing of it may be replayed: it is refused.
    if (written != 0 && ::ftruncate(file_->fd, static_cast<off_t>(segments_.back().bytes)) != 0) broken_ = true;
    return fail(log_error("cannot write", path(segments_.back().number), why));
  }
  segments_.back().bytes += written;
  total_bytes_ += written;
  return {};
}

Status SegmentLog::sync() {
  std::shared_ptr<File> file;
  {
    const std::lock_guard lock(file_mutex_);
    file = file_;
  }
  if (auto fault = FAILPOINT("store.log.sync")) return fail(std::move(*fault));
  if (::fdatasync(file->fd) != 0) return fail(log_error("cannot sync", folder_, errno));
  return {};
}

Result<uint64_t> SegmentLog::rotate() {
  // The next header vouches for the bytes of this segment.
  TRY(sync());
  const Segment last = segments_.back();
  if (last.bytes == kSegmentHeader && !broken_) return last.number;
  TRY(begin_segment(last.number + 1, last.bytes));
  return last.number + 1;
}

Status SegmentLog::drop_below(uint64_t segment) {
  bool any = false;
  while (segments_.size() > 1 && segments_.front().number < segment) {
    const std::string name = path(segments_.front().number);
    if (auto fault = FAILPOINT("store.log.drop")) return fail(std::move(*fault));
    // The oldest first: what is left is always the end of the log.
    if (::unlink(name.c_str()) != 0 && errno != ENOENT) return fail(log_error("cannot delete", name, errno));
    total_bytes_ -= segments_.front().bytes;
    segments_.erase(segments_.begin());
    any = true;
  }
  return any ? sync_folder() : Status();
}

Status SegmentLog::drop_all() {
  while (!segments_.empty()) {
    const Segment front = segments_.front();
    const std::string name = path(front.number);
    // Its room is free at once, though we and a reader still have it open.
    if (::truncate(name.c_str(), 0) != 0 && errno != ENOENT) return fail(log_error("cannot empty", name, errno));
    if (::unlink(name.c_str()) != 0 && errno != ENOENT) return fail(log_error("cannot delete", name, errno));
    total_bytes_ -= front.bytes;
    if (segments_.size() > 1) {
      segments_.erase(segments_.begin());
      continue;
    }
    // It stays the last one should the next not begin; nothing more is written to it.
    segments_.front().bytes = 0;
    broken_ = true;
    TRY(begin_segment(front.number + 1, 0));
    segments_.erase(segments_.begin());
    break;
  }
  return {};
}

}  // namespace sluice::timeseries
