// SPDX-License-Identifier: Apache-2.0
// The plan of a statement in Doris' words: a tree of operators for EXPLAIN, made from the kernel's logical plan, bound
// or optimized. No name of the kernel's own is in it. Thread rule of the binder: inside Connection::with_context().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// What a scan of a table reads.
struct PlanScan {
  uint64_t partitions = 1;
  uint64_t tablets = 1;
  uint64_t rows = 0;  // an estimate
};

struct PlanNode {
  std::vector<std::string> shapes;  // of SHAPE PLAN, the upper first: an operator of two phases has two
  std::string name;                 // without Logical or Physical: "Filter"
  std::string arguments;            // "predicates=(a > 1)"
  std::string title;                // of fragments: "VSORT"; empty: no operator there, its lines go to the one below
  std::vector<std::string> lines;   // below the title
  std::optional<uint64_t> cardinality;  // the estimate
  std::optional<PlanScan> scan;         // of a table
  std::vector<PlanNode> children;
};

struct PlanTree {
  PlanNode root;
  std::vector<std::string> outputs;  // expressions of the columns
  std::vector<std::string> types;    // of each, as Doris calls them
  std::string sink;                  // "VRESULT SINK" or "OLAP TABLE SINK"
  std::vector<std::string> sink_lines;
};

// Binds, and optimizes when it is asked to. Throws what the binder throws.
PlanTree plan_tree(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::SQLStatement> statement, bool optimized);

}  // namespace sluice::kernel
