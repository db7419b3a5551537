// SPDX-License-Identifier: Apache-2.0
// Formats and texts of dates. The first byte chooses the call; a zero byte parts the input into two texts.
#include <array>

#include "fuzz_kernel.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array kCalls = {"SELECT date_format('2020-02-29 23:59:58.123456', ?), ?",
                                        "SELECT str_to_date(?, ?)",
                                        "SELECT date_format(CAST(? AS DATETIME(6)), ?)",
                                        "SELECT from_unixtime(1700000000, ?), ?",
                                        "SELECT unix_timestamp(?, ?)",
                                        "SELECT date_trunc(CAST(? AS DATETIME), 'month'), ?",
                                        "SELECT convert_tz('2020-01-01 00:00:00', ?, ?)",
                                        "SELECT to_date(?), ?",
                                        "SELECT time_to_sec(?), ?",
                                        "SELECT timediff(?, ?)",
                                        "SELECT datediff(?, ?)",
                                        "SELECT time_format('10:11:12', ?), ?"};
  if (size < 2 || size > 1024) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t half = std::min(input.find('\0'), input.size());
  const auto first = sluice::fuzz::text(input.substr(0, half));
  const auto second = sluice::fuzz::text(input.substr(std::min(half + 1, input.size())));
  if (first && second) sluice::fuzz::Kernel::instance().run(kCalls[data[0] % kCalls.size()], {*first, *second});
  return 0;
}
