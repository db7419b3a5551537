// SPDX-License-Identifier: Apache-2.0
// Parts of URLs: PARSE_URL, DOMAIN, PROTOCOL, EXTRACT_URL_PARAMETER.
#include "functions/families.h"
#include "functions/rows.h"

namespace sluice::functions {
namespace {

using View = std::string_view;
using Part = std::optional<std::string_view>;

// The pieces of protocol://user@host:port/path?query#ref.
struct Url {
  explicit Url(View text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    const size_t colon = text.find("://");
    if (colon == text.npos) return;
    protocol = text.substr(0, colon);
    View rest = text.substr(colon + 3);
    authority = rest.substr(0, rest.find_first_of("/?#"));
    View host_part = *authority;
    if (const size_t at = host_part.rfind('@'); at != host_part.npos) {
      user = host_part.substr(0, at);
      host_part.remove_prefix(at + 1);
    }
    if (const size_t at = host_part.find(':'); at != host_part.npos) {
      port = host_part.substr(at + 1);
      host_part = host_part.substr(0, at);
    }
    host = host_part;
    rest.remove_prefix(authority->size());
    if (const size_t at = rest.find('#'); at != rest.npos) {
      ref = rest.substr(at + 1);
      rest = rest.substr(0, at);
    }
    file = rest;
    if (const size_t at = rest.find('?'); at != rest.npos) {
      query = rest.substr(at + 1);
      rest = rest.substr(0, at);
    }
    path = rest;
  }
  Part protocol, authority, user, host, port, file, path, query, ref;
};

Part parse_url(View text, View part) {
  const Url url(text);
  const std::string name = duckdb::StringUtil::Upper(std::string(part));
  if (name == "PROTOCOL") return url.protocol;
  if (name == "HOST") return url.host;
  if (name == "PATH") return url.path;
  if (name == "REF") return url.ref;
  if (name == "AUTHORITY") return url.authority;
  if (name == "FILE") return url.file;
  if (name == "USERINFO") return url.user;
  if (name == "PORT") return url.port;
  if (name == "QUERY") return url.query;
  throw duckdb::InvalidInputException(
      "parse_url() knows PROTOCOL, HOST, PATH, REF, AUTHORITY, FILE, USERINFO, PORT and QUERY, not '%s'",
      std::string(part));
}

// The value of name=value among parts with & between them.
Part parameter(View query, View name) {
  while (!query.empty()) {
    const View pair = query.substr(0, query.find('&'));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    if (pair.size() == query.size()) break;
    query.remove_prefix(pair.size() + 1);
  }
  return std::nullopt;
}
Part parse_url_key(View text, View part, View key) {
  Part found = parse_url(text, part);
  if (!found || !duckdb::StringUtil::CIEquals(std::string(part), "QUERY")) return std::nullopt;
  return parameter(*found, key);
}

View extract_url_parameter(View text, View name) {
  const size_t begin = text.find('?');
  if (begin == text.npos || name.empty()) return {};
  View query = text.substr(begin + 1);
  query = query.substr(0, query.find('#'));
  return parameter(query, name).value_or(View());
}

View protocol(View text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || text.substr(colon, 3) != "://") return {};
  for (char c : text.substr(0, colon)) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.') return {};
  }
  return text.substr(0, colon);
}

// The host of a URL; also of one without a protocol.
View domain(View text) {
  if (const size_t colon = text.find("://"); colon != text.npos)
    text.remove_prefix(colon + 3);
  else if (text.starts_with("//"))
    text.remove_prefix(2);
  View host = text.substr(0, text.find_first_of("/?#"));
  if (const size_t at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
  host = host.substr(0, host.find(':'));
  for (char c : host) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.' && c != '_' &&
        static_cast<unsigned char>(c) < 0x80) {
      return {};
    }
  }
  return host.find('.') == host.npos ? View() : host;
}
View domain_without_www(View text) {
  View host = domain(text);
  if (host.starts_with("www.")) host.remove_prefix(4);
  return host;
}

}  // namespace

void add_urls(Registry& registry) {
  auto& parse = registry.add("parse_url", "A part of a URL, or one value of its query.");
  add_rows<parse_url>(parse);
  add_rows<parse_url_key>(parse);
  add_rows<extract_url_parameter>(
      registry.add("extract_url_parameter", "A value of a URL's query; '' when it has none."));
  add_rows<protocol>(registry.add("protocol", "The protocol of a URL."));
  add_rows<domain>(registry.add("domain", "The host of a URL."));
  add_rows<domain_without_www>(registry.add("domain_without_www", "The host of a URL without www."));
}

}  // namespace sluice::functions
