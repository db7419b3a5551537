// SPDX-License-Identifier: Apache-2.0
// What SELECT .. INTO OUTFILE and EXPORT TABLE say of their files, as values. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "dialect/file_statements.h"
#include "session/outfile_files.h"

namespace sluice::session {

struct OutfileOptions {
  enum class Header : uint8_t { kNone, kNames, kNamesAndTypes };
  bool parquet = false;
  Header header = Header::kNone;
  std::string column_separator = "\t";
  std::string line_delimiter = "\n";
  uint64_t max_file_bytes = 1ull << 30;
  bool split = false;  // max_file_size was written
  bool delete_existing_files = false;
  bool with_bom = false;
  std::string success_file_name;
  std::string suffix;  // empty: by the format
  OutfileText::Compression compression = OutfileText::Compression::kNone;
  std::string codec = "snappy";  // Parquet
  std::string label;             // EXPORT
};

// Errors: 1105, naming what is wrong; 1235 ORC.
Result<OutfileOptions> read_outfile_options(const dialect::OutfileStatement& statement);

bool is_url_of_s3(const std::string& url);

}  // namespace sluice::session
