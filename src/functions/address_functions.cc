// SPDX-License-Identifier: Apache-2.0
// Functions of internet addresses: IPV4_NUM_TO_STRING, INET6_ATON, TO_IPV6, IS_IP_ADDRESS_IN_RANGE, CUT_IPV6.
#include "duckdb/planner/expression/list.hpp"
#include "functions/addresses.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::uhugeint_t;
using View = std::string_view;
using Text = std::optional<std::string_view>;

// What a function does with text that is no address.
enum class Wrong : uint8_t { kError, kDefault, kNull };

uhugeint_t mapped(uint32_t ipv4) { return uhugeint_t(0, uint64_t{0xFFFF} << 32 | ipv4); }

template <Wrong wrong>
std::optional<uint32_t> ipv4_of(Text text) {
  if (!text) return wrong == Wrong::kDefault ? std::optional<uint32_t>(0) : std::nullopt;
  auto address = text_to_ipv4(*text);
  if (address || wrong == Wrong::kNull) return address;
  if (wrong == Wrong::kDefault) return 0;
  throw duckdb::InvalidInputException("Invalid IPv4 value '%s'", std::string(*text));
}
template <Wrong wrong>
std::optional<int64_t> ipv4_number(Text text) {
  auto address = ipv4_of<wrong>(text);
  if (!address) return std::nullopt;
  return *address;
}
template <Wrong wrong, bool take_ipv4 = false>
std::optional<uhugeint_t> ipv6_of(Text text) {
  if (!text) return wrong == Wrong::kDefault ? std::optional<uhugeint_t>(uhugeint_t(0, 0)) : std::nullopt;
  auto address = text_to_ipv6(*text, take_ipv4);
  if (address || wrong == Wrong::kNull) return address;
  if (wrong == Wrong::kDefault) return uhugeint_t(0, 0);
  throw duckdb::InvalidInputException("Invalid IPv6 value '%s'", std::string(*text));
}
template <Wrong wrong>
std::optional<std::string> ipv6_number(Text text) {
  auto address = ipv6_of<wrong, true>(text);
  if (!address) return std::nullopt;
  return ipv6_bytes(*address);
}

std::optional<std::string> ipv4_num_to_string(int64_t number) {
  if (number < 0 || number > 0xFFFFFFFF) return std::nullopt;
  return ipv4_text(static_cast<uint32_t>(number));
}
// At most 16 bytes; what is missing counts as 0.
std::optional<std::string> ipv6_num_to_string(View bytes) {
  if (bytes.empty() || bytes.size() > 16) return std::nullopt;
  std::string filled(bytes);
  filled.resize(16, '\0');
  return ipv6_text(ipv6_of_bytes(filled));
}
std::string ipv6_to_string(uhugeint_t address) { return ipv6_text(address); }
BoundPtr expand_ipv6_text(Call& call) {
  const bool address = is_ipv6(call.arguments[0]->return_type);
  const LogicalType type = address ? ipv6_type() : LogicalType::VARCHAR;
  BoundList children;
  children.push_back(convert(call.context, std::move(call.arguments[0]), type));
  return bind_private(call.context, "ipv6_text", {type}, LogicalType::VARCHAR,
                      address ? run_rows<ipv6_to_string> : run_rows<ipv6_num_to_string>, std::move(children));
}

bool is_ipv4_string(View text) { return text_to_ipv4(text).has_value(); }
bool is_ipv6_string(View text) { return text_to_ipv6(text, false).has_value(); }
std::optional<bool> is_ipv4_compat(View bytes) {
  if (bytes.size() != 16) return false;
  const uhugeint_t address = ipv6_of_bytes(bytes);
  return address.upper == 0 && address.lower >> 32 == 0 && address.lower != 0;
}
std::optional<bool> is_ipv4_mapped(View bytes) {
  if (bytes.size() != 16) return false;
  const uhugeint_t address = ipv6_of_bytes(bytes);
  return address.upper == 0 && address.lower >> 32 == 0xFFFF;
}

uhugeint_t ipv4_to_ipv6(uint32_t address) { return mapped(address); }

// ---- ranges

using Wide = unsigned __int128;
Wide wide(const uhugeint_t& address) { return static_cast<Wide>(address.upper) << 64 | address.lower; }
uhugeint_t narrow(Wide address) {
  return uhugeint_t(static_cast<uint64_t>(address >> 64), static_cast<uint64_t>(address));
}
// The bits behind the first `prefix` of `bits`.
Wide host_mask(int64_t prefix, int64_t bits) {
  const int64_t free = bits - prefix;
  return free >= 128 ? ~Wide{0} : (Wide{1} << free) - 1;
}
void check_prefix(int64_t prefix, int64_t most) {
  if (prefix < 0 || prefix > most)
    throw duckdb::InvalidInputException("Illegal cidr value '%d': it goes from 0 to %d", prefix, most);
}
template <bool high>
uint32_t ipv4_bound(uint32_t address, int16_t prefix) {
  check_prefix(prefix, 32);
  const auto mask = static_cast<uint32_t>(host_mask(prefix, 32));
  return high ? address | mask : address & ~mask;
}
template <bool high>
uhugeint_t ipv6_bound(uhugeint_t address, int16_t prefix) {
  check_prefix(prefix, 128);
  const Wide mask = host_mask(prefix, 128);
  return narrow(high ? wide(address) | mask : wide(address) & ~mask);
}

