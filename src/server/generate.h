// SPDX-License-Identifier: Apache-2.0
// Benchmark data made by the kernel's own generators, straight into a database of the server's catalog.
// Blocking; one call at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kernel/host.h"

namespace sluice::server {

enum class Benchmark : uint8_t { kTpch, kTpcds };

struct GenerateOptions {
  Benchmark benchmark = Benchmark::kTpch;
  double scale = 1;               // about gigabytes of text; more than 0
  std::string database = "tpch";  // made when it is missing
  bool replace = false;           // drop tables of that benchmark that are there; otherwise they are an error
  // Called with the percentage done after each part; scales that need one part only do not call it.
  std::function<void(int percent)> progress;
};

struct Generated {
  uint64_t tables = 0;
  uint64_t rows = 0;
};

// Errors: kAlreadyExists when the database has such tables; the kernel's.
Result<Generated> generate(kernel::Host& host, const GenerateOptions& options);

}  // namespace sluice::server
