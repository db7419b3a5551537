// SPDX-License-Identifier: Apache-2.0
// Functions whose value is the session's: DATABASE(), USER(), VERSION(), .. They become constants. And those of which
// an argument is the session's.
#include "dialect/function_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::Value;

// The value that `read` takes from the session, as a constant.
template <typename Read>
Parsed<ExprPtr> from_session(ParseContext& c, Read read) {
  const SessionValues* session = c.session();
  if (!session) return tl::unexpected<Failed>(Failed{});
  return tree::constant(read(*session));
}

Parsed<ExprPtr> build_database(ParseContext& c, Call&) {
  return from_session(c, [](const SessionValues& session) {
    std::string name = session.database();
    return name.empty() ? Value(duckdb::LogicalType::VARCHAR) : Value(std::move(name));
  });
}
Parsed<ExprPtr> build_user(ParseContext& c, Call&) {
  return from_session(c, [](const SessionValues& session) { return Value(session.user()); });
}
Parsed<ExprPtr> build_account(ParseContext& c, Call&) {
  return from_session(c, [](const SessionValues& session) { return Value(session.account()); });
}
Parsed<ExprPtr> build_connection_id(ParseContext& c, Call&) {
  return from_session(c, [](const SessionValues& session) { return Value::UBIGINT(session.connection_id()); });
}
Parsed<ExprPtr> build_last_insert_id(ParseContext& c, Call& call) {
  if (!call.args.empty()) return c.unsupported("LAST_INSERT_ID() with an argument");
  return from_session(c, [](const SessionValues& session) { return Value::UBIGINT(session.last_insert_id()); });
}
Parsed<ExprPtr> build_found_rows(ParseContext& c, Call&) {
  return from_session(c, [](const SessionValues& session) { return Value::UBIGINT(session.found_rows()); });
}
Parsed<ExprPtr> build_row_count(ParseContext& c, Call&) {
  return from_session(c, [](const SessionValues& session) { return Value::BIGINT(session.row_count()); });
}
Parsed<ExprPtr> build_last_query_id(ParseContext& c, Call&) {
  return from_session(c, [](const SessionValues& session) { return Value(session.last_query_id()); });
}
Parsed<ExprPtr> build_version(ParseContext& c, Call&) {
  const SessionValues* session = c.session();
  if (!session) return tl::unexpected<Failed>(Failed{});
  auto value = session->system_variable(VariableScope::kSession, "version");
  if (!value) return c.failure(std::move(value).error());
  return tree::constant(std::move(*value));
}
// AES_ENCRYPT(text, key[, vector[, mode[, additional]]]) and its kin; the mode is the session's when it is not written.
Parsed<ExprPtr> build_cipher(ParseContext& c, Call& call) {
  if (call.args.size() == 2) call.args.push_back(tree::text(""));
  if (call.args.size() == 3) {
    const SessionValues* session = c.session();
    if (!session) return tl::unexpected<Failed>(Failed{});
    auto value = session->system_variable(VariableScope::kSession, "block_encryption_mode");
    if (!value) return c.failure(std::move(value).error());
    std::string mode = value->IsNull() ? "" : value->ToString();
    const bool of_kind = duckdb::StringUtil::StartsWith(duckdb::StringUtil::Lower(mode), call.name.substr(0, 3));
    call.args.push_back(tree::text(of_kind ? std::move(mode) : std::string()));
  }
  return tree::doris_call(call.name, std::move(call.args));
}
// All text is UTF-8 and compared by its bytes.
Parsed<ExprPtr> build_charset(ParseContext&, Call&) { return tree::text("utf8mb4"); }
Parsed<ExprPtr> build_collation(ParseContext&, Call&) { return tree::text("utf8mb4_0900_bin"); }
Parsed<ExprPtr> build_coercibility(ParseContext&, Call&) { return tree::integer(4); }
Parsed<ExprPtr> build_current_catalog(ParseContext&, Call&) { return tree::text("internal"); }

Parsed<ExprPtr> refuse(ParseContext& c, Call& call) {
  return c.unsupported("the function " + duckdb::StringUtil::Upper(call.name) + "()");
}

constexpr FunctionEntry kFunctions[] = {
    {"aes_encrypt", 2, 5, nullptr, build_cipher},
    {"aes_decrypt", 2, 5, nullptr, build_cipher},
    {"sm4_encrypt", 2, 4, nullptr, build_cipher},
    {"sm4_decrypt", 2, 4, nullptr, build_cipher},
    {"database", 0, 0, nullptr, build_database},
    {"schema", 0, 0, nullptr, build_database},
    {"user", 0, 0, nullptr, build_user},
    {"session_user", 0, 0, nullptr, build_user},
    {"system_user", 0, 0, nullptr, build_user},
    {"current_user", 0, 0, nullptr, build_account},
    {"connection_id", 0, 0, nullptr, build_connection_id},
    {"last_insert_id", 0, 1, nullptr, build_last_insert_id},
    {"found_rows", 0, 0, nullptr, build_found_rows},
    {"row_count", 0, 0, nullptr, build_row_count},
    {"last_query_id", 0, 0, nullptr, build_last_query_id},
    {"version", 0, 0, nullptr, build_version},
    {"current_catalog", 0, 0, nullptr, build_current_catalog},
    {"charset", 1, 1, nullptr, build_charset},
    {"collation", 1, 1, nullptr, build_collation},
    {"coercibility", 1, 1, nullptr, build_coercibility},
    {"get_lock", 2, 2, nullptr, refuse},
    {"release_lock", 1, 1, nullptr, refuse},
    {"benchmark", 2, 2, nullptr, refuse},
    {"load_file", 1, 1, nullptr, refuse},
};

}  // namespace

std::span<const FunctionEntry> session_functions() { return kFunctions; }

}  // namespace sluice::dialect
