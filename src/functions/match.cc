// SPDX-License-Identifier: Apache-2.0
// MATCH_ANY, MATCH_ALL, MATCH_PHRASE and their kin over texts and arrays of texts: full text search by tokens, without
// an index. The third argument names the parser of the column's inverted index.
#include <unordered_set>

#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/match.h"
#include "functions/overload.h"
#include "functions/registry.h"
#include "functions/text_tokens.h"
#include "functions/type_names.h"
#include "functions/types.h"
#include "re2/re2.h"

namespace sluice::functions {
namespace {

using duckdb::idx_t;
using duckdb::string_t;
using Tokens = std::vector<std::string>;

enum class Mode : uint8_t { kAny, kAll, kPhrase, kPhrasePrefix, kPhraseEdge, kRegexp };

// Whether document[at..] begins with the phrase; the first token may be the end of a word, the last its beginning, as
// the mode has it.
bool phrase_at(const Tokens& document, size_t at, const Tokens& phrase, Mode mode) {
  for (size_t i = 0; i < phrase.size(); ++i) {
    const std::string& word = document[at + i];
    const bool first = i == 0;
    const bool last = i + 1 == phrase.size();
    if (mode == Mode::kPhraseEdge && phrase.size() == 1) return word.find(phrase[0]) != std::string::npos;
    if (mode == Mode::kPhraseEdge && first ? !word.ends_with(phrase[i])
        : last && mode != Mode::kPhrase    ? !word.starts_with(phrase[i])
                                           : word != phrase[i]) {
      return false;
    }
  }
  return true;
}

class Matcher {
 public:
  Matcher(Mode mode, const TextAnalysis& analysis, std::string_view query) : mode_(mode), analysis_(analysis) {
    if (mode == Mode::kRegexp) {
      expression_ = std::make_unique<duckdb_re2::RE2>(duckdb_re2::StringPiece(query.data(), query.size()));
      if (!expression_->ok()) {
        throw duckdb::InvalidInputException("MATCH_REGEXP: '%s' is not a regular expression: %s", std::string(query),
                                            expression_->error());
      }
    } else {
      wanted_ = text_tokens(query, analysis_);
    }
  }

  bool matches(std::string_view text) const {
    const Tokens document = text_tokens(text, analysis_);
    switch (mode_) {
      case Mode::kAny:
        return std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& word) { return has(document, word); });
      case Mode::kAll:
        return !wanted_.empty() &&
               std::all_of(wanted_.begin(), wanted_.end(), [&](const auto& word) { return has(document, word); });
      case Mode::kRegexp:
        return std::any_of(document.begin(), document.end(), [&](const auto& word) {
          return duckdb_re2::RE2::PartialMatch(duckdb_re2::StringPiece(word.data(), word.size()), *expression_);
        });
      default:
        for (size_t at = 0; !wanted_.empty() && at + wanted_.size() <= document.size(); ++at) {
          if (phrase_at(document, at, wanted_, mode_)) return true;
        }
        return false;
    }
  }

 private:
  static bool has(const Tokens& document, const std::string& word) {
    return std::find(document.begin(), document.end(), word) != document.end();
  }

  const Mode mode_;
  const TextAnalysis analysis_;
  Tokens wanted_;
  std::unique_ptr<duckdb_re2::RE2> expression_;
};

