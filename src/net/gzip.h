// SPDX-License-Identifier: Apache-2.0
// GzipWriter and GzipReader: a stream of bytes into gzip's format (RFC 1952) and back. Not thread-safe.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::net {

class GzipWriter {
 public:
  GzipWriter();
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  // Appends to `into` what compressing `bytes` gives so far; may be nothing.
  void write(std::span<const uint8_t> bytes, ByteBuffer& into);
  // Appends the rest. Once, as the last call.
  void finish(ByteBuffer& into);

 private:
  void run(int flush, ByteBuffer& into);
  z_stream zlib_{};
};

// Members of gzip may follow one another, as in files put together.
class GzipReader {
 public:
  using Take = std::function<Status(std::string_view)>;

  GzipReader();
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Gives what `bytes` decompress to, in pieces of at most 256 KiB. Errors: kInvalidArgument, "Not in GZIP format" for
  // bytes that do not begin so, else what zlib says; what `take` says.
  Status write(std::string_view bytes, const Take& take);
  // Whether all that came is whole: at least one member, and none is cut.
  bool whole() const { return begun_ && !inside_; }

 private:
  static constexpr size_t kPieceBytes = 256 << 10;
  z_stream zlib_{};
  std::unique_ptr<char[]> piece_;
  bool begun_ = false;     // a member was read
  bool inside_ = false;    // of a member
  bool ignoring_ = false;  // what comes now is no gzip
};

}  // namespace sluice::net
