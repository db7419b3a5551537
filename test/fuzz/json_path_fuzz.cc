// SPDX-License-Identifier: Apache-2.0
// JSON texts and paths. The first byte chooses the call; a zero byte parts the input into document and path.
#include <array>

#include "fuzz_kernel.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array kCalls = {"SELECT json_extract(?, ?)",
                                        "SELECT get_json_string(?, ?)",
                                        "SELECT get_json_int(?, ?)",
                                        "SELECT json_exists_path(CAST(? AS JSON), ?)",
                                        "SELECT json_contains(CAST(? AS JSON), CAST(? AS JSON))",
                                        "SELECT json_type(CAST(? AS JSON), ?)",
                                        "SELECT json_length(CAST(? AS JSON), ?)",
                                        "SELECT json_keys(CAST(? AS JSON), ?)",
                                        "SELECT json_insert(?, ?, 1)",
                                        "SELECT json_set(?, ?, 'x')",
                                        "SELECT json_replace(?, ?, NULL)",
                                        "SELECT jsonb_extract(CAST(? AS JSON), ?)",
                                        "SELECT json_valid(?), ?",
                                        "SELECT json_unquote(?), ?"};
  if (size < 2 || size > 4096) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t half = std::min(input.find('\0'), input.size());
  const auto document = sluice::fuzz::text(input.substr(0, half));
  const auto path = sluice::fuzz::text(input.substr(std::min(half + 1, input.size())));
  if (document && path) sluice::fuzz::Kernel::instance().run(kCalls[data[0] % kCalls.size()], {*document, *path});
  return 0;
}