struct MatchData : duckdb::FunctionData {
  MatchData(Mode mode, TextAnalysis analysis, bool written, std::shared_ptr<const Matcher> constant)
      : mode(mode), analysis(std::move(analysis)), written(written), constant(std::move(constant)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override {
    return duckdb::make_uniq<MatchData>(mode, analysis, written, constant);
  }
  bool Equals(const FunctionData& other) const override {
    const auto& data = other.Cast<MatchData>();
    return mode == data.mode && analysis == data.analysis;  // the query is an argument
  }
  const Mode mode;
  const TextAnalysis analysis;
  const bool written;                             // the call names its parser: no index is asked
  const std::shared_ptr<const Matcher> constant;  // of a constant query; null otherwise
};

duckdb::unique_ptr<MatchData> match_data(duckdb::ClientContext& context, Mode mode, TextAnalysis analysis, bool written,
                                         const duckdb::Expression& query) {
  std::shared_ptr<const Matcher> constant;
  if (auto value = constant_of(context, query); value && !value->IsNull())
    constant = std::make_shared<Matcher>(mode, analysis, duckdb::StringValue::Get(*value));
  return duckdb::make_uniq<MatchData>(mode, std::move(analysis), written, std::move(constant));
}

bool any_element(const Matcher& matcher, const duckdb::list_entry_t& list,
                 const duckdb::UnifiedVectorFormat& elements) {
  for (idx_t i = 0; i < list.length; ++i) {
    const idx_t index = elements.sel->get_index(list.offset + i);
    if (!elements.validity.RowIsValid(index)) continue;
    if (matcher.matches(view(duckdb::UnifiedVectorFormat::GetData<string_t>(elements)[index]))) return true;
  }
  return false;
}

void run_match(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& data = state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<MatchData>();
  const idx_t count = input.size();
  const bool lists = input.data[0].GetType().id() == LogicalTypeId::LIST;
  duckdb::UnifiedVectorFormat texts;
  duckdb::UnifiedVectorFormat queries;
  duckdb::UnifiedVectorFormat elements;
  input.data[0].ToUnifiedFormat(count, texts);
  input.data[1].ToUnifiedFormat(count, queries);
  if (lists) {
    duckdb::ListVector::GetEntry(input.data[0])
        .ToUnifiedFormat(duckdb::ListVector::GetListSize(input.data[0]), elements);
  }
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* values = duckdb::FlatVector::GetData<bool>(result);
  for (idx_t row = 0; row < count; ++row) {
    const idx_t text = texts.sel->get_index(row);
    const idx_t query = queries.sel->get_index(row);
    if (!texts.validity.RowIsValid(text) || !queries.validity.RowIsValid(query)) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    std::optional<Matcher> own;
    if (!data.constant) {
      own.emplace(data.mode, data.analysis, view(duckdb::UnifiedVectorFormat::GetData<string_t>(queries)[query]));
    }
    const Matcher& matcher = data.constant ? *data.constant : *own;
    values[row] =
        lists ? any_element(matcher, duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(texts)[text], elements)
              : matcher.matches(view(duckdb::UnifiedVectorFormat::GetData<string_t>(texts)[text]));
  }
  if (input.AllConstant()) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

// An index's parser, as a constant third argument.
TextParser parser_of(Call& call) {
  if (call.arguments.size() < 3) return TextParser::kStandard;
  auto name = constant_of(call.context, *call.arguments[2]);
  auto parser = name && !name->IsNull() ? text_parser(name->ToString()) : std::nullopt;
  if (!parser)
    throw duckdb::BinderException("%s: the third argument names a parser: none, english, unicode, standard or chinese",
                                  std::string(call.name));
  return *parser;
}

template <Mode mode>
BoundPtr expand_match(Call& call) {
  TextAnalysis analysis;
  const bool written = call.arguments.size() > 2;
  analysis.parser = parser_of(call);
  const LogicalType type = call.arguments[0]->return_type;
  const bool list = type.id() == LogicalTypeId::LIST;
  if (!list && !is_text(type) && !is_json(type) && type.id() != LogicalTypeId::SQLNULL) {
    throw duckdb::BinderException("%s searches text and arrays of text, not %s", std::string(call.name),
                                  duckdb::StringUtil::Upper(type_name(type)));
  }
  const LogicalType searched = list ? LogicalType::LIST(LogicalType::VARCHAR) : LogicalType::VARCHAR;
  BoundList children;
  children.push_back(convert(call.context, std::move(call.arguments[0]), searched));
  children.push_back(convert(call.context, std::move(call.arguments[1]), LogicalType::VARCHAR));
  auto data = match_data(call.context, mode, std::move(analysis), written, *children[1]);
  auto bound = bind_private(call.context, std::string(call.name), {searched, LogicalType::VARCHAR},
                            LogicalType::BOOLEAN, run_match, std::move(children), Nulls::kOwn);
  bound->Cast<duckdb::BoundFunctionExpression>().bind_info = std::move(data);
  return bound;
}

}  // namespace

const duckdb::Expression* match_without_parser(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return nullptr;
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  const auto* data = dynamic_cast<const MatchData*>(call.bind_info.get());
  return data && !data->written ? call.children[0].get() : nullptr;
}

void use_analysis(duckdb::ClientContext& context, duckdb::Expression& match, const TextAnalysis& analysis) {
  auto& call = match.Cast<duckdb::BoundFunctionExpression>();
  const Mode mode = call.bind_info->Cast<MatchData>().mode;
  call.bind_info = match_data(context, mode, analysis, true, *call.children[1]);
}

void add_match(Registry& registry) {
  const auto add = [&](const char* name, const char* doc, Expand expand) -> Function& {
    return registry.add(name, doc).expanded(2, 3, std::string("BOOLEAN ") + name + "(TEXT|ARRAY<TEXT>, TEXT[, parser])",
                                            expand);
  };
  add("match_any", "Whether the text has one of the query's words.", expand_match<Mode::kAny>).alias("match");
  add("match_all", "Whether the text has all words of the query.", expand_match<Mode::kAll>);
  add("match_phrase", "Whether the text has the query's words one after another.", expand_match<Mode::kPhrase>);
  add("match_phrase_prefix", "As MATCH_PHRASE; of the last word its beginning is enough.",
      expand_match<Mode::kPhrasePrefix>);
  add("match_phrase_edge", "As MATCH_PHRASE; of the first word its end and of the last its beginning is enough.",
      expand_match<Mode::kPhraseEdge>);
  add("match_regexp", "Whether a word of the text matches the regular expression.", expand_match<Mode::kRegexp>);
}

}  // namespace sluice::functions
