// SPDX-License-Identifier: Apache-2.0
// Any bytes as SQL text: the lexer, split(), normalise() and parse() must neither crash nor disagree.
// The first byte chooses the sql_mode flags.
#include <cstdio>
#include <cstdlib>

#include "dialect/parser.h"

namespace {

class FixedSession : public sluice::dialect::SessionValues {
 public:
  sluice::Result<duckdb::Value> system_variable(sluice::dialect::VariableScope, std::string_view name) const override {
    return duckdb::Value(duckdb::Value::StringIsValid(name.data(), name.size()) ? std::string(name) : std::string());
  }
  duckdb::Value user_variable(std::string_view) const override { return duckdb::Value(); }
  std::string database() const override { return "d"; }
  std::string user() const override { return "u@h"; }
  std::string account() const override { return "'u'@'%'"; }
  uint64_t connection_id() const override { return 1; }
  uint64_t last_insert_id() const override { return 0; }
  uint64_t found_rows() const override { return 0; }
  int64_t row_count() const override { return 0; }
};

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::dialect;
  if (size == 0) return 0;
  static const FixedSession session;
  ParseOptions options;
  options.no_backslash_escapes = data[0] & 1;
  options.ansi_quotes = data[0] & 2;
  options.pipes_as_concat = data[0] & 4;
  options.max_depth = 200;  // sanitizers need more stack a level
  options.session = &session;
  std::string_view sql(reinterpret_cast<const char*>(data) + 1, size - 1);

  for (std::string_view part : split(sql, options)) {
    require(!part.empty() && part.data() >= sql.data() && part.data() + part.size() <= sql.data() + sql.size(),
            "split");
  }
  auto normalised = normalise(sql, options);
  options.lift_literals = data[0] & 8;
  auto statement = parse(sql, options);
  if (!statement) {
    require(!statement.error().message().empty(), "an error says what is wrong");
    return 0;
  }
  if (auto* kernel = std::get_if<KernelStatement>(&statement->body))
    require(kernel->tree != nullptr, "a kernel statement has a tree");
  if (options.lift_literals && normalised) {
    require(normalised->values.size() == statement->literals.size(), "normalise() and the slots agree");
    uint32_t lifted = 0;
    for (const LiteralSlot& slot : statement->literals) {
      if (slot.fixed) continue;
      ++lifted;
      require(slot.parameter >= 1 && slot.parameter <= statement->parameter_count, "a slot names a parameter");
    }
    require(lifted == statement->parameter_count, "each parameter is one literal");
  }
  return 0;
}
