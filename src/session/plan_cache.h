// SPDX-License-Identifier: Apache-2.0
// PlanCache: statements by their text without literals. A template says how to run any statement of that form without
// parsing and planning it again: as a look-up by key, or with a kernel plan that each session keeps.
// Kernel plans that read tables are not kept: DuckDB 1.5.5 builds the tables' statistics of that moment into them, so
// rows that are inserted later can be missed (test "kernel plans hold statistics"). For such statements the cache
// remembers only that they are to be planned each time.
// Shared by all sessions; thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dialect/statement.h"
#include "pch/pch.h"
#include "session/point_select.h"

namespace sluice::session {

// How statements of one form run. Immutable.
struct PlanTemplate {
  uint64_t schema_version = 0;  // kernel::Host::schema_version() it was made at; any other makes it stale
  // Literals that are part of the plan: a statement whose literal differs here needs a template of its own.
  std::vector<std::pair<uint32_t, duckdb::Value>> fixed;
  // Parameter i + 1 of the tree or the look-up is the statement's literal number parameter_literals[i].
  std::vector<uint32_t> parameter_literals;

  // One of the two, or neither: then statements of this form are parsed and planned each time.
  std::shared_ptr<const PointSelect> point;
  std::unique_ptr<duckdb::SQLStatement> tree;  // its kernel plan reads no table
  dialect::KernelStatement::Effect effect = dialect::KernelStatement::Effect::kRead;

  bool worthwhile() const { return point != nullptr || tree != nullptr; }
  bool matches(const std::vector<duckdb::Value>& literals) const;
};

class PlanCache {
 public:
  struct Options {
    bool enabled = true;
    size_t max_entries = 4096;           // forms of statements
    size_t max_statement_bytes = 16384;  // longer texts are not looked up
  };
  explicit PlanCache(Options options) : options_(options) {}

  bool enabled() const { return options_.enabled; }
  size_t max_statement_bytes() const { return options_.max_statement_bytes; }

  // The template for a form (`key`: normalised text, database and SQL mode) with these literals; null when there is
  // none.
  std::shared_ptr<const PlanTemplate> find(std::string_view key, const std::vector<duckdb::Value>& literals,
                                           uint64_t schema_version);
  void put(std::string key, std::shared_ptr<const PlanTemplate> plan);
  void clear();

  size_t entries() const;
  uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kVariants = 4;  // templates of one form that differ in fixed literals
  struct Entry {
    std::string key;
    std::vector<std::shared_ptr<const PlanTemplate>> variants;  // newest first
  };
  struct Shard {
    std::mutex mutex;
    std::list<Entry> recent;  // most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
  };
  static constexpr size_t kShards = 16;
  Shard& shard(std::string_view key) { return shards_[std::hash<std::string_view>()(key) % kShards]; }

  const Options options_;
  mutable Shard shards_[kShards];
  std::atomic<uint64_t> hits_{0};
  std::atomic<uint64_t> misses_{0};
};

}  // namespace sluice::session
