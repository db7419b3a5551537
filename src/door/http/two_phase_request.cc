// SPDX-License-Identifier: Apache-2.0
// PUT /api/{database}[/{table}]/_stream_load_2pc: the second phase of a stream load. The answer is Doris' JSON with
// status 200, whatever became of it.
#include <charconv>

#include "base/log.h"
#include "door/http/http_error.h"
#include "door/http/json_request.h"
#include "door/http/request.h"

namespace sluice::door::http {
namespace {

std::string decision_json(std::string_view status, std::string_view message) {
  std::string out = "{\n    \"status\": ";
  append_json_string(status, out);
  out += ",\n    \"msg\": ";
  append_json_string(message, out);
  out += "\n}\n";
  return out;
}

// The decision that the headers name, or what is wrong with them.
Result<session::PreparedLoads::Decision> parse_decision(const net::HttpHeaders& headers, const std::string& database) {
  session::PreparedLoads::Decision decision;
  decision.database = database;
  const auto header = [&](std::string_view name) { return headers.find(name).value_or(std::string_view()); };
  const std::string_view txn_id = header("txn_id");
  decision.label = std::string(header("label"));
  if (txn_id.empty() && decision.label.empty()) return fail(Code::kInvalidArgument, "txn_id or label is needed");
  if (!txn_id.empty()) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(txn_id.data(), txn_id.data() + txn_id.size(), number);
    if (error != std::errc() || end != txn_id.data() + txn_id.size() || number < 0)
      return fail(Code::kInvalidArgument, "convert txn_id [" + std::string(txn_id.substr(0, 100)) + "] failed");
    decision.txn_id = number;
  }
  const std::string_view operation = header("txn_operation");
  if (operation != "commit" && operation != "abort")
    return fail(Code::kInvalidArgument, "transaction operation should be 'commit' or 'abort'");
  decision.commit = operation == "commit";
  return decision;
}

}  // namespace

awaitable<void> Request::two_phase() {
  if (!co_await authenticate()) co_return;
  auto decision = parse_decision(exchange_.request().headers, route_.arguments.at(0));
  if (!decision) {
    co_await answer(200, decision_json("INTERNAL_ERROR", decision.error().message()));
    co_return;
  }
  decision->may_load = [&](const std::string& table) { return may_load(decision->database, table); };
  const Status decided =
      co_await run_on(door_.services_.workers, [&]() -> Status { return door_.prepared_.decide(*decision); });
  const std::string subject =
      (decision->txn_id ? "transaction [" + std::to_string(*decision->txn_id) : "label [" + decision->label) + "] " +
      (decision->commit ? "commit" : "abort");
  log::info("stream load decision", {{"database", decision->database},
                                     {"subject", subject},
                                     {"error", decided ? std::string() : decided.error().message()}});
  Metrics::process()
      .counter("sluice_stream_load_decisions_total", "Commits and aborts of stream loads in two phases.",
               {{"operation", decision->commit ? "commit" : "abort"}, {"status", decided ? "Success" : "Fail"}})
      .add();
  if (!decided) {
    co_await answer(200, decision_json("ANALYSIS_ERROR", "errCode = 2, detailMessage = " + decided.error().message()));
    co_return;
  }
  co_await answer(200, decision_json("Success", subject + " successfully."));
}

}  // namespace sluice::door::http
