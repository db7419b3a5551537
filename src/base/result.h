// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error, with the interface of std::expected (tl::expected: libstdc++ 12 has the
// standard one in C++23 mode only, and DuckDB's headers need C++20; docs/design.md, "Compiler").
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace sluice {

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(Code code, std::string message) { return fail(Error(code, std::move(message))); }

namespace detail {
template <typename T>
T&& take(Result<T>& result) {
  return std::move(*result);
}
inline void take(Result<void>&) {}
}  // namespace detail

}  // namespace sluice

// The value of a Result, or return its Error from the enclosing function:  auto x = TRY(parse(text));
#define TRY(expression)                                                      \
  ({                                                                         \
    auto&& try_result_ = (expression);                                       \
    if (!try_result_) return ::sluice::fail(std::move(try_result_).error()); \
    ::sluice::detail::take(try_result_);                                     \
  })
// The same inside a coroutine, for an expression that is already awaited:  auto x = CO_TRY(co_await read(socket));
#define CO_TRY(expression)                                                      \
  ({                                                                            \
    auto&& try_result_ = (expression);                                          \
    if (!try_result_) co_return ::sluice::fail(std::move(try_result_).error()); \
    ::sluice::detail::take(try_result_);                                        \
  })
