// SPDX-License-Identifier: Apache-2.0
// Frames, notations, types, values, requests and answers, byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "client/cassandra/fake_server_for_tests.h"
#include "client/cassandra/requests.h"
#include "client/cassandra/responses.h"
#include "client/cassandra/settings.h"

namespace sluice::client::cassandra {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : bytes) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

ResponseFrame result(std::string_view body, uint8_t flags = 0) {
  ResponseFrame frame;
  frame.header = {.flags = flags, .opcode = Opcode::kResult, .body_bytes = static_cast<uint32_t>(body.size())};
  frame.body.append(body);
  return frame;
}

StatementPtr statement(const FakeColumns& parameters, const FakeColumns& columns = {}) {
  auto frame = result(prepared_body("0123456789abcdef", parameters, columns));
  EXPECT_EQ(*read_result_kind(frame), ResultKind::kPrepared);
  auto prepared = read_prepared(frame);
  EXPECT_TRUE(prepared) << prepared.error().describe();
  return std::make_shared<Statement>("text", std::move(*prepared));
}

// ---- frames

TEST(Frame, HeaderOfARequest) {
  const auto bytes =
      header_bytes({.flags = kFlagCompressed, .stream = 0x1234, .opcode = Opcode::kBatch, .body_bytes = 0x01020304});
  EXPECT_EQ(hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}), "040112340d01020304");
}

TEST(Frame, HeaderOfAResponse) {
  const std::array<uint8_t, 9> bytes{0x84, 0x00, 0xFF, 0xFF, 0x0C, 0, 0, 1, 0};
  auto header = parse_header(bytes, 1024);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->stream, -1);
  EXPECT_EQ(header->opcode, Opcode::kEvent);
  EXPECT_EQ(header->body_bytes, 256u);
  EXPECT_FALSE(parse_header(bytes, 255));
  for (auto [at, value] : {std::pair<size_t, uint8_t>{0, 0x85}, {0, 0x04}, {4, 0x07}, {4, 0x55}}) {
    auto wrong = bytes;
    wrong[at] = value;
    auto refused = parse_header(wrong, 1024);
    ASSERT_FALSE(refused) << at;
    EXPECT_EQ(refused.error().code(), Code::kDataLoss);
  }
}

TEST(Frame, Lz4OfBodies) {
  ByteBuffer body;
  for (int i = 0; i < 200; ++i) body.append(std::string_view("the same words again and again; "));
  const std::string before(body.view());
  auto frame = make_frame(Opcode::kBatch, std::move(body), true);
  EXPECT_EQ(frame->flags, kFlagCompressed);
  EXPECT_LT(frame->body.size(), before.size() / 10);
  EXPECT_EQ(hex(frame->body.view().substr(0, 4)), hex(be32(static_cast<uint32_t>(before.size()))));
  auto plain = without_compression(frame);
  ASSERT_TRUE(plain);
  EXPECT_EQ((*plain)->body.view(), before);
  EXPECT_EQ((*plain)->flags, 0);
  EXPECT_FALSE(decompress_body(frame->body.span(), static_cast<uint32_t>(before.size()) - 1));
  EXPECT_FALSE(decompress_body(frame->body.span().first(20), 1 << 20));
  EXPECT_FALSE(decompress_body(frame->body.span().first(3), 1 << 20));
}

