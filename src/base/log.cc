// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_text.h"

namespace sluice::log {

std::atomic<Level> detail::level{Level::kInfo};

namespace {

constexpr size_t kQueuedLines = 8192;

struct Output {
  // Before the logger, which uses it to its end.
  std::shared_ptr<spdlog::details::thread_pool> thread;
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::kText;
};

std::shared_ptr<Output> stderr_output() {
  auto output = std::make_shared<Output>();
  output->logger = std::make_shared<spdlog::logger>("sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  output->logger->set_pattern("%v");
  output->logger->set_level(spdlog::level::trace);
  output->logger->flush_on(spdlog::level::trace);
  return output;
}

struct Current {
  std::mutex mutex;
  std::shared_ptr<Output> output = stderr_output();  // guarded by mutex
};
Current& current() {
  static Current* instance = new Current;  // lines may be written while statics are destroyed
  return *instance;
}
std::shared_ptr<Output> output() {
  std::lock_guard lock(current().mutex);
  return current().output;
}

thread_local std::string_view this_trace_id;

constexpr std::string_view kLevelNames[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::string_view kPaddedNames[] = {"TRACE", "DEBUG", "INFO ", "WARN ", "ERROR", "OFF  "};

// "2026-11-21T02:56:32.123456Z"
void append_time(std::string& line) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  thread_local time_t cached_second = -1;
  thread_local char cached[24];
  if (now.tv_sec != cached_second) {
    tm parts{};
    gmtime_r(&now.tv_sec, &parts);
    std::strftime(cached, sizeof(cached), "%Y-%m-%dT%H:%M:%S", &parts);
    cached_second = now.tv_sec;
  }
  line += cached;
  char fraction[9] = {'.', 0, 0, 0, 0, 0, 0, 'Z', 0};
  long micros = now.tv_nsec / 1000;
  for (int i = 6; i >= 1; --i, micros /= 10) fraction[i] = static_cast<char>('0' + micros % 10);
  line += fraction;
}

// In text lines, too, odd values are quoted as JSON: what comes from outside must not be able to forge a line.
bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f) return true;
  }
  return false;
}

template <typename T>
void append_number(std::string& line, T value) {
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  line.append(digits, end);
}

class LineWriter {
 public:
  LineWriter(std::string& line, Format format) : line_(line), json_(format == Format::kJson) {}

  void text(std::string_view key, std::string_view value) {
    begin(key);
    if (json_ || needs_quotes(value))
      append_json_string(line_, value);
    else
      line_ += value;
  }
  void field(const Field& field) {
    if (field.error) {
      text(field.key, field.error->describe());
      text(std::string(field.key) + "_code", to_string(field.error->code()));
      return;
    }
    std::visit([&](auto value) { number(field.key, value); }, field.value);
  }

 private:
  void number(std::string_view key, std::string_view value) { text(key, value); }
  void number(std::string_view key, bool value) {
    begin(key);
    line_ += value ? "true" : "false";
  }
  void number(std::string_view key, double value) {
    begin(key);
    if (std::isfinite(value))
      append_number(line_, value);
    else
      line_ += json_ ? "null" : (std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
  }
  void number(std::string_view key, std::chrono::nanoseconds value) {
    begin(std::string(key) + "_ms");
    char digits[48];
    auto end = std::to_chars(digits, digits + sizeof(digits), static_cast<double>(value.count()) / 1e6,
                             std::chars_format::fixed, 3)
                   .ptr;
    line_.append(digits, end);
  }
  void number(std::string_view key, int64_t value) {
    begin(key);
    append_number(line_, value);
  }
  void number(std::string_view key, uint64_t value) {
    begin(key);
    append_number(line_, value);
  }
  void begin(std::string_view key) {
    if (json_) {
      line_ += ',';
      append_json_string(line_, key);
      line_ += ':';
    } else {
      line_ += ' ';
      line_ += key;
      line_ += '=';
    }
  }

  std::string& line_;
  const bool json_;
};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kTrace:
      return spdlog::level::trace;
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

Status configure(const Options& options) {
  auto fresh = std::make_shared<Output>();
  fresh->format = options.format;
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else if (options.rotate_bytes > 0)
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.file, options.rotate_bytes,
                                                                    options.rotate_keep);
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    if (options.async) {
      fresh->thread = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
      fresh->logger = std::make_shared<spdlog::async_logger>("sluice", std::move(sink), fresh->thread,
                                                             spdlog::async_overflow_policy::overrun_oldest);
    } else {
      fresh->logger = std::make_shared<spdlog::logger>("sluice", std::move(sink));
    }
  } catch (const std::exception& e) {
    return fail(Code::kInvalidArgument, "the log cannot be opened: " + std::string(e.what()));
  }
  fresh->logger->set_pattern("%v");
  fresh->logger->set_level(spdlog::level::trace);
  fresh->logger->flush_on(options.async ? spdlog::level::info : spdlog::level::trace);
  {
    std::lock_guard lock(current().mutex);
    current().output.swap(fresh);
  }
  set_level(options.level);
  return {};  // `fresh`, the old output, writes out its queue when its last user lets go
}

