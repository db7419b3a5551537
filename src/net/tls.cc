// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <functional>
#include <system_error>

#include "base/log.h"

namespace sluice::net {

namespace {

using std::filesystem::path;

// OpenSSL's oldest queued reason; empties the queue.
std::string openssl_reason() {
  unsigned long code = ERR_peek_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  std::string text = reason ? reason : "unknown reason";
  ERR_clear_error();
  return text;
}

tl::unexpected<Error> file_error(const path& file, const std::string& what) {
  return fail(Error(Code::kInvalidArgument, file.string() + ": " + what).with_native(Origin::kTls, 0));
}

Status check_readable(const path& file) {
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(system_error(file.string(), errno));
  ::close(fd);
  return {};
}

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* pointer) const { Free(pointer); }
};
template <typename T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, Free>>;

// Never asks on the terminal for the password of an encrypted key.
int no_password(char*, int, int, void*) { return 0; }

Status load_certificate(SSL_CTX* context, const path& certificate, const path& key) {
  TRY(check_readable(certificate));
  TRY(check_readable(key));
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return file_error(certificate, "no PEM certificate could be read (" + openssl_reason() + ")");
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const bool mismatch = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH;
    std::string reason = openssl_reason();
    if (mismatch) return file_error(key, "the key does not belong to the certificate in " + certificate.string());
    return file_error(key, "no unencrypted PEM private key could be read (" + reason + ")");
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return file_error(key, "the key does not belong to the certificate in " + certificate.string());
  }
  X509* leaf = SSL_CTX_get0_certificate(context);
  if (leaf && X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) {
    log::warn("the TLS certificate has expired", {{"file", certificate.string()}});
  }
  return {};
}

Status write_pem(const path& file, mode_t mode, const std::function<bool(BIO*)>& write) {
  // Written aside and renamed: a crash leaves no half of a file.
  path aside = file;
  aside += ".new";
  ::unlink(aside.c_str());
  int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return fail(system_error(aside.string(), errno));
  FILE* stream = ::fdopen(fd, "w");
  Owned<BIO, BIO_free_all> bio(BIO_new_fp(stream, BIO_CLOSE));
  bool ok = bio && write(bio.get()) && BIO_flush(bio.get()) == 1 && ::fsync(fd) == 0;
  bio.reset();
  if (!ok) return fail(system_error(aside.string() + " cannot be written", errno));
  if (::rename(aside.c_str(), file.c_str()) != 0) return fail(system_error(file.string(), errno));
  return {};
}

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  Owned<X509_EXTENSION, X509_EXTENSION_free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

}  // namespace

Result<TlsVersion> parse_tls_version(std::string_view text) {
  if (text == "1.2" || text == "TLSv1.2") return TlsVersion::kTls12;
  if (text == "1.3" || text == "TLSv1.3") return TlsVersion::kTls13;
  return fail(Code::kInvalidArgument, "unknown TLS version '" + std::string(text) + "': use 1.2 or 1.3");
}

