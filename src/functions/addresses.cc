// SPDX-License-Identifier: Apache-2.0
#include "functions/addresses.h"

#include <arpa/inet.h>

#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/function/cast/cast_function_set.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/main/config.hpp"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::string_t;
using duckdb::uhugeint_t;
using duckdb::UnaryExecutor;
using duckdb::ValidityMask;
using duckdb::Vector;

// What cannot be an address is NULL and fails a strict cast.
template <typename To, typename Read>
bool cast_text(Vector& source, Vector& result, duckdb::idx_t count, duckdb::CastParameters& parameters,
               const char* type, Read read) {
  bool all = true;
  UnaryExecutor::ExecuteWithNulls<string_t, To>(
      source, result, count, [&](const string_t& text, ValidityMask& mask, duckdb::idx_t row) {
        std::optional<To> address = read(view(text));
        if (address) return *address;
        if (all) {
          duckdb::HandleCastError::AssignError("'" + text.GetString() + "' is not an " + type + " address", parameters);
        }
        all = false;
        mask.SetInvalid(row);
        return To();
      });
  return all;
}
bool cast_text_to_ipv4(Vector& source, Vector& result, duckdb::idx_t count, duckdb::CastParameters& parameters) {
  return cast_text<uint32_t>(source, result, count, parameters, "IPV4", text_to_ipv4);
}
bool cast_text_to_ipv6(Vector& source, Vector& result, duckdb::idx_t count, duckdb::CastParameters& parameters) {
  return cast_text<uhugeint_t>(source, result, count, parameters, "IPV6",
                               [](std::string_view text) { return text_to_ipv6(text, false); });
}
bool cast_ipv4_to_text(Vector& source, Vector& result, duckdb::idx_t count, duckdb::CastParameters&) {
  UnaryExecutor::Execute<uint32_t, string_t>(source, result, count, [&](uint32_t address) {
    return duckdb::StringVector::AddString(result, ipv4_text(address));
  });
  return true;
}
bool cast_ipv6_to_text(Vector& source, Vector& result, duckdb::idx_t count, duckdb::CastParameters&) {
  UnaryExecutor::Execute<uhugeint_t, string_t>(source, result, count, [&](const uhugeint_t& address) {
    return duckdb::StringVector::AddString(result, ipv6_text(address));
  });
  return true;
}
bool cast_ipv4_to_ipv6(Vector& source, Vector& result, duckdb::idx_t count, duckdb::CastParameters&) {
  UnaryExecutor::Execute<uint32_t, uhugeint_t>(
      source, result, count, [&](uint32_t address) { return uhugeint_t(0, uint64_t{0xFFFF} << 32 | address); });
  return true;
}

}  // namespace

std::optional<uint32_t> text_to_ipv4(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    uint32_t number = 0;
    size_t digits = 0;
    while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') {
      number = number * 10 + static_cast<uint32_t>(text[digits++] - '0');
    }
    if (digits == 0 || number > 255) return std::nullopt;
    text.remove_prefix(digits);
    address = address << 8 | number;
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

std::optional<uhugeint_t> text_to_ipv6(std::string_view text, bool take_ipv4) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  char bytes[16];
  if (inet_pton(AF_INET6, std::string(text).c_str(), bytes) == 1) return ipv6_of_bytes({bytes, sizeof bytes});
  auto ipv4 = take_ipv4 ? text_to_ipv4(text) : std::nullopt;
  if (!ipv4) return std::nullopt;
  return uhugeint_t(0, uint64_t{0xFFFF} << 32 | *ipv4);
}

std::string ipv4_text(uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address >> shift & 255);
    if (shift > 0) text += '.';
  }
  return text;
}

std::string ipv6_text(const uhugeint_t& address) {
  const std::string bytes = ipv6_bytes(address);
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::string ipv6_bytes(const uhugeint_t& address) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(address.upper >> shift);
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(address.lower >> shift);
  return bytes;
}

uhugeint_t ipv6_of_bytes(std::string_view sixteen) {
  uhugeint_t address(0, 0);
  for (size_t i = 0; i < 8; ++i) address.upper = address.upper << 8 | static_cast<unsigned char>(sixteen[i]);
  for (size_t i = 8; i < 16; ++i) address.lower = address.lower << 8 | static_cast<unsigned char>(sixteen[i]);
  return address;
}

void register_address_casts(duckdb::ClientContext& context) {
  auto& casts = duckdb::DBConfig::GetConfig(context).GetCastFunctions();
  casts.RegisterCastFunction(duckdb::LogicalType::VARCHAR, ipv4_type(), cast_text_to_ipv4);
  casts.RegisterCastFunction(duckdb::LogicalType::VARCHAR, ipv6_type(), cast_text_to_ipv6);
  casts.RegisterCastFunction(ipv4_type(), duckdb::LogicalType::VARCHAR, cast_ipv4_to_text);
  casts.RegisterCastFunction(ipv6_type(), duckdb::LogicalType::VARCHAR, cast_ipv6_to_text);
  casts.RegisterCastFunction(ipv4_type(), ipv6_type(), cast_ipv4_to_ipv6);
}

}  // namespace sluice::functions
