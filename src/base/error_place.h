// SPDX-License-Identifier: Apache-2.0
// The place in a statement's text that an error is about. It travels as the error's cause, from the parser or the
// kernel to the session, which alone knows the text and puts "(line 1, pos 7)" in the message.
// Functions without state: any thread.
#pragma once

#include <optional>
#include <utility>

#include "base/error.h"

namespace sluice {

// The place of what is wrong with the statement's text, nobody knows where.
constexpr size_t kSomewhere = size_t{1} << 30;

// `error`, about what begins at byte `offset` of the statement. One that has a cause already stays as it is.
inline Error with_place(Error error, size_t offset) {
  if (error.cause() || offset > kSomewhere) return error;
  Error place = Error(Code::kInvalidArgument, "byte " + std::to_string(offset) + " of the statement")
                    .with_native(Origin::kSluice, static_cast<int>(offset) + 1);
  return std::move(error).with_cause(std::move(place));
}

inline std::optional<size_t> place_of(const Error& error) {
  const Error* cause = error.cause();
  if (!cause || cause->origin() != Origin::kSluice || cause->native_code() <= 0) return std::nullopt;
  return static_cast<size_t>(cause->native_code()) - 1;
}

// For an error whose place is one in another text of the same form.
inline Error without_place(Error error) {
  if (!place_of(error)) return error;
  Error result = Error(error.code(), error.message()).with_native(error.origin(), error.native_code());
  return std::move(result).with_retry(error.retry()).with_peer(error.peer());
}

}  // namespace sluice
