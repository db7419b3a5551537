// SPDX-License-Identifier: Apache-2.0
// What the operators of a statement did: rows and time of each, as the kernel's profiler counted them, under Doris'
// names. Used with a Connection's context, between its statements.
#pragma once

#include <string>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

struct ProfiledOperator {
  std::string name;    // VHASH JOIN
  std::string detail;  // the table of a scan; the kind of a join
  uint64_t rows = 0;   // that it gave
  double seconds = 0;  // of all threads
  std::vector<ProfiledOperator> children;
};

// Statements that begin from now on are counted and timed, or not.
void set_profiling(duckdb::ClientContext& context, bool on);
// Of the statement that ended last; nothing when it had no plan or was not counted.
std::vector<ProfiledOperator> take_profile(duckdb::ClientContext& context);

// Whether the statement wrote.
bool is_write(const std::vector<ProfiledOperator>& operators);

// One line an operator: "--VHASH JOIN [INNER]  rows: 5, time: 0.120ms".
std::string profile_lines(const std::vector<ProfiledOperator>& operators);

}  // namespace sluice::kernel
