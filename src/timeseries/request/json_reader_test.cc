// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/json_reader.h"

#include <gtest/gtest.h>

#include "timeseries/request/json_value.h"

namespace sluice::timeseries {
namespace {

JsonReader reader_of(std::string_view text, bool lenient, Compat compat = Compat::kV14) {
  JsonReader reader(compat);
  reader.set_lenient(lenient);
  reader.set_text(text, true);
  return reader;
}

std::string message(const JsonReader& reader) { return reader.fault().message.value_or("null"); }

TEST(JsonReader, LenientTextIsRead) {
  const auto value =
      parse_document("{a:'x', \"b\"=>NaN; 'c' = [1,,TRUE] /*c*/ # d\n, \"e\" : 01 // f\n}", Compat::kV14);
  ASSERT_TRUE(value) << value.error().message.value_or("");
  EXPECT_EQ(value->to_json(), R"({"a":"x","b":"NaN","c":[1,null,true],"e":"01"})");
}

TEST(JsonReader, StrictTextHasNoExtras) {
  for (const char* text : {"{a:1}", "{'a':1}", "[1;2]", "[,]", "/**/[]", "#\n[]", "x", "[NaN]"}) {
    JsonReader reader = reader_of(text, false);
    EXPECT_FALSE(reader.skip_value()) << text;
    EXPECT_TRUE(message(reader).starts_with("Use JsonReader.setLenient(true) to accept malformed JSON at line "))
        << text << ": " << message(reader);
  }
}

TEST(JsonReader, PlaceOfAnErrorIsThatOfGson) {
  JsonReader reader = reader_of("[\n {\"a\": [1, 2", true);
  JsonValue value;
  EXPECT_FALSE(read_value(reader, value));
  EXPECT_EQ(message(reader), "End of input at line 2 column 13 path $[0].a[2]");
  JsonReader old = reader_of("[\n {\"a\": [1, 2", true, Compat::kV13);
  EXPECT_FALSE(read_value(old, value));
  EXPECT_EQ(message(old), "End of input at line 2 column 13");
}

TEST(JsonReader, ColumnsCountUtf16Units) {
  JsonReader reader = reader_of("[\"\xC3\xA9\xF0\x9F\x98\x80\" 5]", true, Compat::kV13);
  JsonValue value;
  EXPECT_FALSE(read_value(reader, value));
  EXPECT_EQ(message(reader), "Unterminated array at line 1 column 9");
}

TEST(JsonReader, EscapesBecomeUtf8) {
  const auto read = [](std::string_view text, Compat compat = Compat::kV14) {
    JsonReader reader = reader_of(text, true, compat);
    std::string value;
    return reader.next_string(value) ? value : "fault: " + message(reader);
  };
  EXPECT_EQ(read(R"("\u00e9\t\/\ud83d\ude00")"), "\xC3\xA9\t/\xF0\x9F\x98\x80");
  EXPECT_EQ(read(R"("\ud83d")"), "?");
  EXPECT_EQ(read(R"("\ud83dx\ude00")"), "?x?");
  EXPECT_EQ(read(R"("\u12g4")"), R"(fault: \u12g4)");
  EXPECT_EQ(read(R"("\q")", Compat::kV13), "q");
  EXPECT_EQ(read(R"("\q")"), "fault: Invalid escape sequence at line 1 column 4 path $");
}

TEST(JsonReader, WhatIsNoNumberIsText) {
  for (const char* text : {"01", "1.", ".5", "+5", "-", "1e", "1e+", "1.e5", "1x", "--1", "0x10"}) {
    JsonReader reader = reader_of(text, true);
    EXPECT_EQ(reader.peek(), JsonToken::kString) << text;
  }
  for (const char* text : {"0", "-0", "1.50", "1E5", "1e-07", "99999999999999999999", "-9223372036854775808"}) {
    JsonReader reader = reader_of(text, true);
    EXPECT_EQ(reader.peek(), JsonToken::kNumber) << text;
  }
}

TEST(JsonReader, LongsAreExactOrRefused) {
  const auto read = [](std::string_view text, Compat compat = Compat::kV14) {
    JsonReader reader = reader_of(text, true, compat);
    int64_t value = 0;
    return reader.next_long(value) ? std::to_string(value) : message(reader);
  };
  EXPECT_EQ(read("12"), "12");
  EXPECT_EQ(read("\"12.0\""), "12");
  EXPECT_EQ(read("1e3"), "1000");
  EXPECT_EQ(read("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read("1.5"), "Expected a long but was 1.5 at line 1 column 4 path $");
  EXPECT_EQ(read("\"x\""), "For input string: \"x\"");
  EXPECT_EQ(read("true"), "Expected a long but was BOOLEAN at line 1 column 5 path $");
  EXPECT_EQ(read("x", Compat::kV13), "Expected a long but was STRING at line 1 column 1");
}

TEST(JsonReader, AsksForMoreAndGoesOn) {
  const std::string text = "[{\"name\": \"a\\u00e9b\", \"n\": -12.5e3, 'x': nul, \"t\": true}] ";
  JsonReader whole = reader_of(text, true);
  JsonValue want;
  ASSERT_TRUE(read_value(whole, want));
  for (size_t size = 0; size < text.size(); ++size) {
    JsonReader reader(Compat::kV14);
    reader.set_lenient(true);
    const auto mark = reader.mark();
    reader.set_text(std::string_view(text).substr(0, size), false);
    JsonValue value;
    if (!read_value(reader, value)) {
      EXPECT_EQ(reader.fault().what, FaultClass::kNeedMore) << size;
      reader.back_to(mark);
      reader.set_text(text, true);
      ASSERT_TRUE(read_value(reader, value)) << size << message(reader);
    }
    EXPECT_EQ(value.to_json(), want.to_json());
  }
}

TEST(JsonReader, NestingHasALimit) {
  const std::string deep(JsonReader::kMaxDepth + 1, '[');
  JsonReader reader = reader_of(deep, true, Compat::kV13);
  JsonValue value;
  EXPECT_FALSE(read_value(reader, value));
  EXPECT_TRUE(message(reader).starts_with("JSON is nested")) << message(reader);
  JsonReader skipping = reader_of(deep, true);
  EXPECT_FALSE(skipping.skip_value());
}

TEST(JsonValue, DocumentsEndWhereTheyEnd) {
  const auto fault = [](std::string_view text) {
    const auto value = parse_document(text, Compat::kV13);
    return value ? value->to_json() : value.error().message.value_or("null");
  };
  EXPECT_EQ(fault(""), "null");
  EXPECT_EQ(fault("{} "), "{}");
  EXPECT_EQ(
      fault("{} x"),
      "com.google.gson.stream.MalformedJsonException: Use JsonReader.setLenient(true) to accept malformed JSON at "
      "line 1 column 5");
  EXPECT_EQ(fault("{"), "java.io.EOFException: End of input at line 1 column 2");
  EXPECT_EQ(fault(")]}'\n[1]"), "[1]");
}

TEST(JsonValue, LastOfANameCountsAtTheFirstPlace) {
  const auto value = parse_document(R"({"a":1,"b":2,"a":{"c":"\u2028\"<"}})", Compat::kV14);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->to_json(), R"({"a":{"c":"\u2028\"<"},"b":2})");
}

TEST(JsonValue, ArraysOfOneStandForTheirElement) {
  const auto value = parse_document(R"([["7"], [], [1,2], {}, null, 5.9, true])", Compat::kV14);
  ASSERT_TRUE(value);
  const auto& items = value->items();
  EXPECT_EQ(*items[0].as_long(), 7);
  EXPECT_EQ(items[1].as_long().error().what, FaultClass::kIllegalState);
  EXPECT_EQ(items[2].as_string().error().message, std::nullopt);
  EXPECT_EQ(*items[3].as_string().error().message, "JsonObject");
  EXPECT_EQ(*items[4].as_double().error().message, "JsonNull");
  EXPECT_EQ(*items[5].as_long(), 5);
  EXPECT_EQ(*items[6].as_boolean(), true);
  EXPECT_EQ(*items[6].as_long().error().message, "For input string: \"true\"");
}

}  // namespace
}  // namespace sluice::timeseries
