// SPDX-License-Identifier: Apache-2.0
// By which column of a query a materialised view can be partitioned, as Doris refreshes one partition from another: the
// column is a partition column of a table of the query, each of its values comes from that one partition, and no row of
// the result depends on rows elsewhere in the table. Source: MaterializedViewUtils.IncrementChecker of Doris. Thread
// rule of the binder.
#pragma once

#include <string>

#include "pch/pch.h"

namespace sluice::kernel {

// Why column `column` of the query's result (from 0) is none; empty: it is one, or that cannot be told. Throws the
// kernel's exceptions for a query that does not bind.
std::string refused_partition(duckdb::ClientContext& context, const duckdb::SQLStatement& query, size_t column);

}  // namespace sluice::kernel
