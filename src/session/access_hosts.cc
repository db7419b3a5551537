// SPDX-License-Identifier: Apache-2.0
#include "session/access_hosts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace sluice::session {
namespace {

using Address = std::array<uint8_t, 16>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

// An IPv6 address, IPv4 as ::ffff:a.b.c.d; a zone ("%eth0") is dropped.
std::optional<Address> parse_address(std::string_view text) {
  text = text.substr(0, text.find('%'));
  if (text.empty() || text.size() > 45) return std::nullopt;
  const std::string terminated(text);
  Address out{};
  if (::inet_pton(AF_INET6, terminated.c_str(), out.data()) == 1) return out;
  in_addr v4{};
  if (::inet_pton(AF_INET, terminated.c_str(), &v4) != 1) return std::nullopt;
  out[10] = out[11] = 0xff;
  std::memcpy(out.data() + 12, &v4, 4);
  return out;
}

bool is_v4(const Address& address) {
  return std::all_of(address.begin(), address.begin() + 10, [](uint8_t b) { return b == 0; }) && address[10] == 0xff &&
         address[11] == 0xff;
}

// "::ffff:10.0.0.1" as "10.0.0.1", the rest as it is, in lower case.
std::string plain_host(std::string_view host) {
  if (const auto address = parse_address(host);
      address && is_v4(*address) && host.find(':') != std::string_view::npos) {
    char text[INET_ADDRSTRLEN];
    if (::inet_ntop(AF_INET, address->data() + 12, text, sizeof text)) return text;
  }
  return lower(host);
}

// SQL's LIKE with backslash as escape. Linear in practice: goes back only to the last '%'.
bool like(std::string_view text, std::string_view pattern) {
  size_t t = 0;
  size_t p = 0;
  size_t resume_p = std::string_view::npos;
  size_t resume_t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      resume_p = ++p;
      resume_t = t;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && (escaped ? pattern[p + 1] == text[t] : pattern[p] == '_' || pattern[p] == text[t])) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (resume_p != std::string_view::npos) {
      p = resume_p;
      t = ++resume_t;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

Error bad_network(std::string_view text) {
  return sql_error(Code::kInvalidArgument, 1105,
                   "'" + std::string(text) +
                       "' is not a network: write address/bits (10.0.0.0/8) or address/mask (10.0.0.0/255.0.0.0)");
}

}  // namespace

Result<HostPattern> HostPattern::parse(std::string_view text) {
  if (text.size() > 255) {
    return fail(sql_error(Code::kInvalidArgument, 1470,
                          "String '" + std::string(text.substr(0, 70)) +
                              "...' is too long for host name (should be no longer than 255)"));
  }
  HostPattern out;
  out.text_ = lower(text.empty() ? "%" : text);
  if (const size_t slash = out.text_.find('/'); slash != std::string::npos) {
    const auto address = parse_address(std::string_view(out.text_).substr(0, slash));
    const std::string_view mask_text = std::string_view(out.text_).substr(slash + 1);
    if (!address) return fail(bad_network(text));
    const int offset = is_v4(*address) ? 96 : 0;
    if (const auto mask = parse_address(mask_text); mask && is_v4(*mask) && offset == 96) {
      out.mask_ = *mask;
      std::fill_n(out.mask_.begin(), 12, 0xff);
    } else {
      unsigned bits = 0;
      const auto [end, error] = std::from_chars(mask_text.data(), mask_text.data() + mask_text.size(), bits);
      if (error != std::errc() || end != mask_text.data() + mask_text.size() || bits > 128u - offset)
        return fail(bad_network(text));
      bits += offset;
      for (unsigned bit = 0; bit < bits; ++bit) out.mask_[bit / 8] |= static_cast<uint8_t>(0x80 >> (bit % 8));
    }
    unsigned bits = 0;
    bool ended = false;
    for (unsigned bit = 0; bit < 128; ++bit) {
      const bool set = out.mask_[bit / 8] & (0x80 >> (bit % 8));
      if (set && ended) return fail(bad_network(text));  // holes in the mask
      ended = ended || !set;
      bits += set;
    }
    for (size_t i = 0; i < 16; ++i) out.network_[i] = (*address)[i] & out.mask_[i];
    out.kind_ = Kind::kNetwork;
    out.specificity_ = 1000 + bits;
    return out;
  }
  const size_t wildcard = out.text_.find_first_of("%_\\");
  if (wildcard == std::string::npos) {
    if (const auto address = parse_address(out.text_)) out.text_ = plain_host(out.text_);
    out.kind_ = Kind::kExact;
    out.specificity_ = 2000;
  } else {
    out.kind_ = Kind::kWildcard;
    out.specificity_ = static_cast<uint32_t>(wildcard);
  }
  return out;
}

bool HostPattern::matches(std::string_view host) const {
  if (host.size() > 255) return false;
  const std::string plain = plain_host(host);
  switch (kind_) {
    case Kind::kExact:
      return plain == text_ || (text_ == "localhost" && is_loopback(plain));
    case Kind::kWildcard:
      return text_ == "%" || like(plain, text_) || (is_loopback(plain) && like("localhost", text_));
    case Kind::kNetwork:
      break;
  }
  const auto address = parse_address(plain == "localhost" ? "127.0.0.1" : plain);
  if (!address) return false;
  for (size_t i = 0; i < 16; ++i) {
    if (((*address)[i] & mask_[i]) != network_[i]) return false;
  }
  return true;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = parse_address(host);
  if (!address) return false;
  if (is_v4(*address)) return (*address)[12] == 127;
  Address one{};
  one[15] = 1;
  return *address == one;
}

}  // namespace sluice::session
