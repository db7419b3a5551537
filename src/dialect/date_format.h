// SPDX-License-Identifier: Apache-2.0
// MySQL's date formats (%Y-%m-%d %H:%i:%s) as the kernel's strftime formats. Functions without state: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::dialect {

struct DateFormat {
  std::string kernel;  // for strftime and strptime
  bool has_date = false;
  bool has_time = false;
  char unknown = 0;  // the first letter after '%' that the kernel cannot print; 0: none
};

DateFormat translate_date_format(std::string_view mysql);

}  // namespace sluice::dialect
