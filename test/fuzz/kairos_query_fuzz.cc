// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the JSON of KairosDB queries. JSON that was read gives the same JSON when it is read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "timeseries/request/query_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::timeseries;
  if (size < 1 || size > 64 * 1024) return 0;
  const Compat compat = data[0] & 1 ? Compat::kV14 : Compat::kV13;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (const auto document = parse_document(text, compat)) {
    const auto again = parse_document(document->to_json(), compat);
    BUG_CHECK(again.has_value());
    BUG_CHECK(again->to_json() == document->to_json());
  }
  const auto query = parse_query(text, {.compat = compat, .now = 1'700'000'000'000, .is_zone = {}});
  if (!query) {
    BUG_CHECK(query.error().status == 400 || query.error().status == 500);
    BUG_CHECK(!query.error().errors.empty());
  }
  return 0;
}
