// SPDX-License-Identifier: Apache-2.0
// Bytes against real rows of Cassandra that Java KairosDB wrote (test/kairos/recorded/bytes-head.json).
#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "timeseries/request/json_value.h"
#include "timeseries/store/cassandra/queue_record.h"
#include "timeseries/store/cassandra/row_key.h"
#include "timeseries/store/cassandra/row_spec.h"
#include "timeseries/store/cassandra/tag_index.h"
#include "timeseries/store/cassandra/value_codec.h"

namespace sluice::timeseries::cassandra {
namespace {

std::string unhex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

const JsonValue& vectors() {
  static const JsonValue kVectors = [] {
    std::ifstream in(std::filesystem::path(__FILE__).parent_path() /
                     "../../../../test/kairos/recorded/bytes-head.json");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto parsed = parse_document(text, Compat::kV14);
    EXPECT_TRUE(parsed.has_value());
    return parsed ? std::move(*parsed) : JsonValue();
  }();
  return kVectors;
}

Tags tags_of(const JsonValue& object) {
  std::vector<Tags::Tag> tags;
  for (const auto& [name, value] : object.members()) tags.emplace_back(name, value.text());
  return Tags(std::move(tags));
}

std::string value_of(const Points& points, size_t i) {
  std::string out;
  const PointType type = points.type(i);
  const bool text = type == PointType::kString || type == PointType::kComplex;
  EXPECT_TRUE(append_value(type, points.values()[i], text ? points.text(i) : "", out));
  return out;
}

TEST(CassandraBytes, RecordedRowsDecodeAndEncodeToTheSame) {
  const RowSpec spec;
  size_t cells = 0;
  for (const auto& cell : vectors().find("data_points")->items()) {
    const std::string bytes = unhex(cell.find("key")->text());
    const auto key = decode_row_key(bytes);
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->metric, cell.find("metric")->text());
    EXPECT_EQ(encode_row_key(*key), bytes) << cell.find("key")->text();
    const auto type = find_store_type(key->type);
    ASSERT_TRUE(type.has_value()) << key->type;
    const auto column = static_cast<uint32_t>(std::stoul(cell.find("column1")->text(), nullptr, 16));
    const int64_t time = spec.time(key->row_time, column);
    EXPECT_EQ(spec.row_time(time), key->row_time);
    EXPECT_EQ(spec.column(key->row_time, time), column);
    Points points;
    const std::string value = unhex(cell.find("value")->text());
    ASSERT_TRUE(add_value(*type, time, column, value, points));
    EXPECT_EQ(value_of(points, 0), value) << cell.find("value")->text();
    ++cells;
  }
  EXPECT_GT(cells, 50u);
}

TEST(CassandraBytes, RecordedHashesOfTagSets) {
  const TagIndex index({{"ti.all", {}}, {"ti.one", {"host"}}});
  size_t rows = 0;
  for (const auto& row : vectors().find("tag_indexed_row_keys")->items()) {
    const auto made = index.rows_of(row.find("metric")->text(), tags_of(*row.find("tags")));
    EXPECT_EQ(std::to_string(made.hash), row.find("tag_collection_hash")->text());
    EXPECT_EQ(std::count(made.pairs.begin(), made.pairs.end(), row.find("single_tag_pair")->text()), 1);
    ++rows;
  }
  EXPECT_EQ(rows, 5u);
  EXPECT_EQ(index.rows_of("ti.one", Tags({{"dc", "x"}, {"host", "a"}})).pairs, std::vector<std::string>{"host=a"});
  EXPECT_FALSE(index.has("other"));
  EXPECT_TRUE(TagIndex({{"*", {"*"}}}).has("other", "tag"));
}

TEST(CassandraBytes, TagStringsEscape) {
  const Tags odd({{"k:=1", "v:=2 \xC3\xA9"}, {"z", "\xE4\xB8\xAD"}});
  EXPECT_EQ(tag_string(odd), "k:::=1=v=:==2 \xC3\xA9:z=\xE4\xB8\xAD:");
  EXPECT_EQ(parse_tag_string(tag_string(odd)), odd);
  EXPECT_EQ(parse_tag_string(""), Tags());
  EXPECT_EQ(parse_tag_string("a=b"), Tags());  // does not end
  EXPECT_EQ(parse_tag_string("a=b:c"), Tags({{"a", "b"}}));
  EXPECT_EQ(parse_tag_string("a=b=="), Tags());
}

TEST(CassandraBytes, LegacyRowKeysHaveNoType) {
  const RowKey key{"m", 1298678400000, "kairos_legacy", Tags({{"a", "b"}})};
  EXPECT_EQ(encode_row_key(key).size(), 1 + 1 + 8 + 4);
  const auto back = decode_row_key(encode_row_key(key));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->type, "kairos_legacy");
  EXPECT_EQ(back->tags, key.tags);
  EXPECT_FALSE(decode_row_key("no end").has_value());
  EXPECT_FALSE(decode_row_key(std::string("m\0\0\0\0", 5)).has_value());
  EXPECT_FALSE(decode_row_key(std::string("m\0\0\0\0\0\0\0\0\0\0\x09"
                                          "kai",
                                          15))
                   .has_value());
}

