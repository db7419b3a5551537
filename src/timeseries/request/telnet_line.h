// SPDX-License-Identifier: Apache-2.0
// TelnetLines: the lines of the telnet door into points: put, putm, puts, version; OpenTSDB's put is the same line. One
// connection, one thread.
// Source of truth: recorded session, facts 2, KairosDB's PutCommand and WordSplitter.
// Differs from KairosDB: a negative ttl is that of the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "timeseries/request/java_fault.h"
#include "timeseries/request/series_cache.h"
#include "timeseries/store.h"

namespace sluice::timeseries {

// Bytes of a line without its end; longer ones KairosDB drops unread (telnetserver.max_command_size).
inline constexpr size_t kDefaultTelnetLine = 1024;

class TelnetLines {
 public:
  enum class Kind : uint8_t {
    kPoint,    // one more point in the batch
    kDropped,  // a command that is wrong: see reason(), for the log; clients get no answer
    kVersion,  // the client wants the version
    kUnknown,  // no command, also the empty line; for the log
  };

  explicit TelnetLines(Store& store) : store_(store) {}

  // `line` without '\n' and '\r'. Errors are the store's.
  Result<Kind> add(std::string_view line, WriteBatch& batch);
  // Why the last line was dropped.
  const std::string& reason() const { return reason_; }

 private:
  enum class Command : uint8_t { kPut, kPutMillis, kPutString };
  struct Line {
    Command command = Command::kPut;
    std::string_view metric;
    std::string_view time;
    std::string_view value;
    std::string_view tags;  // the rest as it is, where the line has no quotes
    bool quotes = false;
  };

  // `entry`: what the cache knows of the metric and tags, or nullptr. `tag_words`: the words behind the value, or
  // nullptr where Line::tags has them.
  Result<Kind> put(const Line& line, SeriesCache::Entry* entry, const std::vector<std::string_view>* tag_words,
                   WriteBatch& batch);
  Java<Tags> read_tags(const std::vector<std::string_view>& words, uint32_t& ttl) const;
  Kind drop(const Fault& fault);

  Store& store_;
  SeriesCache cache_;
  std::string reason_;
};

}  // namespace sluice::timeseries
