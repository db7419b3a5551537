// SPDX-License-Identifier: Apache-2.0
#include "functions/addresses.h"

#include <gmock/gmock.h>

namespace sluice::functions {
namespace {

TEST(Addresses, TextOfVersion4) {
  EXPECT_EQ(text_to_ipv4(" 192.168.0.1 "), 0xC0A80001u);
  EXPECT_EQ(ipv4_text(0xC0A80001u), "192.168.0.1");
  for (const char* text : {"", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.x", "1..2.3", "-1.2.3.4"}) {
    EXPECT_EQ(text_to_ipv4(text), std::nullopt) << text;
  }
}

TEST(Addresses, TextOfVersion6) {
  for (const char* text :
       {"::", "::1", "2a02:6b8::11", "::ffff:127.0.0.1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    auto address = text_to_ipv6(text, false);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(ipv6_text(*address), text);
    EXPECT_EQ(ipv6_of_bytes(ipv6_bytes(*address)), *address);
  }
  EXPECT_FALSE(text_to_ipv6("1.2.3.4", false));
  EXPECT_EQ(ipv6_text(*text_to_ipv6("1.2.3.4", true)), "::ffff:1.2.3.4");
  EXPECT_FALSE(text_to_ipv6("::g", true));
}

}  // namespace
}  // namespace sluice::functions