TEST(CassandraBytes, LegacyValues) {
  Points points;
  EXPECT_TRUE(add_value(PointType::kLegacy, 1, 2, "", points));
  EXPECT_TRUE(add_value(PointType::kLegacy, 2, 4, "\x01\x02", points));
  EXPECT_TRUE(add_value(PointType::kLegacy, 3, 6, std::string(8, '\xFF'), points));
  EXPECT_TRUE(add_value(PointType::kLegacy, 4, 9, std::string("\x01\x3F\xC0\0\0", 5), points));
  EXPECT_TRUE(add_value(PointType::kLegacy, 5, 11, std::string("\x02\x3F\xF8\0\0\0\0\0\0", 9), points));
  ASSERT_EQ(points.size(), 5u);
  EXPECT_EQ(points.long_value(0), 0);
  EXPECT_EQ(points.long_value(1), 258);
  EXPECT_EQ(points.long_value(2), -1);
  EXPECT_EQ(points.double_value(3), 1.5);
  EXPECT_EQ(points.double_value(4), 1.5);
  EXPECT_FALSE(add_value(PointType::kLegacy, 6, 1, "", points));
  EXPECT_FALSE(add_value(PointType::kLegacy, 6, 1, "\x01\x02", points));
  EXPECT_FALSE(add_value(PointType::kLegacy, 6, 0, std::string(9, 'x'), points));
}

TEST(CassandraBytes, DamagedValuesAreNone) {
  Points points;
  EXPECT_FALSE(add_value(PointType::kLong, 1, 0, "", points));
  EXPECT_FALSE(add_value(PointType::kLong, 1, 0, "\xFF\xFF", points));
  EXPECT_FALSE(add_value(PointType::kLong, 1, 0, std::string(11, '\xFF'), points));
  EXPECT_FALSE(add_value(PointType::kDouble, 1, 0, "1234567", points));
  EXPECT_FALSE(add_value(PointType::kString, 1, 0, std::string("\0\5abc", 5), points));
  EXPECT_FALSE(add_value(PointType::kComplex, 1, 0, "12345678", points));
  EXPECT_TRUE(points.empty());
}

TEST(CassandraBytes, ModifiedUtf8) {
  const std::string text("a\0\xC3\xA9\xF0\x9F\x98\x80\xE4\xB8\xAD", 11);
  std::string modified;
  append_modified_utf8(text, modified);
  EXPECT_EQ(modified, "a\xC0\x80\xC3\xA9\xED\xA0\xBD\xED\xB8\x80\xE4\xB8\xAD");
  std::string back;
  append_utf8(modified, back);
  EXPECT_EQ(back, text);
  std::string long_text(kMaxTextValue, 'x');
  std::string out;
  EXPECT_TRUE(append_value(PointType::kString, 0, long_text, out));
  out.clear();
  EXPECT_FALSE(append_value(PointType::kString, 0, long_text + "x", out));
  EXPECT_TRUE(out.empty());
}

