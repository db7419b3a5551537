// SPDX-License-Identifier: Apache-2.0
#include "base/failpoint.h"

#include <unistd.h>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace sluice::failpoint {

namespace detail {
std::atomic<bool> any_enabled{false};
}

namespace {

enum class Action : uint8_t { kError, kSleep, kCrash, kOff };

struct Point {
  Action action = Action::kError;
  std::string text;                    // kError
  std::chrono::milliseconds sleep{0};  // kSleep
  uint64_t first_hit = 1;
  bool only_once = false;  // at first_hit only; otherwise from it on
  uint64_t hits = 0;
};

struct Table {
  std::mutex mutex;
  std::map<std::string, Point, std::less<>> points;  // guarded by mutex
};
Table& table() {
  static Table* instance = new Table;  // outlives everything that may hit a failpoint at exit
  return *instance;
}

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Point> parse_action(std::string_view text) {
  Point point;
  std::string_view action = trim(text);
  // The argument may hold any character, '@' too: look for the hit count behind it.
  size_t close = action.rfind(')');
  size_t at = action.find('@', close == std::string_view::npos ? 0 : close);
  if (at != std::string_view::npos) {
    std::string_view count = trim(action.substr(at + 1));
    point.only_once = count.empty() || count.back() != '+';
    if (!point.only_once) count.remove_suffix(1);
    auto hit = parse_number(count);
    if (!hit || *hit == 0)
      return fail(Code::kInvalidArgument, "'@' needs the number of a hit, from 1: " + std::string(text));
    point.first_hit = *hit;
    action = trim(action.substr(0, at));
  }
  std::optional<std::string_view> argument;
  if (size_t open = action.find('('); open != std::string_view::npos) {
    if (action.back() != ')') return fail(Code::kInvalidArgument, "missing ')' in " + std::string(text));
    argument = action.substr(open + 1, action.size() - open - 2);
    action = trim(action.substr(0, open));
  }
  if (action == "error") {
    point.action = Action::kError;
    point.text = argument.value_or("");
    return point;
  }
  if (action == "sleep") {
    auto ms = argument ? parse_number(trim(*argument)) : std::nullopt;
    if (!ms || *ms > 3'600'000)
      return fail(Code::kInvalidArgument, "sleep needs milliseconds, at most an hour: " + std::string(text));
    point.action = Action::kSleep;
    point.sleep = std::chrono::milliseconds(*ms);
    return point;
  }
  if ((action == "crash" || action == "off") && !argument) {
    point.action = action == "crash" ? Action::kCrash : Action::kOff;
    return point;
  }
  return fail(Code::kInvalidArgument,
              "unknown failpoint action '" + std::string(text) + "': use error, sleep(ms), crash or off");
}

// With table().mutex held.
void refresh_enabled() { detail::any_enabled.store(!table().points.empty(), std::memory_order_relaxed); }

}  // namespace

Status configure(std::string_view specification) {
  std::vector<std::pair<std::string, Point>> parsed;
  while (!specification.empty()) {
    // A ';' inside parentheses belongs to an error's text.
    size_t end = 0;
    for (bool inside = false; end < specification.size() && (inside || specification[end] != ';'); ++end) {
      if (specification[end] == '(') inside = true;
      if (specification[end] == ')') inside = false;
    }
    std::string_view entry = trim(specification.substr(0, end));
    specification.remove_prefix(std::min(specification.size(), end + 1));
    if (entry.empty()) continue;
    size_t equals = entry.find('=');
    std::string_view name = trim(entry.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      return fail(Code::kInvalidArgument, "failpoint '" + std::string(entry) + "' is not of the form name=action");
    }
    parsed.emplace_back(name, TRY(parse_action(entry.substr(equals + 1))));
  }
  std::lock_guard lock(table().mutex);
  for (auto& [name, point] : parsed) {
    if (point.action == Action::kOff)
      table().points.erase(name);
    else
      table().points[name] = std::move(point);
  }
  refresh_enabled();
  return {};
}

Status configure_from_environment() {
  const char* specification = std::getenv("SLUICE_FAILPOINTS");
  return specification ? configure(specification) : Status();
}

void clear() {
  std::lock_guard lock(table().mutex);
  table().points.clear();
  refresh_enabled();
}

uint64_t hits(std::string_view name) {
  std::lock_guard lock(table().mutex);
  auto found = table().points.find(name);
  return found == table().points.end() ? 0 : found->second.hits;
}

ScopedFailpoint::ScopedFailpoint(std::string_view name, std::string_view action) : name_(name) {
  auto point = parse_action(action);
  BUG_CHECK(point.has_value(), "a test names an unknown failpoint action");
  std::lock_guard lock(table().mutex);
  table().points[name_] = std::move(*point);
  refresh_enabled();
}

ScopedFailpoint::~ScopedFailpoint() {
  std::lock_guard lock(table().mutex);
  table().points.erase(name_);
  refresh_enabled();
}

std::optional<Error> detail::hit(std::string_view name) {
  std::unique_lock lock(table().mutex);
  auto found = table().points.find(name);
  if (found == table().points.end()) return std::nullopt;
  Point& point = found->second;
  ++point.hits;
  if (point.only_once ? point.hits != point.first_hit : point.hits < point.first_hit) return std::nullopt;
  switch (point.action) {
    case Action::kError:
      return Error(Code::kUnavailable, point.text.empty() ? "injected fault at " + std::string(name) : point.text);
    case Action::kSleep: {
      auto pause = point.sleep;
      lock.unlock();
      std::this_thread::sleep_for(pause);
      return std::nullopt;
    }
    case Action::kCrash:
      ::_exit(137);
    case Action::kOff:
      break;
  }
  return std::nullopt;
}

}  // namespace sluice::failpoint
