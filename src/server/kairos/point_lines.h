// SPDX-License-Identifier: Apache-2.0
// Points as lines of text, KairosDB's own export format: one JSON object a line and row,
// {"name":..,"tags":{..},"datapoints":[[time,value,"type"],..]}. From and into a store, or a server over its REST API.
// Blocks; one thread. Source of truth: runExport and runImport of KairosDB's Main.
// Differs from Java: points before 1970 are exported, too; a NaN or infinity, for which there is no JSON, is left out
// and counted, where Java's export ends.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/kairos/http_call.h"
#include "timeseries/store.h"

namespace sluice::server {

// Takes lines, with their ends. Errors end the export.
using LineSink = std::function<Status(std::string_view line)>;

struct ExportFigures {
  uint64_t lines = 0;
  uint64_t points = 0;
  uint64_t skipped = 0;  // NaN and infinities
};

class PointLinesSource {
 public:
  virtual ~PointLinesSource() = default;
  virtual Result<std::vector<std::string>> metrics() = 0;
  virtual Status export_metric(const std::string& metric, const LineSink& sink, ExportFigures& figures) = 0;
};

std::unique_ptr<PointLinesSource> lines_of_store(timeseries::Store& store);
// Of a server: whether a whole number is a long or a double is not seen there; a series with any fraction is taken for
// doubles. `caller` must outlive the object.
std::unique_ptr<PointLinesSource> lines_of_server(HttpCaller& caller);

// Where lines go. The body is a JSON array of lines.
class PointLinesTarget {
 public:
  struct Outcome {
    bool ok = false;
    std::vector<std::string> errors;
    uint64_t points = 0;  // 0 where it is not known
  };
  virtual ~PointLinesTarget() = default;
  virtual Result<Outcome> put(std::string_view body) = 0;
};

std::unique_ptr<PointLinesTarget> lines_into_store(timeseries::Store& store);
// Waits while the server asks for that (503).
std::unique_ptr<PointLinesTarget> lines_into_server(HttpCaller& caller);

struct ImportFigures {
  uint64_t lines = 0;
  uint64_t failed = 0;  // lines with errors
  uint64_t points = 0;  // as far as known
};
// Called for each error of a line (from 1 on).
using ImportErrors = std::function<void(uint64_t line, const std::string& error)>;
// Lines are sent together, up to `batch_bytes`; where a batch has errors its lines are sent one by one, which writes
// good points twice, to no effect.
Result<ImportFigures> import_lines(std::istream& in, PointLinesTarget& target, const ImportErrors& errors,
                                   size_t batch_bytes = size_t{4} << 20);

}  // namespace sluice::server
