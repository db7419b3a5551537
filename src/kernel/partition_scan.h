// SPDX-License-Identifier: Apache-2.0
// FROM t PARTITION (p, ..): the table function that a query names in the place of the table. The binder replaces it by
// a query over the table with the condition of these partitions.
#pragma once

#include <string>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

// A call of the function; empty parts of the name are looked up as in any other.
duckdb::unique_ptr<duckdb::TableRef> partition_scan(const std::string& catalog, const std::string& schema,
                                                    const std::string& table, const std::vector<std::string>& names,
                                                    bool temporary);

// Registers it. Before any file is attached.
void create_partition_scan(duckdb::ClientContext& context);

}  // namespace sluice::kernel
