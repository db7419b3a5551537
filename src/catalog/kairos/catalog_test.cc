// SPDX-License-Identifier: Apache-2.0
// The catalog inside a kernel: every statement is answered with aggregates pushed and without, and answers must agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "catalog/kairos/attach.h"
#include "duckdb/main/valid_checker.hpp"
#include "kernel/connection.h"
#include "timeseries/memory_store.h"

namespace sluice::catalog::kairos {
namespace {

using duckdb::Value;
using testing::HasSubstr;
using timeseries::PointType;
using timeseries::Tags;

using Cells = std::vector<std::vector<Value>>;

Result<Cells> query(kernel::Connection& connection, const std::string& sql) {
  duckdb::Parser parser;
  parser.ParseQuery(sql);
  auto answer = TRY(connection.run(std::move(parser.statements.at(0))));
  Cells cells;
  if (answer->return_type() == duckdb::StatementReturnType::CHANGED_ROWS)
    return Cells{{Value::BIGINT(static_cast<int64_t>(answer->changed_rows()))}};
  if (answer->return_type() != duckdb::StatementReturnType::QUERY_RESULT) return cells;
  while (auto* chunk = TRY(answer->next())) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      cells.emplace_back();
      for (size_t column = 0; column < chunk->ColumnCount(); ++column)
        cells.back().push_back(chunk->GetValue(column, row));
    }
  }
  return cells;
}

std::string text_of(const Cells& cells) {
  std::string text;
  for (const auto& row : cells) {
    for (size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].ToString();
    text += '\n';
  }
  return text;
}

