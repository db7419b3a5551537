// SPDX-License-Identifier: Apache-2.0
// AWS signature version 4.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <map>

#include "kernel/s3_files.h"

namespace sluice::kernel {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
  return hex({reinterpret_cast<const char*>(digest), length});
}

std::string hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest, &length);
  return {reinterpret_cast<const char*>(digest), length};
}

}  // namespace

namespace {

std::string escaped(const std::string& text, bool in_path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~' || (in_path && c == '/')) {
      result += c;
    } else {
      result += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return result;
}

}  // namespace

std::string s3_path(const std::string& text) { return escaped(text, true); }

std::string s3_query(S3Properties query) {
  std::ranges::sort(query);
  std::string text;
  for (const auto& [name, value] : query)
    text += (text.empty() ? "" : "&") + escaped(name, false) + "=" + escaped(value, false);
  return text;
}

std::vector<std::string> s3_headers(const S3Object& object, const S3Request& request) {
  std::vector<std::string> headers;
  if (!request.range.empty()) headers.push_back("Range: " + request.range);
  if (object.access_key.empty()) return headers;
  const std::string content = sha256(request.body);
  std::map<std::string, std::string> signed_headers = {
      {"host", request.host}, {"x-amz-content-sha256", content}, {"x-amz-date", request.time}};
  if (!request.range.empty()) signed_headers["range"] = request.range;
  if (!object.session_token.empty()) signed_headers["x-amz-security-token"] = object.session_token;
  std::string canonical = request.method + "\n" + request.path + "\n" + request.query + "\n", names;
  for (const auto& [name, value] : signed_headers) {
    canonical += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += "\n" + names + "\n" + content;
  const std::string day = request.time.substr(0, 8);
  const std::string scope = day + "/" + object.region + "/s3/aws4_request";
  const std::string wanted = "AWS4-HMAC-SHA256\n" + request.time + "\n" + scope + "\n" + sha256(canonical);
  std::string key = hmac("AWS4" + object.secret_key, day);
  for (const std::string& part : {object.region, std::string("s3"), std::string("aws4_request")}) key = hmac(key, part);
  headers.push_back("x-amz-content-sha256: " + content);
  headers.push_back("x-amz-date: " + request.time);
  if (!object.session_token.empty()) headers.push_back("x-amz-security-token: " + object.session_token);
  headers.push_back("Authorization: AWS4-HMAC-SHA256 Credential=" + object.access_key + "/" + scope +
                    ", SignedHeaders=" + names + ", Signature=" + hex(hmac(key, wanted)));
  return headers;
}

}  // namespace sluice::kernel
