// SPDX-License-Identifier: Apache-2.0
#include "door/telnet/intake.h"

#include <cstring>

#include "base/log.h"

namespace sluice::door::telnet {
namespace {
// Answers that a client does not read are not collected without end.
constexpr size_t kMaxReplies = 64 << 10;
constexpr size_t kLoggedBytes = 120;
}  // namespace

void Intake::note_dropped(std::string_view line, std::string_view reason) {
  ++dropped_;
  static log::RateLimit limit;
  limit.warn("a telnet line was dropped", {{"reason", reason}, {"line", line.substr(0, kLoggedBytes)}});
}

Status Intake::write() {
  if (!batch_.empty()) {
    TRY(store_.write(batch_));
    timeseries::Traffic::add(traffic_.telnet_points, batch_.size());
    timeseries::Traffic::add(traffic_.telnet_batches, 1);
    batch_.clear();
  }
  if (dropped_ > 0) timeseries::Traffic::add(traffic_.telnet_dropped, std::exchange(dropped_, 0));
  return {};
}

Status Intake::take(std::string_view bytes, size_t& used) {
  used = 0;
  // Of a call that failed.
  if (!batch_.empty()) TRY(write());
  Status status;
  while (used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    const auto* const end = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
    if (end == nullptr) {
      if (skipping_ || rest.size() > options_.max_line) {
        skipping_ = true;
        used = bytes.size();
      }
      break;
    }
    std::string_view line(rest.data(), static_cast<size_t>(end - rest.data()));
    const size_t whole = line.size() + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (skipping_ || line.size() > options_.max_line) {
      skipping_ = false;
      used += whole;
      note_dropped(line, "the line is too long");
      continue;
    }
    const auto kind = lines_.add(line, batch_);
    if (!kind) {
      status = fail(kind.error());
      break;
    }
    used += whole;
    switch (*kind) {
      case timeseries::TelnetLines::Kind::kPoint:
        break;
      case timeseries::TelnetLines::Kind::kDropped:
        note_dropped(line, lines_.reason());
        break;
      case timeseries::TelnetLines::Kind::kVersion:
        if (replies_.size() < kMaxReplies) replies_ += options_.version + "\n";
        break;
      case timeseries::TelnetLines::Kind::kUnknown:
        note_dropped(line, "unknown command");
        break;
    }
  }
  TRY(write());
  return status;
}

}  // namespace sluice::door::telnet
