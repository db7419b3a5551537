// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "timeseries/rollup/rollup_node.h"

namespace sluice::timeseries {

Result<std::string> server_id(const std::string& file) {
  std::string id;
  if (std::ifstream in(file); in && std::getline(in, id) && !id.empty()) return id;
  if (std::error_code error; std::filesystem::exists(file, error) && std::filesystem::file_size(file, error) > 0)
    return fail(Code::kPermissionDenied, "cannot read " + file);
  id = new_rollup_id();
  // Renamed into place: a half-written id would make two hosts of one.
  const std::string next = file + ".new";
  {
    std::ofstream out(next, std::ios::trunc);
    out << id << '\n';
    if (!out.flush()) return fail(Code::kUnavailable, "cannot write " + next + ": " + std::strerror(errno));
  }
  std::error_code error;
  std::filesystem::rename(next, file, error);
  if (error) return fail(Code::kUnavailable, "cannot write " + file + ": " + error.message());
  return id;
}

}  // namespace sluice::timeseries
