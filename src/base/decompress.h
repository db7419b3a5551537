// SPDX-License-Identifier: Apache-2.0
// Decompressor: a compressed stream back to its bytes, piece by piece. Streams and frames may follow one another, as in
// files put together. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

enum class Compression : uint8_t { kGzip, kBzip2, kLz4, kZstd };  // kLz4: the frame format

// "gz", "bz2", "lz4", "zstd" and what else clients call them; nullopt for other names.
std::optional<Compression> find_compression(std::string_view lower_case_name);

class Decompressor {
 public:
  using Take = std::function<Status(std::string_view)>;

  static std::unique_ptr<Decompressor> make(Compression compression);
  virtual ~Decompressor() = default;

  // Gives what `bytes` decompress to, in pieces of at most 256 KiB. Errors: not such a stream; what `take` says.
  Status write(std::string_view bytes, const Take& take);
  // Errors: the stream is cut.
  Status finish() const;

 protected:
  explicit Decompressor(std::string name) : name_(std::move(name)), piece_(kPieceBytes, '\0') {}

  struct Step {
    size_t used = 0;     // of the input
    size_t made = 0;     // of the output
    bool ended = false;  // of a stream or frame
  };
  // As much of `in` as fits into `out`. Nullopt: the bytes are not such a stream.
  virtual std::optional<Step> step(std::string_view in, char* out, size_t room) = 0;

 private:
  static constexpr size_t kPieceBytes = 256 << 10;
  const std::string name_;
  std::string piece_;
  bool inside_ = false;  // of a stream or frame
};

}  // namespace sluice
