// SPDX-License-Identifier: Apache-2.0
#include "session/block_rules.h"

#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "duckdb/common/string_util.hpp"

namespace sluice::session {
namespace {

using duckdb::StringUtil;

constexpr int64_t kMaxPatternMemory = 8 << 20;  // of a compiled expression

Error refused(const std::string& why) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + why);
}

duckdb_re2::RE2::Options pattern_options() {
  duckdb_re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  return options;
}

Result<int64_t> number_of(const std::string& key, const std::string& value) {
  int64_t number = 0;
  const auto end = std::from_chars(value.data(), value.data() + value.size(), number);
  if (end.ec != std::errc() || end.ptr != value.data() + value.size()) return fail(refused(key + " should be a long"));
  if (number < 0) return fail(refused("the value of " + key + " can't be a negative"));
  return number;
}

Result<bool> flag_of(const std::string& key, const std::string& value) {
  if (StringUtil::CIEquals(value, "true")) return true;
  if (StringUtil::CIEquals(value, "false")) return false;
  return fail(refused(key + " should be a boolean"));
}

std::string md5(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &length, EVP_md5(), nullptr) != 1) return {};
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace

struct BlockRules::Pattern {
  explicit Pattern(const std::string& text) : regex(text, pattern_options()) {}
  duckdb_re2::RE2 regex;
};

Result<BlockRule> changed_rule(BlockRule rule, const dialect::BlockRuleStatement& statement) {
  const bool creates = statement.what == dialect::BlockRuleStatement::What::kCreate;
  if (statement.properties.empty()) return fail(refused("Not set properties"));
  for (const auto& [key, value] : statement.properties) {
    // "NULL" is what SHOW has for a text that is not set.
    const std::string text = value == "NULL" ? std::string() : value;
    if (key == "sql") {
      rule.sql = text;
    } else if (key == "sqlhash") {
      rule.sql_hash = text;
    } else if (key == "partition_num") {
      rule.partitions = TRY(number_of(key, value));
    } else if (key == "tablet_num") {
      rule.tablets = TRY(number_of(key, value));
    } else if (key == "cardinality") {
      rule.cardinality = TRY(number_of(key, value));
    } else if (key == "global") {
      rule.global = TRY(flag_of(key, value));
    } else if (key == "enable") {
      rule.enabled = TRY(flag_of(key, value));
    } else {
      return fail(refused(key + " is invalid property"));
    }
  }
  if (!rule.sql.empty() && !rule.sql_hash.empty()) return fail(refused("Only sql or sqlHash can be configured"));
  const bool by_text = !rule.sql.empty() || !rule.sql_hash.empty();
  const bool by_scan = rule.partitions != 0 || rule.tablets != 0 || rule.cardinality != 0;
  if ((by_text && by_scan) || (creates && !by_text && !by_scan)) {
    return fail(sql_error(Code::kInvalidArgument, 5084,
                          "sql/sqlHash and partition_num/tablet_num/cardinality cannot be set in one rule."));
  }
  if (rule.sql.empty()) return rule;
  const duckdb_re2::RE2 regex(rule.sql, pattern_options());
  if (!regex.ok()) return fail(refused("the sql of a SQL_BLOCK_RULE is a regular expression: " + regex.error()));
  // It would block the statements that are to take it away.
  if (duckdb_re2::RE2::PartialMatch(rule.name, regex))
    return fail(refused("sql of SQL_BLOCK_RULE should not match its name"));
  return rule;
}

BlockRules::BlockRules(std::vector<BlockRule> rules) {
  for (BlockRule& rule : rules) {
    if (!rule.enabled) continue;
    limit_scans_ = limit_scans_ || rule.partitions != 0 || rule.tablets != 0 || rule.cardinality != 0;
    auto pattern = rule.sql.empty() ? nullptr : std::make_shared<const Pattern>(rule.sql);
    rules_.push_back({std::move(rule), std::move(pattern)});
  }
}

Status BlockRules::check_text(std::string_view sql) const {
  std::string hash;
  for (const auto& [rule, pattern] : rules_) {
    if (!rule.sql_hash.empty()) {
      if (hash.empty()) hash = md5(sql);
      if (hash == rule.sql_hash) return fail(refused("sql match hash sql block rule: " + rule.name));
    }
    if (pattern && duckdb_re2::RE2::PartialMatch(duckdb_re2::StringPiece(sql.data(), sql.size()), pattern->regex))
      return fail(refused("sql match regex sql block rule: " + rule.name));
  }
  return {};
}

Status BlockRules::check_scan(const ScanSize& scan) const {
  const auto reached = [](const BlockRule& rule, const char* what, int64_t most) {
    return refused("sql hits sql block rule: " + rule.name + ", reach " + what + " : " + std::to_string(most));
  };
  for (const auto& [rule, pattern] : rules_) {
    if (rule.partitions != 0 && scan.partitions > rule.partitions)
      return fail(reached(rule, "partition_num", rule.partitions));
    if (rule.tablets != 0 && scan.tablets > rule.tablets) return fail(reached(rule, "tablet_num", rule.tablets));
    if (rule.cardinality != 0 && scan.rows > rule.cardinality)
      return fail(reached(rule, "cardinality", rule.cardinality));
  }
  return {};
}

}  // namespace sluice::session
