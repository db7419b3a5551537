// SPDX-License-Identifier: Apache-2.0
#include "net/gzip.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::net {
namespace {

std::string zip(std::string_view text) {
  GzipWriter writer;
  ByteBuffer bytes;
  writer.write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, bytes);
  writer.finish(bytes);
  return std::string(bytes.view());
}

struct Read {
  std::string text;
  bool whole = false;
  std::string error;
};

Read unzip(std::string_view bytes, size_t step) {
  Read read;
  GzipReader reader;
  for (size_t at = 0; at < bytes.size(); at += step) {
    const Status status = reader.write(bytes.substr(at, step), [&](std::string_view piece) -> Status {
      read.text += piece;
      return {};
    });
    if (!status) {
      read.error = status.error().message();
      return read;
    }
  }
  read.whole = reader.whole();
  return read;
}

TEST(GzipReader, PiecesOfAnySize) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 1000);
  const std::string zipped = zip(text);
  for (size_t step : {size_t{1}, size_t{7}, size_t{4096}, zipped.size()}) {
    const Read read = unzip(zipped, step);
    EXPECT_TRUE(read.whole) << step;
    EXPECT_TRUE(read.text == text) << step;
  }
}

TEST(GzipReader, MembersAndWhatFollowsThem) {
  const std::string two = zip("one ") + zip("two");
  EXPECT_EQ(unzip(two, 3).text, "one two");
  EXPECT_TRUE(unzip(two, 3).whole);
  EXPECT_EQ(unzip(zip("one") + std::string(40, '\0'), 1 << 20).text, "one");
}

TEST(GzipReader, WhatIsNoGzip) {
  EXPECT_EQ(unzip("{\"name\":1}", 100).error, "Not in GZIP format");
  const std::string zipped = zip(std::string(1000, 'a') + "bc");
  EXPECT_FALSE(unzip(zipped.substr(0, zipped.size() - 1), 100).whole);
  EXPECT_FALSE(unzip("", 1).whole);
  std::string broken = zipped;
  broken[broken.size() - 6] ^= 1;  // the checksum
  EXPECT_FALSE(unzip(broken, 100).error.empty());
  EXPECT_EQ(unzip(broken, 100).text.size(), 1002u);
}

TEST(GzipReader, StopsWhenThePiecesAreNotTaken) {
  GzipReader reader;
  int pieces = 0;
  const std::string zipped = zip(std::string(10 << 20, '\0'));
  const Status status = reader.write(zipped, [&](std::string_view) -> Status {
    ++pieces;
    return fail(Code::kResourceExhausted, "enough");
  });
  EXPECT_FALSE(status);
  EXPECT_EQ(pieces, 1);
}

}  // namespace
}  // namespace sluice::net
