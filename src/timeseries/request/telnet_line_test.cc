// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/telnet_line.h"

#include <gtest/gtest.h>

#include "timeseries/request/point_recorder.h"

namespace sluice::timeseries {
namespace {

using Kind = TelnetLines::Kind;

class TelnetLine : public testing::Test {
 protected:
  // The point, or what else the line was.
  std::string line(std::string_view text) {
    WriteBatch batch;
    const auto kind = lines_.add(text, batch);
    EXPECT_TRUE(kind);
    EXPECT_EQ(batch.size(), *kind == Kind::kPoint ? 1u : 0u);
    if (*kind == Kind::kDropped) return "dropped: " + lines_.reason();
    if (*kind == Kind::kVersion) return "version";
    if (*kind == Kind::kUnknown) return "unknown";
    EXPECT_TRUE(store_.write(batch));
    return store_.points.back();
  }

  PointRecorder store_;
  TelnetLines lines_{store_};
};

TEST_F(TelnetLine, PutCountsSecondsBelowThreeBillion) {
  EXPECT_EQ(line("put m 1700000000 1 h=a"), "m|{h=a}|1700000000000|long:1|0");
  EXPECT_EQ(line("put m 2999999999 1 h=a"), "m|{h=a}|2999999999000|long:1|0");
  EXPECT_EQ(line("put m 3000000000 1 h=a"), "m|{h=a}|3000000000|long:1|0");
  EXPECT_EQ(line("put m -5 1 h=a"), "m|{h=a}|-5000|long:1|0");
  EXPECT_EQ(line("put m -9223372036854775807 1 h=a"), "m|{h=a}|1000|long:1|0");
  EXPECT_EQ(line("putm m 1700000000 1 h=a"), "m|{h=a}|1700000000|long:1|0");
}

TEST_F(TelnetLine, PointMakesADouble) {
  EXPECT_EQ(line("putm m 1 2.5 h=a"), "m|{h=a}|1|double:4004000000000000|0");
  EXPECT_EQ(line("putm m 1 9.5e3 h=a"), "m|{h=a}|1|double:40c28e0000000000|0");
  EXPECT_EQ(line("putm m 1 1.5f h=a"), "m|{h=a}|1|double:3ff8000000000000|0");
  EXPECT_EQ(line("putm m 1 9223372036854775807 h=a"), "m|{h=a}|1|long:9223372036854775807|0");
  for (const char* bad : {"+7", "8e3", "NaN", "9223372036854775808", "x.y", "1,5"})
    EXPECT_TRUE(line("putm m 1 " + std::string(bad) + " h=a").starts_with("dropped")) << bad;
}

TEST_F(TelnetLine, TagsAreNamesAndValues) {
  EXPECT_EQ(line("putm m 1 1"), "m|{add=tag}|1|long:1|0");
  EXPECT_EQ(line("putm m 1 1 b=2 a=1"), "m|{a=1, b=2}|1|long:1|0");
  EXPECT_EQ(line("putm m 1 1 h=a=b"), "m|{h=a}|1|long:1|0");
  EXPECT_EQ(line("putm m 1 1 h=a,b"), "m|{h=a,b}|1|long:1|0");
  EXPECT_EQ(line("putm m 1 1 h="), "dropped: tag[0] must be in the format 'name=value'.");
  EXPECT_EQ(line("putm m 1 1 a=b =v"), "dropped: tag[1].name may not be empty.");
  EXPECT_EQ(line("putm m 1 1 h==v"), "dropped: tag[0].value may not be empty.");
  EXPECT_EQ(line("putm m 1 1 h"), "dropped: tag[0] must be in the format 'name=value'.");
  EXPECT_TRUE(line("putm m 1 1 h=a h=a").starts_with("dropped"));
}

TEST_F(TelnetLine, TtlIsATagOfItsOwn) {
  EXPECT_EQ(line("putm m 1 1 h=a kairos_opt.ttl=600"), "m|{h=a}|1|long:1|600");
  EXPECT_EQ(line("putm m 2 1 h=a kairos_opt.ttl=600"), "m|{h=a}|2|long:1|600");
  EXPECT_EQ(line("putm m 1 1 kairos_opt.ttl=5"), "m|{add=tag}|1|long:1|5");
  EXPECT_EQ(line("putm m 1 1 kairos_opt.ttl=-5"), "m|{add=tag}|1|long:1|0");
  EXPECT_EQ(line("putm m 1 1 kairos_opt.ttl=x"), "dropped: tag[kairos_opt.ttl] must be a number");
}

TEST_F(TelnetLine, WordsMayBeQuoted) {
  EXPECT_EQ(line("puts m 1 \"hello world\" h=a"), "m|{h=a}|1|string:hello world|0");
  EXPECT_EQ(line("putm \"m x\" 1 17 \"h=a b\""), "m x|{h=a b}|1|long:17|0");
  EXPECT_EQ(line("puts m 1 a\"b h=a"), "m|{h=a}|1|string:a\"b|0");
  EXPECT_EQ(line("puts m 1 \"\" h=a"), "m|{h=a}|1|string:|0");
  EXPECT_EQ(line("puts m 1 12 h=a"), "m|{h=a}|1|string:12|0");
  EXPECT_EQ(line("  putm   m\t1  16 h=a  "), "m|{h=a}|1|long:16|0");
}

TEST_F(TelnetLine, BytesAreLatin1) {
  EXPECT_EQ(line("putm m 1 1 h=\xC3\xA9"), "m|{h=\xC3\x83\xC2\xA9}|1|long:1|0");
  EXPECT_EQ(line("puts \xE9 1 \xE9 h=a"), "\xC3\xA9|{h=a}|1|string:\xC3\xA9|0");
}

TEST_F(TelnetLine, OtherLinesAreNoPoints) {
  EXPECT_EQ(line("version"), "version");
  EXPECT_EQ(line(""), "unknown");
  EXPECT_EQ(line("help"), "unknown");
  EXPECT_EQ(line("PUT m 1 1 h=a"), "unknown");
  for (const char* text : {"put", "putm m", "putm m 1", "putm m x 13 h=a", "putm m 1.5 13 h=a"})
    EXPECT_TRUE(line(text).starts_with("dropped")) << text;
}

TEST_F(TelnetLine, KnownLinesNeedNoLookUp) {
  for (int i = 0; i < 100; ++i) line("put m 1700000000 1 h=a  dc=b");
  EXPECT_EQ(store_.lookups, 1u);
  EXPECT_EQ(line("put m 1 1.5 h=a  dc=b"), "m|{dc=b, h=a}|1000|double:3ff8000000000000|0");
  EXPECT_EQ(store_.lookups, 2u);
  // "m x" and "m" with a value in between are different keys.
  EXPECT_EQ(line("putm mh 1 1 =a"), "dropped: tag[0].name may not be empty.");
}

}  // namespace
}  // namespace sluice::timeseries
