// SPDX-License-Identifier: Apache-2.0
// The kernel's functions under Doris' names, for EXPLAIN.
#include <algorithm>

#include "kernel/plan_expressions.h"

namespace sluice::kernel {
namespace {

struct Renamed {
  std::string_view kernel;
  std::string_view doris;
};

// In the order of the kernel's names.
constexpr Renamed kRenamed[] = {
    {"approx_count_distinct", "ndv"},
    {"approx_quantile", "percentile_approx"},
    {"arg_max", "max_by"},
    {"arg_max_null", "max_by"},
    {"arg_min", "min_by"},
    {"arg_min_null", "min_by"},
    {"array_agg", "array_agg"},
    {"array_extract", "element_at"},
    {"ceil", "ceil"},
    {"contains", "locate"},
    {"count_star", "count"},
    {"epoch", "unix_timestamp"},
    {"epoch_us", "microsecond_timestamp"},
    {"first", "any_value"},
    {"generate_series", "sequence"},
    {"json_group_array", "json_array_agg"},
    {"json_group_object", "json_object_agg"},
    {"lcase", "lower"},
    {"length", "char_length"},
    {"list", "collect_list"},
    {"list_value", "array"},
    {"make_timestamptz", "from_microsecond"},
    {"mean", "avg"},
    {"nextval", "auto_increment"},
    {"prefix", "starts_with"},
    {"quantile_cont", "percentile"},
    {"row", "struct"},
    {"strftime", "date_format"},
    {"string_agg", "group_concat"},
    {"strlen", "length"},
    {"strpos", "locate"},
    {"strptime", "str_to_date"},
    {"struct_extract", "struct_element"},
    {"struct_extract_at", "struct_element"},
    {"struct_pack", "named_struct"},
    {"suffix", "ends_with"},
    {"sum_no_overflow", "sum"},
    {"timezone", "convert_tz"},
    {"to_days", "days"},
    {"to_hours", "hours"},
    {"to_microseconds", "microseconds"},
    {"to_minutes", "minutes"},
    {"to_months", "months"},
    {"to_seconds", "seconds"},
    {"to_years", "years"},
    {"unnest", "explode"},
};

}  // namespace

std::string plan_function(const std::string& kernel) {
  std::string_view name = kernel;
  // Doris' functions lie under "d_" and their name; private ones begin with underscores.
  if (name.starts_with("d_")) return std::string(name.substr(2));
  while (name.starts_with('_')) name.remove_prefix(1);
  while (name.ends_with('_')) name.remove_suffix(1);
  const auto found = std::ranges::find(kRenamed, name, &Renamed::kernel);
  if (found != std::end(kRenamed)) return std::string(found->doris);
  if (name.starts_with("list_")) return "array_" + std::string(name.substr(5));
  return std::string(name);
}

}  // namespace sluice::kernel
