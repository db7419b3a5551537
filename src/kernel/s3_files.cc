// SPDX-License-Identifier: Apache-2.0
#include "kernel/s3_files.h"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <random>

#include "duckdb/common/file_system.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/database.hpp"

namespace sluice::kernel {
namespace {

constexpr std::string_view kScheme = "sluice-s3://";
constexpr size_t kMaxObjects = 1000;
constexpr uint64_t kPieceBytes = 4ull << 20;   // read at a time
constexpr uint64_t kMaxErrorBytes = 16 << 10;  // of an answer that is no object
constexpr long kConnectSeconds = 10;
constexpr long kStalledSeconds = 60;

struct Objects {
  std::mutex mutex;
  std::vector<std::string> endpoints;
  // By a random name: what an old view has must not mean another statement's object.
  std::map<std::string, S3Object> known;
  std::deque<std::string> order;  // the oldest first
};

Objects& objects() {
  static Objects all;
  return all;
}

std::optional<S3Object> find_object(const std::string& path) {
  const size_t end = std::min(path.find('/', kScheme.size()), path.size());
  const std::string id = path.substr(kScheme.size(), end - kScheme.size());
  std::lock_guard lock(objects().mutex);
  const auto found = objects().known.find(id);
  return found == objects().known.end() ? std::nullopt : std::optional(found->second);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts));
}

// One connection to an endpoint, which lives as long as the file is open.
class S3Client {
 public:
  explicit S3Client(S3Object object) : object_(std::move(object)), curl_(curl_easy_init()) {}
  ~S3Client() { curl_easy_cleanup(curl_); }
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

  uint64_t size() {
    std::string nothing;
    const long status = request("HEAD", "", nothing, 0);
    curl_off_t length = -1;
    curl_easy_getinfo(curl_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (status != 200 || length < 0) fail(status, nothing);
    return static_cast<uint64_t>(length);
  }
  std::string read(uint64_t begin, uint64_t length) {
    std::string bytes;
    const std::string range = "bytes=" + std::to_string(begin) + "-" + std::to_string(begin + length - 1);
    const long status = request("GET", range, bytes, std::max(length, kMaxErrorBytes));
    // An answer to the whole object, when the range was not understood, has more bytes than were asked for.
    if ((status != 206 && status != 200) || bytes.size() != length) fail(status, bytes);
    return bytes;
  }

 private:
  struct Sink {
    std::string& bytes;
    uint64_t most;
  };
  static size_t take(char* data, size_t size, size_t count, void* to) {
    auto& sink = *static_cast<Sink*>(to);
    if (sink.bytes.size() + size * count > sink.most) return 0;
    sink.bytes.append(data, size * count);
    return size * count;
  }
  [[noreturn]] void fail(long status, const std::string& body) const {
    const auto code = [&]() -> std::string {
      const size_t at = body.find("<Code>"), end = body.find("</Code>");
      return at != std::string::npos && end != std::string::npos && end - at < 100
                 ? " " + body.substr(at + 6, end - at - 6)
                 : std::string();
    };
    throw duckdb::InvalidInputException("s3(): %s/%s cannot be read: %s", object_.bucket, object_.key,
                                        status == 403   ? "the endpoint denies it (403" + code() + ")"
                                        : status == 404 ? "it is not there (404" + code() + ")"
                                                        : "the endpoint answers " + std::to_string(status) + code());
  }
  // The status of the answer, whose body goes into `body`.
  long request(const std::string& method, const std::string& range, std::string& body, uint64_t most) {
    const size_t host_at = object_.endpoint.find("://") + 3;
    std::string host = object_.endpoint.substr(host_at);
    std::string path = "/" + s3_path(object_.key);
    if (object_.path_style) {
      path = "/" + s3_path(object_.bucket) + path;
    } else {
      host = object_.bucket + "." + host;
    }
    const std::string url = object_.endpoint.substr(0, host_at) + host + path;
    curl_slist* headers = nullptr;
    for (const auto& header : s3_headers(object_, method, host, path, range, utc_now()))
      headers = curl_slist_append(headers, header.c_str());
    Sink sink{body, most};
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
    curl_easy_setopt(curl_, CURLOPT_NOBODY, method == "HEAD" ? 1L : 0L);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &S3Client::take);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &sink);
    const CURLcode result = curl_easy_perform(curl_);
    curl_slist_free_all(headers);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK && (result != CURLE_WRITE_ERROR || status == 0 || status == 206))
      throw duckdb::InvalidInputException("s3(): the endpoint %s: %s", object_.endpoint, curl_easy_strerror(result));
    return status;
  }

  const S3Object object_;
  CURL* const curl_;
};

class S3Files final : public duckdb::FileSystem {
 public:
  struct Handle final : duckdb::FileHandle {
    Handle(S3Files& files, const std::string& path, duckdb::FileOpenFlags flags, S3Object object)
        : FileHandle(files, path, flags), client(std::move(object)), size(client.size()) {}
    void Close() override {}
    std::mutex mutex;  // the kernel's threads share a file
    S3Client client;
    const uint64_t size;
    uint64_t position = 0;
    uint64_t piece_begin = 0;
    std::string piece;
  };

