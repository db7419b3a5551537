// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/stream.h"
#include "net/tls.h"
#include "net/tls_state.h"

namespace sluice::net {

namespace {

TlsState& state_of(BIO* bio) { return *static_cast<TlsState*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* into, size_t size, size_t* read) {
  TlsState& state = state_of(bio);
  BIO_clear_retry_flags(bio);
  if (state.consumed < state.already_read.size()) {
    size_t n = std::min(size, state.already_read.size() - state.consumed);
    std::memcpy(into, state.already_read.data() + state.consumed, n);
    state.consumed += n;
    if (state.consumed == state.already_read.size()) {
      state.already_read.release();
      state.consumed = 0;
    }
    *read = n;
    return 1;
  }
  ssize_t n = state.receive(into, size);
  if (n > 0) {
    *read = static_cast<size_t>(n);
    return 1;
  }
  *read = 0;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
  return 0;
}

int bio_write(BIO* bio, const char* bytes, size_t size, size_t* written) {
  TlsState& state = state_of(bio);
  BIO_clear_retry_flags(bio);
  *written = 0;
  if (state.outgoing.size() >= TlsState::kOutgoingLimit) {
    if (!state.send_some()) return 0;
    if (state.outgoing.size() >= TlsState::kOutgoingLimit) {
      BIO_set_retry_write(bio);
      return 0;
    }
  }
  state.outgoing.append(bytes, size);
  *written = size;
  return 1;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* bio_method() {
  static BIO_METHOD* method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice stream");
    BIO_meth_set_read_ex(made, bio_read);
    BIO_meth_set_write_ex(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

}  // namespace

TlsState::TlsState(Stream& stream, std::shared_ptr<SSL_CTX> context, std::span<const uint8_t> bytes)
    : stream(stream), context(std::move(context)) {
  already_read.append(bytes);
  ssl = SSL_new(this->context.get());
  BIO* bio = BIO_new(bio_method());
  BUG_CHECK(ssl && bio, "OpenSSL is out of memory");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_read_ahead(ssl, 1);
}

TlsState::~TlsState() { SSL_free(ssl); }

void TlsState::say_goodbye() {
  if (failed || !SSL_is_init_finished(ssl)) return;
  ERR_clear_error();
  SSL_shutdown(ssl);
}

ssize_t TlsState::receive(char* into, size_t size) {
  ssize_t n;
  do n = ::recv(stream.socket_.native_handle(), into, size, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n > 0) stream.bytes_read_ += static_cast<uint64_t>(n);
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) receive_errno = errno;
  return n;
}

bool TlsState::send_some() {
  if (sent < outgoing.size()) {
    ssize_t n = stream.send_now(outgoing.span().subspan(sent), {});
    if (n < 0) {
      send_errno = static_cast<int>(-n);
      return false;
    }
    sent += static_cast<size_t>(n);
  }
  if (sent == outgoing.size()) {
    // Idle connections keep no large buffers.
    if (outgoing.capacity() > 64 * 1024) outgoing.release();
    outgoing.clear();
    sent = 0;
  } else if (sent > kOutgoingLimit / 2) {
    outgoing.erase_front(sent);
    sent = 0;
  }
  return true;
}

Error TlsState::failure(std::string_view what) {
  failed = true;
  std::string text(what);
  unsigned long code = ERR_get_error();
  if (long verify = SSL_get_verify_result(ssl);
      verify != X509_V_OK && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    text += ": the certificate is not trusted: " + std::string(X509_verify_cert_error_string(verify));
  } else if (code != 0) {
    const char* reason = ERR_reason_error_string(code);
    text += ": " + std::string(reason ? reason : "unknown reason");
  }
  ERR_clear_error();
  return Error(Code::kUnavailable, std::move(text))
      .with_native(Origin::kTls, ERR_GET_REASON(code))
      .with_peer(stream.remote_);
}

// ---------------------------------------------------------------- the Stream's side

awaitable<Status> Stream::flush_tls(Deadline deadline) {
  for (;;) {
    if (!tls_->send_some()) co_return fail(broken("the connection broke", tls_->send_errno));
    if (tls_->outgoing.empty()) co_return Status();
    CO_TRY(co_await wait(Direction::kWrite, deadline));
  }
}

awaitable<Status> Stream::handshake(Deadline deadline) {
  for (;;) {
    ERR_clear_error();
    int done = SSL_do_handshake(tls_->ssl);
    if (done == 1) co_return co_await flush_tls(deadline);
    int reason = SSL_get_error(tls_->ssl, done);
    // The queue first: what OpenSSL wants to say (an alert, too) is in `outgoing`.
    Error error =
        Error(Code::kUnavailable, "the peer closed the connection during the TLS handshake").with_peer(remote_);
    if (reason == SSL_ERROR_SSL) error = tls_->failure("the TLS handshake failed");
    CO_TRY(co_await flush_tls(deadline));
    if (reason == SSL_ERROR_WANT_READ) {
      CO_TRY(co_await wait(Direction::kRead, deadline));
    } else if (reason != SSL_ERROR_WANT_WRITE) {
      tls_->failed = true;
      co_return fail(std::move(error));
    }
  }
}

awaitable<Status> Stream::upgrade_to_tls_server(const TlsContext& context, std::span<const uint8_t> already_read,
                                                Deadline deadline) {
  BUG_CHECK(!tls_ && context.is_server());
  tls_ = std::make_unique<TlsState>(*this, context.current(), already_read);
  SSL_set_accept_state(tls_->ssl);
  co_return co_await handshake(deadline);
}

awaitable<Status> Stream::upgrade_to_tls_client(const TlsContext& context, const std::string& server_name,
                                                Deadline deadline) {
  BUG_CHECK(!tls_ && !context.is_server());
  tls_ = std::make_unique<TlsState>(*this, context.current(), std::span<const uint8_t>{});
  SSL_set_connect_state(tls_->ssl);
  boost::system::error_code not_an_address;
  asio::ip::make_address(server_name, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(tls_->ssl, server_name.c_str());
  if (context.verifies_host()) {
    if (not_an_address)
      SSL_set1_host(tls_->ssl, server_name.c_str());
    else
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_->ssl), server_name.c_str());
  }
  co_return co_await handshake(deadline);
}

awaitable<Result<size_t>> Stream::read_tls(std::span<uint8_t> into, Deadline deadline) {
  for (;;) {
    ERR_clear_error();
    size_t n = 0;
    int done = SSL_read_ex(tls_->ssl, into.data(), into.size(), &n);
    // Answers to key updates and the like. Without waiting: a writer may be at work on the queue.
    if (!tls_->outgoing.empty() && !tls_->send_some()) co_return fail(broken("the connection broke", tls_->send_errno));
    if (done == 1) {
      if (++reads_without_wait_ >= 64) {
        reads_without_wait_ = 0;
        co_await asio::post(context_, asio::use_awaitable);
      }
      co_return n;
    }
    switch (SSL_get_error(tls_->ssl, done)) {
      case SSL_ERROR_ZERO_RETURN:
        co_return size_t{0};
      case SSL_ERROR_WANT_READ: {
        reads_without_wait_ = 0;
        CO_TRY(co_await wait(Direction::kRead, deadline));
        break;
      }
      case SSL_ERROR_WANT_WRITE:
        CO_TRY(co_await wait(Direction::kWrite, deadline));
        break;
      case SSL_ERROR_SYSCALL: {
        tls_->failed = true;
        if (tls_->receive_errno == 0) co_return size_t{0};
        co_return fail(broken("the connection broke", tls_->receive_errno));
      }
      default:
        co_return fail(tls_->failure("the TLS connection broke"));
    }
  }
}

awaitable<Status> Stream::write_tls(std::span<const uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    ERR_clear_error();
    size_t n = 0;
    int done = SSL_write_ex(tls_->ssl, bytes.data(), bytes.size(), &n);
    if (done == 1) {
      bytes = bytes.subspan(n);
      continue;
    }
    switch (SSL_get_error(tls_->ssl, done)) {
      case SSL_ERROR_WANT_WRITE:
        CO_TRY(co_await wait(Direction::kWrite, deadline));
        break;
      case SSL_ERROR_WANT_READ:
        CO_TRY(co_await wait(Direction::kRead, deadline));
        break;
      case SSL_ERROR_SYSCALL:
        tls_->failed = true;
        co_return fail(broken("the connection broke", tls_->send_errno ? tls_->send_errno : EPIPE));
      default:
        co_return fail(tls_->failure("the TLS connection broke"));
    }
  }
  co_return co_await flush_tls(deadline);
}

std::string_view Stream::tls_version() const { return tls_ ? SSL_get_version(tls_->ssl) : std::string_view(); }
std::string_view Stream::tls_cipher() const { return tls_ ? SSL_get_cipher_name(tls_->ssl) : std::string_view(); }

bool Stream::has_peer_certificate() const { return tls_ && SSL_get0_peer_certificate(tls_->ssl) != nullptr; }

}  // namespace sluice::net