uhugeint_t ipv6_from_bytes(View bytes) {
  if (bytes.size() == 16) return ipv6_of_bytes(bytes);
  auto address = text_to_ipv6(bytes, true);
  if (address) return *address;
  throw duckdb::InvalidInputException("Invalid IPv6 value");
}

// STRUCT(min, max) of the addresses with the same first bits.
template <bool v6>
BoundPtr expand_range(Call& call) {
  const LogicalType type = v6 ? ipv6_type() : ipv4_type();
  BoundPtr& first = call.arguments[0];
  if (v6 && is_text(first->return_type)) {
    BoundList bytes;
    bytes.push_back(std::move(first));
    first = bind_private(call.context, "ipv6_of_bytes", {LogicalType::VARCHAR}, type, run_rows<ipv6_from_bytes>,
                         std::move(bytes));
  } else {
    first = convert(call.context, std::move(first), type);
  }
  BoundPtr prefix = convert(call.context, std::move(call.arguments[1]), LogicalType::SMALLINT);
  BoundList bounds;
  for (bool high : {false, true}) {
    BoundList children;
    children.push_back(first->Copy());
    children.push_back(prefix->Copy());
    duckdb::scalar_function_t run;
    if constexpr (v6)
      run = high ? run_rows<ipv6_bound<true>> : run_rows<ipv6_bound<false>>;
    else
      run = high ? run_rows<ipv4_bound<true>> : run_rows<ipv4_bound<false>>;
    auto bound = bind_private(call.context, high ? "cidr_end" : "cidr_begin", {type, LogicalType::SMALLINT}, type, run,
                              std::move(children));
    bound->SetAlias(high ? "max" : "min");
    bounds.push_back(std::move(bound));
  }
  // NULL, not a struct of NULLs, when an argument is NULL: then the first bound is.
  auto missing = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NULL,
                                                                    LogicalType::BOOLEAN);
  missing->children.push_back(bounds[0]->Copy());
  BoundPtr range = bind_native(call.context, "struct_pack", std::move(bounds));
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(range->return_type);
  duckdb::BoundCaseCheck check;
  check.when_expr = std::move(missing);
  check.then_expr = duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(range->return_type));
  result->case_checks.push_back(std::move(check));
  result->else_expr = std::move(range);
  return result;
}

// addr, prefix/bits; addresses of both versions are told apart.
bool is_ip_address_in_range(View address, View range) {
  const size_t slash = range.find('/');
  int64_t bits = -1;
  if (slash != range.npos) {
    bits = 0;
    const View digits = range.substr(slash + 1);
    if (digits.empty() || digits.size() > 3) bits = -1;
    for (char c : digits) {
      if (c < '0' || c > '9') bits = -1;
      if (bits >= 0) bits = bits * 10 + (c - '0');
    }
  }
  auto base4 = text_to_ipv4(range.substr(0, slash));
  auto base6 = base4 ? std::nullopt : text_to_ipv6(range.substr(0, slash), false);
  if ((!base4 && !base6) || bits < 0 || bits > (base4 ? 32 : 128)) {
    throw duckdb::InvalidInputException("'%s' is no range of addresses like 10.0.0.0/8", std::string(range));
  }
  auto address4 = text_to_ipv4(address);
  auto address6 = address4 ? std::nullopt : text_to_ipv6(address, false);
  if (!address4 && !address6) throw duckdb::InvalidInputException("'%s' is no address", std::string(address));
  if (base4) {
    // A mapped address of version 6 counts as one of version 4.
    if (address6 && (address6->upper != 0 || address6->lower >> 32 != 0xFFFF)) return false;
    const uint32_t number = address4 ? *address4 : static_cast<uint32_t>(address6->lower);
    return ((number ^ *base4) & ~static_cast<uint32_t>(host_mask(bits, 32))) == 0;
  }
  const Wide number = wide(address6 ? *address6 : mapped(*address4));
  return ((number ^ wide(*base6)) & ~host_mask(bits, 128)) == 0;
}

// The text of the address with the last bytes 0: so many of version 6, so many of mapped addresses.
std::string cut_ipv6(uhugeint_t address, int64_t bytes6, int64_t bytes4) {
  if (bytes6 < 0 || bytes6 > 16 || bytes4 < 0 || bytes4 > 16) {
    throw duckdb::InvalidInputException("Illegal value for argument of cut_ipv6(): the bytes to cut go from 0 to 16");
  }
  const bool of4 = address.upper == 0 && address.lower >> 32 == 0xFFFF;
  return ipv6_text(narrow(wide(address) & ~host_mask(128 - 8 * (of4 ? bytes4 : bytes6), 128)));
}

