// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/settings.h"

#include <charconv>

#include "client/cassandra/frame.h"

namespace sluice::client::cassandra {

Result<Address> parse_address(const std::string& text, uint16_t default_port) {
  auto wrong = [&] {
    return fail(Code::kInvalidArgument, "'" + text + "' is no address: host, host:port or [IPv6]:port");
  };
  Address address{text, default_port};
  std::string port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string::npos) return wrong();
    address.host = text.substr(1, end - 1);
    if (end + 1 < text.size()) {
      if (text[end + 1] != ':') return wrong();
      port = text.substr(end + 2);
      if (port.empty()) return wrong();
    }
  } else if (const size_t colon = text.find(':');
             colon != std::string::npos && text.find(':', colon + 1) == std::string::npos) {
    address.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return wrong();
  }
  if (address.host.empty()) return wrong();
  if (!port.empty()) {
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size() || address.port == 0) return wrong();
  }
  return address;
}

Status check(const Settings& settings) {
  auto within = [](std::string_view name, uint64_t value, uint64_t least, uint64_t most) -> Status {
    if (value >= least && value <= most) return {};
    return fail(Code::kInvalidArgument, std::string(name) + " is " + std::to_string(value) + "; it may be " +
                                            std::to_string(least) + " to " + std::to_string(most));
  };
  if (settings.contact_points.empty()) return fail(Code::kInvalidArgument, "there is no contact point");
  for (auto& point : settings.contact_points) TRY(parse_address(point, settings.port));
  TRY(within("connections_per_host", settings.connections_per_host, 1, 100));
  TRY(within("max_requests_per_connection", settings.max_requests_per_connection, 1, kMaxStreams));
  TRY(within("max_queue_size", settings.max_queue_size, 0, 1'000'000));
  TRY(within("max_response_bytes", settings.max_response_bytes, 1 << 16, kMaxBodyBytes));
  TRY(within("max_orphans", settings.max_orphans, 1, kMaxStreams));
  TRY(within("max_retries", settings.max_retries, 0, 100));
  for (auto time :
       {settings.connect_timeout, settings.request_timeout, settings.heartbeat_interval, settings.heartbeat_timeout})
    TRY(within("a time-out in milliseconds", static_cast<uint64_t>(std::max<int64_t>(time.count(), 0)), 1, 86'400'000));
  return {};
}

}  // namespace sluice::client::cassandra
