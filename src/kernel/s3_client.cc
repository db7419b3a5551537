// SPDX-License-Identifier: Apache-2.0
#include "kernel/s3_client.h"

#include <algorithm>
#include <ctime>
#include <fstream>

#include "duckdb/common/string_util.hpp"
#include "kernel/s3_pattern.h"

namespace sluice::kernel {
namespace {

using duckdb::StringUtil;

constexpr uint64_t kMaxErrorBytes = 16 << 10;  // of an answer that is no object
constexpr uint64_t kMaxListBytes = 8 << 20;    // of 1,000 keys
constexpr size_t kMaxListed = 100'000;
constexpr size_t kPartBytes = 8 << 20;
constexpr size_t kMaxParts = 10'000;
constexpr long kConnectSeconds = 10;
constexpr long kStalledSeconds = 60;

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts));
}

std::string unescaped(std::string text) {
  static constexpr std::pair<const char*, const char*> kEntities[] = {{"&lt;", "<"},   {"&gt;", ">"},  {"&quot;", "\""},
                                                                      {"&apos;", "'"}, {"&#39;", "'"}, {"&amp;", "&"}};
  for (const auto& [entity, character] : kEntities) text = StringUtil::Replace(text, entity, character);
  return text;
}

// The text of the next <name>..</name> from `at` on, which moves behind it; nothing when there is none.
std::optional<std::string> element(const std::string& xml, const std::string& name, size_t& at) {
  const std::string open = "<" + name + ">";
  const size_t begin = xml.find(open, at);
  const size_t end = begin == std::string::npos ? begin : xml.find("</" + name + ">", begin);
  if (end == std::string::npos) return std::nullopt;
  at = end + name.size() + 3;
  return unescaped(xml.substr(begin + open.size(), end - begin - open.size()));
}

std::string first_element(const std::string& xml, const std::string& name) {
  size_t at = 0;
  return element(xml, name, at).value_or(std::string());
}

template <typename Work>
Status as_status(Work&& work) {
  try {
    work();
    return {};
  } catch (const std::exception& exception) {
    const duckdb::ErrorData error(exception);
    return fail(sql_error(Code::kUnavailable, 1105, "errCode = 2, detailMessage = " + error.RawMessage()));
  }
}

std::string folder_of(const std::string& key) { return key.substr(0, key.rfind('/') + 1); }

}  // namespace

void S3Client::fail(const std::string& verb, const Answer& answer) const {
  std::string code = first_element(answer.body, "Code");
  code = code.empty() || code.size() > 100 ? std::string() : " " + code;
  const std::string why = answer.status == 403   ? "the endpoint denies it (403" + code + ")"
                          : answer.status == 404 ? "it is not there (404" + code + ")"
                                                 : "the endpoint answers " + std::to_string(answer.status) + code;
  throw duckdb::InvalidInputException("s3(): %s/%s cannot be %s: %s", object_.bucket, object_.key, verb, why);
}

size_t S3Client::take_body(char* data, size_t size, size_t count, void* to) {
  auto& answer = *static_cast<Answer*>(to);
  if (answer.body.size() + size * count > answer.most) return 0;
  answer.body.append(data, size * count);
  return size * count;
}

size_t S3Client::take_header(char* data, size_t size, size_t count, void* to) {
  const std::string_view line(data, size * count);
  constexpr std::string_view kTag = "etag:";
  if (line.size() > kTag.size() && StringUtil::CIEquals(std::string(line.substr(0, kTag.size())), std::string(kTag))) {
    std::string value(line.substr(kTag.size()));
    StringUtil::Trim(value);
    static_cast<Answer*>(to)->tag = value;
  }
  return size * count;
}

