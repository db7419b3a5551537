// SPDX-License-Identifier: Apache-2.0
#include "kernel/s3_files.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <random>

#include "duckdb/common/file_system.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/database.hpp"
#include "kernel/s3_client.h"
#include "kernel/s3_pattern.h"

namespace sluice::kernel {
namespace {

constexpr std::string_view kScheme = "sluice-s3://";
constexpr size_t kMaxObjects = 1000;

struct Known {
  S3Object object;
  std::vector<std::string> keys;  // that its key with wildcards means, once somebody asked
};

struct Objects {
  std::mutex mutex;
  std::vector<std::string> endpoints;
  // By a random name: what an old view has must not mean another statement's object.
  std::map<std::string, Known> known;
  std::deque<std::string> order;  // the oldest first
};

Objects& objects() {
  static Objects all;
  return all;
}

// "<id>/<name>", or "<id>/<n>/<name>": the n-th of a key with wildcards.
std::optional<S3Object> find_object(const std::string& path) {
  const size_t end = std::min(path.find('/', kScheme.size()), path.size());
  const std::string id = path.substr(kScheme.size(), end - kScheme.size());
  std::lock_guard lock(objects().mutex);
  const auto found = objects().known.find(id);
  if (found == objects().known.end()) return std::nullopt;
  S3Object object = found->second.object;
  const size_t second = end < path.size() ? path.find('/', end + 1) : std::string::npos;
  if (second == std::string::npos) return object;
  const size_t index = std::strtoull(path.c_str() + end + 1, nullptr, 10);
  if (index >= found->second.keys.size()) return std::nullopt;
  object.key = found->second.keys[index];
  return object;
}

// The last part of a key, as far as it can be in a path.
std::string shown_name(const std::string& key) {
  std::string name = key.substr(key.rfind('/') + 1);
  std::erase_if(name, [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '-' && c != '_'; });
  return name;
}

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
    const auto object = find_object(path);
    if (!object || !S3Pattern::is_one(object->key)) return {duckdb::OpenFileInfo(path)};
    auto keys = matching_keys(*object, kMaxS3Matches);
    if (keys.empty())
      throw duckdb::InvalidInputException("s3(): no object of %s is like %s", object->bucket, object->key);
    const std::string id = path.substr(0, path.find('/', kScheme.size()));
    duckdb::vector<duckdb::OpenFileInfo> files;
    for (size_t i = 0; i < keys.size(); ++i)
      files.emplace_back(id + "/" + std::to_string(i) + "/" + shown_name(keys[i]));
    std::lock_guard lock(objects().mutex);
    const auto found = objects().known.find(id.substr(kScheme.size()));
    if (found != objects().known.end()) found->second.keys = std::move(keys);
    return files;
  }

 private:
  static void read_at(Handle& handle, char* to, uint64_t bytes, uint64_t location) {
    while (bytes > 0) {
      if (location < handle.piece_begin || location >= handle.piece_begin + handle.piece.size()) {
        handle.piece = handle.client.read(location, std::min(kS3PieceBytes, handle.size - location));
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

Status check_s3_object(S3Object& object) {
  if (!object.endpoint.starts_with("http://") && !object.endpoint.starts_with("https://"))
    return fail(refused("the endpoint is a URL like https://host, not " + object.endpoint));
  const std::string host = object.endpoint.substr(object.endpoint.find("://") + 3);
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-' || c == '_'; };
  if (object.bucket.empty() || object.key.empty() || !std::ranges::all_of(object.bucket, is_plain))
    return fail(refused("the uri is like s3://bucket/key"));
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
  return {};
}

Result<std::string> register_s3_object(S3Object object) {
  TRY(check_s3_object(object));
  auto& all = objects();
  std::lock_guard lock(all.mutex);
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += std::to_string(random()) + (i < 3 ? "-" : "");
  const std::string name = shown_name(object.key);
  all.known.emplace(id, Known{std::move(object), {}});
  all.order.push_back(id);
  if (all.order.size() > kMaxObjects) {
    all.known.erase(all.order.front());
    all.order.pop_front();
  }
  return std::string(kScheme) + id + "/" + name;
}

namespace {

struct PropertyNames {
  std::string S3Object::* member;
  std::array<std::string_view, 3> names;
};
constexpr PropertyNames kProperties[] = {
    {&S3Object::endpoint, {"s3.endpoint", "aws_endpoint", "endpoint"}},
    {&S3Object::access_key, {"s3.access_key", "aws_access_key", "access_key"}},
    {&S3Object::secret_key, {"s3.secret_key", "aws_secret_key", "secret_key"}},
    {&S3Object::session_token, {"s3.session_token", "aws_token", "session_token"}},
    {&S3Object::region, {"s3.region", "aws_region", "region"}},
};
constexpr std::string_view kPathStyle[] = {"use_path_style", "s3.use_path_style"};

}  // namespace

bool is_s3_property(const std::string& name) {
  return name.starts_with("s3.") || name.starts_with("aws_") || name == "provider" ||
         std::ranges::find(kPathStyle, std::string_view(name)) != std::end(kPathStyle) ||
         std::ranges::any_of(kProperties, [&](const PropertyNames& property) {
           return std::ranges::find(property.names, std::string_view(name)) != property.names.end();
         });
}

Result<S3Object> s3_object(const S3Properties& properties, std::string uri) {
  const auto find = [&](std::string_view name) -> const std::string* {
    const auto found = std::ranges::find(properties, name, &std::pair<std::string, std::string>::first);
    return found == properties.end() ? nullptr : &found->second;
  };
  S3Object object;
  object.path_style = false;
  for (const auto& [member, names] : kProperties) {
    for (const std::string_view name : names) {
      const std::string* value = find(name);
      if (!value || value->empty()) continue;
      object.*member = *value;
      break;
    }
  }
  for (const std::string_view name : kPathStyle) {
    const std::string* value = find(name);
    object.path_style = object.path_style || (value && *value == "true");
  }
  if (uri.starts_with("s3://")) {
    uri = uri.substr(5);
  } else if (const size_t at = uri.find("://"); at != std::string::npos) {
    // http://endpoint/bucket/key
    const size_t slash = uri.find('/', at + 3);
    if (slash == std::string::npos) return fail(refused("\"uri\" is like s3://bucket/key"));
    if (object.endpoint.empty()) object.endpoint = uri.substr(0, slash);
    uri = uri.substr(slash + 1);
    object.path_style = true;
  }
  if (object.endpoint.empty()) return fail(refused("\"s3.endpoint\" is needed"));
  if (object.endpoint.find("://") == std::string::npos) object.endpoint = "http://" + object.endpoint;
  while (object.endpoint.ends_with('/')) object.endpoint.pop_back();
  const size_t slash = uri.find('/');
  object.bucket = uri.substr(0, slash);
  object.key = slash == std::string::npos ? std::string() : uri.substr(slash + 1);
  return object;
}

void register_s3_files(duckdb::DatabaseInstance& database) {
  database.GetFileSystem().RegisterSubSystem(duckdb::make_uniq<S3Files>());
  duckdb::DBConfig::GetConfig(database).AddAllowedDirectory(std::string(kScheme));
}

}  // namespace sluice::kernel
