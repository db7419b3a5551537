// SPDX-License-Identifier: Apache-2.0
#include "net/gzip.h"

#include <algorithm>
#include <climits>

#include "base/check.h"

namespace sluice::net {

GzipWriter::GzipWriter() {
  constexpr int kGzipFormat = 15 + 16;  // a window of 32 KiB, gzip's header and trailer
  constexpr int kMemory = 8;            // 256 KiB in all
  // The fastest level: results are compressed while they are made.
  int made = deflateInit2(&zlib_, Z_BEST_SPEED, Z_DEFLATED, kGzipFormat, kMemory, Z_DEFAULT_STRATEGY);
  BUG_CHECK(made == Z_OK, "zlib gives no stream");
}

GzipWriter::~GzipWriter() { deflateEnd(&zlib_); }

void GzipWriter::write(std::span<const uint8_t> bytes, ByteBuffer& into) {
  while (!bytes.empty()) {
    size_t n = std::min<size_t>(bytes.size(), INT_MAX);
    zlib_.next_in = const_cast<Bytef*>(bytes.data());
    zlib_.avail_in = static_cast<uInt>(n);
    run(Z_NO_FLUSH, into);
    bytes = bytes.subspan(n);
  }
}

void GzipWriter::finish(ByteBuffer& into) {
  zlib_.next_in = nullptr;
  zlib_.avail_in = 0;
  run(Z_FINISH, into);
}

void GzipWriter::run(int flush, ByteBuffer& into) {
  constexpr size_t kStep = 16 * 1024;
  do {
    zlib_.next_out = into.tail(kStep);
    zlib_.avail_out = kStep;
    int done = deflate(&zlib_, flush);
    BUG_CHECK(done != Z_STREAM_ERROR, "zlib refuses its stream");
    into.advance(kStep - zlib_.avail_out);
  } while (zlib_.avail_out == 0);
}

}  // namespace sluice::net