void S3Client::perform(const Request& request, Answer& answer) {
  const size_t host_at = object_.endpoint.find("://") + 3;
  std::string host = object_.endpoint.substr(host_at);
  std::string path = request.key.empty() ? "" : "/" + s3_path(request.key);
  if (object_.path_style) {
    path = "/" + s3_path(object_.bucket) + path;
  } else {
    host = object_.bucket + "." + host;
    if (path.empty()) path = "/";
  }
  const std::string query = s3_query(request.query);
  const std::string url = object_.endpoint.substr(0, host_at) + host + path + (query.empty() ? "" : "?" + query);
  curl_slist* headers = nullptr;
  const S3Request signed_request{request.method, host, path, query, request.range, request.body, utc_now()};
  for (const auto& header : s3_headers(object_, signed_request)) headers = curl_slist_append(headers, header.c_str());
  // What the library would add by itself.
  for (const char* none : {"Expect:", "Content-Type:"}) headers = curl_slist_append(headers, none);
  curl_easy_reset(curl_);
  curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);  // another place might not be an allowed one
  curl_easy_setopt(curl_, CURLOPT_PROXY, "");
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
  if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.body.data() ? request.body.data() : "");
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method == "HEAD")
    curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  else
    curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &S3Client::take_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &S3Client::take_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &answer);
  const CURLcode result = curl_easy_perform(curl_);
  curl_slist_free_all(headers);
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &answer.status);
  if (result != CURLE_OK && (result != CURLE_WRITE_ERROR || answer.status == 0 || answer.status == 206))
    throw duckdb::InvalidInputException("s3(): the endpoint %s: %s", object_.endpoint, curl_easy_strerror(result));
}

S3Client::Answer S3Client::ask(const Request& request, uint64_t most) {
  Answer answer;
  answer.most = most;
  perform(request, answer);
  if (answer.status != 200 && answer.status != 204) fail(request.method == "GET" ? "listed" : "written", answer);
  return answer;
}

uint64_t S3Client::size() {
  Answer answer;
  perform({"HEAD", object_.key, {}, {}, {}}, answer);
  curl_off_t length = -1;
  curl_easy_getinfo(curl_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (answer.status != 200 || length < 0) fail("read", answer);
  return static_cast<uint64_t>(length);
}

std::string S3Client::read(uint64_t begin, uint64_t length) {
  Answer answer;
  answer.most = std::max(length, kMaxErrorBytes);
  const std::string range = "bytes=" + std::to_string(begin) + "-" + std::to_string(begin + length - 1);
  perform({"GET", object_.key, {}, range, {}}, answer);
  // An answer to the whole object, when the range was not understood, has more bytes than were asked for.
  if ((answer.status != 206 && answer.status != 200) || answer.body.size() != length) fail("read", answer);
  return std::move(answer.body);
}

std::vector<std::string> S3Client::list(const std::string& prefix, size_t most) {
  std::vector<std::string> keys;
  std::string token;
  do {
    Query query = {{"list-type", "2"}, {"prefix", prefix}};
    if (!token.empty()) query.emplace_back("continuation-token", token);
    const Answer answer = ask({"GET", {}, query, {}, {}}, kMaxListBytes);
    size_t at = 0;
    while (auto key = element(answer.body, "Key", at)) keys.push_back(std::move(*key));
    if (keys.size() > most)
      throw duckdb::InvalidInputException("s3(): %s/%s has more than %llu objects", object_.bucket, prefix,
                                          static_cast<unsigned long long>(most));
    token = first_element(answer.body, "IsTruncated") == "true" ? first_element(answer.body, "NextContinuationToken")
                                                                : std::string();
  } while (!token.empty());
  return keys;
}

void S3Client::put(std::string_view bytes) { ask({"PUT", object_.key, {}, {}, bytes}, kMaxErrorBytes); }

std::string S3Client::begin_parts() {
  const Answer answer = ask({"POST", object_.key, {{"uploads", ""}}, {}, {}}, kMaxErrorBytes);
  std::string upload = first_element(answer.body, "UploadId");
  if (upload.empty()) fail("written", answer);
  return upload;
}

std::string S3Client::put_part(const std::string& upload, size_t number, std::string_view bytes) {
  Answer answer = ask({"PUT", object_.key, {{"partNumber", std::to_string(number)}, {"uploadId", upload}}, {}, bytes},
                      kMaxErrorBytes);
  if (answer.tag.empty()) fail("written", answer);
  return std::move(answer.tag);
}

void S3Client::complete_parts(const std::string& upload, const std::vector<std::string>& tags) {
  std::string body = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < tags.size(); ++i) {
    body += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
            StringUtil::Replace(tags[i], "\"", "&quot;") + "</ETag></Part>";
  }
  body += "</CompleteMultipartUpload>";
  const Answer answer = ask({"POST", object_.key, {{"uploadId", upload}}, {}, body}, kMaxErrorBytes);
  // An error may come after a status that says that all is well.
  if (answer.body.find("<Error>") != std::string::npos) fail("written", answer);
}

