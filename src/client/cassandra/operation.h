// SPDX-License-Identifier: Apache-2.0
// Operation: one request of a session on its way over hosts: plan, breakers, retries, preparing anew. Owned by the
// connection that it is under way on; one thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "base/backoff.h"
#include "client/cassandra/retry_table.h"
#include "client/cassandra/session.h"

namespace sluice::client::cassandra {

class Operation : public Exchange {
 public:
  Operation(std::shared_ptr<Session> session, RequestFramePtr request, bool idempotent, Deadline until,
            Session::Routing routing, Session::FrameDone done);

  // Sends `operation` to the first host that takes it, or finishes it.
  static void start(std::unique_ptr<Operation> operation);
  void finished(std::unique_ptr<Exchange> self, Result<ResponseFrame> response, Fate fate) override;

 private:
  static std::unique_ptr<Operation> own(std::unique_ptr<Exchange> exchange) {
    return std::unique_ptr<Operation>(static_cast<Operation*>(exchange.release()));
  }
  static void try_hosts(std::unique_ptr<Operation> operation);
  // False: it does not take it.
  static bool try_host(std::unique_ptr<Operation>& operation, const HostPtr& host);
  static void retry(std::unique_ptr<Operation> operation, Decision decision, Error because);
  static void retry_later(std::unique_ptr<Operation> operation, Error because);
  static void prepare_anew(std::unique_ptr<Operation> operation, const ServerError& error);
  static void server_failed(std::unique_ptr<Operation> operation, const ServerError& error);
  static void network_failed(std::unique_ptr<Operation> operation, Error error, Fate fate);
  static void finish(std::unique_ptr<Operation> operation, Result<ResponseFrame> response);

  const std::shared_ptr<Session> session_;
  const bool idempotent_;
  const Session::Routing routing_;
  Session::FrameDone done_;
  std::vector<HostPtr> plan_;
  size_t next_ = 0;  // in plan_
  HostPtr host_;     // where it is
  std::shared_ptr<Connection> connection_;
  uint32_t retries_ = 0;
  uint32_t preparations_ = 0;
  bool any_full_ = false;
  Backoff backoff_{retry::kPeerBusy};
  std::unique_ptr<Error> last_;  // why it is tried again
};

}  // namespace sluice::client::cassandra
