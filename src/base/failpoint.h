// SPDX-License-Identifier: Apache-2.0
// Failpoints: named places where a test can make the product fail, wait or die. Off by default, then one relaxed load.
//
//   if (auto fault = FAILPOINT("load.before_commit")) return fail(std::move(*fault));
//
// Switched on by SLUICE_FAILPOINTS or by a ScopedFailpoint. Grammar of a specification, entries separated by ';':
//   name=action[@n[+]]     at every hit; @n: at the n-th hit only (from 1); @n+: from the n-th hit on
//   action: error | error(text) | sleep(milliseconds) | crash | off
// crash ends the process at once, as kill -9 does (no destructors, no flushing). Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"

// An std::optional<Error>: the injected error, or nullopt (also after a sleep).
#define FAILPOINT(name)                                                                          \
  (__builtin_expect(::sluice::failpoint::detail::any_enabled.load(std::memory_order_relaxed), 0) \
       ? ::sluice::failpoint::detail::hit(name)                                                  \
       : ::std::optional<::sluice::Error>())

namespace sluice::failpoint {

// Adds or replaces the failpoints of `specification`. Errors: what is wrong with it and where; then nothing changed.
Status configure(std::string_view specification);
// configure() with the environment variable SLUICE_FAILPOINTS; OK when it is not set.
Status configure_from_environment();
void clear();
// How often an enabled failpoint was reached; 0 when it is not enabled.
uint64_t hits(std::string_view name);

// Switches one failpoint on for a test's scope: ScopedFailpoint f("wal.sync", "error@3").
class ScopedFailpoint {
 public:
  ScopedFailpoint(std::string_view name, std::string_view action);
  ~ScopedFailpoint();
  ScopedFailpoint(const ScopedFailpoint&) = delete;
  ScopedFailpoint& operator=(const ScopedFailpoint&) = delete;
  uint64_t hits() const { return failpoint::hits(name_); }

 private:
  std::string name_;
};

namespace detail {
extern std::atomic<bool> any_enabled;
std::optional<Error> hit(std::string_view name);
}  // namespace detail

}  // namespace sluice::failpoint
