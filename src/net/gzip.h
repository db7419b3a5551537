// SPDX-License-Identifier: Apache-2.0
// GzipWriter: compresses a stream of bytes into gzip's format (RFC 1952). Not thread-safe.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>

#include "base/bytes.h"

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

}  // namespace sluice::net
