// SPDX-License-Identifier: Apache-2.0
#include "base/decompress.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

namespace sluice {
namespace {

std::string compressed(Compression how, std::string_view text) {
  std::string out(text.size() * 2 + 1000, '\0');
  switch (how) {
    case Compression::kGzip: {
      z_stream zlib{};
      deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
      zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
      zlib.avail_in = static_cast<uInt>(text.size());
      zlib.next_out = reinterpret_cast<Bytef*>(out.data());
      zlib.avail_out = static_cast<uInt>(out.size());
      deflate(&zlib, Z_FINISH);
      out.resize(zlib.total_out);
      deflateEnd(&zlib);
      break;
    }
    case Compression::kBzip2: {
      unsigned size = static_cast<unsigned>(out.size());
      BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()), static_cast<unsigned>(text.size()), 9,
                               0, 0);
      out.resize(size);
      break;
    }
    case Compression::kLz4:
      out.resize(LZ4F_compressFrame(out.data(), out.size(), text.data(), text.size(), nullptr));
      break;
    case Compression::kZstd:
      out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
      break;
  }
  return out;
}

class Decompression : public ::testing::TestWithParam<Compression> {
 protected:
  // The text, or the error's message after '!'.
  static std::string read(std::string_view bytes, size_t piece) {
    auto decompressor = Decompressor::make(GetParam());
    std::string text;
    const auto take = [&](std::string_view part) -> Status {
      text += part;
      return {};
    };
    for (size_t at = 0; at < bytes.size(); at += piece) {
      if (auto written = decompressor->write(bytes.substr(at, piece), take); !written)
        return "!" + written.error().message();
    }
    const auto finished = decompressor->finish();
    return finished ? text : "!" + finished.error().message();
  }
};

TEST_P(Decompression, StreamsOneAfterAnotherInPiecesOfAnySize) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919) + ",";
  const std::string zeros(3 << 20, '0');  // gives far more than is read
  const std::string packed = compressed(GetParam(), text) + compressed(GetParam(), zeros) + compressed(GetParam(), "x");
  for (size_t piece : {size_t{1009}, size_t{65536}, packed.size()})
    EXPECT_TRUE(read(packed, piece) == text + zeros + "x") << piece;
  EXPECT_EQ(read(compressed(GetParam(), "short"), 1), "short");
}

TEST_P(Decompression, CutAndForeignBytes) {
  const std::string packed = compressed(GetParam(), std::string(100'000, 'a') + "b");
  EXPECT_NE(read(packed.substr(0, packed.size() - 5), 100).find("cut"), std::string::npos);
  EXPECT_NE(read("this is only text, and a bit of it", 100).find("although compress_type says so"), std::string::npos);
  std::string broken = packed;
  for (size_t i = broken.size() / 2; i < broken.size(); ++i) broken[i] = static_cast<char>(broken[i] ^ 0x5a);
  EXPECT_TRUE(read(broken, 64).starts_with("!"));
}

TEST_P(Decompression, TheTakersErrorEndsIt) {
  const std::string packed = compressed(GetParam(), "text");
  const auto refuse = [](std::string_view) -> Status { return fail(Code::kCancelled, "enough"); };
  const auto written = Decompressor::make(GetParam())->write(packed, refuse);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message(), "enough");
}

INSTANTIATE_TEST_SUITE_P(All, Decompression,
                         ::testing::Values(Compression::kGzip, Compression::kBzip2, Compression::kLz4,
                                           Compression::kZstd));

TEST(DecompressionNames, AsClientsWriteThem) {
  EXPECT_EQ(find_compression("gz"), Compression::kGzip);
  EXPECT_EQ(find_compression("lz4"), Compression::kLz4);
  EXPECT_EQ(find_compression("zstd"), Compression::kZstd);
  EXPECT_EQ(find_compression("bz2"), Compression::kBzip2);
  EXPECT_EQ(find_compression("lzo"), std::nullopt);
}

}  // namespace
}  // namespace sluice
