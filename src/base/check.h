// SPDX-License-Identifier: Apache-2.0
// BUG_CHECK: states what can be false only through a defect of ours; logs and aborts when it is.
// Never for bad input, full disks or lost peers: those are Errors.
#pragma once

#include <string_view>

namespace sluice::detail {
[[noreturn]] void bug(const char* condition, const char* file, int line, std::string_view message);
}

// BUG_CHECK(used <= capacity) or BUG_CHECK(used <= capacity, "ring buffer overrun").
#define BUG_CHECK(condition, ...)                    \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::sluice::detail::bug(#condition, __FILE__, __LINE__, ::std::string_view{__VA_ARGS__}))