void shutdown() {
  auto old = stderr_output();
  {
    std::lock_guard lock(current().mutex);
    current().output.swap(old);
  }
  // The last owner of an output ends its thread, which first writes out the queue: wait for the threads that are just
  // writing a line to let go, so that this is the last owner. Not without end: the process may be ending by force.
  for (int i = 0; i < 1000 && old.use_count() > 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  old->logger->flush();
  old.reset();
  set_level(Level::kInfo);
}

Result<Level> parse_level(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (name == kLevelNames[i]) return static_cast<Level>(i);
  }
  return fail(Code::kInvalidArgument,
              "unknown log level '" + std::string(name) + "': use trace, debug, info, warn, error or off");
}

Result<Format> parse_format(std::string_view name) {
  if (name == "text") return Format::kText;
  if (name == "json") return Format::kJson;
  return fail(Code::kInvalidArgument, "unknown log format '" + std::string(name) + "': use text or json");
}

void set_level(Level level) { detail::level.store(level, std::memory_order_relaxed); }

void detail::write(Level level, std::string_view text, Fields fields) {
  auto out = output();
  std::string line;
  line.reserve(256);
  LineWriter writer(line, out->format);
  if (out->format == Format::kJson) {
    line += "{\"time\":\"";
    append_time(line);
    line += "\",\"level\":\"";
    line += kLevelNames[static_cast<size_t>(level)];
    line += '"';
    writer.text("message", text);
  } else {
    append_time(line);
    line += ' ';
    line += kPaddedNames[static_cast<size_t>(level)];
    line += ' ';
    line += text;
  }
  for (const Field& field : fields) writer.field(field);
  if (!this_trace_id.empty()) writer.text("trace_id", this_trace_id);
  if (out->format == Format::kJson) line += '}';
  out->logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

TraceIdScope::TraceIdScope(std::string_view id) : outer_(this_trace_id) { this_trace_id = id; }
TraceIdScope::~TraceIdScope() { this_trace_id = outer_; }

void RateLimit::write(Level level, std::string_view text, Fields fields) {
  if (!enabled(level)) return;
  int64_t now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  int64_t start = interval_start_ns_.load(std::memory_order_relaxed);
  uint64_t suppressed = 0;
  if (start == INT64_MIN || now - start >= interval_.count()) {
    if (interval_start_ns_.compare_exchange_strong(start, now, std::memory_order_relaxed)) {
      in_interval_.store(0, std::memory_order_relaxed);
      suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
    }
  }
  if (in_interval_.fetch_add(1, std::memory_order_relaxed) >= burst_) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (suppressed == 0) {
    log::write(level, text, fields);
    return;
  }
  std::string with_count(text);
  with_count += " (" + std::to_string(suppressed) + " like it were left out before)";
  log::write(level, with_count, fields);
}

}  // namespace sluice::log
