// SPDX-License-Identifier: Apache-2.0
#include "base/decompress.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace sluice {
namespace {

constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMaxZstdWindowLog = 27;  // 128 MiB, what the zstd tool accepts unasked

class Gzip final : public Decompressor {
 public:
  Gzip() : Decompressor("gzip") { inflateInit2(&zlib_, kGzipWindowBits); }
  ~Gzip() override { inflateEnd(&zlib_); }

 private:
  std::optional<Step> step(std::string_view in, char* out, size_t room) override {
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    zlib_.avail_in = static_cast<uInt>(in.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(out);
    zlib_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return std::nullopt;
    if (result == Z_STREAM_END) inflateReset(&zlib_);
    return Step{in.size() - zlib_.avail_in, room - zlib_.avail_out, result == Z_STREAM_END};
  }
  z_stream zlib_{};
};

class Bzip2 final : public Decompressor {
 public:
  Bzip2() : Decompressor("bzip2") { BZ2_bzDecompressInit(&bzip_, 0, 0); }
  ~Bzip2() override { BZ2_bzDecompressEnd(&bzip_); }

 private:
  std::optional<Step> step(std::string_view in, char* out, size_t room) override {
    bzip_.next_in = const_cast<char*>(in.data());
    bzip_.avail_in = static_cast<unsigned>(in.size());
    bzip_.next_out = out;
    bzip_.avail_out = static_cast<unsigned>(room);
    const int result = BZ2_bzDecompress(&bzip_);
    if (result != BZ_OK && result != BZ_STREAM_END) return std::nullopt;
    const Step done{in.size() - bzip_.avail_in, room - bzip_.avail_out, result == BZ_STREAM_END};
    if (done.ended) {
      BZ2_bzDecompressEnd(&bzip_);
      bzip_ = {};
      BZ2_bzDecompressInit(&bzip_, 0, 0);
    }
    return done;
  }
  bz_stream bzip_{};
};

class Lz4 final : public Decompressor {
 public:
  Lz4() : Decompressor("an lz4 frame") { LZ4F_createDecompressionContext(&context_, LZ4F_VERSION); }
  ~Lz4() override { LZ4F_freeDecompressionContext(context_); }

 private:
  std::optional<Step> step(std::string_view in, char* out, size_t room) override {
    Step done{in.size(), room, false};
    const size_t left = LZ4F_decompress(context_, out, &done.made, in.data(), &done.used, nullptr);
    if (LZ4F_isError(left)) return std::nullopt;
    done.ended = left == 0;
    return done;
  }
  LZ4F_dctx* context_ = nullptr;
};

class Zstd final : public Decompressor {
 public:
  Zstd() : Decompressor("zstd"), context_(ZSTD_createDCtx()) {
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  }
  ~Zstd() override { ZSTD_freeDCtx(context_); }

 private:
  std::optional<Step> step(std::string_view in, char* out, size_t room) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out, room, 0};
    const size_t left = ZSTD_decompressStream(context_, &to, &from);
    if (ZSTD_isError(left)) return std::nullopt;
    return Step{from.pos, to.pos, left == 0};
  }
  ZSTD_DCtx* const context_;
};

}  // namespace

std::optional<Compression> find_compression(std::string_view name) {
  if (name == "gz" || name == "gzip") return Compression::kGzip;
  if (name == "bz2" || name == "bzip2") return Compression::kBzip2;
  if (name == "lz4" || name == "lz4frame" || name == "lz4_frame") return Compression::kLz4;
  if (name == "zstd" || name == "zst") return Compression::kZstd;
  return std::nullopt;
}

std::unique_ptr<Decompressor> Decompressor::make(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<Gzip>();
    case Compression::kBzip2:
      return std::make_unique<Bzip2>();
    case Compression::kLz4:
      return std::make_unique<Lz4>();
    case Compression::kZstd:
      break;
  }
  return std::make_unique<Zstd>();
}

Status Decompressor::write(std::string_view bytes, const Take& take) {
  // A full piece may mean that more waits inside the decompressor, also when no input is left.
  for (bool more = false; !bytes.empty() || more;) {
    inside_ = true;
    const auto done = step(bytes, piece_.data(), piece_.size());
    if (!done)
      return fail(
          sql_error(Code::kInvalidArgument, 1105, "the data is not " + name_ + ", although compress_type says so"));
    bytes.remove_prefix(done->used);
    if (done->made > 0) TRY(take({piece_.data(), done->made}));
    if (done->ended) inside_ = false;
    more = done->made == piece_.size() && !done->ended;
    if (done->used > 0 || done->made > 0 || done->ended) continue;
    if (bytes.empty()) break;
    return fail(sql_error(Code::kInvalidArgument, 1105, "the " + name_ + " data cannot be read on"));
  }
  return {};
}

Status Decompressor::finish() const {
  if (inside_) {
    return fail(
        sql_error(Code::kInvalidArgument, 1105, "the compressed data (" + name_ + ") is cut: it is incomplete"));
  }
  return {};
}

}  // namespace sluice