Result<TlsServerOptions> self_signed_certificate(const path& directory) {
  TlsServerOptions options;
  options.certificate_file = directory / "tls-cert.pem";
  options.key_file = directory / "tls-key.pem";
  std::error_code ignored;
  if (std::filesystem::exists(options.certificate_file, ignored) &&
      std::filesystem::exists(options.key_file, ignored)) {
    return options;
  }
  Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen("P-256"));
  Owned<X509, X509_free> certificate(X509_new());
  if (!key || !certificate) return fail(Code::kInternal, "a TLS key cannot be made: " + openssl_reason());
  uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial));
  constexpr long kDay = 24 * 60 * 60;
  X509* c = certificate.get();
  X509_NAME* name = X509_get_subject_name(c);
  bool ok = X509_set_version(c, X509_VERSION_3) == 1 &&
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1) == 1 &&
            // A day back: clocks of clients may be behind.
            X509_gmtime_adj(X509_getm_notBefore(c), -kDay) && X509_gmtime_adj(X509_getm_notAfter(c), 3653 * kDay) &&
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                                       -1, -1, 0) == 1 &&
            X509_set_issuer_name(c, name) == 1 && X509_set_pubkey(c, key.get()) == 1 &&
            add_extension(c, NID_basic_constraints, "critical,CA:TRUE") &&
            add_extension(c, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
            add_extension(c, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
            add_extension(c, NID_subject_key_identifier, "hash") && X509_sign(c, key.get(), EVP_sha256()) > 0;
  if (!ok) return fail(Code::kInternal, "a TLS certificate cannot be made: " + openssl_reason());
  // The key first: a certificate without its key would be kept for good.
  TRY(write_pem(options.key_file, 0600, [&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  }));
  TRY(write_pem(options.certificate_file, 0644, [&](BIO* bio) { return PEM_write_bio_X509(bio, c) == 1; }));
  log::info("made a self-signed TLS certificate", {{"file", options.certificate_file.string()}});
  return options;
}

TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::for_server(TlsServerOptions options) {
  if (options.require_client_certificate && options.client_ca_file.empty()) {
    return fail(Code::kInvalidArgument,
                "client certificates are required, but no file of certificate authorities is set to check them");
  }
  std::shared_ptr<TlsContext> context(new TlsContext);
  context->server_ = true;
  context->server_options_ = std::move(options);
  TRY(context->reload());
  return context;
}

Result<std::shared_ptr<TlsContext>> TlsContext::for_client(TlsClientOptions options) {
  std::shared_ptr<TlsContext> context(new TlsContext);
  context->client_options_ = std::move(options);
  TRY(context->reload());
  return context;
}

Result<std::shared_ptr<SSL_CTX>> TlsContext::build() const {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(server_ ? TLS_server_method() : TLS_client_method()), SSL_CTX_free);
  if (!context) return fail(Code::kInternal, "OpenSSL gives no context: " + openssl_reason());
  SSL_CTX* raw = context.get();
  const TlsVersion min_version = server_ ? server_options_.min_version : client_options_.min_version;
  SSL_CTX_set_min_proto_version(raw, min_version == TlsVersion::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(raw, no_password);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Framing in the protocols above tells whether the end came too early.
  SSL_CTX_set_options(raw, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  if (server_) {
    TRY(load_certificate(raw, server_options_.certificate_file, server_options_.key_file));
    SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE);
    // Resumption by tickets only: nothing to remember here.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    constexpr unsigned char kSessionContext[] = "sluice";
    SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof(kSessionContext) - 1);
    if (!server_options_.client_ca_file.empty()) {
      const path& file = server_options_.client_ca_file;
      TRY(check_readable(file));
      STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
      if (!names || SSL_CTX_load_verify_file(raw, file.c_str()) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return file_error(file, "no PEM certificates of authorities could be read (" + openssl_reason() + ")");
      }
      SSL_CTX_set_client_CA_list(raw, names);
      SSL_CTX_set_verify(
          raw, SSL_VERIFY_PEER | (server_options_.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
          nullptr);
    }
    return context;
  }
  if (!client_options_.certificate_file.empty())
    TRY(load_certificate(raw, client_options_.certificate_file, client_options_.key_file));
  SSL_CTX_set_verify(raw, client_options_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (client_options_.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(raw);
  } else {
    TRY(check_readable(client_options_.ca_file));
    if (SSL_CTX_load_verify_file(raw, client_options_.ca_file.c_str()) != 1) {
      return file_error(client_options_.ca_file, "no PEM certificates could be read (" + openssl_reason() + ")");
    }
  }
  return context;
}

std::string TlsContext::fingerprint_of_files() const {
  std::string text;
  const auto add = [&](const path& file) {
    struct stat facts{};
    if (file.empty() || ::stat(file.c_str(), &facts) != 0) {
      text += "-;";
      return;
    }
    text += std::to_string(facts.st_ino) + "," + std::to_string(facts.st_size) + "," +
            std::to_string(facts.st_mtim.tv_sec) + "." + std::to_string(facts.st_mtim.tv_nsec) + ";";
  };
  if (server_) {
    add(server_options_.certificate_file);
    add(server_options_.key_file);
    add(server_options_.client_ca_file);
  } else {
    add(client_options_.ca_file);
    add(client_options_.certificate_file);
    add(client_options_.key_file);
  }
  return text;
}

Status TlsContext::reload() {
  // Before reading: a change during it is noticed by the next check.
  std::string fingerprint = fingerprint_of_files();
  auto fresh = build();
  std::lock_guard lock(mutex_);
  // Also after an error: the same broken files are not read again and again.
  loaded_fingerprint_ = std::move(fingerprint);
  if (!fresh) return fail(std::move(fresh).error());
  current_ = std::move(*fresh);
  return {};
}

Result<bool> TlsContext::reload_if_changed() {
  {
    std::string fingerprint = fingerprint_of_files();
    std::lock_guard lock(mutex_);
    if (fingerprint == loaded_fingerprint_) return false;
  }
  TRY(reload());
  return true;
}

std::shared_ptr<SSL_CTX> TlsContext::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

std::chrono::system_clock::time_point TlsContext::expires() const {
  auto context = current();
  X509* leaf = SSL_CTX_get0_certificate(context.get());
  tm parts{};
  if (!leaf || ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &parts) != 1)
    return std::chrono::system_clock::time_point::max();
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

}  // namespace sluice::net
