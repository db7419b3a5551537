// SPDX-License-Identifier: Apache-2.0
// Requests to an endpoint of S3: objects are read by ranges, listed, written whole or in parts. S3Client: one
// connection, one thread at a time; what fails throws InvalidInputException. The functions below: any thread.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/s3_files.h"

namespace sluice::kernel {

inline constexpr size_t kMaxS3Matches = 10'000;        // objects that one key with wildcards may mean
inline constexpr uint64_t kS3PieceBytes = 4ull << 20;  // read at a time

class S3Client {
 public:
  explicit S3Client(S3Object object) : object_(std::move(object)), curl_(curl_easy_init()) {}
  ~S3Client() { curl_easy_cleanup(curl_); }
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

  uint64_t size();
  std::string read(uint64_t begin, uint64_t length);
  // Keys of the bucket that begin with `prefix`, in their order; more than `most` are an error.
  std::vector<std::string> list(const std::string& prefix, size_t most);
  void put(std::string_view bytes);
  // The object in parts of at least 5 MiB, but the last: it is there once all are complete.
  std::string begin_parts();
  std::string put_part(const std::string& upload, size_t number, std::string_view bytes);  // its tag
  void complete_parts(const std::string& upload, const std::vector<std::string>& tags);
  void abort_parts(const std::string& upload);
  void remove(const std::string& key);

 private:
  using Query = std::vector<std::pair<std::string, std::string>>;
  struct Request {
    std::string method;
    std::string key;  // empty: the bucket itself
    Query query;
    std::string range;
    std::string_view body;
  };
  struct Answer {
    long status = 0;
    std::string body;
    std::string tag;
    uint64_t most = 16 << 10;  // bytes of the body
  };
  void perform(const Request& request, Answer& answer);
  // The same; another status than 200 or 204 is an error.
  Answer ask(const Request& request, uint64_t most);
  [[noreturn]] void fail(const std::string& verb, const Answer& answer) const;
  static size_t take_body(char* data, size_t size, size_t count, void* to);
  static size_t take_header(char* data, size_t size, size_t count, void* to);

  const S3Object object_;
  CURL* const curl_;
};

// The keys that a pattern means, at most `most`: * and ? within a folder, ** beyond, [a-c], {a,b}, {1..3}.
std::vector<std::string> matching_keys(const S3Object& object, size_t most);

// The objects that the key means, in the order of their keys: itself, or those that are like it. Errors: 1105 none is.
Result<std::vector<S3Object>> find_s3_objects(const S3Object& object);
Result<uint64_t> s3_object_size(const S3Object& object);
// Its bytes, a piece after another. Errors: 1105; what `take` says.
Status read_s3_object(const S3Object& object, const std::function<Status(std::string_view)>& take);

// The file as the object, which is there as a whole or not at all.
Status upload_s3_file(const S3Object& object, const std::filesystem::path& file);
// All objects that lie in the object's folder itself.
Status clear_s3_folder(const S3Object& object);

}  // namespace sluice::kernel
