// SPDX-License-Identifier: Apache-2.0
// SQL_BLOCK_RULE: which statements are not run, by their text or by what they would read. BlockRules is what binds one
// account, immutable: any thread. Source of truth: Doris' statements and messages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dialect/access_statements.h"

namespace sluice::session {

struct BlockRule {
  std::string name;
  std::string sql;       // a regular expression, found anywhere in the statement; empty: none
  std::string sql_hash;  // MD5 of the statement in hexadecimal; empty: none
  // A scan may not have more of them; 0: no limit.
  int64_t partitions = 0;
  int64_t tablets = 0;
  int64_t cardinality = 0;
  bool global = false;  // for everybody, not only for whom it is bound to
  bool enabled = true;
};

// The rule with what a statement says of it; `rule` is what was there before ALTER. Errors 1105, 5084: wrong
// properties.
Result<BlockRule> changed_rule(BlockRule rule, const dialect::BlockRuleStatement& statement);

// What one scan of a plan reads.
struct ScanSize {
  int64_t partitions = 0;
  int64_t tablets = 0;
  int64_t rows = 0;
};

class BlockRules {
 public:
  BlockRules() = default;
  // Rules that are disabled are left out.
  explicit BlockRules(std::vector<BlockRule> rules);

  bool empty() const { return rules_.empty(); }
  bool limit_scans() const { return limit_scans_; }
  // Error 1105: a rule is met.
  Status check_text(std::string_view sql) const;
  Status check_scan(const ScanSize& scan) const;

 private:
  struct Pattern;
  struct Rule {
    BlockRule rule;
    std::shared_ptr<const Pattern> pattern;
  };
  std::vector<Rule> rules_;
  bool limit_scans_ = false;
};

}  // namespace sluice::session
