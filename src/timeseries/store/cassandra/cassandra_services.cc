// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/cassandra_store.h"

namespace sluice::timeseries {

using cassandra::Cluster;
namespace cql = client::cassandra;

namespace {

// Milliseconds since 1970 of a version 1 UUID, which counts 100 ns since 1582-10-15.
int64_t time_of(const std::array<uint8_t, 16>& uuid) {
  const auto part = [&](size_t at, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = at; i < at + bytes; ++i) value = value << 8 | uuid[i];
    return value;
  };
  const uint64_t ticks = (part(6, 2) & 0xFFF) << 48 | part(4, 2) << 32 | part(0, 4);
  return (static_cast<int64_t>(ticks) - 0x01B21DD213814000) / 10'000;
}

}  // namespace

Status CassandraStore::put(std::string_view service, std::string_view service_key, std::string_view key,
                           std::string_view value) {
  TRY(meta().ready());
  cql::Execute request(meta().statements().put_value);
  request.values().text(service).text(service_key).text(key).text(value);
  request.options = meta().writing(stamps_.next());
  TRY(meta().session().execute_and_wait(request));
  return {};
}

Result<std::optional<ServiceValue>> CassandraStore::get(std::string_view service, std::string_view service_key,
                                                        std::string_view key) {
  TRY(meta().ready());
  cql::Execute request(meta().statements().get_value);
  request.values().text(service).text(service_key).text(key);
  request.options = meta().reading();
  const cql::Rows rows = TRY(meta().session().execute_and_wait(request));
  auto cursor = rows.cursor();
  if (!cursor.next() || cursor[0].is_null()) return std::optional<ServiceValue>();
  return std::optional(ServiceValue{std::string(key), std::string(cursor[0].text()), TRY(cursor[1].int64())});
}

Result<std::vector<std::string>> CassandraStore::service_keys(std::string_view service) {
  TRY(meta().ready());
  std::vector<std::string> found;
  cql::Execute request(meta().statements().list_service_keys);
  request.values().text(service);
  request.options = meta().reading();
  // Each comes once a value, those of one service key in a row.
  TRY(meta().each(request, [&](cql::Rows::Cursor& cursor) -> Status {
    if (cursor[1].is_null()) return {};
    if (found.empty() || found.back() != cursor[0].text()) found.emplace_back(cursor[0].text());
    return {};
  }));
  return found;
}

Result<std::vector<std::string>> CassandraStore::keys(std::string_view service, std::string_view service_key,
                                                      std::string_view prefix) {
  TRY(meta().ready());
  const auto& statements = meta().statements();
  std::vector<std::string> found;
  cql::Execute request(prefix.empty() ? statements.list_keys : statements.list_keys_between);
  request.values().text(service).text(service_key);
  if (!prefix.empty()) request.values().text(prefix).text(std::string(prefix) + "\xF4\x8F\xBF\xBF");
  request.options = meta().reading();
  // When all keys were deleted, a row with the static column stays.
  TRY(meta().each(request, [&](cql::Rows::Cursor& cursor) -> Status {
    if (!cursor[0].is_null() && cursor[0].text().starts_with(prefix)) found.emplace_back(cursor[0].text());
    return {};
  }));
  return found;
}

Status CassandraStore::erase(std::string_view service, std::string_view service_key, std::string_view key) {
  TRY(meta().ready());
  cql::Execute request(meta().statements().delete_value);
  request.values().text(service).text(service_key).text(key);
  request.options = meta().writing(stamps_.next());
  TRY(meta().session().execute_and_wait(request));
  cql::Execute touch(meta().statements().touch_service);
  touch.values().text(service).text(service_key);
  touch.options = meta().writing(stamps_.next());
  TRY(meta().session().execute_and_wait(touch));
  return {};
}

Result<std::optional<int64_t>> CassandraStore::modified(std::string_view service, std::string_view service_key) {
  TRY(meta().ready());
  cql::Execute request(meta().statements().modified);
  request.values().text(service).text(service_key);
  request.options = meta().reading();
  const cql::Rows rows = TRY(meta().session().execute_and_wait(request));
  auto cursor = rows.cursor();
  if (!cursor.next() || cursor[0].is_null()) return std::optional<int64_t>();
  return std::optional(time_of(TRY(cursor[0].uuid())));
}

}  // namespace sluice::timeseries
