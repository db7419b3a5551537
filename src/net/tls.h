// SPDX-License-Identifier: Apache-2.0
// TlsContext: certificate, key and settings for one side of TLS, from PEM files, replaceable while running.
// Thread-safe. Connections keep the settings they began with. The server makes a self-signed certificate in its data
// directory when none is configured.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace sluice::net {

enum class TlsVersion : uint8_t { kTls12, kTls13 };
Result<TlsVersion> parse_tls_version(std::string_view text);  // "1.2", "1.3", "TLSv1.2", "TLSv1.3"

struct TlsServerOptions {
  std::filesystem::path certificate_file;   // PEM chain, leaf first
  std::filesystem::path key_file;           // PEM, unencrypted
  std::filesystem::path client_ca_file;     // not empty: clients may show a certificate, which must verify against it
  bool require_client_certificate = false;  // needs client_ca_file
  TlsVersion min_version = TlsVersion::kTls12;
};

struct TlsClientOptions {
  bool verify = true;                      // certificate chain and host name
  std::filesystem::path ca_file;           // empty: the system's
  std::filesystem::path certificate_file;  // for servers that ask for one; empty: none
  std::filesystem::path key_file;
  TlsVersion min_version = TlsVersion::kTls12;
};

// <directory>/tls-cert.pem and tls-key.pem (mode 0600), made when they are not there: P-256, CN and SAN localhost,
// 127.0.0.1 and ::1, valid for ten years.
Result<TlsServerOptions> self_signed_certificate(const std::filesystem::path& directory);

class TlsContext {
 public:
  // Errors name the file and what is wrong with it (missing, not PEM, key does not match, expired is only logged).
  static Result<std::shared_ptr<TlsContext>> for_server(TlsServerOptions options);
  static Result<std::shared_ptr<TlsContext>> for_client(TlsClientOptions options);
  ~TlsContext();

  // Reads the files again: new connections use them. After an error the old settings stay.
  Status reload();
  // reload() when a file's modification time or size changed since the last (re)load. True when it did reload.
  // Cheap: call it every few seconds.
  Result<bool> reload_if_changed();

  // The current settings, for one connection; the caller owns one reference.
  std::shared_ptr<SSL_CTX> current() const;
  bool is_server() const { return server_; }
  bool verifies_host() const { return !server_ && client_options_.verify; }
  // When the leaf certificate expires; max() for a client without one.
  std::chrono::system_clock::time_point expires() const;

 private:
  TlsContext() = default;
  Result<std::shared_ptr<SSL_CTX>> build() const;
  std::string fingerprint_of_files() const;

  bool server_ = false;
  TlsServerOptions server_options_;
  TlsClientOptions client_options_;
  mutable std::mutex mutex_;
  std::shared_ptr<SSL_CTX> current_;  // guarded by mutex_
  std::string loaded_fingerprint_;    // guarded by mutex_: sizes and times of the files behind current_
};

}  // namespace sluice::net
