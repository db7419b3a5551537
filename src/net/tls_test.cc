// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <fstream>

#include "net/loopback_test.h"

namespace sluice::net {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class TlsTest : public LoopbackTest {
 protected:
  // A second certificate, in a folder of its own.
  TlsServerOptions other() {
    fs::create_directories(directory() / "other");
    return *self_signed_certificate(directory() / "other");
  }
};

TEST_F(TlsTest, SelfSignedCertificateIsMadeOnce) {
  auto first = self_signed_certificate(directory());
  ASSERT_TRUE(first) << first.error().describe();
  struct stat facts{};
  ASSERT_EQ(::stat(first->key_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  auto written = fs::last_write_time(first->certificate_file);
  ASSERT_TRUE(self_signed_certificate(directory()));
  EXPECT_EQ(fs::last_write_time(first->certificate_file), written);
  auto context = TlsContext::for_server(*first);
  ASSERT_TRUE(context);
  auto left = (*context)->expires() - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::hours(24 * 3640));
  EXPECT_FALSE(self_signed_certificate("/dev/null"));
}

TEST_F(TlsTest, ErrorsNameTheFile) {
  auto good = *self_signed_certificate(directory());
  auto other_pair = other();
  auto expect = [&](TlsServerOptions options, const std::string& file, const std::string& text) {
    auto context = TlsContext::for_server(options);
    ASSERT_FALSE(context);
    EXPECT_THAT(context.error().message(), HasSubstr(file));
    EXPECT_THAT(context.error().message(), HasSubstr(text));
  };
  auto missing = good;
  missing.certificate_file = directory() / "nothing.pem";
  expect(missing, "nothing.pem", "No such file");
  auto not_pem = good;
  not_pem.certificate_file = directory() / "text.pem";
  std::ofstream(not_pem.certificate_file) << "hello";
  expect(not_pem, "text.pem", "no PEM certificate");
  auto no_key = good;
  no_key.key_file = directory() / "text.pem";
  expect(no_key, "text.pem", "private key");
  auto mixed = good;
  mixed.key_file = other_pair.key_file;
  expect(mixed, "other/tls-key.pem", "does not belong to the certificate");
  auto bad_ca = good;
  bad_ca.client_ca_file = directory() / "text.pem";
  expect(bad_ca, "text.pem", "no PEM certificates of authorities");
  auto no_ca = good;
  no_ca.require_client_certificate = true;
  EXPECT_FALSE(TlsContext::for_server(no_ca));
}

TEST_F(TlsTest, Versions) {
  EXPECT_EQ(*parse_tls_version("1.3"), TlsVersion::kTls13);
  EXPECT_EQ(*parse_tls_version("TLSv1.2"), TlsVersion::kTls12);
  EXPECT_FALSE(parse_tls_version("1.1"));
}

TEST_F(TlsTest, ReloadSwapsForNewConnectionsAndKeepsOldOnErrors) {
  auto server = server_tls();
  auto before = server->current();
  EXPECT_FALSE(*server->reload_if_changed());
  EXPECT_EQ(server->current(), before);

  auto replacement = other();
  fs::copy_file(replacement.certificate_file, directory() / "tls-cert.pem", fs::copy_options::overwrite_existing);
  auto mismatch = server->reload_if_changed();
  ASSERT_FALSE(mismatch);
  EXPECT_THAT(mismatch.error().message(), HasSubstr("does not belong"));
  EXPECT_EQ(server->current(), before);
  EXPECT_FALSE(*server->reload_if_changed());  // the same broken pair is not tried again

  fs::copy_file(replacement.key_file, directory() / "tls-key.pem", fs::copy_options::overwrite_existing);
  EXPECT_TRUE(*server->reload_if_changed());
  EXPECT_NE(server->current(), before);
}

TEST_F(TlsTest, RunningConnectionsSurviveAReload) {
  auto server = server_tls();
  auto trusting = client_tls();
  listen([&](Stream& stream) -> awaitable<void> {
    EXPECT_TRUE(co_await stream.upgrade_to_tls_server(*server, {}, Deadline::after(10s)));
    std::array<uint8_t, 1> byte;
    while (co_await stream.read_exactly(byte)) EXPECT_TRUE(co_await stream.write(byte));
    co_await stream.close();
  });
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_TRUE(co_await stream->upgrade_to_tls_client(*trusting, "localhost", Deadline::after(10s)));
    EXPECT_TRUE(co_await stream->write(as_bytes("a")));
    EXPECT_EQ(co_await read_up_to(*stream, 1), "a");
    EXPECT_TRUE(server->reload());
    EXPECT_TRUE(co_await stream->write(as_bytes("b")));
    EXPECT_EQ(co_await read_up_to(*stream, 1), "b");
    auto second = co_await client();
    EXPECT_TRUE(co_await second->upgrade_to_tls_client(*trusting, "localhost", Deadline::after(10s)));
    co_await second->close();
    co_await stream->close();
  });
}

TEST_F(TlsTest, MinimumVersionIsKept) {
  auto options = *self_signed_certificate(directory());
  options.min_version = TlsVersion::kTls13;
  auto server = *TlsContext::for_server(options);
  listen([&](Stream& stream) -> awaitable<void> {
    EXPECT_FALSE(co_await stream.upgrade_to_tls_server(*server, {}, Deadline::after(10s)));
    co_await stream.close();
  });
  auto old_client = client_tls();
  SSL_CTX_set_max_proto_version(old_client->current().get(), TLS1_2_VERSION);
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    auto upgraded = co_await stream->upgrade_to_tls_client(*old_client, "localhost", Deadline::after(10s));
    EXPECT_FALSE(upgraded);
    EXPECT_THAT(upgraded.error().message(), HasSubstr("version"));
  });
}

TEST_F(TlsTest, ClientCertificates) {
  auto client_pair = other();
  auto options = *self_signed_certificate(directory());
  options.client_ca_file = client_pair.certificate_file;
  options.require_client_certificate = true;
  auto server = *TlsContext::for_server(options);
  std::atomic<int> accepted{0};
  listen([&](Stream& stream) -> awaitable<void> {
    if (co_await stream.upgrade_to_tls_server(*server, {}, Deadline::after(10s))) {
      EXPECT_TRUE(stream.has_peer_certificate());
      ++accepted;
      EXPECT_TRUE(co_await stream.write(as_bytes("welcome")));
    }
    co_await stream.close();
  });
  auto without = client_tls();
  TlsClientOptions with_options;
  with_options.ca_file = options.certificate_file;
  with_options.certificate_file = client_pair.certificate_file;
  with_options.key_file = client_pair.key_file;
  auto with = *TlsContext::for_client(with_options);
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    (void)co_await stream->upgrade_to_tls_client(*without, "localhost", Deadline::after(10s));
    EXPECT_EQ(co_await read_up_to(*stream, 7), "");
    stream = co_await client();
    EXPECT_TRUE(co_await stream->upgrade_to_tls_client(*with, "localhost", Deadline::after(10s)));
    EXPECT_EQ(co_await read_up_to(*stream, 7), "welcome");
    co_await stream->close();
  });
  EXPECT_EQ(accepted, 1);
}

}  // namespace
}  // namespace sluice::net
