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

// ---------------------------------------------------------------- reading

GzipReader::GzipReader() : piece_(std::make_unique<char[]>(kPieceBytes)) {
  BUG_CHECK(::inflateInit2(&zlib_, 16 + MAX_WBITS) == Z_OK, "zlib cannot be set up");
}

GzipReader::~GzipReader() { ::inflateEnd(&zlib_); }

Status GzipReader::write(std::string_view bytes, const Take& take) {
  if (ignoring_) return {};
  zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib_.avail_in = static_cast<uInt>(bytes.size());
  for (bool full = false; zlib_.avail_in > 0 || full;) {
    zlib_.next_out = reinterpret_cast<Bytef*>(piece_.get());
    zlib_.avail_out = kPieceBytes;
    const int result = ::inflate(&zlib_, Z_NO_FLUSH);
    full = zlib_.avail_out == 0;
    // Also before damage: what was whole is given.
    if (const size_t made = kPieceBytes - zlib_.avail_out; made > 0) TRY(take(std::string_view(piece_.get(), made)));
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      // Java's reader takes what follows a whole member and is none for padding.
      if (begun_ && !inside_) ignoring_ = true;
      if (ignoring_) return {};
      const bool head = zlib_.total_out == 0 && result == Z_DATA_ERROR;
      return fail(Code::kInvalidArgument, head || !zlib_.msg ? "Not in GZIP format" : zlib_.msg);
    }
    inside_ = true;
    begun_ = true;
    if (result == Z_STREAM_END) {
      inside_ = false;
      full = false;
      ::inflateReset(&zlib_);
    }
    if (result == Z_BUF_ERROR) break;
  }
  return {};
}

}  // namespace sluice::net
