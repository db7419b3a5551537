// SPDX-License-Identifier: Apache-2.0
// A line of CREATE TABLE that describes an index, as the table's model keeps it (kernel/table_model.h):
// INDEX `i` (`c`) USING INVERTED PROPERTIES("parser" = "english") COMMENT ''. Pure functions: no thread rule.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::kernel {

struct IndexLine {
  std::string name;
  std::vector<std::string> columns;
  std::string kind = "INVERTED";  // or BITMAP, NGRAM_BF: upper case
  std::vector<std::pair<std::string, std::string>> properties;
};

// What cannot be read is left out.
IndexLine index_of(std::string_view line);

}  // namespace sluice::kernel
