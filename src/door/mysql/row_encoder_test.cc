// SPDX-License-Identifier: Apache-2.0
// Cells, rows, column definitions and endings, byte by byte.
#include "door/mysql/row_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/text_format.h"
#include "door/mysql/column_definition.h"
#include "door/mysql/responses.h"
#include "door/mysql/result_producer.h"

namespace sluice::door::mysql {
namespace {

using namespace std::string_literals;
using duckdb::LogicalType;
using duckdb::Value;
using session::Column;

duckdb::hugeint_t huge(const char* digits) {
  return Value(digits).DefaultCastAs(LogicalType::HUGEINT).GetValue<duckdb::hugeint_t>();
}

Column column_of(LogicalType type, std::string name = "c") {
  Column column;
  column.name = std::move(name);
  column.type = std::move(type);
  return column;
}

// The rows of `values` (all of one type) as one-column packets without their headers.
std::vector<std::string> encode(const LogicalType& type, const std::vector<Value>& values, RowFormat format) {
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), {type});
  for (size_t i = 0; i < values.size(); ++i) chunk.SetValue(0, i, values[i]);
  chunk.SetCardinality(values.size());
  RowEncoder encoder({column_of(type)}, format);
  encoder.bind(chunk);
  std::vector<std::string> rows;
  for (size_t i = 0; i < values.size(); ++i) {
    PacketBuffer out;
    uint8_t sequence = 0;
    EXPECT_EQ(encoder.encode(out, sequence, SIZE_MAX, 1), 1u);
    rows.emplace_back(out.view().substr(kPacketHeader));
    // The same value alone gives the same bytes.
    PacketBuffer single;
    RowEncoder another({column_of(type)}, format);
    another.encode_values(single, sequence, {values[i]});
    EXPECT_EQ(single.view().substr(kPacketHeader), rows.back());
  }
  return rows;
}

// The text cell of a DATETIME(digits), or a time of so many.
std::string text_with_digits(const Value& value, uint8_t digits) {
  session::Column column = column_of(value.type());
  column.fraction_digits = digits;
  RowEncoder encoder({column}, RowFormat::kText);
  PacketBuffer out;
  uint8_t sequence = 0;
  encoder.encode_values(out, sequence, {value});
  return std::string(out.view().substr(kPacketHeader + 1));
}
std::string text_with_digits(int64_t micros, uint8_t digits) {
  return text_with_digits(Value::TIMESTAMP(duckdb::timestamp_t(micros)), digits);
}

// The text cell of one value; "NULL" for NULL.
std::string text(const LogicalType& type, const Value& value) {
  std::string row = encode(type, {value}, RowFormat::kText)[0];
  if (row == "\xFB") return "NULL";
  uint8_t first = static_cast<uint8_t>(row[0]);
  size_t skip = first < 251 ? 1 : first == 0xFC ? 3 : first == 0xFD ? 4 : 9;
  return row.substr(skip);
}
std::string text(const Value& value) { return text(value.type(), value); }
// The binary cell of one value behind the header byte and the null bitmap; "NULL" for NULL.
std::string binary(const Value& value) {
  std::string row = encode(value.type(), {value}, RowFormat::kBinary)[0];
  EXPECT_EQ(row[0], '\0');
  if (row[1] == 0x04) return "NULL";
  EXPECT_EQ(row[1], '\0');
  return row.substr(2);
}

