// SPDX-License-Identifier: Apache-2.0
#include "door/http/inflate.h"

namespace sluice::door::http {
namespace {
constexpr size_t kPieceBytes = 256 << 10;
constexpr int kGzipWindowBits = 15 + 16;
}  // namespace

Inflate::Inflate() : piece_(kPieceBytes, '\0') { inflateInit2(&zlib_, kGzipWindowBits); }
Inflate::~Inflate() { inflateEnd(&zlib_); }

Status Inflate::write(std::string_view bytes, const std::function<Status(std::string_view)>& take) {
  zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib_.avail_in = static_cast<uInt>(bytes.size());
  while (zlib_.avail_in > 0) {
    in_member_ = true;
    zlib_.next_out = reinterpret_cast<Bytef*>(piece_.data());
    zlib_.avail_out = static_cast<uInt>(piece_.size());
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return fail(sql_error(Code::kInvalidArgument, 1105, "the body is not gzip, although compress_type says so"));
    }
    const size_t made = piece_.size() - zlib_.avail_out;
    if (made > 0) TRY(take({piece_.data(), made}));
    if (result == Z_STREAM_END) {
      in_member_ = false;
      inflateReset(&zlib_);
    }
  }
  // What is left inside zlib when the output buffer was full comes out without further input.
  while (in_member_ && zlib_.avail_out == 0) {
    zlib_.next_out = reinterpret_cast<Bytef*>(piece_.data());
    zlib_.avail_out = static_cast<uInt>(piece_.size());
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    const size_t made = piece_.size() - zlib_.avail_out;
    if (made > 0) TRY(take({piece_.data(), made}));
    if (result == Z_STREAM_END) {
      in_member_ = false;
      inflateReset(&zlib_);
    }
    if (result != Z_OK) break;
  }
  return {};
}

Status Inflate::finish() const {
  if (in_member_)
    return fail(sql_error(Code::kInvalidArgument, 1105, "the gzip stream is cut: the data is incomplete"));
  return {};
}

}  // namespace sluice::door::http
