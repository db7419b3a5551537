// SPDX-License-Identifier: Apache-2.0
// The hashes, and the values that answer from less than they were given.
#include <gtest/gtest.h>

#include <cmath>

#include "functions/base64.h"
#include "functions/hll.h"
#include "functions/murmur.h"
#include "functions/quantile_digest.h"

namespace sluice::functions {
namespace {

TEST(Murmur, GivesDorisHashes) {
  EXPECT_EQ(static_cast<int32_t>(murmur3_32("hello")), 1321743225);
  EXPECT_EQ(static_cast<int64_t>(murmur3_64("hello")), -3215607508166160593);
  EXPECT_NE(murmur2_64("a"), murmur2_64("b"));
}

TEST(Base64, TakesNothingElse) {
  EXPECT_EQ(from_base64(to_base64("\x01\xFF")).value(), "\x01\xFF");
  EXPECT_EQ(from_base64("").value(), "");
  for (const char* wrong : {"a", "a===", "!!!!", "ab=c"}) EXPECT_FALSE(from_base64(wrong)) << wrong;
}

Hll counted(uint64_t values) {
  Hll hll;
  for (uint64_t i = 0; i < values; ++i) hll.add(murmur2_64({reinterpret_cast<const char*>(&i), sizeof(i)}));
  return hll;
}

TEST(Hll, IsExactForFewAndNearForMany) {
  EXPECT_EQ(counted(0).estimate(), 0);
  EXPECT_EQ(counted(160).estimate(), 160);
  for (uint64_t count : {1'000, 50'000, 300'000}) {
    EXPECT_NEAR(static_cast<double>(counted(count).estimate()), count, count * 0.03);
  }
}

TEST(Hll, EstimatesTheSameFromItsBytesAndFromItsParts) {
  for (uint64_t count : {0, 5, 500, 50'000}) {
    const Hll hll = counted(count);
    const std::string bytes = hll.to_bytes();
    EXPECT_EQ(Hll::from_bytes(bytes)->estimate(), hll.estimate());
    Hll merged = counted(count / 2);
    merged.merge(hll);
    EXPECT_EQ(merged.estimate(), hll.estimate());
    for (size_t size = 0; size < bytes.size(); size += 1 + size / 3) {
      EXPECT_FALSE(Hll::from_bytes(std::string_view(bytes).substr(0, size))) << count << " cut at " << size;
    }
  }
  EXPECT_FALSE(Hll::from_bytes("\x09"));
}

TEST(QuantileDigest, IsNearTheRankedValues) {
  QuantileDigest all(2048);
  QuantileDigest even(2048);
  QuantileDigest odd(2048);
  for (int i = 0; i <= 100'000; ++i) {
    all.add(static_cast<float>(i));
    (i % 2 == 0 ? even : odd).add(static_cast<float>(i));
  }
  even.merge(odd);
  for (float rank : {0.0F, 0.01F, 0.5F, 0.99F, 1.0F}) {
    EXPECT_NEAR(all.quantile(rank), rank * 100'000, 100) << rank;
    EXPECT_NEAR(even.quantile(rank), rank * 100'000, 100) << rank;
  }
  EXPECT_TRUE(std::isnan(QuantileDigest().quantile(0.5F)));
}

TEST(QuantileDigest, SurvivesItsBytes) {
  QuantileDigest digest(2048);
  for (float value : {1.0F, 2.0F, 10.0F}) digest.add(value);
  std::string bytes;
  digest.append_to(bytes);
  std::string_view rest = bytes;
  EXPECT_EQ(QuantileDigest::take_from(rest)->quantile(0.5F), 2.0F);
  EXPECT_TRUE(rest.empty());
  std::string_view cut = std::string_view(bytes).substr(0, bytes.size() - 1);
  EXPECT_FALSE(QuantileDigest::take_from(cut));
}

}  // namespace
}  // namespace sluice::functions
