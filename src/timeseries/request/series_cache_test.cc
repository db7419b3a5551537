// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/series_cache.h"

#include <gtest/gtest.h>

#include "timeseries/request/utf8_input.h"

namespace sluice::timeseries {
namespace {

TEST(SeriesCache, FindsWhatWasAdded) {
  SeriesCache cache;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "m" + std::to_string(i) + "\nh=a";
    cache.add(key, SeriesCache::hash("m" + std::to_string(i), "h=a")).ttl = static_cast<uint32_t>(i);
  }
  for (int i = 0; i < 5000; ++i) {
    const std::string metric = "m" + std::to_string(i);
    const auto* const entry = cache.find(metric, "h=a", SeriesCache::hash(metric, "h=a"));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->ttl, static_cast<uint32_t>(i));
  }
  EXPECT_FALSE(cache.find("m1", "h=b", SeriesCache::hash("m1", "h=b")));
}

TEST(SeriesCache, EqualHashesAreNoEqualKeys) {
  SeriesCache cache;
  cache.add("a", 7).ttl = 1;
  EXPECT_FALSE(cache.find("b", 7));
  cache.add("b", 7).ttl = 2;
  EXPECT_EQ(cache.find("a", 7)->ttl, 1u);
  EXPECT_EQ(cache.find("b", 7)->ttl, 2u);
}

TEST(SeriesCache, StartsOverWhenFull) {
  SeriesCache few(10, 1000);
  for (uint64_t i = 0; i < 25; ++i) few.add("k" + std::to_string(i), i);
  EXPECT_EQ(few.size(), 5u);
  EXPECT_FALSE(few.find("k3", 3));
  EXPECT_TRUE(few.find("k24", 24));
  SeriesCache small(10, 100);
  for (uint64_t i = 0; i < 5; ++i) small.add(std::string(40, static_cast<char>('a' + i)), i);
  EXPECT_EQ(small.size(), 1u);
}

std::string clean(std::string_view bytes, size_t piece) {
  Utf8Input input;
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += piece)
    text += input.feed(bytes.substr(at, piece), at + piece >= bytes.size());
  return text;
}

TEST(Utf8Input, ReplacesWhatIsNoUtf8) {
  const std::string longer(100, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"plain", "plain"},
      {"\xEF\xBB\xBF[1]", "[1]"},
      {"caf\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80", "caf\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80"},
      {"a\xFFz", "a\xEF\xBF\xBDz"},
      {"a\xC3", "a\xEF\xBF\xBD"},
      {"a\xE4\xB8z", "a\xEF\xBF\xBDz"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF0\x9F\x98" + longer, "\xEF\xBF\xBD" + longer},
      {longer + "\x80", longer + "\xEF\xBF\xBD"},
  };
  for (const auto& [bytes, want] : cases)
    for (size_t piece = 1; piece <= bytes.size(); ++piece) EXPECT_EQ(clean(bytes, piece), want) << piece;
}

TEST(Utf8Input, ValidPiecesAreNotCopied) {
  Utf8Input input;
  const std::string bytes = "caf\xC3\xA9";
  EXPECT_EQ(input.feed(bytes, false).data(), bytes.data());
}

}  // namespace
}  // namespace sluice::timeseries
