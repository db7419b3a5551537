// SPDX-License-Identifier: Apache-2.0
// What a connection keeps between statements: the selected schema and the time zone.
#include <map>

#include "duckdb/common/error_data.hpp"
#include "kernel/connection.h"
#include "kernel/errors.h"

namespace sluice::kernel {
namespace {

// The tz database has fixed zones for whole hours only ("Etc/GMT-8" is eight hours east); other offsets are the zones
// of places that keep them all year.
std::optional<std::string> zone_of_offset(const std::string& offset) {
  const std::string minutes = offset.substr(4);
  if (minutes == "00") {
    const int hours = std::stoi(offset.substr(1, 2));
    if (hours == 0) return "UTC";
    return std::string("Etc/GMT") + (offset[0] == '+' ? '-' : '+') + std::to_string(hours);
  }
  static const std::map<std::string, std::string> places = {
      {"+03:30", "Asia/Tehran"},      {"+04:30", "Asia/Kabul"},       {"+05:30", "Asia/Kolkata"},
      {"+05:45", "Asia/Kathmandu"},   {"+06:30", "Asia/Yangon"},      {"+08:45", "Australia/Eucla"},
      {"+09:30", "Australia/Darwin"}, {"-09:30", "Pacific/Marquesas"}};
  auto found = places.find(offset);
  if (found == places.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Status Connection::set_schema(const std::string& catalog, const std::string& schema) {
  std::lock_guard lock(mutex_);
  TRY(ensure_locked());
  try {
    search_in_locked(catalog, schema);
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    static_cast<void>(failed_locked(error));
    return fail(sql_error(Code::kNotFound, 1049, "Unknown database '" + schema + "'"));
  }
  catalog_ = catalog;
  schema_ = schema;
  return {};
}

Status Connection::apply_time_zone_locked(const std::string& kernel_zone) {
  duckdb::unique_ptr<duckdb::SQLStatement> statement;
  duckdb::Value current;
  // A statement costs as much as a short query; most sessions have the kernel's zone.
  if (kernel_->context->TryGetCurrentSetting("TimeZone", current) && !current.IsNull() &&
      current.ToString() == kernel_zone) {
    return {};
  }
  if (kernel_zone.empty()) {
    statement = duckdb::make_uniq<duckdb::ResetVariableStatement>("TimeZone", duckdb::SetScope::SESSION);
  } else {
    statement = duckdb::make_uniq<duckdb::SetVariableStatement>(
        "TimeZone", duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(kernel_zone)),
        duckdb::SetScope::SESSION);
  }
  auto result = kernel_->Query(std::move(statement));
  if (result->HasError()) return fail(failed_locked(result->GetErrorObject()));
  return {};
}

Status Connection::set_time_zone(const std::string& zone) {
  std::string kernel_zone = zone == "SYSTEM" ? std::string() : zone;
  if (kernel_zone.size() == 6 && (kernel_zone[0] == '+' || kernel_zone[0] == '-')) {
    auto offset_zone = zone_of_offset(kernel_zone);
    if (!offset_zone)
      return fail(sql_error(Code::kUnsupported, 1298,
                            "No time zone has the fixed offset '" + zone + "'; use a name such as Asia/Kolkata"));
    kernel_zone = std::move(*offset_zone);
  }
  std::lock_guard lock(mutex_);
  if (kernel_zone == time_zone_) return {};
  TRY(ensure_locked());
  try {
    if (auto applied = apply_time_zone_locked(kernel_zone); !applied) {
      return fail(sql_error(Code::kInvalidArgument, 1298, "Unknown or incorrect time zone: '" + zone + "'"));
    }
  } catch (const std::exception& exception) {
    return fail(failed_locked(duckdb::ErrorData(exception)));
  }
  time_zone_ = std::move(kernel_zone);
  return {};
}

Result<bool> Connection::schema_exists(const std::string& catalog, const std::string& schema) {
  bool found = false;
  TRY(with_context([&](duckdb::ClientContext& context) -> Status {
    auto entry = duckdb::Catalog::GetSchema(context, catalog, schema, duckdb::OnEntryNotFound::RETURN_NULL);
    found = entry != nullptr;
    return {};
  }));
  return found;
}

void Connection::clear_schema() {
  std::lock_guard lock(mutex_);
  catalog_.clear();
  schema_.clear();
  if (!kernel_) return;
  try {
    search_in_locked({}, {});
  } catch (const std::exception& exception) {
    static_cast<void>(failed_locked(duckdb::ErrorData(exception)));
  }
}

}  // namespace sluice::kernel
