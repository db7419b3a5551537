// SPDX-License-Identifier: Apache-2.0
// Inflate: a gzip stream (one or more members) back to its bytes, piece by piece. One thread.
#pragma once

#include <zlib.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::door::http {

class Inflate {
 public:
  Inflate();
  ~Inflate();
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  // Gives what `bytes` decompress to, in pieces of at most 256 KiB. Errors: not gzip; what `take` says.
  Status write(std::string_view bytes, const std::function<Status(std::string_view)>& take);
  // Errors: the stream is cut.
  Status finish() const;

 private:
  z_stream zlib_{};
  bool in_member_ = false;
  std::string piece_;
};

}  // namespace sluice::door::http
