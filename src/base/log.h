// SPDX-License-Identifier: Apache-2.0
// Structured logs: a fixed text plus key/value fields, written as one line of text or JSON to stderr or a file.
// One process-wide log over spdlog. Thread-safe. A switched-off level costs one relaxed load and the building of views.
//
//   log::info("connection opened", {{"peer", stream.peer()}, {"connection_id", id}});
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/error.h"
#include "base/result.h"

namespace sluice::log {

enum class Level : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };
enum class Format : uint8_t { kText, kJson };

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  std::string file;           // empty: stderr; otherwise appended to
  uint64_t rotate_bytes = 0;  // 0: never; otherwise the file is rotated when it grows beyond this
  uint32_t rotate_keep = 5;   // rotated files kept
  bool async = true;          // lines are written by an own thread; a full queue drops the oldest lines
};

// Starts or replaces the log. Before the first call: text on stderr, level info, written in the caller's thread.
// Errors: the file cannot be opened.
Status configure(const Options& options);
// Writes out what is queued, waits for that, and goes back to the state before configure(). At the end of the process.
void shutdown();

Result<Level> parse_level(std::string_view name);    // trace debug info warn error off
Result<Format> parse_format(std::string_view name);  // text json
void set_level(Level level);

// One key/value pair. Views only: must not outlive the full expression that logs it.
class Field {
 public:
  using Value = std::variant<std::string_view, int64_t, uint64_t, double, bool, std::chrono::nanoseconds>;

  Field(std::string_view key, std::string_view value) : key(key), value(value) {}
  Field(std::string_view key, const char* value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, const std::string& value) : key(key), value(std::string_view(value)) {}
  Field(std::string_view key, bool value) : key(key), value(value) {}
  Field(std::string_view key, double value) : key(key), value(value) {}
  template <typename T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  Field(std::string_view key, T number) : key(key) {
    if constexpr (std::is_signed_v<T>)
      value = static_cast<int64_t>(number);
    else
      value = static_cast<uint64_t>(number);
  }
  // Written in milliseconds with microsecond digits, under the key "<key>_ms".
  template <typename Rep, typename Period>
  Field(std::string_view key, std::chrono::duration<Rep, Period> duration)
      : key(key), value(std::chrono::duration_cast<std::chrono::nanoseconds>(duration)) {}
  // Written as error.describe() under `key` and its code under "<key>_code".
  Field(std::string_view key, const Error& failure) : key(key), error(&failure) {}

  std::string_view key;
  Value value;
  const Error* error = nullptr;
};
using Fields = std::initializer_list<Field>;

namespace detail {
extern std::atomic<Level> level;
void write(Level level, std::string_view text, Fields fields);
}  // namespace detail

inline bool enabled(Level level) { return level >= detail::level.load(std::memory_order_relaxed); }
inline void write(Level level, std::string_view text, Fields fields = {}) {
  if (enabled(level)) detail::write(level, text, fields);
}
inline void trace(std::string_view text, Fields fields = {}) { write(Level::kTrace, text, fields); }
inline void debug(std::string_view text, Fields fields = {}) { write(Level::kDebug, text, fields); }
inline void info(std::string_view text, Fields fields = {}) { write(Level::kInfo, text, fields); }
inline void warn(std::string_view text, Fields fields = {}) { write(Level::kWarn, text, fields); }
inline void error(std::string_view text, Fields fields = {}) { write(Level::kError, text, fields); }

// While alive, every line that this thread logs carries the field trace_id=<id>. `id` must outlive it. Nests.
// Not across a co_await: the coroutine may resume while another one's scope is active.
class TraceIdScope {
 public:
  explicit TraceIdScope(std::string_view id);
  ~TraceIdScope();
  TraceIdScope(const TraceIdScope&) = delete;
  TraceIdScope& operator=(const TraceIdScope&) = delete;

 private:
  std::string_view outer_;
};

// Lets through at most `burst` lines an interval and counts the rest; the first line of the next interval tells
// how many. One static object for each place that may flood. Thread-safe.
//   static log::RateLimit limit;
//   limit.warn("accept failed", {{"error", error}});
class RateLimit {
 public:
  explicit RateLimit(std::chrono::nanoseconds interval = std::chrono::seconds(10), uint32_t burst = 1)
      : interval_(interval), burst_(burst) {}

  void write(Level level, std::string_view text, Fields fields = {});
  void warn(std::string_view text, Fields fields = {}) { write(Level::kWarn, text, fields); }
  void error(std::string_view text, Fields fields = {}) { write(Level::kError, text, fields); }

 private:
  const std::chrono::nanoseconds interval_;
  const uint32_t burst_;
  std::atomic<int64_t> interval_start_ns_{INT64_MIN};  // steady clock
  std::atomic<uint32_t> in_interval_{0};
  std::atomic<uint64_t> suppressed_{0};
};

}  // namespace sluice::log
