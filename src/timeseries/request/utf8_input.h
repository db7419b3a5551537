// SPDX-License-Identifier: Apache-2.0
// Utf8Input: makes valid UTF-8 of bytes that arrive in pieces: a byte order mark goes, what is no UTF-8 becomes U+FFFD,
// as Java's InputStreamReader does it, and a character may lie in two pieces. Valid pieces pass without a copy. One
// thread.
#pragma once

#include <string>
#include <string_view>

namespace sluice::timeseries {

class Utf8Input {
 public:
  // The text of the next piece: a view of `bytes`, or of memory that stays until the next call.
  std::string_view feed(std::string_view bytes, bool last);

 private:
  std::string carry_;  // the begin of a character, or of a byte order mark
  std::string clean_;
  bool started_ = false;
};

}  // namespace sluice::timeseries