TEST(RowSpec, ColumnsOfUnits) {
  const RowSpec plain;
  EXPECT_EQ(plain.column(1698278400000, 1700000000000), 0x669d8800u);
  EXPECT_EQ(plain.row_time(-5), -10);
  EXPECT_EQ(plain.column(-10, -5), 5u);
  const RowSpec legacy{RowUnit::kLegacy, kRowWidth};
  const int64_t last = kRowWidth - 1;
  EXPECT_EQ(legacy.column(0, last), static_cast<uint32_t>(last) << 1);
  EXPECT_EQ(legacy.time(0, legacy.column(0, last)), last);
  EXPECT_EQ(legacy.time(0, legacy.column(0, last) | 1), last);
  EXPECT_EQ(legacy.columns(0, 5, 7).last, 15u);
  const RowSpec seconds{RowUnit::kSeconds, 1'814'400};
  // Seen on a running server.
  EXPECT_EQ(
      seconds.time(seconds.row_time(1700000000123), seconds.column(seconds.row_time(1700000000123), 1700000000123)),
      1699999999200);
  EXPECT_TRUE(plain.covers(0, 0, kRowWidth - 1));
  EXPECT_FALSE(plain.covers(0, 0, kRowWidth - 2));
  EXPECT_FALSE(plain.covers(0, 1, kMaxTime));
  EXPECT_FALSE(plain.columns(0, kRowWidth + 1, kMaxTime).any);
  EXPECT_EQ(RowSpec::parse("LEGACY", "1814400000")->unit, RowUnit::kLegacy);
  EXPECT_FALSE(RowSpec::parse("HOURS", "1814400000").has_value());
  EXPECT_FALSE(RowSpec::parse("SECONDS", "0").has_value());
  EXPECT_FALSE(RowSpec::parse("SECONDS", "12x").has_value());
}

TEST(RowSpec, LeastRowOfNegativeTimes) {
  const RowSpec spec{RowUnit::kMilliseconds, 10};
  for (int64_t start = -60; start < 30; ++start) {
    int64_t least = kMaxTime;
    for (int64_t time = start; time < 100; ++time) least = std::min(least, spec.row_time(time));
    EXPECT_LE(spec.least_row(start), least) << start;
    EXPECT_GE(spec.least_row(start), least - 20) << start;
  }
}

TEST(QueueRecord, ComesBackAsItWas) {
  std::vector<std::shared_ptr<const CassandraSeries>> made;
  WriteBatch batch;
  for (int i = 0; i < 1000; ++i) {
    const Tags tags({{"host", "h" + std::to_string(i)}, {"a:", "=b"}});
    made.push_back(
        std::make_shared<const CassandraSeries>("m", i % 2 == 0 ? PointType::kLong : PointType::kDouble, tags));
    batch.add_long(made.back(), 1000 + i, -i, i % 3 == 0 ? 60 : 0);
    batch.add_long(made[static_cast<size_t>(i) / 2], -1000 + i, i);
  }
  const auto text = std::make_shared<const CassandraSeries>("t", PointType::kString, Tags());
  batch.add_text(text, 5, "text");
  batch.add_text(text, 5, "");
  RecordWriter writer;
  ByteBuffer out;
  for (int round = 0; round < 2; ++round) {
    out.clear();
    writer.write(batch, 1234567, out);
  }
  RecordReader reader(out.view());
  ASSERT_TRUE(reader.open().has_value());
  EXPECT_EQ(reader.stamp(), 1234567u);
  ASSERT_EQ(reader.series().size(), 1001u);
  for (const auto& expected : batch.points()) {
    QueuedPoint point{};
    ASSERT_FALSE(reader.at_end());
    ASSERT_TRUE(reader.next(point).has_value());
    const auto& series = reader.series()[point.series];
    EXPECT_EQ(series.metric, expected.series->metric());
    EXPECT_EQ(series.type, expected.series->type());
    EXPECT_EQ(parse_tag_string(series.tags), expected.series->tags());
    EXPECT_EQ(point.time, expected.time);
    EXPECT_EQ(point.ttl, expected.ttl);
    if (series.type == PointType::kString)
      EXPECT_EQ(point.text, batch.text(expected));
    else
      EXPECT_EQ(point.value, expected.value);
  }
  EXPECT_TRUE(reader.at_end());
  // Nothing that is cut or changed crashes.
  for (size_t cut = 0; cut < 300; ++cut) {
    RecordReader part(out.view().substr(0, cut));
    QueuedPoint point{};
    if (part.open())
      while (!part.at_end() && part.next(point)) {
      }
  }
}

}  // namespace
}  // namespace sluice::timeseries::cassandra
