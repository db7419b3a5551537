// SPDX-License-Identifier: Apache-2.0
// Random scrambles, and the RSA key by which caching_sha2_password sends passwords over connections without TLS.
// Source: "caching_sha2_password information" of MySQL's source documentation. Thread-safe.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "door/mysql/handshake.h"

namespace sluice::door::mysql {

// Twenty random printable bytes without '$', as clients expect them.
Scramble make_scramble();

// One key per process, made when the first client asks for it (a quarter of a second of CPU): call on a worker.
class PasswordKey {
 public:
  // The public half in PEM form.
  Result<std::string> public_pem();
  // Undoes what the client did: RSA-OAEP over (password + NUL) XOR scramble. kUnauthenticated for anything else.
  Result<std::string> decrypt(std::string_view cipher, std::span<const uint8_t> scramble);

 private:
  struct KeyDelete {
    void operator()(EVP_PKEY* key) const;
  };
  Result<EVP_PKEY*> key();

  std::mutex mutex_;
  std::unique_ptr<EVP_PKEY, KeyDelete> key_;  // guarded by mutex_; never changes once made
};

}  // namespace sluice::door::mysql
