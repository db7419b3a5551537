// SPDX-License-Identifier: Apache-2.0
// A Connection's login: greeting, TLS, passwords, and COM_CHANGE_USER.
#include "base/log.h"
#include "door/mysql/connection.h"
#include "session/user_limits.h"

namespace sluice::door::mysql {
namespace {

constexpr size_t kNativeResponse = 20;
constexpr size_t kSha2Response = 32;
// Bytes of the full caching_sha2_password exchange.
constexpr std::string_view kFastSuccess = "\x03";
constexpr std::string_view kFullAuthentication = "\x04";
constexpr std::string_view kPublicKeyRequest = "\x02";
constexpr size_t kRsaCipher = 256;
// Full verifications at once; each costs milliseconds of a worker.
constexpr uint32_t kMaxVerifying = 4;
constexpr std::chrono::milliseconds kVerifyRetry{20};

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// caching_sha2_password sends one NUL for "no password".
bool is_empty_response(std::string_view plugin, std::string_view response) {
  return response.empty() || (plugin == kSha2Password && response == std::string_view("\0", 1));
}

// What is safe to show of a name that a stranger sent.
std::string shown(std::string_view name) {
  constexpr size_t kLongest = 80;
  std::string text(name.substr(0, kLongest));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return text;
}

std::chrono::seconds seconds_variable(const session::SessionVariables& variables, std::string_view name,
                                      std::chrono::seconds otherwise) {
  auto id = session::find_variable(name);
  if (!id) return otherwise;
  auto value = variables.get(*id);
  auto* seconds = std::get_if<int64_t>(&value);
  return seconds && *seconds > 0 ? std::chrono::seconds(*seconds) : otherwise;
}

}  // namespace

awaitable<Result<HandshakeResponse>> Connection::shake_hands(Deadline deadline) {
  uint32_t offered = server_capabilities(door_.tls_ != nullptr);
  scramble_ = make_scramble();
  put_greeting(out_, sequence_, {id_, scramble_, offered, status_flags()});
  CO_TRY(co_await send());
  IncomingPacket packet = CO_TRY(co_await read_packet(deadline));
  if (packet.too_large) co_return fail(sql_error(Code::kInvalidArgument, 1043, "Bad handshake"));
  HandshakeResponse response = CO_TRY(parse_handshake_response(packet.payload));
  if (response.is_ssl_request) {
    if (!door_.tls_) co_return fail(sql_error(Code::kUnsupported, 1043, "Bad handshake: this server offers no TLS"));
    // What came behind the request is the client's side of TLS; none of it may count as a packet.
    std::vector<uint8_t> rest = incoming_.take_unread();
    CO_TRY(co_await stream_.upgrade_to_tls_server(*door_.tls_, rest, deadline));
    packet = CO_TRY(co_await read_packet(deadline));
    if (packet.too_large) co_return fail(sql_error(Code::kInvalidArgument, 1043, "Bad handshake"));
    response = CO_TRY(parse_handshake_response(packet.payload));
    if (response.is_ssl_request) co_return fail(sql_error(Code::kInvalidArgument, 1043, "Bad handshake"));
  }
  bool local = stream_.remote_address().starts_with("unix:");
  if (door_.options_.require_tls && !stream_.is_tls() && !local) {
    co_return fail(sql_error(Code::kPermissionDenied, 3159,
                             "Connections using insecure transport are prohibited: connect with TLS"));
  }
  capabilities_ = response.capabilities & offered;
  co_return response;
}

awaitable<bool> Connection::login() {
  Deadline deadline = Deadline::after(door_.options_.login_timeout);
  auto response = co_await shake_hands(deadline);
  if (!response) {
    if (response.error().origin() == Origin::kMysql) (void)co_await send_error(response.error());
    co_return false;
  }
  auto account = co_await authenticate({response->user, response->plugin, response->auth_response}, false, deadline);
  if (!account) co_return false;
  if (!*account) {
    co_await deny(response->user);
    co_return false;
  }
  if (!co_await admit(response->user, **account)) co_return false;
  door_.throttle_.succeeded(stream_.remote_host());
  session_ =
      std::make_unique<session::Session>(services_, id_, identity(response->user, **account, response->attributes));
  if (Status obeyed = session::obey_user_properties(services_, *session_); !obeyed) {
    session_.reset();
    WireError error = to_wire_error(obeyed.error());
    record_login(response->user, &error);
    (void)co_await send_error(obeyed.error());
    co_return false;
  }
  session_->on_kill([link = link_, executor = executor_] {
    asio::post(executor, [link] {
      link->killed = true;
      if (link->connection) link->connection->look_around();
    });
  });
  multi_statements_ = (capabilities_ & kMultiStatements) != 0;
  incoming_.set_limit(services_.limits.max_packet_bytes);
  if (!response->database.empty()) {
    if (Status used = co_await use_database(response->database); !used) {
      WireError error = to_wire_error(used.error());
      record_login(response->user, &error);
      (void)co_await send_error(used.error());
      co_return false;
    }
  }
  record_login(response->user, nullptr);
  if (!co_await send_ok()) co_return false;
  compression_ = agreed_compression(capabilities_, response->zstd_level);
  if (compression_.algorithm != Algorithm::kNone) {
    // Whatever the client sent behind its login is compressed already.
    frames_ = std::make_unique<FrameReader>(compression_);
    std::vector<uint8_t> rest = incoming_.take_unread();
    for (size_t taken = 0; taken < rest.size();) {
      auto space = frames_->space();
      size_t count = std::min(space.size(), rest.size() - taken);
      std::copy_n(rest.data() + taken, count, space.data());
      frames_->received(count);
      taken += count;
    }
  }
  co_return true;
}

void Connection::read_timeouts() {
  const session::SessionVariables& variables = std::as_const(*session_).variables();
  if (variables.version() == timeouts_version_) return;
  timeouts_version_ = variables.version();
  bool interactive = (capabilities_ & kInteractive) != 0;
  idle_timeout_ = seconds_variable(variables, interactive ? "interactive_timeout" : "wait_timeout", idle_timeout_);
  write_timeout_ = seconds_variable(variables, "net_write_timeout", door_.options_.net_write_timeout);
}

awaitable<Result<std::string>> Connection::read_login_answer(Deadline deadline) {
  IncomingPacket packet = CO_TRY(co_await read_packet(deadline));
  if (packet.too_large) co_return fail(sql_error(Code::kInvalidArgument, 1043, "Bad handshake"));
  co_return std::string(packet.payload);
}

awaitable<Result<Connection::MaybeAccount>> Connection::authenticate(LoginAttempt attempt, bool changes_user,
                                                                     Deadline deadline) {
  MaybeAccount account;
  for (const std::string& name : login_names(attempt.user)) {
    account = services_.access.find(name, stream_.remote_host());
    if (account) break;
  }
  tried_ = account;
  if (attempt.plugin.empty()) attempt.plugin = kNativePassword;
  with_password_ = !is_empty_response(attempt.plugin, attempt.response);
  if (account && !account->has_password && !with_password_) co_return account;
  // Unknown users are asked like users with a native password, so that a stranger cannot tell who exists.
  std::string wanted = account && !account->plugin.empty() ? account->plugin : std::string(kNativePassword);
  if (changes_user) {
    // Clients answer the scramble of the greeting here, or leave the answer for the switch.
    bool matches = account && wanted == kNativePassword && attempt.plugin == kNativePassword &&
                   attempt.response.size() == kNativeResponse &&
                   services_.access.verify_native(*account, scramble_, bytes_of(attempt.response));
    if (matches) co_return account;
  }
  if (changes_user || attempt.plugin != wanted) {
    scramble_ = make_scramble();
    put_auth_switch(out_, sequence_, wanted, scramble_);
    CO_TRY(co_await send());
    attempt.response = CO_TRY(co_await read_login_answer(deadline));
    with_password_ = !is_empty_response(wanted, attempt.response);
  }
  if (!account) co_return MaybeAccount();
  if (!account->has_password || !with_password_) {
    co_return !account->has_password && !with_password_ ? account : MaybeAccount();
  }
  bool matches = false;
  if (wanted == kNativePassword) {
    matches = attempt.response.size() == kNativeResponse &&
              services_.access.verify_native(*account, scramble_, bytes_of(attempt.response));
  } else if (wanted == kSha2Password) {
    matches = CO_TRY(co_await check_sha2(*account, attempt.response, deadline));
  }
  co_return matches ? account : MaybeAccount();
}

awaitable<Result<bool>> Connection::check_sha2(const session::AccountRecord& account, std::string_view response,
                                               Deadline deadline) {
  if (response.size() != kSha2Response) co_return false;
  switch (services_.access.verify_sha2_fast(account, scramble_, bytes_of(response))) {
    case session::Sha2FastCheck::kMatches:
      put_auth_more(out_, sequence_, kFastSuccess);  // travels with the OK packet
      co_return true;
    case session::Sha2FastCheck::kDenied:
      co_return false;
    case session::Sha2FastCheck::kNeedsFull:
      break;
  }
  co_return co_await check_sha2_in_full(account, deadline);
}

awaitable<Result<bool>> Connection::check_sha2_in_full(const session::AccountRecord& account, Deadline deadline) {
  put_auth_more(out_, sequence_, kFullAuthentication);
  CO_TRY(co_await send());
  std::string answer = CO_TRY(co_await read_login_answer(deadline));
  if (stream_.is_tls() || stream_.remote_address().starts_with("unix:")) {
    if (!answer.ends_with('\0')) co_return false;
    answer.pop_back();
    co_return co_await verify_password(account, std::move(answer));
  }
  if (answer == kPublicKeyRequest) {
    std::string pem = CO_TRY(co_await run_on(services_.workers, [this] { return door_.password_key_.public_pem(); }));
    put_auth_more(out_, sequence_, pem);
    CO_TRY(co_await send());
    answer = CO_TRY(co_await read_login_answer(deadline));
  }
  // A password in clear over a connection without TLS is not taken.
  if (answer.size() != kRsaCipher) co_return false;
  auto password = co_await run_on(services_.workers, [&] { return door_.password_key_.decrypt(answer, scramble_); });
  if (!password) co_return false;
  co_return co_await verify_password(account, std::move(*password));
}

awaitable<Result<bool>> Connection::verify_password(const session::AccountRecord& account, std::string password) {
  const std::string& host = stream_.remote_host();
  auto delay = door_.throttle_.delay(host);
  if (delay.count() > 0) {
    if (!door_.throttle_.begin_waiting(host)) co_return false;
    Status slept = co_await sleep_for(delay);
    door_.throttle_.end_waiting(host);
    CO_TRY(std::move(slept));
  }
  while (door_.verifying_passwords_.load(std::memory_order_relaxed) >= kMaxVerifying) {
    CO_TRY(co_await sleep_for(kVerifyRetry));
  }
  door_.verifying_passwords_.fetch_add(1, std::memory_order_relaxed);
  auto matches =
      co_await run_on(services_.workers, [&] { return services_.access.verify_password(account, password); });
  door_.verifying_passwords_.fetch_sub(1, std::memory_order_relaxed);
  co_return matches;
}

// The password was right; the account may be locked or its password expired.
awaitable<bool> Connection::admit(const std::string& user, const session::AccountRecord& account) {
  const Status admitted = services_.access.admit(account);
  if (admitted) co_return true;
  door_.metrics_.login_failures.add();
  WireError wire = to_wire_error(admitted.error());
  record_login(user, &wire);
  (void)co_await send_error(admitted.error());
  co_return false;
}

awaitable<void> Connection::deny(const std::string& user) {
  if (tried_) services_.access.login_failed(*tried_);
  door_.metrics_.login_failures.add();
  const std::string& host = stream_.remote_host();
  static log::RateLimit limit;
  limit.warn("login denied", {{"user", shown(user)}, {"host", host}});
  auto delay = door_.throttle_.failed(host);
  if (delay.count() > 0 && door_.throttle_.begin_waiting(host)) {
    (void)co_await sleep_for(delay);
    door_.throttle_.end_waiting(host);
  }
  std::string text = "Access denied for user '" + shown(user) + "'@'" + host +
                     "' (using password: " + (with_password_ ? "YES)" : "NO)");
  Error error = sql_error(Code::kUnauthenticated, 1045, text);
  WireError wire = to_wire_error(error);
  record_login(user, &wire);
  (void)co_await send_error(error);
}

session::ClientIdentity Connection::identity(const std::string& user, const session::AccountRecord& account,
                                             const Attributes& attributes) const {
  session::ClientIdentity client;
  client.user = account.user.empty() ? user : account.user;
  client.host = stream_.remote_host();
  client.account = account.name();
  client.door = "mysql";
  client.tls_version = stream_.tls_version();
  client.tls_cipher = stream_.tls_cipher();
  for (const auto& [key, value] : attributes) {
    if (key == "program_name" || (key == "_client_name" && client.program.empty())) client.program = value;
  }
  return client;
}

void Connection::record_login(const std::string& user, const WireError* error) {
  if (!services_.audit.enabled()) return;
  session::AuditEntry entry;
  entry.event = session::AuditEntry::Event::kLogin;
  entry.started = std::chrono::system_clock::now();
  entry.connection_id = id_;
  entry.user = shown(user);
  entry.host = stream_.remote_host();
  entry.door = "mysql";
  if (session_) entry.database = session_->database();
  if (error) {
    entry.error_code = error->number;
    entry.error = error->message;
  }
  services_.audit.record(std::move(entry));
}

void Connection::record_logout() {
  if (!services_.audit.enabled()) return;
  session::AuditEntry entry;
  entry.event = session::AuditEntry::Event::kLogout;
  entry.started = std::chrono::system_clock::now();
  entry.connection_id = id_;
  entry.user = session_->client().user;
  entry.host = session_->client().host;
  entry.door = "mysql";
  services_.audit.record(std::move(entry));
}

awaitable<Status> Connection::use_database(std::string database) {
  co_await park_cursor();
  co_return co_await run_on(services_.workers, [&] { return session_->use(database); });
}

awaitable<bool> Connection::command_change_user(std::string_view payload) {
  auto change = parse_change_user(payload, capabilities_);
  if (!change) co_return (co_await send_error(change.error()), false);
  co_await forget_statements();
  Deadline deadline = Deadline::after(door_.options_.login_timeout);
  auto account = co_await authenticate({change->user, change->plugin, change->auth_response}, true, deadline);
  if (!account) co_return false;
  if (!*account) {
    co_await deny(change->user);
    co_return false;
  }
  if (!co_await admit(change->user, **account)) co_return false;
  auto client = identity(change->user, **account, change->attributes);
  if (client.program.empty()) client.program = session_->client().program;
  auto changed = co_await run_on(services_.workers, [&] { session_->change_user(std::move(client)); });
  if (!changed) co_return (co_await send_error(changed.error()), false);
  record_login(change->user, nullptr);
  if (!change->database.empty()) {
    if (Status used = co_await use_database(change->database); !used)
      co_return (co_await send_error(used.error()), false);
  }
  co_return (co_await send_ok()).has_value();
}

}  // namespace sluice::door::mysql
