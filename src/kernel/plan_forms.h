// SPDX-License-Identifier: Apache-2.0
// A plan as EXPLAIN prints it, line by line. Pure functions: no thread rule. Source of the grammars: what Doris prints.
#pragma once

#include <string>
#include <vector>

#include "kernel/plan_text.h"

namespace sluice::kernel {

using PlanLines = std::vector<std::string>;

// EXPLAIN: fragments of V nodes; `verbose` adds the types of the output and the estimate of every node.
PlanLines fragment_lines(const PlanTree& plan, bool verbose);
// EXPLAIN TREE: a line a node.
PlanLines node_lines(const PlanTree& plan);
// EXPLAIN GRAPH: boxes, the sink above.
PlanLines graph_lines(const PlanTree& plan);
// EXPLAIN SHAPE PLAN; `ignored`: operators (names of shapes, with commas) that are left out.
PlanLines shape_lines(const PlanTree& plan, const std::string& ignored);
// EXPLAIN LOGICAL PLAN and its like: `prefix` is "Logical" or "Physical".
PlanLines operator_lines(const PlanTree& plan, const std::string& prefix);
// EXPLAIN MEMO PLAN: the groups that the chosen plan has.
PlanLines memo_lines(const PlanTree& plan);
// EXPLAIN FORMAT=JSON.
std::string plan_json(const PlanTree& plan);

}  // namespace sluice::kernel
