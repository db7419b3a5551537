// SPDX-License-Identifier: Apache-2.0
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

struct Case {
  const char* expressions;
  const char* values;
};

class Functions : public ::testing::TestWithParam<Case> {
 protected:
  // One for all tests, and gone before the thread's own data is: the kernel's destructor needs it.
  static void SetUpTestSuite() { kernel_ = std::make_unique<KernelForTests>(); }
  static void TearDownTestSuite() { kernel_.reset(); }
  static KernelForTests& kernel() { return *kernel_; }

 private:
  static inline std::unique_ptr<KernelForTests> kernel_;
};

TEST_P(Functions, GiveMysqlsValues) {
  EXPECT_EQ(kernel().run("select " + std::string(GetParam().expressions)), GetParam().values) << GetParam().expressions;
}

INSTANTIATE_TEST_SUITE_P(
    Text, Functions,
    ::testing::Values(Case{"concat('a', null), concat('a', 1, 'b'), concat_ws(',', 'a', null, 'b')", "NULL|a1b|a,b"},
                      Case{"length('äb'), char_length('äb'), octet_length('a'), bit_length('a')", "3|2|1|8"},
                      Case{"ucase('a'), lcase('A'), reverse('abc'), repeat('ab', 3), space(2)", "A|a|cba|ababab|  "},
                      Case{"substring('abcdef' from 2 for 3), substr('abc', -2), substr('abc', 0), substring('abc', "
                           "-5), mid('abcd', 2, 2)",
                           "bcd|bc|||bc"},
                      Case{"left('abc', 2), right('abc', 2), left('abc', -1), left('abc', null)", "ab|bc||NULL"},
                      Case{"substring_index('www.mysql.com', '.', 2), substring_index('www.mysql.com', '.', -2), "
                           "substring_index('a', '.', 5)",
                           "www.mysql|mysql.com|a"},
                      Case{"locate('b', 'abcb'), locate('b', 'abcb', 3), locate('x', 'abc', 2), instr('abc', 'c'), "
                           "position('b' in 'abc')",
                           "2|4|0|3|2"},
                      Case{"field('c', 'a', 'b', 'c'), field('x', 'a'), elt(2, 'x', 'y'), elt(5, 'x'), "
                           "find_in_set('b', 'a,b'), find_in_set('z', 'a,b'), find_in_set(null, 'a')",
                           "3|0|y|NULL|2|0|NULL"},
                      Case{"lpad('hi', 5, '?'), rpad('hi', 5, '?'), lpad('hi', 1, '?')", "???hi|hi???|h"},
                      Case{"trim('  a '), ltrim(' a'), rtrim('a '), trim(leading 'x' from 'xxbarxx'), trim(trailing "
                           "'x' from 'xxbarxx'), trim(both 'ab' from 'ababcab')",
                           "a|a|a|barxx|xxbar|c"},
                      Case{"replace('aXbX', 'X', 'y'), insert('Quadratic', 3, 4, 'What'), insert('abc', 9, 1, 'x'), "
                           "strcmp('a', 'b'), strcmp('a', 'a')",
                           "ayby|QuWhattic|abc|-1|0"},
                      Case{"format(1234567.891, 2), format(12332.2, 0), hex(255), hex('a'), unhex('4142'), bin(5), "
                           "oct(8), conv(255, 10, 16)",
                           "1,234,567.89|12,332|FF|61|AB|101|10|FF"},
                      Case{"ascii('a'), char(77, 121), quote('it\\'s'), quote(null)", "97|My|'it\\'s'|NULL"},
                      Case{"md5('a'), sha1('a')",
                           "0cc175b9c0f1b6a831c399e269772661|86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
                      Case{"sha2('a', 256), to_base64('abc'), from_base64('YWJj')",
                           "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb|YWJj|abc"},
                      Case{"regexp_replace('abcabc', 'b', 'X'), regexp_like('abc', 'b'), regexp_substr('abc', 'b.'), "
                           "regexp_substr('abc', 'z'), regexp_extract('abc', '(b)(c)', 2)",
                           "aXcaXc|true|bc|NULL|c"}));

INSTANTIATE_TEST_SUITE_P(Logic, Functions,
                         ::testing::Values(Case{"if(1, 'a', 'b'), if(null, 'a', 'b'), ifnull(null, 1), nvl(2, 1), "
                                                "isnull(null), nullif(1, 1), coalesce(null, 2)",
                                                "a|b|1|2|true|NULL|2"},
                                           Case{"greatest(1, 3, 2), greatest(1, null), least(3, 2)", "3|NULL|2"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, Functions,
    ::testing::Values(Case{"mod(7, 3), pow(2, 3), log(2, 8), log10(100), ln(0), sqrt(0), sqrt(4), log(0)",
                           "1|8.0|3.0|2.0|NULL|0.0|2.0|NULL"},
                      Case{"truncate(1.999, 1), truncate(-1.999, 1), truncate(1.9, 0), round(2.5), ceiling(1.2), "
                           "floor(1.8), abs(-1), sign(-3)",
                           "1.9|-1.9|1|3|2|1|1|-1"},
                      Case{"rand() < 1, length(uuid()), bitand(6, 3), bitxor(6, 3), bit_shift_left(1, 3)",
                           "true|36|2|5|8"}));

INSTANTIATE_TEST_SUITE_P(
    Times, Functions,
    ::testing::Values(
        Case{"year('2020-05-10'), month('2020-05-10'), dayofmonth('2020-05-10'), quarter('2020-05-10'), "
             "dayofyear('2020-05-10')",
             "2020|5|10|2|131"},
        Case{"hour('2020-05-10 11:12:13'), minute('2020-05-10 11:12:13'), second('2020-05-10 11:12:13'), "
             "microsecond('2020-05-10 11:12:13.5')",
             "11|12|13|500000"},
        Case{"dayofweek('2012-12-01'), weekday('2012-12-01'), dayname('2012-12-01'), monthname('2012-12-01'), "
             "last_day('2020-02-03')",
             "7|5|Saturday|December|2020-02-29"},
        Case{"week('2008-02-20', 0), week('2008-02-20', 1), week('2008-12-31', 1), week('2000-01-01'), "
             "week('2000-01-01', 2)",
             "7|8|53|0|52"},
        Case{"week('2020-05-10'), week('2019-12-30', 3), week('2016-01-01', 3), week('2016-01-01', 1), "
             "week('2021-01-03', 4), week('2021-01-03', 6), week('2018-01-07', 5), week('2018-01-07', 7)",
             "19|1|53|0|1|1|1|1"},
        Case{"yearweek('1987-01-01'), yearweek('2000-01-01'), yearweek('2019-12-30', 1), weekofyear('2008-02-20')",
             "198652|199952|202001|8"},
        Case{"date_add('2020-01-31', interval 1 month), date_sub('2020-01-31', interval 1 day), adddate('2020-01-01', "
             "31)",
             "2020-02-29|2020-01-30|2020-02-01"},
        Case{"months_add('2020-01-31', 1), days_sub('2020-01-01', 1), timestampadd(week, 1, '2003-01-02')",
             "2020-02-29|2019-12-31|2003-01-09"},
        Case{"datediff('2020-01-03', '2020-01-01'), timestampdiff(month, '2003-02-01', '2003-05-01'), "
             "timestampdiff(minute, '2003-02-01', '2003-05-01 12:05:55'), days_diff('2020-01-03', '2020-01-01')",
             "2|3|128885|2"},
        Case{"timestampdiff(year, '2002-05-02', '2001-05-01'), timediff('2000-01-01 00:00:00', '2000-01-01 00:00:01')",
             "-1|-00:00:01"},
        Case{"date_format('2009-10-04 22:23:00', '%W %M %Y'), date_format('2009-10-04 22:23:00', '%H:%i:%s %p %j %e %c "
             "%k %l %y %%')",
             "Sunday October 2009|22:23:00 PM 277 4 10 22 10 09 %"},
        Case{"str_to_date('01,5,2013', '%d,%m,%Y'), str_to_date('2013-01-01 10:11:12', '%Y-%m-%d %H:%i:%s'), "
             "str_to_date('x', '%Y'), time_format('10:05:06', '%H %i')",
             "2013-05-01|2013-01-01 10:11:12|NULL|10 05"},
        Case{"str_to_date(concat(yearweek('2020-05-13'), ' Sunday'), '%X%V %W'), str_to_date('202001 Monday', '%X%V "
             "%W')",
             "2020-05-10|2020-01-06"},
        Case{"makedate(2011, 32), maketime(12, 15, 30), to_days('2007-10-07'), from_days(733321), "
             "time_to_sec('22:23:00'), sec_to_time(2378)",
             "2011-02-01|12:15:30|733321|2007-10-07|80580|00:39:38"},
        Case{"convert_tz('2004-01-01 12:00:00', '+00:00', '+10:00'), convert_tz('2004-01-01 12:00:00', 'GMT', 'MET')",
             "2004-01-01 22:00:00|2004-01-01 13:00:00"},
        Case{"date_trunc('2020-05-06', 'month'), date_trunc('month', '2020-05-06'), extract(minute from timestamp "
             "'2020-01-01 10:11:12')",
             "2020-05-01 00:00:00|2020-05-01 00:00:00|11"},
        Case{"extract(year_month from '2019-07-02'), extract(day_minute from '2019-07-02 01:02:03'), date('2020-01-02 "
             "03:04:05'), to_date('2020-01-02')",
             "201907|20102|2020-01-02|2020-01-02"},
        Case{"unix_timestamp(from_unixtime(1447430881)), from_unixtime(1447430881, '%Y'), unix_timestamp() > 0",
             "1447430881.000000|2015|true"},
        Case{"now() = current_timestamp(), curdate() = current_date, date(now()) = curdate(), utc_timestamp() is not "
             "null, curtime() is not null, now(6) >= now()",
             "true|true|true|true|true|true"}));

INSTANTIATE_TEST_SUITE_P(
    Json, Functions,
    ::testing::Values(
        Case{"json_extract('{\"a\":{\"b\":1}}', '$.a.b'), '{\"a\":\"x\"}' -> '$.a', '{\"a\":\"x\"}' ->> '$.a'",
             "1|\"x\"|x"},
        Case{"json_unquote(json_extract('{\"a\":\"x\"}', '$.a')), json_unquote('\"q\"'), get_json_int('{\"a\":5}', "
             "'$.a')",
             "x|q|5"}));

INSTANTIATE_TEST_SUITE_P(
    Arrays, Functions,
    ::testing::Values(
        Case{"[1, 2][1], [1, 2][-1], [1, 2][3] is null, [1, 2, 3][2:1], {'a': 1}['a'], array_size([])",
             "1|2|true|[2]|1|0"},
        Case{"array_map(x -> x + 1, [1, 2]), array_map((x, y) -> x * y, [1, 2], [3, 4])", "[2, 3]|[3, 8]"},
        Case{"array_map(x -> array_map(x -> x + 1, [x]), [1]), array_count(x -> x > 1, [1, 2])", "[[2]]|1"},
        Case{"array_first(x -> x > 1, [1, 2]), array_sortby((x, y) -> y, ['a', 'b'], [2, 1])", "2|[b, a]"}));

class Aggregates : public ::testing::Test {
 protected:
  std::string over_three(const std::string& expressions) {
    return kernel_.run("select " + expressions + " from (select 1 x union all select 2 union all select 2) t");
  }
  KernelForTests kernel_;
};

TEST_F(Aggregates, HaveMysqlsMeanings) {
  EXPECT_EQ(over_three("count(*), count(x), count(distinct x), sum(x), avg(x)"), "3|3|2|5|1.6666666666666667");
  EXPECT_EQ(over_three("count(distinct x, x + 1)"), "2");
  EXPECT_EQ(over_three("variance(x), var_pop(x), stddev(x) = stddev_pop(x), std(x) < stddev_samp(x)"),
            "0.2222222222222222|0.2222222222222222|true|true");
  EXPECT_EQ(over_three("bit_and(x), bit_or(x), bit_xor(x), min(x), max(x)"), "0|3|1|1|2");
  EXPECT_EQ(over_three("group_concat(x order by x desc separator '-'), group_concat(distinct x order by x), "
                       "group_concat(x, '+'), group_concat(x order by x)"),
            "2-2-1|1,2|1+2+2|1,2,2");
  EXPECT_EQ(kernel_.run("select count(distinct a, b) from (select 1 a, null b union all select 1, 2) t"), "1");
}

TEST_F(Aggregates, RunOverWindows) {
  EXPECT_EQ(over_three("row_number() over (order by x), rank() over (order by x), sum(x) over (order by x), "
                       "lag(x, 1, 0) over (order by x), stddev(x) over ()"),
            "1|1|1|0|0.4714045207910317\n2|2|5|1|0.4714045207910317\n3|2|5|2|0.4714045207910317");
  EXPECT_EQ(over_three("sum(x) over (order by x rows between 1 preceding and current row)"), "1\n3\n4");
  EXPECT_EQ(over_three("count(*) over (partition by x), first_value(x) over (order by x desc)"), "2|2\n2|2\n1|2");
}

}  // namespace
}  // namespace sluice::dialect
