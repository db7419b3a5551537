// SPDX-License-Identifier: Apache-2.0
// A file of CSV, JSON or Parquet in FROM, as Doris' table functions read one: columns of CSV without names are c1, c2,
// .. and text. The kernel opens the file itself, within the directories that it may reach. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <string>

#include "pch/pch.h"

namespace sluice::kernel {

struct FileScan {
  enum class Format : uint8_t { kCsv, kCsvWithNames, kCsvWithNamesAndTypes, kJson, kParquet };
  std::string path;
  Format format = Format::kCsv;
  std::string column_separator = "\t";
  std::string enclose;
  std::string escape;
  uint64_t skip_lines = 0;
  std::string schema;  // "k1:int;k2:string": of CSV; empty: text
  // The body of a request, which its sender may read without further privileges.
  bool of_request = false;
};

duckdb::unique_ptr<duckdb::TableRef> file_scan(const FileScan& scan);

// Registers what file_scan() stands for.
void create_file_scan(duckdb::ClientContext& context);

}  // namespace sluice::kernel
