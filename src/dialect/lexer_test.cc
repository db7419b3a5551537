// SPDX-License-Identifier: Apache-2.0
#include "dialect/lexer.h"

#include <gtest/gtest.h>

#include "dialect/kernel_for_tests.h"
#include "dialect/literals.h"

namespace sluice::dialect {
namespace {

// The tokens' texts between '|'; "!" and the problem where the text does not lex.
std::string tokens_of(std::string_view sql, const ParseOptions& options = {}) {
  Lexer lexer(sql, options);
  std::string result;
  for (;;) {
    Token token = lexer.next();
    if (token.kind == TokenKind::kEnd) return result;
    if (!result.empty()) result += '|';
    if (token.kind == TokenKind::kInvalid) return result + "!" + std::string(lexer.problem());
    result += sql.substr(token.begin, token.length);
  }
}

std::string value_of(std::string_view sql, const ParseOptions& options = {}) {
  Lexer lexer(sql, options);
  Token token = lexer.next();
  auto value = literal_value(sql.substr(token.begin, token.length), token);
  return value ? value->ToString() + " " + value->type().ToString() : "out of range";
}

TEST(Lexer, CutsOperatorsAtTheirLongest) {
  EXPECT_EQ(tokens_of("a<=>b<=c<>d!=e>>f<<g:=h&&i||j->k->>l"),
            "a|<=>|b|<=|c|<>|d|!=|e|>>|f|<<|g|:=|h|&&|i||||j|->|k|->>|l");
}

TEST(Lexer, NamesMayBeginWithDigitsAndHoldAnyLetter) {
  EXPECT_EQ(tokens_of("1st 2024_q1 größe a$b _x"), "1st|2024_q1|größe|a$b|_x");
  EXPECT_EQ(tokens_of("t.1 t.2a.b `a``b`.c"), "t|.|1|t|.|2a|.|b|`a``b`|.|c");
}

TEST(Lexer, TellsNumbersFromNames) {
  EXPECT_EQ(tokens_of("1 1.5 .5 1. 1e3 1E-3 1e 0x1F 0xZ b'01' x'aF'"), "1|1.5|.5|1.|1e3|1E-3|1e|0x1F|0xZ|b'01'|x'aF'");
}

TEST(Lexer, SkipsComments) {
  EXPECT_EQ(tokens_of("a -- b\nc # d\ne /* f */ g /*+ SET_VAR(x=1) */ h --"), "a|c|e|g|h");
  EXPECT_EQ(tokens_of("5--1"), "5|-|-|1") << "not a comment: no blank on either side";
  EXPECT_EQ(tokens_of("a --b\n c"), "a|c") << "Doris needs no blank after it";
  EXPECT_EQ(tokens_of("a /* b"), "a|!a comment that begins with '/*' has no '*/'");
}

TEST(Lexer, ReadsVersionCommentsUpToOurVersion) {
  EXPECT_EQ(tokens_of("/*!40101 SET */ x /*!80000 y */ /*! z */"), "SET|x|z");
  EXPECT_EQ(tokens_of("a /*!50000 b*c */ * d"), "a|b|*|c|*|d");
}

TEST(Lexer, EndsStringsAtTheRightQuote) {
  EXPECT_EQ(tokens_of(R"('a''b' "c""d" 'e\'f' "g\"h" n'i')"), R"('a''b'|"c""d"|'e\'f'|"g\"h"|n'i')");
  EXPECT_EQ(tokens_of("'abc"), "!a string that begins with ' has no end");
  EXPECT_EQ(tokens_of(R"('abc\')"), "!a string that begins with ' has no end");
  EXPECT_EQ(tokens_of("`abc"), "!a quoted name has no end");
  EXPECT_EQ(tokens_of(std::string("`a\0c`", 5)), "!a quoted name holds a NUL character");
  ParseOptions plain;
  plain.no_backslash_escapes = true;
  EXPECT_EQ(tokens_of(R"('abc\' 'd')", plain), R"('abc\'|'d')");
}

TEST(Lexer, ReadsVariables) {
  EXPECT_EQ(tokens_of("@a @'b c' @`d` @@session.x @a.b"), "@a|@'b c'|@`d`|@@|session|.|x|@a.b");
  EXPECT_EQ(tokens_of("'root'@'%' root@localhost"), "'root'|@'%'|root|@localhost");
}

TEST(Lexer, RefusesOtherCharacters) {
  EXPECT_EQ(tokens_of(std::string_view("a\0b", 3)), "a|!this character has no meaning in SQL");
  EXPECT_EQ(tokens_of("\\"), "!this character has no meaning in SQL");
}

TEST(Literals, UndoEscapes) {
  EXPECT_EQ(value_of(R"('a\n\t\0\Z\\\'\"x''')"), std::string("a\n\t\0\x1a\\'\"x' VARCHAR", 18));
  EXPECT_EQ(value_of(R"('\%\_\q')"), R"(\%\_q VARCHAR)");
  EXPECT_EQ(value_of(R"(r'\n')"), R"(\n VARCHAR)");
  ParseOptions plain;
  plain.no_backslash_escapes = true;
  EXPECT_EQ(value_of(R"('a\n''b')", plain), R"(a\n'b VARCHAR)");
}

TEST(Literals, HaveTheSmallestType) {
  EXPECT_EQ(value_of("5"), "5 TINYINT");
  EXPECT_EQ(value_of("128"), "128 SMALLINT");
  EXPECT_EQ(value_of("32768"), "32768 INTEGER");
  EXPECT_EQ(value_of("2147483648"), "2147483648 BIGINT");
  EXPECT_EQ(value_of("9223372036854775808"), "9223372036854775808 HUGEINT");
  EXPECT_EQ(value_of("1.50"), "1.50 DECIMAL(3,2)");
  EXPECT_EQ(value_of(".5"), "0.5 DECIMAL(2,1)");
  EXPECT_EQ(value_of("12345678901234567890.5"), "12345678901234567890.5 DECIMAL(21,1)");
  EXPECT_EQ(value_of("1e3"), "1000.0 DOUBLE");
  EXPECT_EQ(value_of("1e999"), "out of range");
  EXPECT_EQ(value_of("x'4a4B'"), "JK BLOB");
  EXPECT_EQ(value_of("0xa"), "\\x0A BLOB");
  EXPECT_EQ(value_of("b'101'"), "5 BIGINT");
}

std::string parts_of(std::string_view sql) {
  std::string result;
  for (std::string_view part : split(sql, {})) result += "[" + std::string(part) + "]";
  return result;
}

TEST(Split, CutsAtSemicolonsOutsideQuotesAndComments) {
  EXPECT_EQ(parts_of("select 1; select ';' ; -- ;\n select `;` /* ; */;;"), "[select 1][select ';'][select `;`]");
  EXPECT_EQ(parts_of(" ; /* only */ ; "), "");
  EXPECT_EQ(parts_of("select 1; select 'x; y"), "[select 1][select 'x; y]");
}

TEST(Normalise, TakesLiteralsOut) {
  auto result = normalise("SELECT a FROM t WHERE b = 'x' AND c > 1.5  -- note", {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->key, "SELECT a FROM t WHERE b = ?s AND c > ?d");
  ASSERT_EQ(result->values.size(), 2u);
  EXPECT_EQ(result->values[0].ToString(), "x");
  EXPECT_FALSE(result->has_placeholder);
  EXPECT_TRUE(normalise("select ?", {})->has_placeholder);
  EXPECT_FALSE(normalise("select 'x", {}));
  EXPECT_FALSE(normalise("select '\xff'", {}));
  EXPECT_EQ(normalise(" /* app */ select 1", {})->key, "select ?i");
}

}  // namespace
}  // namespace sluice::dialect
