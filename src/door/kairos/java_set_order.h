// SPDX-License-Identifier: Apache-2.0
// The order in which Java iterates over a HashSet of strings. Pure function. KairosDB 1.3 gives metric names in it.
// Source of truth: java.util.HashMap, String.hashCode; a recorded answer of metricnames.
// Differs from Java: chains of eight and more names that share a slot keep their order, Java may rearrange them.
#pragma once

#include <string>
#include <vector>

namespace sluice::door::kairos {

// `strings`: valid UTF-8, in the order in which Java adds them, none twice.
void sort_as_java_set(std::vector<std::string>& strings);

}  // namespace sluice::door::kairos