// Sums of doubles may differ in their last digits.
bool agree(const Value& a, const Value& b) {
  if (a.IsNull() || b.IsNull()) return a.IsNull() == b.IsNull();
  if (a.type().id() != duckdb::LogicalTypeId::DOUBLE) return a == b;
  const double x = a.GetValue<double>();
  const double y = b.GetValue<double>();
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) == std::isnan(y);
  return x == y || std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y)) + 1e-9;
}

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() {
    pushed_ = std::move(*kernel::Host::open({}));
    plain_ = std::move(*kernel::Host::open({}));
    CatalogOptions options;
    options.remember = std::chrono::milliseconds(0);
    pushed_catalog_ = std::move(*attach(*pushed_, store_, options));
    options.push_aggregates = false;
    plain_catalog_ = std::move(*attach(*plain_, store_, options));
    with_ = std::move(*pushed_->connect());
    without_ = std::move(*plain_->connect());
  }
  ~CatalogTest() override {
    with_.reset();
    without_.reset();
  }

  void write(const std::string& metric, PointType type, const Tags& tags,
             const std::vector<std::pair<int64_t, double>>& points) {
    const auto series = *store_.series(metric, type, tags);
    timeseries::WriteBatch batch;
    for (const auto& [time, value] : points) {
      if (type == PointType::kLong)
        batch.add_long(series, time, static_cast<int64_t>(value));
      else if (type == PointType::kString)
        batch.add_text(series, time, std::to_string(value));
      else
        batch.add_double(series, time, value);
    }
    ASSERT_TRUE(store_.write(batch).has_value());
  }

  // Two days around an instant at uneven distances, and some points elsewhere.
  void write_around(const std::string& metric, PointType type, int64_t center, std::mt19937& random) {
    for (int host = 0; host < 6; ++host) {
      std::vector<std::pair<int64_t, double>> points;
      int64_t time = center - 86'400'000 + host * 7;
      while (time < center + 86'400'000) {
        points.emplace_back(time, static_cast<double>(static_cast<int64_t>(random() % 100'000)) / 8 - 3000);
        time += 1 + static_cast<int64_t>(random() % (host % 2 == 0 ? 600'000 : 60'000));
      }
      points.emplace_back(-500 - host, 3);
      points.emplace_back(int64_t{4'000'000'000'000} + host, 4);
      points.emplace_back(int64_t{400'000'000'000'000} + host, 5);
      Tags tags(host == 5 ? std::vector<Tags::Tag>{{"dc", "x"}}
                          : std::vector<Tags::Tag>{{"host", "h" + std::to_string(host)}, {"dc", host % 2 ? "x" : "y"}});
      write(metric, type, tags, points);
    }
  }

  std::string run(const std::string& sql) {
    auto cells = query(*with_, sql);
    return cells ? text_of(*cells) : "error: " + cells.error().message();
  }

  bool reads_cells(const std::string& sql) {
    auto plan = query(*with_, "EXPLAIN " + sql);
    EXPECT_TRUE(plan.has_value()) << plan.error().message();
    return plan && text_of(*plan).find("METRIC_CELLS") != std::string::npos;
  }

  void expect_same(const std::string& sql) {
    SCOPED_TRACE(sql);
    auto a = query(*with_, sql);
    auto b = query(*without_, sql);
    ASSERT_TRUE(a.has_value()) << a.error().message();
    ASSERT_TRUE(b.has_value()) << b.error().message();
    ASSERT_EQ(a->size(), b->size());
    for (size_t row = 0; row < a->size(); ++row) {
      for (size_t column = 0; column < (*a)[row].size(); ++column)
        ASSERT_TRUE(agree((*a)[row][column], (*b)[row][column]))
            << "row " << row << ": " << (*a)[row][column].ToString() << " and " << (*b)[row][column].ToString();
    }
  }

  timeseries::MemoryStore store_;
  std::unique_ptr<kernel::Host> pushed_, plain_;
  std::unique_ptr<Attachment> pushed_catalog_, plain_catalog_;
  std::unique_ptr<kernel::Connection> with_, without_;
};

const char* const kBuckets[] = {
    "epoch_us(CAST(time AS TIMESTAMPTZ)) // 60000000 * 60",
    "date_trunc('minute', time)",
    "date_trunc('hour', time)",
    "date_trunc('day', time)",
    "date_trunc('week', time)",
    "date_trunc('month', time)",
    "CAST(time AS DATE)",
    "floor(epoch_us(CAST(time AS TIMESTAMPTZ)) / 7e9)",
    "10 - epoch_us(CAST(time AS TIMESTAMPTZ)) // 1800000000 * -3",
    "year(time)",
    "concat(host, date_trunc('hour', time))",
    "time >= TIMESTAMP '2024-03-31 02:30:00'",
};

TEST_F(CatalogTest, PushedAggregatesGiveTheAnswersOfTheKernel) {
  std::mt19937 random(7);
  constexpr int64_t kSpring = 1'711'846'800'000;  // clocks of Europe go forward
  constexpr int64_t kAutumn = 1'729'990'800'000;  // and back
  write_around("doubles", PointType::kDouble, kSpring, random);
  write_around("longs", PointType::kLong, kAutumn, random);
  write_around("mixed", PointType::kLong, kSpring, random);
  write_around("mixed", PointType::kDouble, kAutumn, random);
  write_around("mixed", PointType::kString, kSpring, random);
  write("doubles", PointType::kDouble, Tags({{"host", "nan"}}), {{kSpring, std::nan("")}, {kSpring + 1, 2}});
  const std::string values =
      "count(*), count(value), system.doris.d_sum(value), system.doris.d_avg(value), min(value), max(value), "
      "min(time), "
      "max(time)";
  for (const char* zone : {"UTC", "Europe/Berlin", "America/St_Johns", "+05:30"}) {
    SCOPED_TRACE(zone);
    ASSERT_TRUE(with_->set_time_zone(zone).has_value());
    ASSERT_TRUE(without_->set_time_zone(zone).has_value());
    for (const char* metric : {"doubles", "longs", "mixed"}) {
      const std::string from = " FROM kairos.\"default\"." + std::string(metric);
      expect_same("SELECT " + values + from);
      expect_same("SELECT host, dc, " + values + from + " GROUP BY host, dc ORDER BY host, dc");
      expect_same("SELECT tags['dc'], " + values + from + " GROUP BY 1 ORDER BY 1");
      for (const char* bucket : kBuckets) {
        const std::string sql = "SELECT " + std::string(bucket) + " AS t, " + values + from;
        EXPECT_TRUE(reads_cells(sql + " GROUP BY 1")) << sql;
        expect_same(sql + " GROUP BY 1 ORDER BY 1");
        expect_same(sql +
                    " WHERE time BETWEEN TIMESTAMP '2024-03-30 12:00:00.5' AND '2024-10-27 02:30:00' AND host IN "
                    "('h1', 'h2', 'none') GROUP BY 1 ORDER BY 1");
        expect_same("SELECT host, " + std::string(bucket) + " AS t, " + values + from +
                    " WHERE epoch_us(CAST(time AS TIMESTAMPTZ)) >= 1711850000000000 AND dc LIKE 'x%' AND (host <> 'h3' "
                    "OR time < TIMESTAMP '2024-03-31 03:00:00') GROUP BY 1, 2 ORDER BY 1, 2");
      }
    }
  }
}

TEST_F(CatalogTest, OtherAggregatesReadPoints) {
  write("m", PointType::kLong, Tags({{"host", "a"}}), {{1000, 1}, {61'000, 2}});
  const std::string from = " FROM kairos.\"default\".m";
  for (const char* sql : {"SELECT sum(value + 1)", "SELECT count(DISTINCT value)", "SELECT median(value)",
                          "SELECT time, count(*)", "SELECT second(time), count(*)", "SELECT value, count(*)",
                          "SELECT first(value ORDER BY time)", "SELECT count(*) FILTER (WHERE value > 1)"}) {
    const std::string whole = sql + from + (std::string(sql).find(", count") == std::string::npos ? "" : " GROUP BY 1");
    EXPECT_FALSE(reads_cells(whole)) << whole;
    expect_same(whole + (std::string(sql).find(", count") == std::string::npos ? "" : " ORDER BY 1"));
  }
  EXPECT_FALSE(reads_cells("SELECT count(*)" + from + " WHERE value > 1"));
  EXPECT_EQ(run("SELECT count(*), sum(value)" + from + " WHERE value > 1"), "1|2\n");
  EXPECT_EQ(run("SELECT count(*), sum(value), avg(value)" + from + " WHERE host = 'nobody'"), "0|NULL|NULL\n");
}

TEST_F(CatalogTest, PredicatesNarrowTheScan) {
  write("m", PointType::kLong, Tags({{"host", "a"}}), {{1000, 1}, {61'000, 2}});
  write("m", PointType::kLong, Tags({{"host", "b"}, {"dc", "regex:.*"}}), {{2000, 3}});
  const auto plan = [&](const std::string& where) {
    return text_of(*query(*with_, "EXPLAIN SELECT * FROM kairos.\"default\".m WHERE " + where));
  };
  EXPECT_THAT(plan("time >= TIMESTAMP '1970-01-01 00:00:01' AND time < '1970-01-01 00:00:02'"),
              HasSubstr(" 1000 to 2000 "));
  EXPECT_THAT(plan("TIMESTAMP '1970-01-01 00:00:01.0005' <= time"), HasSubstr(" 1000 to - "));
  // Conditions over steps of time, too.
  EXPECT_THAT(plan("epoch_us(CAST(time AS TIMESTAMPTZ)) >= 100000000000000"), HasSubstr(" 100000000000 to - "));
  EXPECT_THAT(
      plan("system.doris.d_unix_timestamp(time) <= 100000000 AND 99999999 < system.doris.d_unix_timestamp(time)"),
      HasSubstr("99999999001 to 100000000000"));
  EXPECT_THAT(plan("date_trunc('hour', time) < TIMESTAMP '1970-01-02 00:00:00'"), HasSubstr(" - to 86400000 "));
  // Where UNIX_TIMESTAMP() is 0.
  EXPECT_THAT(plan("system.doris.d_unix_timestamp(time) <= 100000000"), HasSubstr(" - to - "));
  EXPECT_THAT(plan("host = 'a'"), HasSubstr("host:"));
  const std::string from = " FROM kairos.\"default\".m WHERE ";
  EXPECT_EQ(run("SELECT value" + from + "host IN ('a', 'c') ORDER BY 1"), "1\n2\n");
  EXPECT_EQ(run("SELECT value" + from + "host LIKE 'b%'"), "3\n");
  EXPECT_EQ(run("SELECT value" + from + "dc IS NULL ORDER BY 1"), "1\n2\n");
  EXPECT_EQ(run("SELECT value" + from + "host <> 'a'"), "3\n");
  // A value that looks like a pattern of the store is none.
  EXPECT_EQ(run("SELECT value" + from + "dc = 'regex:.*'"), "3\n");
  EXPECT_EQ(run("SELECT value" + from + "dc = 'regex:.'"), "");
  EXPECT_EQ(run("SELECT value" + from + "tags['host'] = 'b'"), "3\n");
  EXPECT_EQ(run("SELECT value" + from + "value > 2 AND time > TIMESTAMP '1970-01-01 00:00:01'"), "3\n");
}

TEST_F(CatalogTest, InsertWritesPointsAndMakesMetrics) {
  const std::string into = "INSERT INTO kairos.\"default\".";
  EXPECT_EQ(run(into + "n (time, value, host) VALUES ('1970-01-01 00:00:01', 5, 'a'), ('1970-01-01 00:00:02', 6, 'b')"),
            "2\n");
  EXPECT_EQ(run("SELECT * FROM kairos.\"default\".n ORDER BY time"),
            "1970-01-01 00:00:01|5|a|{host=a}\n1970-01-01 00:00:02|6|b|{host=b}\n");
  // A new tag, a point that takes another's place, and tags as a map.
  EXPECT_EQ(run(into + "n (time, value, host, dc) VALUES ('1970-01-01 00:00:03', 7, 'a', 'x')"), "1\n");
  EXPECT_EQ(run(into + "n (time, value, tags) VALUES ('1970-01-01 00:00:01', 8, MAP {'host': 'a'})"), "1\n");
  EXPECT_EQ(run("SELECT time, value, dc, host FROM kairos.\"default\".n ORDER BY time"),
            "1970-01-01 00:00:01|8|NULL|a\n1970-01-01 00:00:02|6|NULL|b\n1970-01-01 00:00:03|7|x|a\n");
  EXPECT_EQ(run(into + "copy (time, value, host) SELECT time, value * 2, host FROM kairos.\"default\".n"), "3\n");
  EXPECT_EQ(run("SELECT sum(value) FROM kairos.\"default\".copy"), "42.0\n");
  EXPECT_EQ(run(into + "words (time, value, host) VALUES ('1970-01-01 00:00:01', 'up', 'a')"), "1\n");
  EXPECT_EQ(run("SELECT value FROM kairos.\"default\".words"), "up\n");
  ASSERT_TRUE(with_->set_time_zone("Europe/Berlin").has_value());
  EXPECT_EQ(run(into + "zoned (time, value, host) VALUES ('2024-07-01 02:00:00', 1, 'a')"), "1\n");
  auto rows = store_.read({"zoned", 0, timeseries::kMaxTime, {}}, {});
  timeseries::Points points;
  ASSERT_TRUE(rows->at(0).source->next(points).has_value());
  EXPECT_EQ(points.time(0), 1'719'792'000'000);
  EXPECT_EQ(run("SELECT time FROM kairos.\"default\".zoned"), "2024-07-01 02:00:00\n");
}

TEST_F(CatalogTest, WhatCannotBeWrittenIsRefused) {
  write("m", PointType::kLong, Tags({{"host", "a"}}), {{1000, 1}});
  const std::string into = "INSERT INTO kairos.\"default\".";
  EXPECT_THAT(run(into + "m (time, value) VALUES (now(), 1)"), HasSubstr("at least one tag"));
  EXPECT_THAT(run(into + "m (value, host) VALUES (1, 'a')"), HasSubstr("'time' cannot be null"));
  EXPECT_THAT(run(into + "m (time, host) VALUES ('2024-01-01', 'a')"), HasSubstr("'value' cannot be null"));
  EXPECT_THAT(run(into + "m (time, value, host) VALUES ('2024-01-01', 1, '')"), HasSubstr("may not be empty"));
  EXPECT_THAT(run(into + "m (time, value, host, tags) VALUES ('2024-01-01', 1, 'a', MAP {'host': 'b'})"),
              HasSubstr("given twice"));
  EXPECT_THAT(run("CREATE TABLE kairos.\"default\".t (a INT)"), HasSubstr("made by writing"));
  EXPECT_THAT(run("UPDATE kairos.\"default\".m SET value = 2"), HasSubstr("UPDATE is not for metrics"));
  EXPECT_THAT(run("CREATE SCHEMA kairos.other"), HasSubstr("not for metrics"));
  EXPECT_EQ(run("SELECT count(*) FROM kairos.\"default\".m"), "1\n");
}

TEST_F(CatalogTest, SortsByTimeReadTheirEndOnly) {
  std::mt19937 random(5);
  // Clocks go back in Berlin.
  const int64_t autumn = 1'635'642'000'000;
  write_around("m", PointType::kDouble, autumn, random);
  for (const char* zone : {"UTC", "Europe/Berlin"}) {
    ASSERT_TRUE(with_->set_time_zone(zone).has_value());
    ASSERT_TRUE(without_->set_time_zone(zone).has_value());
    for (const char* where :
         {"", "WHERE host = 'h1' ", "WHERE value > 0 AND time < '2021-10-31 04:00:00' ", "WHERE value > 1e9 ",
          "WHERE time BETWEEN '2021-10-30' AND '2021-10-31 02:30:00' ", "WHERE dc = 'x' OR value < -2000 "}) {
      for (const char* order :
           {"time DESC NULLS LAST", "time NULLS FIRST", "time DESC NULLS FIRST", "time NULLS LAST"}) {
        for (const char* limit : {"1", "30", "500 OFFSET 20", "6000"}) {
          const std::string sql = "SELECT time, value, host, dc FROM kairos.\"default\".m " + std::string(where) +
                                  "ORDER BY " + order + ", value, host LIMIT " + limit;
          const auto whole = query(*without_, sql);
          ASSERT_TRUE(whole.has_value()) << whole.error().message();
          EXPECT_EQ(run(sql), text_of(*whole)) << zone << ": " << sql;
        }
      }
    }
  }
  const std::string sql =
      "EXPLAIN SELECT value FROM kairos.\"default\".m WHERE host = 'h1' ORDER BY time DESC LIMIT 10";
  EXPECT_THAT(run(sql), HasSubstr("last 10"));
}

TEST_F(CatalogTest, PointsAreDeletedByAnyCondition) {
  const std::string from = "DELETE FROM kairos.\"default\".m";
  const auto left = [&] {
    return run("SELECT host, dc, count(*), sum(value) FROM kairos.\"default\".m GROUP BY ALL ORDER BY ALL");
  };
  const std::vector<std::pair<int64_t, double>> points{{1000, 1}, {2000, 2}, {3000, 3}, {4000, 4}};
  write("m", PointType::kLong, Tags({{"host", "a"}}), points);
  write("m", PointType::kLong, Tags({{"host", "a"}, {"dc", "x"}}), points);
  write("m", PointType::kLong, Tags({{"host", "b"}, {"dc", "regex:.*"}}), points);
  EXPECT_EQ(run(from + " WHERE false"), "0\n");
  EXPECT_EQ(run(from + " WHERE host = 'nobody'"), "0\n");
  // A series is deleted though another one has its tags and more.
  EXPECT_EQ(run(from + " WHERE dc IS NULL AND time >= '1970-01-01 00:00:03'"), "2\n");
  EXPECT_EQ(left(), "a|NULL|2|3\na|x|4|10\nb|regex:.*|4|10\n");
  EXPECT_EQ(run(from + " WHERE value IN (2, 4) AND dc IS NOT NULL"), "4\n");
  EXPECT_EQ(left(), "a|NULL|2|3\na|x|2|4\nb|regex:.*|2|4\n");
  EXPECT_EQ(run(from + " USING (VALUES (1), (1), (3)) AS v(n) WHERE value = n AND host = 'b'"), "2\n");
  EXPECT_EQ(run("SELECT count(*) FROM kairos.\"default\".m WHERE host = 'b'"), "0\n");
  EXPECT_EQ(run(from), "4\n");
  EXPECT_EQ(run("SELECT count(*) FROM kairos.\"default\".m"), "0\n");
  EXPECT_THAT(run(from + " RETURNING value"), HasSubstr("RETURNING"));
}

TEST_F(CatalogTest, PointsAreWrittenAtOnce) {
  ASSERT_TRUE(with_->begin().has_value());
  EXPECT_EQ(run("INSERT INTO kairos.\"default\".m (time, value, host) VALUES (now(), 1, 'a')"), "1\n");
  ASSERT_TRUE(with_->rollback().has_value());
  EXPECT_EQ(run("SELECT count(*) FROM kairos.\"default\".m"), "1\n");
}

TEST_F(CatalogTest, NamesMayBeAnything) {
  for (const char* name : {"cpu.load", "Case", "case", "with \"quotes\" and `ticks`", "\xE4\xB8\xAD\xE6\x96\x87"}) {
    write(name, PointType::kLong, Tags({{"a b", "1"}}), {{1000, 1}, {2000, 2}});
    std::string quoted;
    for (const char c : std::string(name)) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    EXPECT_EQ(run("SELECT count(*), max(\"a b\") FROM kairos.\"default\".\"" + quoted + "\""), "2|1\n") << name;
  }
  EXPECT_THAT(run("SELECT * FROM kairos.\"default\".CASE1"), HasSubstr("CASE1"));
  EXPECT_THAT(run("SELECT * FROM kairos.other.m"), HasSubstr("error"));
}

TEST_F(CatalogTest, TextsAndComplexNumbersHaveAColumn) {
  write("m", PointType::kLong, Tags({{"a", "1"}}), {{1000, 1}});
  const auto texts = *store_.series("m", PointType::kString, Tags({{"a", "2"}}));
  const auto complex = *store_.series("m", PointType::kComplex, Tags({{"a", "3"}}));
  timeseries::WriteBatch batch;
  batch.add_text(texts, 2000, "hello");
  batch.add_complex(complex, 3000, 1.5, -2);
  ASSERT_TRUE(store_.write(batch).has_value());
  EXPECT_EQ(run("SELECT value, value_text FROM kairos.\"default\".m ORDER BY time"),
            "1|NULL\nNULL|hello\nNULL|{\"real\":1.5,\"imaginary\":-2.0}\n");
  expect_same("SELECT count(*), count(value), count(value_text), sum(value) FROM kairos.\"default\".m");
}

TEST_F(CatalogTest, MetricsJoinWithTables) {
  write("m", PointType::kLong, Tags({{"host", "a"}}), {{1000, 1}, {2000, 2}});
  write("m", PointType::kLong, Tags({{"host", "b"}}), {{1000, 5}});
  EXPECT_EQ(run("CREATE SCHEMA internal.d"), "");
  EXPECT_EQ(run("CREATE TABLE internal.d.hosts (name VARCHAR, team VARCHAR)"), "");
  EXPECT_EQ(run("INSERT INTO internal.d.hosts VALUES ('a', 'red'), ('b', 'blue')"), "2\n");
  EXPECT_EQ(run("SELECT team, sum(value) FROM kairos.\"default\".m JOIN internal.d.hosts ON host = name GROUP BY team "
                "ORDER BY team"),
            "blue|5\nred|3\n");
}

TEST_F(CatalogTest, ManySmallAndLargeSeriesComeWhole) {
  for (int i = 0; i < 3000; ++i)
    write("many", PointType::kLong, Tags({{"i", std::to_string(i)}}), {{i, i}, {i + 1, 1}});
  std::vector<std::pair<int64_t, double>> points;
  for (int i = 0; i < 100'000; ++i) points.emplace_back(i * 1000, i);
  write("many", PointType::kLong, Tags({{"i", "large"}}), points);
  EXPECT_EQ(run("SELECT count(*), count(i), count(DISTINCT i), sum(value + 0) FROM kairos.\"default\".many"),
            "106000|106000|3001|5004451500\n");
  EXPECT_EQ(
      run("SELECT i, sum(value + 0), min(tags['i']) FROM kairos.\"default\".many WHERE i IN ('7', 'large') GROUP BY i "
          "ORDER BY i"),
      "7|8|7\nlarge|4999950000|large\n");
  EXPECT_EQ(run("SELECT value FROM kairos.\"default\".many WHERE i = 'large' LIMIT 2 OFFSET 5000"), "5000\n5001\n");
}

TEST_F(CatalogTest, TheCatalogLeavesWithItsAttachment) {
  write("m", PointType::kLong, Tags({{"host", "a"}}), {{1000, 1}});
  EXPECT_FALSE(attach(*pushed_, store_).has_value());
  pushed_catalog_.reset();
  EXPECT_THAT(run("SELECT * FROM kairos.\"default\".m"), HasSubstr("closed"));
}

TEST_F(CatalogTest, AReopenedKernelHasTheCatalogAgain) {
  write("m", PointType::kLong, Tags({{"host", "a"}}), {{1000, 1}});
  EXPECT_EQ(run("SELECT count(*) FROM kairos.\"default\".m"), "1\n");
  ASSERT_TRUE(with_->with_context([](duckdb::ClientContext& context) -> Status {
    duckdb::ValidChecker::Invalidate(duckdb::DatabaseInstance::GetDatabase(context), "a test says so");
    return {};
  }));
  EXPECT_THAT(run("SELECT 1"), HasSubstr("error"));
  for (int i = 0; i < 500 && pushed_->reopen_count() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(run("SELECT count(*) FROM kairos.\"default\".m"), "1\n");
  EXPECT_TRUE(reads_cells("SELECT count(*) FROM kairos.\"default\".m"));
}

}  // namespace
}  // namespace sluice::catalog::kairos
