// SPDX-License-Identifier: Apache-2.0
// Fault: what KairosDB would have thrown for a request, as a value: its class decides the status of the answer, and
// its text goes to the client. Plain data. Source of truth: recorded answers; MetricsResource's catch clauses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::timeseries {

enum class FaultClass : uint8_t {
  kNeedMore,         // none of Java's: the text ended inside a piece, and more of it may come
  kEndOfInput,       // java.io.EOFException
  kMalformed,        // com.google.gson.stream.MalformedJsonException
  kSyntax,           // com.google.gson.JsonSyntaxException; the message is whole
  kIllegalState,     // java.lang.IllegalStateException
  kNumberFormat,     // java.lang.NumberFormatException
  kIllegalArgument,  // java.lang.IllegalArgumentException
  kValidation,       // KairosDB's own: the request breaks a rule; more than one message is possible
  kOther,            // NullPointerException and whatever else ends as an internal error
};

struct Fault {
  FaultClass what = FaultClass::kOther;
  std::optional<std::string> message;  // nullopt: Java's null
  std::vector<std::string> more;       // kValidation: further messages
};

template <typename T>
using Java = tl::expected<T, Fault>;

inline tl::unexpected<Fault> raise(FaultClass what, std::optional<std::string> message) {
  return tl::unexpected<Fault>(Fault{what, std::move(message), {}});
}
inline tl::unexpected<Fault> raise(Fault fault) { return tl::unexpected<Fault>(std::move(fault)); }

// As Throwable.toString(): the class, and the message if there is one. For classes that clients see this way.
std::string to_text(const Fault& fault);
// new JsonSyntaxException(fault): Gson's way to say what went wrong below it.
Fault wrapped_in_syntax(const Fault& fault);

// The end of a request: a status, and the errors of the answer's {"errors":[..]}.
struct ParseOutcome {
  int status = 204;
  std::vector<std::optional<std::string>> errors;  // nullopt: null
};

// {"errors":[..]}.
std::string errors_json(const ParseOutcome& outcome);

}  // namespace sluice::timeseries

// TRY works on Java<T> too, in functions that return one.
namespace sluice {
inline tl::unexpected<timeseries::Fault> fail(timeseries::Fault fault) {
  return tl::unexpected<timeseries::Fault>(std::move(fault));
}
namespace detail {
template <typename T>
T&& take(timeseries::Java<T>& result) {
  return std::move(*result);
}
inline void take(timeseries::Java<void>&) {}
}  // namespace detail
}  // namespace sluice
