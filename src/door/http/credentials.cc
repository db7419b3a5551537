// SPDX-License-Identifier: Apache-2.0
#include "door/http/credentials.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace sluice::door::http {

Credentials::Credentials() { RAND_bytes(key_.data(), static_cast<int>(key_.size())); }

Credentials::Digest Credentials::digest(const session::AccountRecord& account, std::string_view password) const {
  // Lengths in front keep ("ab", "c") and ("a", "bc") apart. The stored hashes make a changed password another entry.
  std::string text;
  for (std::string_view part :
       {std::string_view(account.user), std::string_view(account.host_pattern), std::string_view(account.native_stage2),
        std::string_view(account.sha2_auth_string), password}) {
    const auto size = static_cast<uint64_t>(part.size());
    text.append(reinterpret_cast<const char*>(&size), sizeof size);
    text += part;
  }
  Digest result{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), result.data(), &length);
  return result;
}

bool Credentials::remembered(const session::AccountRecord& account, std::string_view password) {
  const Digest key = digest(account, password);
  std::lock_guard lock(mutex_);
  auto found = known_.find(key);
  return found != known_.end() && found->second > std::chrono::steady_clock::now();
}

void Credentials::remember(const session::AccountRecord& account, std::string_view password) {
  const Digest key = digest(account, password);
  const auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  if (known_.size() >= kMaxEntries) std::erase_if(known_, [&](const auto& entry) { return entry.second <= now; });
  if (known_.size() >= kMaxEntries) known_.clear();
  known_[key] = now + kKeep;
}

}  // namespace sluice::door::http
