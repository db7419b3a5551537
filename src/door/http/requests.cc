// SPDX-License-Identifier: Apache-2.0
// The small requests: readiness, running statements and killing them, the bad rows of a load.
#include <charconv>

#include "door/http/http_error.h"
#include "door/http/request.h"

namespace sluice::door::http {
namespace {

int64_t millis_since(std::chrono::system_clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now() - then).count();
}

void append_entry(const session::RunningEntry& entry, std::string& out) {
  auto text = [&](const char* name, std::string_view value) {
    out += std::string(",\"") + name + "\":";
    append_json_string(value, out);
  };
  out += "{\"connection_id\":" + std::to_string(entry.connection_id);
  text("query_id", entry.query_id);
  text("user", entry.client.user);
  text("host", entry.client.host);
  text("door", entry.client.door);
  text("program", entry.client.program);
  text("database", entry.database);
  text("trace_id", entry.trace_id);
  out += ",\"elapsed_ms\":" + std::to_string(millis_since(entry.state_since));
  out += ",\"progress_percent\":" + (entry.progress < 0 ? std::string("null") : std::to_string(entry.progress));
  text("statement", entry.statement);
  out += '}';
}

}  // namespace

awaitable<void> Request::ready() {
  const auto& server_ready = door_.options_.ready;
  const char* waits_for = nullptr;
  if (door_.listening_.is_stopping())
    waits_for = "stopping";
  else if (!door_.services_.kernel.ready())
    waits_for = "reopening the database";
  else if (server_ready && !server_ready())
    waits_for = "starting or stopping";
  if (!waits_for) {
    co_await answer(200, "{\"status\":\"ready\"}\n");
    co_return;
  }
  co_await answer(503, std::string("{\"status\":\"") + waits_for + "\"}\n", "application/json", {{"Retry-After", "1"}});
}

awaitable<void> Request::list_queries() {
  if (!co_await authenticate()) co_return;
  // Only administrators see what others run, as with KILL.
  const bool all = administers();
  std::string out = "{\"queries\":[";
  bool first = true;
  for (const auto& entry : door_.services_.running.snapshot()) {
    if (entry.statement.empty() || (!all && entry.client.user != identity_.user)) continue;
    if (!first) out += ",\n";
    first = false;
    append_entry(entry, out);
  }
  out += "]}\n";
  exchange_.allow_gzip();
  co_await answer(200, out);
}

awaitable<void> Request::kill_query() {
  if (!co_await authenticate()) co_return;
  const std::string& id = route_.arguments.at(0);
  uint64_t connection_id = 0;
  auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), connection_id);
  const bool numeric = error == std::errc() && end == id.data() + id.size();
  const bool any = administers();
  const Status killed = numeric ? door_.services_.running.kill(connection_id, true, identity_, any)
                                : door_.services_.running.kill_query_id(id, identity_, any);
  if (!killed) {
    co_await answer_error(killed.error());
    co_return;
  }
  std::string out = "{\"killed\":";
  append_json_string(id, out);
  out += "}\n";
  co_await answer(200, out);
}

awaitable<void> Request::query_profile() {
  if (!co_await authenticate()) co_return;
  std::string id;
  if (auto form = net::parse_form(exchange_.request().query())) {
    for (const auto& [key, value] : *form) {
      if (key == "query_id" || key == "queryId") id = value;
    }
  }
  const auto profile = door_.services_.profiles.find(id);
  // As with KILL: what others ran is for administrators.
  if (!profile || (profile->user != identity_.user && !administers())) {
    co_await answer_error(sql_error(Code::kNotFound, 1105, "there is no profile of the query " + id));
    co_return;
  }
  const std::string text = session::profile_text(*profile);
  if (route_.kind == RouteKind::kProfileText) {
    co_await answer(200, text, "text/plain; charset=utf-8");
    co_return;
  }
  std::string out = "{\"msg\":\"success\",\"code\":0,\"data\":{\"profile\":";
  append_json_string(text, out);
  co_await answer(200, out + "},\"count\":0}\n");
}

awaitable<void> Request::load_errors() {
  // The name in the URL is the secret: whoever got it from the load's answer may read it.
  std::string name;
  if (auto form = net::parse_form(exchange_.request().query())) {
    for (const auto& [key, value] : *form) {
      if (key == "file") name = value;
    }
  }
  if (auto text = door_.error_logs_.find(name)) {
    co_await answer(200, *text, "text/plain; charset=utf-8");
  } else {
    co_await answer_error(
        sql_error(Code::kNotFound, 1105, "there is no such error log; they are kept in memory for a while only"));
  }
}

}  // namespace sluice::door::http
