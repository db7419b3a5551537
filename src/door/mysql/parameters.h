// SPDX-License-Identifier: Apache-2.0
// Decodes the parameters of COM_STMT_EXECUTE into the kernel's values. Bytes from outside: every length is checked.
// Pure functions: any thread.
// Source: "COM_STMT_EXECUTE" and "Binary protocol value" of MySQL's internals manual.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "door/mysql/constants.h"
#include "door/mysql/payload_reader.h"
#include "pch/pch.h"

namespace sluice::door::mysql {

struct ParameterType {
  FieldType type = FieldType::kString;
  bool is_unsigned = false;
};

// Parts sent ahead with COM_STMT_SEND_LONG_DATA, by parameter number.
using LongData = std::unordered_map<uint16_t, std::string>;

// `in` stands behind the fixed fields of COM_STMT_EXECUTE. `types` are those of the last execution; new ones replace
// them. Errors: 1210 wrong arguments, 1292 no such date or time.
Result<std::vector<duckdb::Value>> parse_parameters(PayloadReader& in, uint16_t count,
                                                    std::vector<ParameterType>& types, const LongData& long_data);

}  // namespace sluice::door::mysql