  std::string GetName() const override { return "S3Files"; }
  bool CanHandleFile(const std::string& path) override { return path.starts_with(kScheme); }
  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(const std::string& path, duckdb::FileOpenFlags flags,
                                                  duckdb::optional_ptr<duckdb::FileOpener>) override {
    if (flags.OpenForWriting()) throw duckdb::InvalidInputException("s3(): objects can be read only");
    auto object = find_object(path);
    if (!object) throw duckdb::InvalidInputException("s3(): the statement is too old to be run again; write it anew");
    return duckdb::make_uniq<Handle>(*this, path, flags, std::move(*object));
  }
  void Read(duckdb::FileHandle& file, void* buffer, int64_t bytes, duckdb::idx_t location) override {
    auto& handle = file.Cast<Handle>();
    std::lock_guard lock(handle.mutex);
    if (bytes < 0 || location > handle.size || static_cast<uint64_t>(bytes) > handle.size - location)
      throw duckdb::InvalidInputException("s3(): the object ends before what was to be read");
    read_at(handle, static_cast<char*>(buffer), static_cast<uint64_t>(bytes), location);
  }
  int64_t Read(duckdb::FileHandle& file, void* buffer, int64_t bytes) override {
    auto& handle = file.Cast<Handle>();
    std::lock_guard lock(handle.mutex);
    const uint64_t count = std::min<uint64_t>(static_cast<uint64_t>(bytes), handle.size - handle.position);
    read_at(handle, static_cast<char*>(buffer), count, handle.position);
    handle.position += count;
    return static_cast<int64_t>(count);
  }
  int64_t GetFileSize(duckdb::FileHandle& file) override { return static_cast<int64_t>(file.Cast<Handle>().size); }
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle&) override { return duckdb::timestamp_t(0); }
  duckdb::FileType GetFileType(duckdb::FileHandle&) override { return duckdb::FileType::FILE_TYPE_REGULAR; }
  void Seek(duckdb::FileHandle& file, duckdb::idx_t location) override {
    auto& handle = file.Cast<Handle>();
    std::lock_guard lock(handle.mutex);
    handle.position = std::min<uint64_t>(location, handle.size);
  }
  void Reset(duckdb::FileHandle& file) override { Seek(file, 0); }
  duckdb::idx_t SeekPosition(duckdb::FileHandle& file) override { return file.Cast<Handle>().position; }
  bool CanSeek() override { return true; }
  bool OnDiskFile(duckdb::FileHandle&) override { return false; }
  bool IsPipe(const std::string&, duckdb::optional_ptr<duckdb::FileOpener>) override { return false; }
  bool FileExists(const std::string& path, duckdb::optional_ptr<duckdb::FileOpener>) override {
    return find_object(path).has_value();
  }
  duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string& path, duckdb::FileOpener*) override {
    return {duckdb::OpenFileInfo(path)};
  }

 private:
  static void read_at(Handle& handle, char* to, uint64_t bytes, uint64_t location) {
    while (bytes > 0) {
      if (location < handle.piece_begin || location >= handle.piece_begin + handle.piece.size()) {
        handle.piece = handle.client.read(location, std::min(kPieceBytes, handle.size - location));
        handle.piece_begin = location;
      }
      const uint64_t inside = location - handle.piece_begin;
      const uint64_t count = std::min<uint64_t>(bytes, handle.piece.size() - inside);
      std::memcpy(to, handle.piece.data() + inside, count);
      to += count;
      location += count;
      bytes -= count;
    }
  }
};

Error refused(const std::string& why) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = s3(): " + why);
}

}  // namespace

void allow_s3_endpoints(std::vector<std::string> endpoints) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  std::lock_guard lock(objects().mutex);
  objects().endpoints = std::move(endpoints);
}

Result<std::string> register_s3_object(S3Object object) {
  if (!object.endpoint.starts_with("http://") && !object.endpoint.starts_with("https://"))
    return fail(refused("the endpoint is a URL like https://host, not " + object.endpoint));
  const std::string host = object.endpoint.substr(object.endpoint.find("://") + 3);
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-' || c == '_'; };
  if (object.bucket.empty() || object.key.empty() || !std::ranges::all_of(object.bucket, is_plain))
    return fail(refused("the uri is like s3://bucket/key"));
  if (object.key.find_first_of("*?[{") != std::string::npos)
    return fail(sql_error(Code::kUnsupported, 1235, "s3() reads one object; wildcards in its key are not offered yet"));
  for (const std::string* text : {&object.region, &object.access_key, &object.session_token}) {
    if (std::ranges::any_of(*text, [](unsigned char c) { return c <= ' ' || c == ','; }))
      return fail(refused("keys and region have no blanks and commas"));
  }
  // Buckets are no names below an address.
  const std::string name_only = host.substr(0, host.find(':'));
  if (name_only == "localhost" || name_only.find_first_not_of("0123456789.") == std::string::npos)
    object.path_style = true;
  auto& all = objects();
  std::lock_guard lock(all.mutex);
  if (std::ranges::find(all.endpoints, host) == all.endpoints.end())
    return fail(refused("the endpoint " + host + " is not among the setting files.s3_endpoints"));
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += std::to_string(random()) + (i < 3 ? "-" : "");
  std::string name = object.key.substr(object.key.rfind('/') + 1);
  std::erase_if(name, [&](unsigned char c) { return !is_plain(c); });
  all.known.emplace(id, std::move(object));
  all.order.push_back(id);
  if (all.order.size() > kMaxObjects) {
    all.known.erase(all.order.front());
    all.order.pop_front();
  }
  return std::string(kScheme) + id + "/" + name;
}

void register_s3_files(duckdb::DatabaseInstance& database) {
  database.GetFileSystem().RegisterSubSystem(duckdb::make_uniq<S3Files>());
  duckdb::DBConfig::GetConfig(database).AddAllowedDirectory(std::string(kScheme));
}

}  // namespace sluice::kernel