template <auto f>
Function& add_as(Function& entry, std::vector<LogicalType> arguments, LogicalType result) {
  return entry.overload(std::move(arguments), std::move(result), run_rows<f>);
}
Function& add_nulls(Registry& registry, const char* name, const char* doc) {
  return registry.add(name, doc).own_nulls();
}

}  // namespace

void add_address_functions(Registry& registry) {
  const LogicalType text = LogicalType::VARCHAR;
  add_rows<ipv4_num_to_string>(registry.add("ipv4_num_to_string", "The number as an IPv4 address.").alias("inet_ntoa"));
  add_rows<ipv4_number<Wrong::kError>>(add_nulls(registry, "ipv4_string_to_num", "The IPv4 address as a number."));
  add_rows<ipv4_number<Wrong::kDefault>>(
      add_nulls(registry, "ipv4_string_to_num_or_default", "As ipv4_string_to_num(); 0 for no address."));
  add_rows<ipv4_number<Wrong::kNull>>(
      add_nulls(registry, "ipv4_string_to_num_or_null", "As ipv4_string_to_num(); NULL for no address.")
          .alias("inet_aton"));
  registry.add("ipv6_num_to_string", "The bytes as an IPv6 address.")
      .alias("inet6_ntoa")
      .expanded(1, 1, "VARCHAR ipv6_num_to_string(VARCHAR|IPV6)", expand_ipv6_text);
  add_rows<ipv6_number<Wrong::kError>>(add_nulls(registry, "ipv6_string_to_num", "The bytes of an IPv6 address."));
  add_rows<ipv6_number<Wrong::kDefault>>(
      add_nulls(registry, "ipv6_string_to_num_or_default", "As ipv6_string_to_num(); zeros for no address."));
  add_rows<ipv6_number<Wrong::kNull>>(
      add_nulls(registry, "ipv6_string_to_num_or_null", "As ipv6_string_to_num(); NULL for no address.")
          .alias("inet6_aton"));
  add_rows<is_ipv4_string>(registry.add("is_ipv4_string", "Whether the text is an IPv4 address."));
  add_rows<is_ipv6_string>(registry.add("is_ipv6_string", "Whether the text is an IPv6 address."));
  add_rows<is_ipv4_compat>(
      registry.add("is_ipv4_compat", "Whether the bytes are an IPv4 address in one of version 6."));
  add_rows<is_ipv4_mapped>(registry.add("is_ipv4_mapped", "Whether the bytes are ::ffff: and an IPv4 address."));
  add_as<ipv4_of<Wrong::kError>>(add_nulls(registry, "to_ipv4", "Text as an IPV4."), {text}, ipv4_type());
  add_as<ipv4_of<Wrong::kDefault>>(
      add_nulls(registry, "to_ipv4_or_default", "Text as an IPV4; 0.0.0.0 for no address."), {text}, ipv4_type());
  add_as<ipv4_of<Wrong::kNull>>(add_nulls(registry, "to_ipv4_or_null", "Text as an IPV4; NULL for no address."), {text},
                                ipv4_type());
  add_as<ipv6_of<Wrong::kError>>(add_nulls(registry, "to_ipv6", "Text as an IPV6."), {text}, ipv6_type());
  add_as<ipv6_of<Wrong::kDefault>>(add_nulls(registry, "to_ipv6_or_default", "Text as an IPV6; :: for no address."),
                                   {text}, ipv6_type());
  add_as<ipv6_of<Wrong::kNull>>(add_nulls(registry, "to_ipv6_or_null", "Text as an IPV6; NULL for no address."), {text},
                                ipv6_type());
  add_as<ipv4_to_ipv6>(registry.add("ipv4_to_ipv6", "An IPV4 as an IPV6."), {ipv4_type()}, ipv6_type());
  registry.add("ipv4_cidr_to_range", "The first and last address with the same first bits.")
      .expanded(2, 2, "STRUCT<min:IPV4,max:IPV4> ipv4_cidr_to_range(IPV4, SMALLINT)", expand_range<false>);
  registry.add("ipv6_cidr_to_range", "The first and last address with the same first bits.")
      .expanded(2, 2, "STRUCT<min:IPV6,max:IPV6> ipv6_cidr_to_range(IPV6, SMALLINT)", expand_range<true>);
  add_rows<is_ip_address_in_range>(
      registry.add("is_ip_address_in_range", "Whether the address lies in a range like 10.0.0.0/8."));
  add_as<cut_ipv6>(registry.add("cut_ipv6", "The address with its last bytes 0."),
                   {ipv6_type(), LogicalType::BIGINT, LogicalType::BIGINT}, text);
}

}  // namespace sluice::functions
