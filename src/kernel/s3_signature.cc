// SPDX-License-Identifier: Apache-2.0
// AWS signature version 4, for requests without a body.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>

#include "kernel/s3_files.h"

namespace sluice::kernel {
namespace {

constexpr const char* kNoBody =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";  // SHA-256 of nothing

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

std::string s3_path(const std::string& text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string path;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~' || c == '/') {
      path += c;
    } else {
      path += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return path;
}

std::vector<std::string> s3_headers(const S3Object& object, const std::string& method, const std::string& host,
                                    const std::string& path, const std::string& range, const std::string& time) {
  std::vector<std::string> headers;
  if (!range.empty()) headers.push_back("Range: " + range);
  if (object.access_key.empty()) return headers;
  std::map<std::string, std::string> signed_headers = {
      {"host", host}, {"x-amz-content-sha256", kNoBody}, {"x-amz-date", time}};
  if (!range.empty()) signed_headers["range"] = range;
  if (!object.session_token.empty()) signed_headers["x-amz-security-token"] = object.session_token;
  std::string canonical = method + "\n" + path + "\n\n", names;
  for (const auto& [name, value] : signed_headers) {
    canonical += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += "\n" + names + "\n" + kNoBody;
  const std::string day = time.substr(0, 8);
  const std::string scope = day + "/" + object.region + "/s3/aws4_request";
  const std::string wanted = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + sha256(canonical);
  std::string key = hmac("AWS4" + object.secret_key, day);
  for (const std::string& part : {object.region, std::string("s3"), std::string("aws4_request")}) key = hmac(key, part);
  headers.push_back("x-amz-content-sha256: " + std::string(kNoBody));
  headers.push_back("x-amz-date: " + time);
  if (!object.session_token.empty()) headers.push_back("x-amz-security-token: " + object.session_token);
  headers.push_back("Authorization: AWS4-HMAC-SHA256 Credential=" + object.access_key + "/" + scope +
                    ", SignedHeaders=" + names + ", Signature=" + hex(hmac(key, wanted)));
  return headers;
}

}  // namespace sluice::kernel
