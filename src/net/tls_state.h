// SPDX-License-Identifier: Apache-2.0
// TlsState: OpenSSL's side of a Stream under TLS. Private to Stream, used on its thread only.
// OpenSSL reads the socket itself, without waiting, after the bytes that were read before TLS began. What it writes is
// gathered in `outgoing` and sent by the Stream, so that many records go out in one system call.
#pragma once

#include <openssl/ssl.h>

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/error.h"

namespace sluice::net {

class Stream;

struct TlsState {
  // Beyond so many waiting bytes OpenSSL is told to wait.
  static constexpr size_t kOutgoingLimit = 256 * 1024;

  TlsState(Stream& stream, std::shared_ptr<SSL_CTX> context, std::span<const uint8_t> already_read);
  ~TlsState();
  TlsState(const TlsState&) = delete;
  TlsState& operator=(const TlsState&) = delete;

  // Puts close_notify into `outgoing`, if the handshake was finished and nothing failed.
  void say_goodbye();
  // recv() without waiting.
  ssize_t receive(char* into, size_t size);
  // Sends of `outgoing` what the socket takes now. False: the connection broke, see send_errno.
  bool send_some();
  // OpenSSL's reasons for the last failure of this thread, as one error.
  Error failure(std::string_view what);

  Stream& stream;
  std::shared_ptr<SSL_CTX> context;
  SSL* ssl = nullptr;
  ByteBuffer already_read;  // the first `consumed` bytes of it are used up
  size_t consumed = 0;
  ByteBuffer outgoing;  // the first `sent` bytes of it are sent
  size_t sent = 0;
  int send_errno = 0;
  int receive_errno = 0;  // 0 at the end of input
  bool failed = false;    // a fatal TLS error: no close_notify
};

}  // namespace sluice::net