TEST(TextCell, Integers) {
  EXPECT_EQ(text(Value::BOOLEAN(true)), "1");
  EXPECT_EQ(text(Value::BOOLEAN(false)), "0");
  EXPECT_EQ(text(Value::TINYINT(-128)), "-128");
  EXPECT_EQ(text(Value::SMALLINT(32767)), "32767");
  EXPECT_EQ(text(Value::INTEGER(std::numeric_limits<int32_t>::min())), "-2147483648");
  EXPECT_EQ(text(Value::BIGINT(std::numeric_limits<int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(text(Value::BIGINT(std::numeric_limits<int64_t>::max())), "9223372036854775807");
  EXPECT_EQ(text(Value::UTINYINT(255)), "255");
  EXPECT_EQ(text(Value::UBIGINT(std::numeric_limits<uint64_t>::max())), "18446744073709551615");
  EXPECT_EQ(text(Value::HUGEINT(huge("-170141183460469231731687303715884105728"))),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(text(Value::HUGEINT(huge("100000000000000000000"))), "100000000000000000000");
  EXPECT_EQ(text(Value(LogicalType::INTEGER)), "NULL");
  EXPECT_EQ(text(Value(LogicalType::SQLNULL)), "NULL");
}

TEST(TextCell, AllPowersOfTen) {
  uint64_t power = 1;
  for (int digits = 1; digits <= 19; ++digits, power *= 10) {
    for (uint64_t value : {power - 1, power, power + 1}) {
      uint8_t out[kMaxInt64Text];
      EXPECT_EQ(std::string(out, format_unsigned(out, value)), std::to_string(value));
    }
  }
}

TEST(TextCell, Decimals) {
  EXPECT_EQ(text(Value::DECIMAL(int16_t{500}, 4, 4)), "0.0500");
  EXPECT_EQ(text(Value::DECIMAL(int32_t{-12345}, 9, 2)), "-123.45");
  EXPECT_EQ(text(Value::DECIMAL(int32_t{-5}, 9, 2)), "-0.05");
  EXPECT_EQ(text(Value::DECIMAL(int64_t{0}, 18, 2)), "0.00");
  EXPECT_EQ(text(Value::DECIMAL(int64_t{42}, 18, 0)), "42");
  EXPECT_EQ(text(Value::DECIMAL(huge("12345678901234567890123456789012345678"), 38, 4)),
            "1234567890123456789012345678901234.5678");
  EXPECT_EQ(text(Value::DECIMAL(huge("-1"), 38, 38)), "-0.00000000000000000000000000000000000001");
}

TEST(TextCell, Doubles) {
  EXPECT_EQ(text(Value::DOUBLE(1)), "1");
  EXPECT_EQ(text(Value::DOUBLE(0.1)), "0.1");
  EXPECT_EQ(text(Value::DOUBLE(-0.0)), "-0");
  EXPECT_EQ(text(Value::DOUBLE(1e20)), "1e+20");
  EXPECT_EQ(text(Value::DOUBLE(1e-7)), "1e-07");
  EXPECT_EQ(text(Value::DOUBLE(1e15)), "1000000000000000");
  EXPECT_EQ(text(Value::DOUBLE(1e16)), "1e+16");
  EXPECT_EQ(text(Value::DOUBLE(0.0001)), "0.0001");
  EXPECT_EQ(text(Value::DOUBLE(0.00001)), "1e-05");
  EXPECT_EQ(text(Value::DOUBLE(INFINITY)), "inf");
  EXPECT_EQ(text(Value::DOUBLE(-INFINITY)), "-inf");
  EXPECT_EQ(text(Value::DOUBLE(NAN)), "NULL");
  EXPECT_EQ(text(Value::FLOAT(0.1f)), "0.1");
  EXPECT_EQ(text(Value::FLOAT(NAN)), "NULL");
}

TEST(TextCell, DatesAndTimes) {
  using duckdb::Date;
  using duckdb::Timestamp;
  EXPECT_EQ(text(Value::DATE(1970, 1, 1)), "1970-01-01");
  EXPECT_EQ(text(Value::DATE(2000, 2, 29)), "2000-02-29");
  EXPECT_EQ(text(Value::DATE(1, 1, 1)), "0001-01-01");
  EXPECT_EQ(text(Value::DATE(9999, 12, 31)), "9999-12-31");
  EXPECT_EQ(text(Value::DATE(duckdb::date_t::infinity())), "NULL");
  EXPECT_EQ(text(Value::TIMESTAMP(2024, 2, 29, 23, 59, 58, 0)), "2024-02-29 23:59:58");
  EXPECT_EQ(text(Value::TIMESTAMP(2024, 2, 29, 23, 59, 58, 1200)), "2024-02-29 23:59:58.001200");
  EXPECT_EQ(text(Value::TIMESTAMP(1969, 12, 31, 23, 59, 59, 999999)), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(text(Value::TIMESTAMPSEC(duckdb::timestamp_sec_t(1))), "1970-01-01 00:00:01");
  EXPECT_EQ(text(Value::TIMESTAMPMS(duckdb::timestamp_ms_t(1))), "1970-01-01 00:00:00.001");
  EXPECT_EQ(text(Value::TIMESTAMPNS(duckdb::timestamp_ns_t(-1))), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(text(Value::TIMESTAMP(duckdb::timestamp_t::infinity())), "NULL");
  EXPECT_EQ(text_with_digits(1'500'000, 0), "1970-01-01 00:00:01");
  EXPECT_EQ(text_with_digits(1'500'000, 1), "1970-01-01 00:00:01.5");
  EXPECT_EQ(text_with_digits(1'000'000, 4), "1970-01-01 00:00:01.0000");
  EXPECT_EQ(text_with_digits(-1, 6), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(text_with_digits(Value::INTERVAL(0, 0, 3'723'500'000), 0), "01:02:03");
  EXPECT_EQ(text_with_digits(Value::INTERVAL(0, 1, -3'500'000), 2), "23:59:56.50");
  EXPECT_EQ(text_with_digits(Value::INTERVAL(0, 0, -1), 6), "-00:00:00.000001");
  EXPECT_EQ(text(Value::TIME(1, 2, 3, 0)), "01:02:03");
  EXPECT_EQ(text(Value::TIME(1, 2, 3, 45)), "01:02:03.000045");
  uint8_t out[kMaxTimeText];
  EXPECT_EQ(std::string(out, format_time(out, -241'140'000'000, Fraction::kNone)), "-66:59:00");
  EXPECT_EQ(std::string(out, format_time(out, std::numeric_limits<int64_t>::min(), Fraction::kMicros)),
            "-2562047788:00:54.775808");
}

TEST(TextCell, EveryDayOfEightCenturies) {
  for (int32_t day = -200'000; day < 100'000; ++day) {
    int32_t year, month, of_month;
    duckdb::Date::Convert(duckdb::date_t(day), year, month, of_month);
    CivilDate date = civil_date(day);
    ASSERT_EQ(date.year, year) << day;
    ASSERT_EQ(date.month, month) << day;
    ASSERT_EQ(date.day, of_month) << day;
  }
  for (int32_t day : {-2147483646, 2147483646, 2'932'897, -719'529}) {
    int32_t year, month, of_month;
    duckdb::Date::Convert(duckdb::date_t(day), year, month, of_month);
    EXPECT_EQ(civil_date(day).year, year);
    EXPECT_EQ(civil_date(day).month, month);
    EXPECT_EQ(civil_date(day).day, of_month);
  }
}

TEST(TextCell, Strings) {
  EXPECT_EQ(text(Value("")), "");
  EXPECT_EQ(text(Value("twelve bytes")), "twelve bytes");
  EXPECT_EQ(text(Value("thirteen byte")), "thirteen byte");
  EXPECT_EQ(text(Value(std::string(250, 'a'))), std::string(250, 'a'));
  EXPECT_EQ(text(Value(std::string(70'000, 'b'))), std::string(70'000, 'b'));
  EXPECT_EQ(text(Value::BLOB_RAW("\x00\xFF"s)), "\x00\xFF"s);
  EXPECT_EQ(encode(LogicalType::VARCHAR, {Value(std::string(251, 'x'))}, RowFormat::kText)[0].substr(0, 4),
            "\xFC\xFB\x00x"s);
}

TEST(TextCell, OtherTypes) {
  EXPECT_EQ(text(Value::UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(text(Value::INTERVAL(14, 3, 3'723'000'000)), "1 year 2 months 3 days 01:02:03");
  EXPECT_EQ(text(Value::INTERVAL(0, 0, 0)), "00:00:00");
  EXPECT_EQ(text(Value::INTERVAL(0, 1, 3'723'500'000)), "25:02:03.500000");
  EXPECT_EQ(text(Value::INTERVAL(0, 0, -3'020'399'000'000)), "-838:59:59");
  EXPECT_EQ(text(Value::BIT("10110")), "10110");
  duckdb::Vector names(LogicalType::VARCHAR, 2);
  names.SetValue(0, Value("red"));
  names.SetValue(1, Value("a rather long colour"));
  auto colours = LogicalType::ENUM(names, 2);
  EXPECT_EQ(text(Value::ENUM(0, colours)), "red");
  EXPECT_EQ(text(Value::ENUM(1, colours)), "a rather long colour");
}

TEST(TextCell, Nested) {
  auto ints = Value::LIST(LogicalType::INTEGER, {Value::INTEGER(1), Value::INTEGER(2), Value(LogicalType::INTEGER)});
  EXPECT_EQ(text(ints), "[1, 2, null]");
  EXPECT_EQ(text(Value::LIST(LogicalType::VARCHAR, {Value("a"), Value("a much longer string")})),
            "[\"a\", \"a much longer string\"]");
  EXPECT_EQ(text(Value::LIST(LogicalType::BOOLEAN, {Value::BOOLEAN(true), Value::BOOLEAN(false)})), "[1, 0]");
  EXPECT_EQ(text(Value::LIST(LogicalType::VARCHAR, duckdb::vector<Value>())), "[]");
  EXPECT_EQ(text(Value::LIST(LogicalType::DATE, {Value::DATE(2024, 1, 2)})), "[\"2024-01-02\"]");
  EXPECT_EQ(text(Value::STRUCT({{"f1", Value::INTEGER(1)}, {"f2", Value("x")}})), "{\"f1\":1, \"f2\":\"x\"}");
  EXPECT_EQ(text(Value::MAP(LogicalType::VARCHAR, LogicalType::INTEGER, {Value("k11"), Value("k22")},
                            {Value::INTEGER(1000), Value::INTEGER(2000)})),
            "{\"k11\":1000, \"k22\":2000}");
  EXPECT_EQ(text(Value::MAP(LogicalType::INTEGER, LogicalType::VARCHAR, {Value::INTEGER(1000)}, {Value("k11")})),
            "{1000:\"k11\"}");
  EXPECT_EQ(text(Value::ARRAY(LogicalType::DOUBLE, {Value::DOUBLE(1.5), Value::DOUBLE(1e20)})), "[1.5, 1e+20]");
  EXPECT_EQ(text(Value::LIST(ints.type(), {ints, Value(ints.type())})), "[[1, 2, null], null]");
  EXPECT_EQ(text(Value::LIST(LogicalType::DECIMAL(9, 2), {Value::DECIMAL(int32_t{150}, 9, 2)})), "[1.50]");
  // A union has no text of Doris': the kernel's own is taken, for the whole value.
  auto number = Value::UNION({{"n", LogicalType::INTEGER}, {"s", LogicalType::VARCHAR}}, 0, Value::INTEGER(7));
  EXPECT_EQ(text(Value::LIST(number.type(), {number})), "[7]");
}

TEST(BinaryCell, Fixed) {
  EXPECT_EQ(binary(Value::BOOLEAN(true)), "\x01"s);
  EXPECT_EQ(binary(Value::TINYINT(-2)), "\xFE"s);
  EXPECT_EQ(binary(Value::SMALLINT(-2)), "\xFE\xFF"s);
  EXPECT_EQ(binary(Value::INTEGER(1)), "\x01\x00\x00\x00"s);
  EXPECT_EQ(binary(Value::BIGINT(-1)), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
  EXPECT_EQ(binary(Value::UTINYINT(200)), "\xC8\x00"s);
  EXPECT_EQ(binary(Value::UINTEGER(4'000'000'000)), "\x00\x28\x6B\xEE\x00\x00\x00\x00"s);
  EXPECT_EQ(binary(Value::DOUBLE(10.2)), "\x66\x66\x66\x66\x66\x66\x24\x40"s);
  EXPECT_EQ(binary(Value::FLOAT(10.2f)), "\x33\x33\x23\x41"s);
  EXPECT_EQ(binary(Value::DOUBLE(NAN)), "NULL");
  EXPECT_EQ(binary(Value::INTERVAL(0, 0, 0)), "\x00"s);
  EXPECT_EQ(binary(Value::INTERVAL(0, 0, -100'000'000'000)), "\x08\x01\x01\x00\x00\x00\x03\x2E\x28"s);
  EXPECT_EQ(binary(Value::INTERVAL(0, 1, 1)), "\x0C\x00\x01\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"s);
  EXPECT_EQ(binary(Value::DECIMAL(int32_t{-12345}, 9, 2)), "\x07-123.45"s);
  EXPECT_EQ(binary(Value::HUGEINT(5)),
            "\x01"
            "5");
  EXPECT_EQ(binary(Value("text")), "\x04text"s);
  EXPECT_EQ(binary(Value(LogicalType::BIGINT)), "NULL");
}

TEST(BinaryCell, DatesAndTimes) {
  EXPECT_EQ(binary(Value::DATE(2010, 10, 17)), "\x04\xDA\x07\x0A\x11"s);
  EXPECT_EQ(binary(Value::TIMESTAMP(2010, 10, 17, 19, 27, 30, 1)), "\x0B\xDA\x07\x0A\x11\x13\x1B\x1E\x01\x00\x00\x00"s);
  EXPECT_EQ(binary(Value::TIMESTAMP(2010, 10, 17, 19, 27, 30, 0)), "\x07\xDA\x07\x0A\x11\x13\x1B\x1E"s);
  EXPECT_EQ(binary(Value::TIMESTAMP(2010, 10, 17, 0, 0, 0, 0)), "\x04\xDA\x07\x0A\x11"s);
  EXPECT_EQ(binary(Value::TIME(19, 27, 30, 1)), "\x0C\x00\x00\x00\x00\x00\x13\x1B\x1E\x01\x00\x00\x00"s);
  EXPECT_EQ(binary(Value::TIME(0, 0, 0, 0)), "\x00"s);
  EXPECT_EQ(binary(Value::DATE(duckdb::date_t::infinity())), "NULL");
}

TEST(Row, NullBitmapStartsAtItsThirdBit) {
  std::vector<Column> columns;
  std::vector<Value> values;
  for (int i = 0; i < 9; ++i) {
    columns.push_back(column_of(LogicalType::TINYINT));
    values.push_back(i % 3 == 0 ? Value(LogicalType::TINYINT) : Value::TINYINT(static_cast<int8_t>(i)));
  }
  PacketBuffer out;
  uint8_t sequence = 5;
  RowEncoder(columns, RowFormat::kBinary).encode_values(out, sequence, values);
  EXPECT_EQ(out.view(), "\x09\x00\x00\x05\x00\x24\x01\x01\x02\x04\x05\x07\x08"s);
}

TEST(Row, DictionaryAndConstantVectors) {
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(),
                   {LogicalType::VARCHAR, LogicalType::INTEGER, LogicalType::LIST(LogicalType::INTEGER)});
  for (int i = 0; i < 4; ++i) {
    chunk.SetValue(0, i, i == 2 ? Value() : Value("value " + std::to_string(i)));
    chunk.SetValue(2, i, Value::LIST({Value::INTEGER(i)}));
  }
  chunk.SetCardinality(4);
  duckdb::SelectionVector selection(4);
  for (int i = 0; i < 4; ++i) selection.set_index(i, 3 - i);
  chunk.Slice(selection, 4);
  chunk.data[1].Reference(Value::INTEGER(9));
  RowEncoder encoder(
      {column_of(LogicalType::VARCHAR), column_of(LogicalType::INTEGER), column_of(chunk.data[2].GetType())},
      RowFormat::kText);
  encoder.bind(chunk);
  PacketBuffer out;
  uint8_t sequence = 0;
  EXPECT_EQ(encoder.encode(out, sequence, SIZE_MAX), 4u);
  EXPECT_EQ(out.view(),
            "\x0E\x00\x00\x00\x07value 3\x01"
            "9\x03[3]"
            "\x07\x00\x00\x01\xFB\x01"
            "9\x03[2]"s
            "\x0E\x00\x00\x02\x07value 1\x01"
            "9\x03[1]"
            "\x0E\x00\x00\x03\x07value 0\x01"
            "9\x03[0]"s);
}

TEST(Row, StopsAtTheBufferAndGoesOn) {
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), {LogicalType::VARCHAR});
  for (int i = 0; i < 100; ++i) chunk.SetValue(0, i, Value(std::string(1000, static_cast<char>('a' + i % 26))));
  chunk.SetCardinality(100);
  RowEncoder encoder({column_of(LogicalType::VARCHAR)}, RowFormat::kText);
  encoder.bind(chunk);
  std::string all;
  uint8_t sequence = 0;
  PacketBuffer out;
  while (encoder.rows_left() > 0) {
    out.clear();
    EXPECT_EQ(encoder.encode(out, sequence, 5000),
              encoder.rows_left() == 0 && out.size() < 5000 ? out.size() / 1007 : 5u);
    all += out.view();
  }
  EXPECT_EQ(all.size(), 100u * 1007);
}

TEST(Row, LongerThanOnePacket) {
  PacketBuffer out;
  uint8_t sequence = 0;
  RowEncoder({column_of(LogicalType::VARCHAR)}, RowFormat::kText)
      .encode_values(out, sequence, {Value(std::string(17 << 20, 'l'))});
  EXPECT_EQ(sequence, 2);
  EXPECT_EQ(out.view().substr(0, 9), "\xFF\xFF\xFF\x00\xFD\x00\x00\x10\x01"s.substr(0, 4) + "\xFE\x00\x00\x10\x01"s);
}

TEST(Row, ValuesOfAnotherTypeAreCast) {
  PacketBuffer out;
  uint8_t sequence = 0;
  RowEncoder({column_of(LogicalType::BIGINT)}, RowFormat::kBinary).encode_values(out, sequence, {Value("12")});
  EXPECT_EQ(out.view(), "\x0A\x00\x00\x00\x00\x00\x0C\x00\x00\x00\x00\x00\x00\x00"s);
}

TEST(Columns, DefinitionBytes) {
  Column column = column_of(LogicalType::INTEGER, "k");
  column.schema = "tpch";
  column.table = "t";
  column.org_table = "t4";
  column.org_name = "k";
  PacketBuffer out;
  uint8_t sequence = 2;
  put_column_definition(out, sequence, column);
  EXPECT_EQ(out.view(),
            "\x1F\x00\x00\x02\x03"
            "def\x04tpch\x01t\x02t4\x01k\x01k\x0C\x2D\x00\x0B\x00\x00\x00\x03\x00\x00\x00\x00\x00"s);
}

TEST(Columns, TypesAsDoris) {
  struct Case {
    LogicalType type;
    uint8_t code;
    uint32_t length;
    uint8_t decimals;
  };
  for (const Case& c : std::vector<Case>{{LogicalType::BOOLEAN, 1, 1, 0},
                                         {LogicalType::TINYINT, 1, 4, 0},
                                         {LogicalType::SMALLINT, 2, 6, 0},
                                         {LogicalType::INTEGER, 3, 11, 0},
                                         {LogicalType::BIGINT, 8, 20, 0},
                                         {LogicalType::HUGEINT, 254, 255, 0},
                                         {LogicalType::FLOAT, 4, 12, 31},
                                         {LogicalType::DOUBLE, 5, 22, 31},
                                         {LogicalType::DECIMAL(9, 2), 246, 11, 2},
                                         {LogicalType::DECIMAL(38, 4), 246, 40, 4},
                                         {LogicalType::DECIMAL(10, 0), 246, 11, 0},
                                         {LogicalType::DATE, 10, 10, 0},
                                         {LogicalType::TIMESTAMP_S, 12, 19, 0},
                                         {LogicalType::TIMESTAMP_MS, 12, 19, 3},
                                         {LogicalType::VARCHAR, 254, 255, 0},
                                         {LogicalType::JSON(), 245, 255, 0},
                                         {LogicalType::LIST(LogicalType::INTEGER), 254, 255, 0}}) {
    WireType wire = wire_type(c.type);
    EXPECT_EQ(static_cast<uint8_t>(wire.type), c.code) << c.type.ToString();
    EXPECT_EQ(wire.length, c.length) << c.type.ToString();
    EXPECT_EQ(wire.decimals, c.decimals) << c.type.ToString();
    EXPECT_EQ(wire.charset, 45) << c.type.ToString();
    EXPECT_EQ(wire.flags, 0) << c.type.ToString();
  }
}

TEST(Responses, OkAndEnd) {
  PacketBuffer out;
  uint8_t sequence = 1;
  session::Done done;
  done.affected_rows = 3;
  done.info = "Records: 3";
  put_ok(out, sequence, done, kAutocommit);
  EXPECT_EQ(out.view(), "\x12\x00\x00\x01\x00\x03\x00\x02\x00\x00\x00\x0ARecords: 3"s);
  out.clear();
  put_end(out, sequence, 0, {kAutocommit | kMoreResultsExist, 1});
  EXPECT_EQ(out.view(), "\x05\x00\x00\x02\xFE\x01\x00\x0A\x00"s);
  out.clear();
  put_end(out, sequence, kDeprecateEof, {kAutocommit, 1});
  EXPECT_EQ(out.view(), "\x07\x00\x00\x03\xFE\x00\x00\x02\x00\x01\x00"s);
}

// A stream of `chunks` chunks of `rows` rows of counted integers.
class CountingRows : public session::RowStream {
 public:
  CountingRows(int chunks, int rows) : chunks_(chunks), rows_(rows) {
    columns_.push_back(column_of(LogicalType::INTEGER));
    chunk_.Initialize(duckdb::Allocator::DefaultAllocator(), {LogicalType::INTEGER});
  }
  const std::vector<Column>& columns() const override { return columns_; }
  Result<duckdb::DataChunk*> next() override {
    if (chunks_ == 0) return nullptr;
    --chunks_;
    chunk_.Reset();
    for (int i = 0; i < rows_; ++i) chunk_.SetValue(0, i, Value::INTEGER(next_++));
    chunk_.SetCardinality(rows_);
    return &chunk_;
  }

 private:
  int chunks_, rows_, next_ = 0;
  std::vector<Column> columns_;
  duckdb::DataChunk chunk_;
};

std::string cells(const PacketBuffer& out) {
  std::string text;
  for (size_t at = 0; at < out.size();) {
    size_t length = out[at];
    text += std::string(out.view().substr(at + kPacketHeader + 1, length - 1)) + " ";
    at += kPacketHeader + length;
  }
  return text;
}

TEST(ResultProducer, FillsByRowsAndBytes) {
  ResultProducer rows(std::make_unique<CountingRows>(3, 2), RowFormat::kText);
  PacketBuffer out;
  uint8_t sequence = 0;
  uint64_t three = 3;
  EXPECT_TRUE(*rows.fill(out, sequence, SIZE_MAX, three));
  EXPECT_EQ(cells(out), "0 1 2 ");
  out.clear();
  uint64_t all = UINT64_MAX;
  EXPECT_TRUE(*rows.fill(out, sequence, 6, all));
  EXPECT_EQ(cells(out), "3 ");
  out.clear();
  EXPECT_FALSE(*rows.fill(out, sequence, SIZE_MAX, all));
  EXPECT_EQ(cells(out), "4 5 ");
  EXPECT_EQ(sequence, 6);
}

TEST(ResultProducer, DetachedRowsAreTheSame) {
  ResultProducer rows(std::make_unique<CountingRows>(3, 2), RowFormat::kText);
  PacketBuffer out;
  uint8_t sequence = 0;
  uint64_t one = 1, all = UINT64_MAX;
  EXPECT_TRUE(*rows.fill(out, sequence, SIZE_MAX, one));
  ASSERT_TRUE(rows.detach(1 << 20));
  EXPECT_FALSE(*rows.fill(out, sequence, SIZE_MAX, all));
  EXPECT_EQ(cells(out), "0 1 2 3 4 5 ");
  ResultProducer large(std::make_unique<CountingRows>(1000, 1000), RowFormat::kText);
  EXPECT_FALSE(large.detach(1 << 20));
}

}  // namespace
}  // namespace sluice::door::mysql
