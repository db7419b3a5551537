// SPDX-License-Identifier: Apache-2.0
#include "session/user_limits.h"

#include <algorithm>
#include <charconv>

namespace sluice::session {
namespace {

constexpr int64_t kMostConnections = 10'000;

std::optional<int64_t> number_of(const std::string& text) {
  int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string refused_user_property(const std::string& name, const std::string& value) {
  static constexpr std::string_view kNumbers[] = {
      "cpu_resource_limit", "exec_mem_limit",       "insert_timeout",
      "load_mem_limit",     "max_query_instances",  "parallel_fragment_exec_instance_num",
      "query_timeout",      "max_user_connections", "query_freshness_tolerance_ms"};
  if (std::ranges::find(kNumbers, std::string_view(name)) == std::end(kNumbers)) return {};
  const auto number = number_of(value);
  if (!number) return name + " is not number";
  if (name == "max_user_connections" && (*number <= 0 || *number > kMostConnections))
    return "max_user_connections is not valid, must between 1 and 10000";
  if (name == "cpu_resource_limit" && *number <= 0 && *number != -1)
    return "cpu_resource_limit is not valid. Should not larger than 0 or equal to -1";
  return {};
}

Status obey_user_properties(Services& services, Session& session) {
  const std::string& user = session.client().user;
  const UserProperties properties = services.access.user_properties(user);
  for (const char* name : {"query_timeout", "insert_timeout"}) {
    const auto set = properties.find(name);
    const auto seconds = set == properties.end() ? std::nullopt : number_of(set->second);
    if (!seconds || *seconds <= 0) continue;
    if (auto done = session.variables().set(name, *seconds); !done) return fail(std::move(done.error()));
  }
  const auto most = properties.find("max_user_connections");
  const auto limit = most == properties.end() ? std::nullopt : number_of(most->second);
  if (!limit) return {};
  const auto sessions = services.running.snapshot();
  const auto own = std::ranges::count(sessions, user, [](const RunningEntry& entry) { return entry.client.user; });
  if (own <= *limit) return {};
  return fail(sql_error(
      Code::kResourceExhausted, 1203,
      "Reach limit of connections. User " + user + " may have " + std::to_string(*limit) + " (max_user_connections)"));
}

}  // namespace sluice::session
