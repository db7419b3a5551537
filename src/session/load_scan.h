// SPDX-License-Identifier: Apache-2.0
// The rows of a load as a table of the kernel: FROM sluice_load(<id>), a source operator that parses the load's blocks
// in as many threads as the kernel gives, waits for the client's bytes without holding a thread, and sorts out bad
// rows. LoadRows belongs to its Load and is shared with the running scan. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pch/pch.h"
#include "session/load.h"
#include "session/load_convert.h"
#include "session/load_source.h"

namespace sluice::session {

class LoadRows {
 public:
  // `targets`: the columns that the table function gives, one per field of the data, then one per path column.
  LoadRows(std::shared_ptr<LoadSource> source, const LoadSpec& spec, std::vector<LoadTarget> targets, bool fail_fast);
  ~LoadRows();

  // Makes the rows reachable as sluice_load(<id>) for statements of this context only, and registers the table function
  // with the kernel where that has not happened. Gives the id.
  static uint64_t publish(const std::shared_ptr<LoadRows>& rows, duckdb::ClientContext& context);
  static void withdraw(uint64_t id);
  static std::shared_ptr<LoadRows> find(uint64_t id, duckdb::ClientContext& context);

  // Before publish(): rows keep the order of the data.
  void keep_order() { ordered_ = true; }
  bool ordered() const { return ordered_; }

  std::unique_ptr<LoadReader> make_reader() const;
  const std::vector<LoadTarget>& targets() const { return targets_; }
  LoadSource& source() const { return *source_; }
  // How many of the targets are fields of the data.
  size_t data_fields() const { return data_fields_; }

  // While a statement binds: which rows are wanted, over the targets as text. Throws the kernel's exceptions.
  void bind_preceding(duckdb::Binder& binder, duckdb::ClientContext& context);
  // Null: all of them.
  const duckdb::Expression* preceding() const { return bound_preceding_.get(); }

  // Rows that the preceding filter left out; they count among all.
  void leave_out(size_t rows);
  // Counts a parsed batch and keeps its first complaints. Throws a kernel exception when the load must fail at the
  // first bad row.
  void account(const LoadFields& fields, const LoadVerdicts& verdicts);

  uint64_t total_rows() const { return total_rows_.load(std::memory_order_relaxed); }
  uint64_t preceded_rows() const { return preceded_rows_.load(std::memory_order_relaxed); }
  uint64_t bad_rows() const { return bad_rows_.load(std::memory_order_relaxed); }
  uint64_t nulled_values() const { return nulled_values_.load(std::memory_order_relaxed); }
  std::vector<LoadComplaint> complaints() const;

 private:
  const std::shared_ptr<LoadSource> source_;
  const LoadSpec::Format format_;
  const LoadSpec::Csv csv_;
  const LoadSpec::Json json_;
  const std::vector<LoadTarget> targets_;
  const size_t data_fields_;
  const bool fail_fast_;
  const std::unique_ptr<duckdb::ParsedExpression> preceding_;
  duckdb::unique_ptr<duckdb::Expression> bound_preceding_;
  bool ordered_ = false;
  std::atomic<uint64_t> total_rows_{0};
  std::atomic<uint64_t> preceded_rows_{0};
  std::atomic<uint64_t> bad_rows_{0};
  std::atomic<uint64_t> nulled_values_{0};
  mutable std::mutex mutex_;
  std::vector<LoadComplaint> complaints_;  // guarded by mutex_
};

}  // namespace sluice::session
