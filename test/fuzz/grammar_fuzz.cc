// SPDX-License-Identifier: Apache-2.0
// Statements made by a grammar whose choices are the input's bytes: they parse far more often than bytes do, and those
// that parse are run on small tables.
#include <array>
#include <map>
#include <vector>

#include "fuzz_kernel.h"

namespace {

using Rules = std::map<std::string_view, std::vector<std::string_view>>;

// Each rule's alternatives; <x> is a rule. The first alternative ends the recursion.
const Rules& rules() {
  static const Rules* const kRules = new Rules{
      {"statement",
       {"SELECT <items> FROM <from> <where> <group> <order> <limit>", "SELECT <items>", "<query> <setop> <query>",
        "WITH q AS (<query>) SELECT * FROM q <limit>", "EXPLAIN <query>", "INSERT INTO u VALUES (<e>, <e>)",
        "INSERT INTO u (i, s) <query>", "UPDATE u SET s = <e> WHERE <e>", "DELETE FROM u WHERE <e>",
        "SELECT <items> FROM t LATERAL VIEW explode(<e>) l AS x <where>", "VALUES (<e>, <e>)",
        "CREATE TABLE <name> (k <type>, v <type>) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
        "DROP TABLE IF EXISTS <name>", "CREATE VIEW <name> AS <query>", "DROP VIEW IF EXISTS <name>",
        "ALTER TABLE <name> ADD COLUMN <c> <type>", "CREATE TABLE <name> AS <query>", "TRUNCATE TABLE <name>"}},
      {"query",
       {"SELECT <e> AS x FROM t", "SELECT <e>, <e> FROM <from> <where> <group> <order> <limit>",
        "SELECT DISTINCT <e> FROM <from> <where>"}},
      {"setop", {"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "MINUS"}},
      {"items", {"*", "<e>", "<e>, <e>", "<e> AS x, <window>", "t.*, 1", "count(*), <e>", "<agg>", "* EXCEPT (i)"}},
      {"from",
       {"t", "u", "t JOIN u ON <e>", "t LEFT JOIN u USING (i)", "t, u", "(<query>) t",
        "t FULL OUTER JOIN u ON t.i = u.i", "t LEFT SEMI JOIN u ON t.i = u.i", "numbers('number' = '3') t",
        "t CROSS JOIN u"}},
      {"where", {"", "WHERE <e>", "WHERE <e> AND <e>", "WHERE t.i IN (<query>)", "WHERE EXISTS (<query>)"}},
      {"group",
       {"", "GROUP BY <e>", "GROUP BY <e>, <e> HAVING <e>", "GROUP BY ROLLUP(<c>, <c>)",
        "GROUP BY GROUPING SETS ((<c>), ())", "GROUP BY 1", "GROUP BY CUBE(<c>)"}},
      {"order", {"", "ORDER BY <e>", "ORDER BY 1 DESC NULLS LAST", "ORDER BY <e>, <e> ASC"}},
      {"limit", {"", "LIMIT 3", "LIMIT 1, 2", "LIMIT 2 OFFSET 1"}},
      {"window",
       {"row_number() OVER (ORDER BY <e>)", "sum(<e>) OVER (PARTITION BY <e> ORDER BY <e>)",
        "lag(<e>, 1) OVER (ORDER BY i)", "max(<e>) OVER (ORDER BY <e> ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        "first_value(<e>) OVER (PARTITION BY <e>)"}},
      {"agg",
       {"count(*)", "sum(<e>)", "avg(<e>)", "min(<e>)", "max(<e>)", "count(DISTINCT <e>)", "group_concat(<e>)",
        "collect_list(<e>)", "ndv(<e>)", "stddev(<e>)", "percentile(<e>, 0.5)",
        "bitmap_count(bitmap_union(to_bitmap(<e>)))", "hll_cardinality(hll_union(hll_hash(<e>)))", "topn(<e>, 2)",
        "any_value(<e>)", "map_agg(<e>, <e>)", "approx_count_distinct(<e>)", "sum_state(<e>)"}},
      {"c", {"i", "b", "n", "f", "s", "d", "m", "a", "j", "t.i", "u.s"}},
      {"name", {"x", "y", "`z z`", "t2"}},
      {"type",
       {"INT",
        "BIGINT",
        "LARGEINT",
        "DECIMAL(10, 2)",
        "DECIMAL(50, 10)",
        "DOUBLE",
        "VARCHAR(10)",
        "CHAR(3)",
        "STRING",
        "DATE",
        "DATETIME(3)",
        "BOOLEAN",
        "JSON",
        "ARRAY<INT>",
        "MAP<STRING, INT>",
        "STRUCT<a: INT>",
        "IPV4",
        "IPV6",
        "TIME",
        "BITMAP",
        "VARIANT"}},
      {"literal",
       {"1",
        "0",
        "-1",
        "NULL",
        "'a'",
        "''",
        "'2020-02-29'",
        "'12:34:56'",
        "1.5",
        "-0.001",
        "1e10",
        "127",
        "2147483648",
        "99999999999999999999",
        "TRUE",
        "[1, 2]",
        "[]",
        "{'k': 1}",
        "'{\"a\": [1, {\"b\": null}]}'",
        "DATE '2021-12-31'",
        "X'4142'",
        "'abc%'",
        "'1.2.3.4'",
        "'::1'",
        "map('a', 1)",
        "named_struct('a', 1)",
        "'$.a[0]'",
        "'%Y-%m-%d'"}},
      {"e",
       {"<c>",
        "<literal>",
        "(<e> + <e>)",
        "(<e> - <e>)",
        "(<e> * <e>)",
        "(<e> / <e>)",
        "(<e> % <e>)",
        "(<e> DIV <e>)",
        "(<e> = <e>)",
        "(<e> <=> <e>)",
        "(<e> < <e>)",
        "(<e> AND <e>)",
        "(<e> OR <e>)",
        "NOT <e>",
        "(<e> IS NULL)",
        "(<e> IN (<e>, <e>))",
        "(<e> BETWEEN <e> AND <e>)",
        "(<e> LIKE <e>)",
        "(<e> REGEXP <e>)",
        "CASE WHEN <e> THEN <e> ELSE <e> END",
        "CAST(<e> AS <type>)",
        "if(<e>, <e>, <e>)",
        "coalesce(<e>, <e>)",
        "concat(<e>, <e>)",
        "substring(<e>, <e>, <e>)",
        "length(<e>)",
        "upper(<e>)",
        "date_add(<e>, INTERVAL <e> DAY)",
        "date_format(<e>, <e>)",
        "year(<e>)",
        "datediff(<e>, <e>)",
        "json_extract(<e>, <e>)",
        "array_map(v -> v + 1, <e>)",
        "array_contains(<e>, <e>)",
        "array_sort(<e>)",
        "element_at(<e>, <e>)",
        "size(<e>)",
        "explode_split(<e>, ',')",
        "<agg>",
        "(SELECT <e> FROM u)",
        "EXISTS (SELECT 1 FROM u WHERE u.i = t.i)",
        "round(<e>, <e>)",
        "truncate(<e>, <e>)",
        "bitmap_from_string(<e>)",
        "hex(<e>)",
        "split_by_string(<e>, <e>)",
        "str_to_date(<e>, <e>)",
        "greatest(<e>, <e>)",
        "lpad(<e>, <e>, <e>)",
        "(<e> & <e>)",
        "(<e> ^ <e>)",
        "~<e>",
        "-<e>",
        "<e> MATCH_ANY 'a b'",
        "ipv4_num_to_string(<e>)",
        "map_keys(<e>)",
        "struct_element(<e>, 'a')",
        "parse_url(<e>, 'HOST')",
        "money_format(<e>)",
        "unix_timestamp(<e>)",
        "from_unixtime(<e>)",
        "timestampdiff(DAY, <e>, <e>)",
        "array_join(<e>, ',')",
        "array_range(<e>)",
        "repeat('a', 3)",
        "regexp_replace(<e>, <e>, <e>)",
        "j['a']",
        "a[1]",
        "date_trunc(<e>, 'day')",
        "<window>"}}};
  return *kRules;
}

class Writer {
 public:
  Writer(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  void write(std::string_view rule, int depth) {
    const auto& choices = rules().at(rule);
    const size_t choice = depth > 6 || text.size() > 2000 ? 0 : next() % choices.size();
    std::string_view form = choices[choice];
    while (!form.empty()) {
      const size_t open = form.find('<');
      const size_t close = open == form.npos ? form.npos : form.find('>', open);
      const bool is_rule = close != form.npos && rules().contains(form.substr(open + 1, close - open - 1));
      if (!is_rule) {
        const size_t length = open == form.npos ? form.size() : open + 1;
        text += form.substr(0, length);
        form.remove_prefix(length);
        continue;
      }
      text += form.substr(0, open);
      write(form.substr(open + 1, close - open - 1), depth + 1);
      form.remove_prefix(close + 1);
    }
  }

  std::string text;

 private:
  size_t next() { return at_ < size_ ? data_[at_++] : 0; }

  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 400) return 0;
  Writer writer(data, size);
  writer.write("statement", 0);
  sluice::fuzz::Kernel::instance().run(writer.text);
  return 0;
}
