// SPDX-License-Identifier: Apache-2.0
// Any text cast to each type: the first byte chooses the type.
#include <array>

#include "fuzz_kernel.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array kTypes = {"BOOLEAN",
                                        "TINYINT",
                                        "SMALLINT",
                                        "INT",
                                        "BIGINT",
                                        "LARGEINT",
                                        "FLOAT",
                                        "DOUBLE",
                                        "DECIMAL(9, 2)",
                                        "DECIMAL(18, 6)",
                                        "DECIMAL(38, 10)",
                                        "DECIMAL(76, 20)",
                                        "DATE",
                                        "DATETIME",
                                        "DATETIME(3)",
                                        "DATETIME(6)",
                                        "TIME",
                                        "CHAR(5)",
                                        "VARCHAR(10)",
                                        "STRING",
                                        "JSON",
                                        "VARIANT",
                                        "IPV4",
                                        "IPV6",
                                        "ARRAY<INT>",
                                        "ARRAY<STRING>",
                                        "ARRAY<ARRAY<DATE>>",
                                        "MAP<STRING, INT>",
                                        "MAP<INT, ARRAY<DOUBLE>>",
                                        "STRUCT<a: INT, b: STRING>"};
  if (size == 0 || size > 4096) return 0;
  const auto value = sluice::fuzz::text({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!value) return 0;
  const std::string type = kTypes[data[0] % kTypes.size()];
  sluice::fuzz::Kernel::instance().run("SELECT CAST(CAST(? AS STRING) AS " + type + ")", {*value});
  return 0;
}