TEST(Frame, SmallAndIncompressibleBodiesStayPlain) {
  ByteBuffer small;
  small.append(std::string_view("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
  EXPECT_EQ(make_frame(Opcode::kQuery, std::move(small), true)->flags, 0);
  ByteBuffer noise;
  std::mt19937 random(1);
  for (int i = 0; i < 4096; ++i) noise.u8(static_cast<uint8_t>(random()));
  EXPECT_EQ(make_frame(Opcode::kQuery, std::move(noise), true)->flags, 0);
}

TEST(Frame, WarningsAndPayloadBeforeTheBody) {
  auto frame = result(std::string(16, 't') + be16(2) + string_of("large batch") + string_of("tombstones") + be16(1) +
                          string_of("k") + value_of("v") + be32(1),
                      kFlagTracing | kFlagWarning | kFlagCustomPayload);
  ASSERT_TRUE(strip_prefixes(frame));
  EXPECT_THAT(frame.warnings, ElementsAre("large batch", "tombstones"));
  EXPECT_EQ(*read_result_kind(frame), ResultKind::kVoid);
  auto cut = result(be16(2) + string_of("large batch"), kFlagWarning);
  EXPECT_FALSE(strip_prefixes(cut));
}

// ---- requests

TEST(Requests, Startup) {
  EXPECT_EQ(hex(startup_body({{"CQL_VERSION", "3.0.0"}}).view()), "0001000b43514c5f56455253494f4e0005332e302e30");
}

TEST(Requests, Query) {
  EXPECT_EQ(hex(query_body("SELECT 1", Consistency::kOne, {.page_size = 0}).view()),
            "0000000853454c4543542031"
            "0001"
            "00");
  EXPECT_EQ(hex(query_body("x", Consistency::kQuorum,
                           {.serial_consistency = Consistency::kLocalSerial, .timestamp = 5, .page_size = 7}, "ps")
                    .view()),
            "0000000178"
            "0004"
            "3c"
            "00000007"
            "000000027073"
            "0009"
            "0000000000000005");
}

TEST(Requests, ExecuteWithValues) {
  auto insert = statement({{"a", kBlobType}, {"b", kIntType}, {"c", kTextType}});
  Execute request(insert);
  request.values().blob("\x01\x02").int32(-2).null();
  EXPECT_EQ(request.value_count(), 3);
  auto body = execute_body(*insert, request.bytes(), 3, Consistency::kLocalQuorum,
                           {.timestamp = 1700000000000, .page_size = 0}, false);
  EXPECT_EQ(hex(body.view()), "0010" + hex("0123456789abcdef") +
                                  "0006"
                                  "21"
                                  "0003"
                                  "000000020102"
                                  "00000004fffffffe"
                                  "ffffffff"
                                  "0000018bcfe56800");
  EXPECT_EQ(request.partition_key(), "\x01\x02");
}

TEST(Requests, KeyOfSeveralColumns) {
  auto prepared = result(be32(4) + string_of("0123456789abcdef") + be32(1) + be32(3) + be32(2) + be16(2) + be16(0) +
                         columns_bytes({{"a", kTextType}, {"b", kIntType}, {"c", kTextType}}) + be32(4) + be32(0));
  ASSERT_TRUE(read_result_kind(prepared));
  auto read = read_prepared(prepared);
  ASSERT_TRUE(read);
  Execute request(std::make_shared<Statement>("x", std::move(*read)));
  request.values().text("first").int32(1).text("zz");
  EXPECT_EQ(hex(*request.partition_key()),
            "00027a7a00"
            "0005666972737400");
}

TEST(Requests, BatchOfPreparedStatements) {
  auto insert = statement({{"key", kBlobType}, {"value", kBlobType}});
  Batch batch;
  batch.add(insert).blob("k1").blob("v1");
  batch.add(insert).blob("k2").unset();
  batch.options.timestamp = 2;
  EXPECT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch.statements().size(), 1u);
  auto body = batch.take_body(Consistency::kOne);
  ASSERT_TRUE(body);
  const std::string head =
      "01"
      "0010" +
      hex("0123456789abcdef") + "0002";
  EXPECT_EQ(hex(body->view()),
            "01"
            "0002" +
                head +
                "000000026b31"
                "000000027631" +
                head +
                "000000026b32"
                "fffffffe"
                "0001"
                "20"
                "0000000000000002");
  EXPECT_TRUE(batch.empty());
}

TEST(Requests, BatchesThatLackValuesAreRefused) {
  auto insert = statement({{"key", kBlobType}, {"value", kBlobType}});
  Batch last;
  last.add(insert).blob("k1");
  EXPECT_EQ(last.take_body(Consistency::kOne).error().code(), Code::kInvalidArgument);
  Batch middle;
  middle.add(insert).blob("k1");
  middle.add(insert).blob("k1").blob("v1");
  EXPECT_FALSE(middle.take_body(Consistency::kOne));
  Batch many;
  for (int i = 0; i < 65'536; ++i) many.add(insert).blob("k").blob("v");
  EXPECT_FALSE(many.take_body(Consistency::kOne));
}

TEST(Requests, Values) {
  ByteBuffer out;
  Values values(out);
  values.int64(1).float64(1.5).boolean(true).timestamp(-1).text_map({{"b", "2"}, {"a", "1"}});
  std::memcpy(values.space(2), "xy", 2);
  EXPECT_EQ(values.count(), 6);
  EXPECT_EQ(hex(out.view()),
            "000000080000000000000001"
            "000000083ff8000000000000"
            "0000000101"
            "00000008ffffffffffffffff"
            "00000018"
            "00000002"
            "0000000161"
            "0000000131"
            "0000000162"
            "0000000132"
            "000000027879");
}

// ---- answers

const FakeColumns kColumns{{"key", kBlobType}, {"number", kIntType}};

TEST(Answers, RowsAreViews) {
  auto frame = result(rows_body(kColumns, {{"abc", be32(7)}, {std::nullopt, be32(UINT32_MAX)}, {"", be32(1)}}, "next"));
  ASSERT_EQ(*read_result_kind(frame), ResultKind::kRows);
  auto rows = Rows::decode(std::move(frame), nullptr);
  ASSERT_TRUE(rows) << rows.error().describe();
  EXPECT_EQ(rows->size(), 3u);
  EXPECT_EQ(rows->paging_state(), "next");
  EXPECT_EQ(rows->column("number"), 1);
  EXPECT_EQ(rows->column("nothing"), -1);
  EXPECT_EQ(rows->columns()[0].type.id, TypeId::kBlob);
  EXPECT_EQ(rows->columns()[0].table, "t");
  Rows moved = std::move(*rows);
  EXPECT_EQ(moved.paging_state(), "next");
  auto row = moved.cursor();
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row[0].bytes(), "abc");
  EXPECT_EQ(*row[1].int32(), 7);
  EXPECT_FALSE(row[1].int64());
  ASSERT_TRUE(row.next());
  EXPECT_TRUE(row[0].is_null());
  EXPECT_EQ(row[0].bytes(), "");
  EXPECT_EQ(*row[1].int32(), -1);
  ASSERT_TRUE(row.next());
  EXPECT_FALSE(row[0].is_null());
  EXPECT_FALSE(row.next());
}

TEST(Answers, RowsWithoutMetadataHaveThoseOfTheStatement) {
  auto select = statement({{"key", kBlobType}}, kColumns);
  const std::string body = be32(2) + be32(4) + be32(2) + be32(1) + value_of("k") + value_of(be32(9));
  auto frame = result(body);
  ASSERT_TRUE(read_result_kind(frame));
  auto rows = Rows::decode(std::move(frame), select->columns());
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->columns()[1].name, "number");
  auto unknown = result(body);
  ASSERT_TRUE(read_result_kind(unknown));
  EXPECT_FALSE(Rows::decode(std::move(unknown), nullptr));
}