void S3Client::abort_parts(const std::string& upload) {
  Answer answer;
  perform({"DELETE", object_.key, {{"uploadId", upload}}, {}, {}}, answer);
}

void S3Client::remove(const std::string& key) { ask({"DELETE", key, {}, {}, {}}, kMaxErrorBytes); }

std::vector<std::string> matching_keys(const S3Object& object, size_t most) {
  const S3Pattern pattern(object.key);
  S3Client client(object);
  std::vector<std::string> keys;
  for (auto& key : client.list(pattern.prefix(), kMaxListed)) {
    if (!pattern.matches(key)) continue;
    if (keys.size() == most) {
      throw duckdb::InvalidInputException("s3(): more than %llu objects are like %s",
                                          static_cast<unsigned long long>(most), object.key);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::vector<S3Object>> find_s3_objects(const S3Object& object) {
  std::vector<S3Object> found;
  TRY(as_status([&] {
    if (!S3Pattern::is_one(object.key)) return found.push_back(object);
    for (auto& key : matching_keys(object, kMaxS3Matches)) {
      found.push_back(object);
      found.back().key = std::move(key);
    }
    if (found.empty())
      throw duckdb::InvalidInputException("s3(): no object of %s is like %s", object.bucket, object.key);
  }));
  return found;
}

Result<uint64_t> s3_object_size(const S3Object& object) {
  uint64_t size = 0;
  TRY(as_status([&] { size = S3Client(object).size(); }));
  return size;
}

Status read_s3_object(const S3Object& object, const std::function<Status(std::string_view)>& take) {
  Status taken;
  TRY(as_status([&] {
    S3Client client(object);
    const uint64_t size = client.size();
    for (uint64_t at = 0; at < size && taken; at += kS3PieceBytes)
      taken = take(client.read(at, std::min(kS3PieceBytes, size - at)));
  }));
  return taken;
}

Status upload_s3_file(const S3Object& object, const std::filesystem::path& file) {
  return as_status([&] {
    std::ifstream input(file, std::ios::binary);
    if (!input) throw duckdb::InvalidInputException("the file %s cannot be read", file.string());
    S3Client client(object);
    std::string part(kPartBytes, '\0');
    const auto next = [&] {
      part.resize(kPartBytes);
      input.read(part.data(), static_cast<std::streamsize>(kPartBytes));
      part.resize(static_cast<size_t>(input.gcount()));
    };
    next();
    if (part.size() < kPartBytes) return client.put(part);
    const std::string upload = client.begin_parts();
    try {
      std::vector<std::string> tags;
      for (; !part.empty(); next()) {
        if (tags.size() == kMaxParts)
          throw duckdb::InvalidInputException("the file is longer than 10,000 parts of 8 MiB");
        tags.push_back(client.put_part(upload, tags.size() + 1, part));
      }
      client.complete_parts(upload, tags);
    } catch (...) {
      try {
        client.abort_parts(upload);
      } catch (const std::exception&) {
        // The endpoint drops what nobody completes.
      }
      throw;
    }
  });
}

Status clear_s3_folder(const S3Object& object) {
  return as_status([&] {
    S3Client client(object);
    const std::string folder = folder_of(object.key);
    for (const auto& key : client.list(folder, kMaxListed)) {
      if (folder_of(key) == folder) client.remove(key);
    }
  });
}

}  // namespace sluice::kernel
