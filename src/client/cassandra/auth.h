// SPDX-License-Identifier: Apache-2.0
// AuthProvider: how a client shows who it is. PlainAuth answers PasswordAuthenticator; others can be hooked in.
// Providers are shared by all connections: thread-safe. An Authenticator belongs to one connection's start.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace sluice::client::cassandra {

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // The first token.
  virtual Result<std::string> begin() = 0;
  // The answer to AUTH_CHALLENGE.
  virtual Result<std::string> answer(const std::string& challenge) = 0;
  // AUTH_SUCCESS with the server's last token.
  virtual Status succeeded(const std::string& token) { return {}; }
};

class AuthProvider {
 public:
  virtual ~AuthProvider() = default;
  // `server_class`: what the server named in AUTHENTICATE, e.g. org.apache.cassandra.auth.PasswordAuthenticator.
  virtual Result<std::unique_ptr<Authenticator>> authenticator(const std::string& server_class,
                                                               const std::string& peer) = 0;
};

// User and password in SASL PLAIN, for any class that the server names: those of other vendors take it, too.
std::shared_ptr<AuthProvider> plain_auth(std::string user, std::string password);

}  // namespace sluice::client::cassandra
