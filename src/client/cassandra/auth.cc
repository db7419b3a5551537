// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/auth.h"

namespace sluice::client::cassandra {

namespace {

class PlainAuthenticator : public Authenticator {
 public:
  PlainAuthenticator(const std::string& user, const std::string& password) : user_(user), password_(password) {}

  Result<std::string> begin() override {
    std::string token(1, '\0');
    token += user_;
    token += '\0';
    token += password_;
    return token;
  }
  Result<std::string> answer(const std::string& challenge) override {
    // DataStax' own server names the mechanism first.
    if (challenge == "PLAIN-START") return begin();
    return fail(Code::kUnauthenticated, "the server asks for more than user and password");
  }

 private:
  const std::string& user_;
  const std::string& password_;
};

class PlainAuth : public AuthProvider {
 public:
  PlainAuth(std::string user, std::string password) : user_(std::move(user)), password_(std::move(password)) {}

  Result<std::unique_ptr<Authenticator>> authenticator(const std::string&, const std::string&) override {
    return std::make_unique<PlainAuthenticator>(user_, password_);
  }

 private:
  const std::string user_;
  const std::string password_;
};

}  // namespace

std::shared_ptr<AuthProvider> plain_auth(std::string user, std::string password) {
  return std::make_shared<PlainAuth>(std::move(user), std::move(password));
}

}  // namespace sluice::client::cassandra