TEST(Answers, EveryCutIsFound) {
  const std::string whole =
      rows_body({{"m", kTextMapType}, {"s", kTextSetType}}, {{"abc", "d"}, {std::nullopt, ""}}, "p");
  for (size_t n = 0; n < whole.size(); ++n) {
    auto frame = result(std::string_view(whole).substr(0, n));
    if (!read_result_kind(frame)) continue;
    EXPECT_FALSE(Rows::decode(std::move(frame), nullptr)) << n;
  }
  auto longer = result(whole + "x");
  ASSERT_TRUE(read_result_kind(longer));
  EXPECT_FALSE(Rows::decode(std::move(longer), nullptr));
}

TEST(Answers, HugeCountsCostNothing) {
  for (auto& body : {be32(2) + be32(1) + be32(INT32_MAX), be32(2) + be32(4) + be32(0) + be32(INT32_MAX),
                     be32(2) + be32(0) + be32(UINT32_MAX)}) {
    auto frame = result(body);
    ASSERT_TRUE(read_result_kind(frame));
    EXPECT_FALSE(Rows::decode(std::move(frame), nullptr));
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += be16(0x20);
  ByteReader in(deep);
  EXPECT_FALSE(read_type(in));
}

TEST(Answers, TypesByName) {
  const std::string bytes = be16(0x21) + be16(0x0D) + be16(0x31) + be16(2) + be16(0x02) + be16(0x30) + string_of("ks") +
                            string_of("udt") + be16(1) + string_of("field") + be16(0x0B);
  ByteReader in(bytes);
  auto type = read_type(in);
  ASSERT_TRUE(type);
  EXPECT_EQ(to_string(*type), "map<text, tuple<bigint, ks.udt>>");
  EXPECT_TRUE(in.at_end());
}

TEST(Answers, CollectionsAndAddresses) {
  const std::string map = be32(2) + value_of("a") + value_of("1") + value_of("b") + value_of("");
  Cell cell(reinterpret_cast<const uint8_t*>(map.data()), static_cast<int32_t>(map.size()));
  EXPECT_THAT(*cell.text_map(), ElementsAre(testing::Pair("a", "1"), testing::Pair("b", "")));
  Cell cut(reinterpret_cast<const uint8_t*>(map.data()), static_cast<int32_t>(map.size()) - 1);
  EXPECT_FALSE(cut.text_map());
  EXPECT_FALSE(cell.text_list());
  const std::string huge = be32(INT32_MAX);
  EXPECT_FALSE(Cell(reinterpret_cast<const uint8_t*>(huge.data()), 4).text_list());
  const uint8_t v4[] = {127, 0, 0, 2};
  EXPECT_EQ(*Cell(v4, 4).address(), "127.0.0.2");
  EXPECT_FALSE(Cell(v4, 3).address());
  EXPECT_TRUE(Cell().text_map()->empty());
}

TEST(Answers, Events) {
  auto read = [](std::string body) {
    auto frame = result(body);
    return read_event(frame);
  };
  auto status = read(string_of("STATUS_CHANGE") + string_of("UP") + "\x04" + std::string("\x7f\0\0\1", 4) + be32(9042));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->kind, Event::Kind::kStatus);
  EXPECT_EQ(status->address, "127.0.0.1");
  EXPECT_EQ(status->port, 9042);
  auto schema =
      read(string_of("SCHEMA_CHANGE") + string_of("UPDATED") + string_of("TABLE") + string_of("ks") + string_of("t"));
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->name, "t");
  EXPECT_EQ(read(string_of("SOMETHING_NEW"))->kind, Event::Kind::kOther);
  EXPECT_FALSE(read(string_of("STATUS_CHANGE") + string_of("UP") + "\x05" + "12345" + be32(1)));
}

