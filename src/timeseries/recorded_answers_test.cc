// SPDX-License-Identifier: Apache-2.0
// The recorded requests to real KairosDB servers and their answers (test/kairos/recorded), from body to answer without
// a network: parsers, store, engine. All must be equal as JSON, numbers as text, on each store.
#include <gtest/gtest.h>

#include <filesystem>

#include "timeseries/engine/engine.h"
#include "timeseries/memory_store.h"
#include "timeseries/request/datapoints_parser.h"
#include "timeseries/request/query_parser.h"
#include "timeseries/request/recorded_for_tests.h"
#include "timeseries/store/embedded/embedded_store.h"
#include "timeseries/zone.h"

namespace sluice::timeseries {
namespace {

struct Answer {
  int status;
  std::string text;
};

class TextSink : public AnswerSink {
 public:
  Status write(std::string_view piece) override {
    text += piece;
    return {};
  }
  std::string text;
};

Answer ingest(Store& store, std::string_view body, Compat compat) {
  DatapointsParser parser(store, {.compat = compat});
  const auto fed = parser.feed(body, true);
  if (!fed) return {503, fed.error().message()};
  return {parser.outcome().status, parser.outcome().status == 204 ? "" : errors_json(parser.outcome())};
}

Answer query(Store& store, const RecordedCase& asked, Compat compat) {
  QueryParserOptions options;
  options.compat = compat;
  options.now = 1'795'220'000'000;
  options.is_zone = [](std::string_view id) { return Zone::find(id).has_value(); };
  const auto parsed = parse_query(asked.body, options);
  if (!parsed) return {parsed.error().status, errors_json(parsed.error())};
  Engine engine(store, nullptr, {.compat = compat});
  TextSink sink;
  const bool tags = asked.path.ends_with("/tags");
  const auto status = tags ? engine.answer_tags(*parsed, {}, sink) : engine.answer(*parsed, {}, sink);
  if (status) return {200, sink.text};
  ParseOutcome failed{500, {}};
  const std::string& message = status.error().message();
  failed.errors.push_back(message.empty() ? std::nullopt : std::optional(message));
  return {500, errors_json(failed)};
}

// Members and numbers as text; what is no JSON as it is.
std::string normal(const std::string& text) {
  const auto json = parse_document(text, Compat::kV14);
  return json ? json->to_json() : text;
}

void replay(Store& store, std::string_view file, Compat compat) {
  const auto dataset = parse_document(read_recorded("dataset.json"), Compat::kV14);
  ASSERT_TRUE(dataset);
  for (const JsonValue& metric : dataset->items()) {
    const Answer answer = ingest(store, "[" + metric.to_json() + "]", compat);
    ASSERT_EQ(answer.status, 204) << answer.text;
  }
  size_t seen = 0;
  for (const RecordedCase& wanted : read_cases(file)) {
    if (!wanted.path.starts_with("/api/v1/datapoints")) continue;
    const Answer got =
        wanted.path == "/api/v1/datapoints" ? ingest(store, wanted.body, compat) : query(store, wanted, compat);
    ++seen;
    EXPECT_EQ(got.status, wanted.status) << wanted.name << " " << got.text;
    EXPECT_EQ(normal(got.text), normal(wanted.response)) << wanted.name;
  }
  EXPECT_GT(seen, 180u);
}

constexpr std::pair<const char*, Compat> kRecordings[] = {{"recorded-1.3-cassandra.jsonl", Compat::kV13},
                                                          {"recorded-1.4-cassandra.jsonl", Compat::kV14}};

TEST(RecordedAnswers, FromMemory) {
  for (const auto& [file, compat] : kRecordings) {
    MemoryStore store;
    replay(store, file, compat);
  }
}

TEST(RecordedAnswers, FromTheEmbeddedStore) {
  for (const auto& [file, compat] : kRecordings) {
    std::string directory = (std::filesystem::temp_directory_path() / "sluice-recorded-XXXXXX").string();
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    {
      EmbeddedSettings settings;
      settings.folder = directory;
      auto store = EmbeddedStore::open(settings);
      ASSERT_TRUE(store) << store.error().message();
      replay(**store, file, compat);
    }
    std::filesystem::remove_all(directory);
  }
}

}  // namespace
}  // namespace sluice::timeseries
