// SPDX-License-Identifier: Apache-2.0
// Viewer and ReadGuard: what the client behind a connection may see of the catalog, and which rows and columns its
// statement may read. The session's side decides; the kernel's side asks, wherever a name or a row would get out: the
// catalog's facts, the views of information_schema, and every scan of a table in a bound plan, also those inside views.
// Immutable while a statement runs, read by the kernel's threads. A connection without them sees everything.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pch/pch.h"

namespace sluice::kernel {

class Viewer {
 public:
  virtual ~Viewer() = default;
  virtual bool sees_database(std::string_view database) const = 0;
  virtual bool sees_relation(std::string_view database, std::string_view name) const = 0;
  // How a view is defined.
  virtual bool sees_definition(std::string_view database, std::string_view view) const = 0;
  // Accounts of this name, what they run and may do.
  virtual bool sees_user(std::string_view user) const = 0;
};

class ReadGuard {
 public:
  virtual ~ReadGuard() = default;
  // What rows of the table must fulfil to be read, over its columns; null: nothing.
  virtual duckdb::unique_ptr<duckdb::ParsedExpression> row_filter(std::string_view database,
                                                                  std::string_view table) const = 0;
  // Each throws the kernel's exception when the statement may not do so: read the table at all, this column of it; and
  // in the end, when a relation that was to be scanned was not (it is a view).
  virtual void scanned(std::string_view database, std::string_view table) const = 0;
  virtual void check_column(std::string_view database, std::string_view table, std::string_view column) const = 0;
  virtual void check_end() const = 0;
};

// What a kernel connection knows of its client; registered in its context.
struct ViewerState final : duckdb::ClientContextState {
  static constexpr const char* kKey = "sluice_viewer";
  std::shared_ptr<const Viewer> viewer;
  std::shared_ptr<const ReadGuard> guard;
};

// Null: everything is seen.
std::shared_ptr<const Viewer> viewer_of(duckdb::ClientContext& context);

// Makes bound plans obey the guard of their connection. Once for each instance.
void register_read_guard(duckdb::DBConfig& config);

}  // namespace sluice::kernel