TEST(Answers, Errors) {
  struct Case {
    ErrorCode code;
    std::string details;
    Code expected;
    Retry retry;
  };
  const Case cases[] = {
      {ErrorCode::kOverloaded, "", Code::kResourceExhausted, Retry::kReroute},
      {ErrorCode::kUnavailable, be16(4) + be32(2) + be32(1), Code::kUnavailable, Retry::kBackoff},
      {ErrorCode::kWriteTimeout, be16(4) + be32(1) + be32(2) + string_of("UNLOGGED_BATCH"), Code::kUndetermined,
       Retry::kBackoff},
      {ErrorCode::kReadTimeout, be16(4) + be32(1) + be32(2) + std::string(1, '\1'), Code::kDeadlineExceeded,
       Retry::kBackoff},
      {ErrorCode::kSyntaxError, "", Code::kInvalidArgument, Retry::kNever},
      {ErrorCode::kUnauthorized, "", Code::kPermissionDenied, Retry::kNever},
      {ErrorCode::kAlreadyExists, string_of("ks") + string_of("t"), Code::kAlreadyExists, Retry::kNever},
  };
  for (auto& one : cases) {
    auto reply = FakeReply::error(one.code, "why", one.details);
    auto error = read_server_error({reinterpret_cast<const uint8_t*>(reply.body.data()), reply.body.size()});
    ASSERT_TRUE(error);
    auto made = to_error(*error, "1.2.3.4:9042");
    EXPECT_EQ(made.code(), one.expected);
    EXPECT_EQ(made.retry(), one.retry);
    EXPECT_EQ(made.native_code(), static_cast<int>(one.code));
    EXPECT_EQ(made.message(), "why");
    if (!one.details.empty()) {
      EXPECT_FALSE(read_server_error({reinterpret_cast<const uint8_t*>(reply.body.data()), reply.body.size() - 1}));
    }
  }
  auto reply = FakeReply::error(ErrorCode::kUnavailable, "", be16(6) + be32(3) + be32(1));
  auto error = read_server_error({reinterpret_cast<const uint8_t*>(reply.body.data()), reply.body.size()});
  EXPECT_EQ(error->consistency, Consistency::kLocalQuorum);
  EXPECT_EQ(error->required, 3);
  EXPECT_EQ(error->received, 1);
}

TEST(Settings, Addresses) {
  auto expect = [](const std::string& text, std::string_view host, uint16_t port) {
    auto address = parse_address(text, 9042);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->host, host);
    EXPECT_EQ(address->port, port);
  };
  expect("db1", "db1", 9042);
  expect("db1:19042", "db1", 19042);
  expect("[::1]:1", "::1", 1);
  expect("[::1]", "::1", 9042);
  expect("fe80::1", "fe80::1", 9042);
  for (auto wrong : {"", ":9042", "db1:", "db1:0", "db1:70000", "db1:x", "[::1", "[::1]9042"})
    EXPECT_FALSE(parse_address(wrong, 9042)) << wrong;
  EXPECT_TRUE(check(Settings()));
  Settings none;
  none.contact_points.clear();
  EXPECT_FALSE(check(none));
  Settings many;
  many.max_requests_per_connection = 40'000;
  EXPECT_FALSE(check(many));
}

TEST(Settings, ConsistencyByName) {
  EXPECT_EQ(parse_consistency("local_quorum"), Consistency::kLocalQuorum);
  EXPECT_EQ(parse_consistency("ONE"), Consistency::kOne);
  EXPECT_FALSE(parse_consistency("MOST"));
  EXPECT_EQ(to_string(Consistency::kEachQuorum), "EACH_QUORUM");
}

}  // namespace
}  // namespace sluice::client::cassandra
