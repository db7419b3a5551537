// SPDX-License-Identifier: Apache-2.0
// Texts as arrays of their parts: SPLIT_BY_STRING, TOKENIZE.
#include "functions/array_rows.h"
#include "functions/characters.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/text_rows.h"
#include "functions/text_tokens.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::string_t;
using duckdb::Vector;
using Parts = std::vector<std::string_view>;

// Without a separator the characters; of an empty text nothing, but '' when the text is constant and the separator not.
void run_by_string(DataChunk& input, ExpressionState&, Vector& result) {
  const auto constant = [&](idx_t i) { return input.data[i].GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR; };
  const bool constant_text = constant(0) && !constant(1);
  run_split(input, result, [&](const std::vector<TextRows>& columns, idx_t row, Parts& parts) {
    std::string_view rest = view(columns[0][row]);
    const std::string_view separator = view(columns[1][row]);
    if (constant_text && rest.empty() && !separator.empty()) parts.emplace_back();
    while (separator.empty() && !rest.empty()) {
      const std::string_view first = characters(rest, 0, 1);
      parts.push_back(first);
      rest.remove_prefix(std::max<size_t>(first.size(), 1));
    }
    while (!rest.empty()) {
      const size_t end = rest.find(separator);
      parts.push_back(rest.substr(0, end));
      if (end == rest.npos) break;
      rest.remove_prefix(end + separator.size());
      if (rest.empty()) parts.emplace_back();
    }
  });
}

// 'a=b, "c"="d"' as pairs.
std::vector<std::pair<std::string, std::string>> properties_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> properties;
  const auto word = [](std::string_view part) {
    while (!part.empty() && (part.front() == ' ' || part.front() == '"' || part.front() == '\'')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '"' || part.back() == '\'')) part.remove_suffix(1);
    return std::string(part);
  };
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string_view pair = text.substr(at, end - at);
    if (const size_t equal = pair.find('='); equal != pair.npos)
      properties.emplace_back(word(pair.substr(0, equal)), word(pair.substr(equal + 1)));
    at = end + 1;
  }
  return properties;
}

void run_tokenize(DataChunk& input, ExpressionState&, Vector& result) {
  std::vector<std::string> tokens;
  run_split(input, result, [&](const std::vector<TextRows>& columns, idx_t row, Parts& parts) {
    const auto analysis = text_analysis(properties_of(view(columns[1][row])));
    if (!analysis) {
      throw duckdb::InvalidInputException(
          "tokenize(): the second argument is like 'parser=english', with the parser none, english, unicode, standard "
          "or chinese");
    }
    tokens = text_tokens(view(columns[0][row]), *analysis);
    parts.assign(tokens.begin(), tokens.end());
  });
}

template <void (*run)(DataChunk&, ExpressionState&, Vector&)>
BoundPtr expand_split(Call& call) {
  for (size_t i = 0; i < 2; ++i) convert_at(call, i, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::LIST(LogicalType::VARCHAR), run);
}

}  // namespace

void add_text_split(Registry& registry) {
  registry.add("split_by_string", "The parts of the text between separators; without one its characters.")
      .expanded(2, 2, "ARRAY<VARCHAR> split_by_string(VARCHAR, VARCHAR)", expand_split<run_by_string>);
  registry.add("tokenize", "The words of the text, as an inverted index with such properties takes them.")
      .expanded(2, 2, "ARRAY<VARCHAR> tokenize(VARCHAR, VARCHAR)", expand_split<run_tokenize>);
}

}  // namespace sluice::functions
