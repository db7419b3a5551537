// SPDX-License-Identifier: Apache-2.0
#include "functions/json_document.h"

#include <gtest/gtest.h>

namespace sluice::functions {
namespace {

std::string compact(std::string_view text) {
  JsonDocument document;
  if (!document.parse(text)) return "no JSON";
  std::string out;
  write_json(out, document.root());
  return out;
}

std::string found(std::string_view text, std::string_view path) {
  auto steps = parse_json_path(path);
  if (!steps) return "no path";
  JsonDocument document;
  if (!document.parse(text)) return "no JSON";
  std::vector<yy::yyjson_val*> values;
  find_all_json(document.root(), *steps, values);
  std::string out;
  for (auto* value : values) {
    if (!out.empty()) out += ' ';
    write_json(out, value);
  }
  return out.empty() ? "nothing" : out;
}

TEST(JsonDocument, CompactText) {
  EXPECT_EQ(compact(" { \"a\" : [ 1 , null , true ] } "), "{\"a\":[1,null,true]}");
  EXPECT_EQ(compact("[17.0, 1.5, -0.25, 1e20, 18446744073709551615]"), "[17,1.5,-0.25,1e+20,18446744073709551615]");
  EXPECT_EQ(compact("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(compact("\"\\u00e9\\u0001\\/\\\"\\\\\\t\""), "\"é\\u0001/\\\"\\\\\\t\"");
  EXPECT_EQ(compact("{}"), "{}");
}

TEST(JsonDocument, OtherTextIsNoJson) {
  for (const char* text : {"", "x", "[1,]", "{\"a\"}", "[1", "1 2", "{'a':1}", "\xff"}) {
    EXPECT_EQ(compact(text), "no JSON") << text;
  }
}

TEST(JsonDocument, DepthIsLimited) {
  const auto nested = [](int levels) {
    return std::string(static_cast<size_t>(levels), '[') + std::string(static_cast<size_t>(levels), ']');
  };
  EXPECT_NE(compact(nested(JsonDocument::kMostLevels)), "no JSON");
  EXPECT_EQ(compact(nested(JsonDocument::kMostLevels + 1)), "no JSON");
  EXPECT_EQ(compact(nested(200'000)), "no JSON");
}

TEST(JsonDocument, Paths) {
  const char* document = "{\"a\":[1,{\"b\":2},[3]],\"x.y\":4,\"o\":{\"p\":5,\"q\":6}}";
  EXPECT_EQ(found(document, "$.a[0]"), "1");
  EXPECT_EQ(found(document, " $ .a [ 1 ] .b "), "nothing");  // spaces belong to a key's name
  EXPECT_EQ(found(document, "$.a[1].b"), "2");
  EXPECT_EQ(found(document, "$.a[last][0]"), "3");
  EXPECT_EQ(found(document, "$.a[last-2]"), "1");
  EXPECT_EQ(found(document, "$.a[last-3]"), "nothing");
  EXPECT_EQ(found(document, "$.a[-3]"), "1");
  EXPECT_EQ(found(document, "$.a[-4]"), "nothing");
  EXPECT_EQ(found(document, "$.a[-0]"), "1");
  EXPECT_EQ(found(document, "$.\"x.y\""), "4");
  EXPECT_EQ(found(document, "$.o.*"), "5 6");
  EXPECT_EQ(found(document, "$.a[*]"), "1 {\"b\":2} [3]");
  EXPECT_EQ(found(document, "$.o[0].p"), "5");
  EXPECT_EQ(found(document, "$.a[9]"), "nothing");
  EXPECT_EQ(found("[1,2]", "$.[1]"), "2");
  EXPECT_EQ(found("7", "$"), "7");
}

TEST(JsonDocument, OtherTextIsNoPath) {
  for (const char* path :
       {"", "a", "$.", "$[", "$[]", "$[x]", "$[1", "$[-]", "$[--1]", "$.\"a", "$a", "$[99999999999999999999]"}) {
    EXPECT_EQ(found("{}", path), "no path") << path;
  }
}

}  // namespace
}  // namespace sluice::functions
