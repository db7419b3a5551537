// SPDX-License-Identifier: Apache-2.0
// CREATE USER, ALTER USER, DROP USER, SET PASSWORD.
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"

namespace sluice::dialect {

Parsed<std::optional<Account>> parse_account(ParseContext& c) {
  if (c.accept("CURRENT_USER"_kw) || (c.is("USER"_kw) && c.is(TokenKind::kLeftParen, 1) && (c.advance(), true))) {
    if (c.accept(TokenKind::kLeftParen)) TRY(c.expect(TokenKind::kRightParen, "')'"));
    return std::optional<Account>();
  }
  Account account;
  account.user = TRY(parse_name_or_string(c, "an account like 'user'@'host'"));
  if (c.is(TokenKind::kUserVariable)) {
    const Token& token = c.peek();
    std::string_view host = c.text(token).substr(1);
    bool quoted = host[0] == '\'' || host[0] == '"' || host[0] == '`';
    account.host = quoted ? string_value(c.text(token), token) : std::string(host);
    c.advance();
  }
  return std::optional<Account>(std::move(account));
}

namespace {

using Entry = AccountStatement::Entry;

constexpr int64_t kMaxSpan = 100 * 366 * 86400LL;
constexpr int64_t kMaxHistory = 10;

// A hash as mysql_native_password prints it: '*' and 40 hex digits.
bool is_native_hash(std::string_view text) {
  if (text.size() != 41 || text[0] != '*') return false;
  return text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

// IDENTIFIED BY 'x' | BY PASSWORD '*..' | WITH plugin [BY 'x' | AS '..']
Parsed<void> parse_identification(ParseContext& c, Entry& entry) {
  if (!c.accept("IDENTIFIED"_kw)) return {};
  if (c.accept("WITH"_kw)) {
    entry.plugin = TRY(parse_name_or_string(c, "an authentication plugin"));
    if (c.accept("AS"_kw)) {
      entry.hash = TRY(parse_string(c, "the hash in quotes"));
      return {};
    }
    if (!c.is("BY"_kw)) return {};
  }
  TRY(c.expect("BY"_kw));
  if (c.accept("PASSWORD"_kw)) {
    Token where = c.peek();
    entry.hash = TRY(parse_string(c, "the hash in quotes"));
    if (!is_native_hash(*entry.hash)) return c.syntax_error("a password hash is '*' and 40 hex digits", where);
    return {};
  }
  entry.password = TRY(parse_string(c, "the password in quotes"));
  return {};
}

// n DAY|HOUR|MINUTE|SECOND, in seconds.
Parsed<int64_t> parse_span(ParseContext& c) {
  const auto count = static_cast<int64_t>(TRY(parse_unsigned(c, "a number of days, hours or seconds")));
  if (count > kMaxSpan) return c.syntax_error("that is too long a time");
  if (c.accept("DAY"_kw)) return count * 86400;
  if (c.accept("HOUR"_kw)) return count * 3600;
  if (c.accept("MINUTE"_kw)) return count * 60;
  if (!c.accept("SECOND"_kw)) return c.expected("DAY, HOUR or SECOND");
  return count;
}

Parsed<void> parse_expiry(ParseContext& c, PasswordOptions& options) {
  if (c.accept("DEFAULT"_kw)) {
    options.expire_seconds = PasswordOptions::kDefault;
  } else if (c.accept("NEVER"_kw)) {
    options.expire_seconds = 0;
  } else {
    TRY(c.expect("INTERVAL"_kw));
    options.expire_seconds = TRY(parse_span(c));
    if (*options.expire_seconds == 0) return c.syntax_error("a password cannot expire at once");
  }
  return {};
}

// PASSWORD_HISTORY, PASSWORD_EXPIRE, FAILED_LOGIN_ATTEMPTS, PASSWORD_LOCK_TIME, ACCOUNT_LOCK, ACCOUNT_UNLOCK; those of
// two words also as MySQL writes them.
Parsed<void> parse_password_options(ParseContext& c, PasswordOptions& options) {
  for (;;) {
    const bool two_words = c.is("PASSWORD"_kw);
    if (c.accept_word("PASSWORD_HISTORY") ||
        (two_words && c.is_word("HISTORY", 1) && (c.advance(), c.advance(), true))) {
      if (c.accept("DEFAULT"_kw)) {
        options.history = PasswordOptions::kDefault;
      } else {
        options.history = static_cast<int64_t>(TRY(parse_unsigned(c, "a number of passwords")));
        if (*options.history > kMaxHistory) return c.syntax_error("at most 10 passwords are remembered");
      }
    } else if (c.accept_word("PASSWORD_EXPIRE") ||
               (two_words && c.is_word("EXPIRE", 1) && (c.advance(), c.advance(), true))) {
      TRY(parse_expiry(c, options));
    } else if (c.accept_word("FAILED_LOGIN_ATTEMPTS")) {
      options.failed_attempts = static_cast<int64_t>(TRY(parse_unsigned(c, "a number of attempts")));
      if (*options.failed_attempts > INT16_MAX) return c.syntax_error("at most 32767 attempts can be asked for");
    } else if (c.accept_word("PASSWORD_LOCK_TIME")) {
      if (c.accept_word("UNBOUNDED"))
        options.lock_seconds = PasswordOptions::kUnbounded;
      else
        options.lock_seconds = TRY(parse_span(c));
    } else if (c.accept_word("ACCOUNT_UNLOCK") ||
               (c.is("ACCOUNT"_kw) && c.is_word("UNLOCK", 1) && (c.advance(), c.advance(), true))) {
      options.locked = false;
    } else if (c.accept_word("ACCOUNT_LOCK") ||
               (c.is("ACCOUNT"_kw) && c.is("LOCK"_kw, 1) && (c.advance(), c.advance(), true))) {
      options.locked = true;
    } else {
      return {};
    }
  }
}

// SUPERUSER | DEFAULT ROLE 'r', the options of passwords, COMMENT 'text'
Parsed<void> parse_account_options(ParseContext& c, AccountStatement& statement) {
  if (c.is_word("REQUIRE")) {
    if (!c.is_word("NONE", 1)) return c.unsupported("REQUIRE for accounts");
    c.advance();
    c.advance();
  }
  if (c.accept_word("SUPERUSER")) {
    statement.default_role = "admin";
  } else if (c.accept("DEFAULT"_kw)) {
    TRY(c.expect("ROLE"_kw));
    statement.default_role = TRY(parse_name_or_string(c, "a role"));
  }
  TRY(parse_password_options(c, statement.options));
  if (c.accept("COMMENT"_kw)) statement.comment = TRY(parse_string(c, "a comment"));
  return {};
}

Body parse_entries(ParseContext& c, AccountStatement statement, bool with_identification) {
  do {
    Entry entry;
    entry.account = TRY(parse_account(c));
    if (with_identification) TRY(parse_identification(c, entry));
    statement.entries.push_back(std::move(entry));
  } while (c.accept(TokenKind::kComma));
  if (with_identification) TRY(parse_account_options(c, statement));
  return statement;
}

}  // namespace

Body parse_create_user(ParseContext& c) {
  AccountStatement statement;
  statement.what = AccountStatement::What::kCreate;
  statement.if_not_exists = TRY(parse_if_not_exists(c));
  return parse_entries(c, std::move(statement), true);
}

Body parse_alter_user(ParseContext& c) {
  AccountStatement statement;
  statement.what = AccountStatement::What::kAlter;
  statement.if_exists = TRY(parse_if_exists(c));
  return parse_entries(c, std::move(statement), true);
}

Body parse_drop_user(ParseContext& c) {
  AccountStatement statement;
  statement.what = AccountStatement::What::kDrop;
  statement.if_exists = TRY(parse_if_exists(c));
  return parse_entries(c, std::move(statement), false);
}

Body parse_set_password(ParseContext& c) {
  AccountStatement statement;
  statement.what = AccountStatement::What::kSetPassword;
  Entry entry;
  if (c.accept("FOR"_kw)) entry.account = TRY(parse_account(c));
  TRY(c.expect(TokenKind::kEqual, "'='"));
  if (c.accept("PASSWORD"_kw)) {
    TRY(c.expect(TokenKind::kLeftParen, "'('"));
    entry.password = TRY(parse_string(c, "the password in quotes"));
    TRY(c.expect(TokenKind::kRightParen, "')'"));
  } else {
    std::string value = TRY(parse_string(c, "the password in quotes"));
    if (is_native_hash(value))
      entry.hash = std::move(value);
    else
      entry.password = std::move(value);
  }
  statement.entries.push_back(std::move(entry));
  return statement;
}

}  // namespace sluice::dialect
