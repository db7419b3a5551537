// SPDX-License-Identifier: Apache-2.0
// The packets of connecting, byte by byte, and the RSA exchange of passwords.
#include "door/mysql/handshake.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "door/mysql/auth_secrets.h"
#include "door/mysql/error_packet.h"
#include "door/mysql/login_throttle.h"

namespace sluice::door::mysql {
namespace {

using namespace std::string_literals;

Scramble test_scramble() {
  Scramble scramble;
  for (size_t i = 0; i < scramble.size(); ++i) scramble[i] = static_cast<uint8_t>('a' + i);
  return scramble;
}

TEST(Handshake, Greeting) {
  PacketBuffer out;
  uint8_t sequence = 0;
  put_greeting(out, sequence, {0x01020304, test_scramble(), server_capabilities(true), kAutocommit});
  std::string expected = "\x4A\x00\x00\x00"s + "\x0A" + "5.7.99\0"s + "\x04\x03\x02\x01" + "abcdefgh" + "\0"s +
                         "\xEF\xAF"s +           // low capabilities
                         "\x2D" + "\x02\x00"s +  // charset, status
                         "\x3F\x05"s +           // high capabilities
                         "\x15" + std::string(10, '\0') + "ijklmnopqrst\0"s + "mysql_native_password\0"s;
  EXPECT_EQ(out.view(), expected);
  EXPECT_EQ(sequence, 1);
}

TEST(Handshake, Response41) {
  std::string payload = "\x8F\xA2\x3A\x00"s + "\x00\x00\x00\x01"s + "\x21" + std::string(23, '\0') + "root\0"s +
                        "\x05" + "12345" + "catalog.db\0"s + "caching_sha2_password\0"s + "\x0D" +
                        "\x03"
                        "_os"
                        "\x01"
                        "x"
                        "\x02"
                        "pn"
                        "\x03"
                        "abc";
  auto response = parse_handshake_response(payload);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->user, "root");
  EXPECT_EQ(response->auth_response, "12345");
  EXPECT_EQ(response->database, "catalog.db");
  EXPECT_EQ(response->plugin, kSha2Password);
  EXPECT_EQ(response->max_packet, 0x01000000u);
  ASSERT_EQ(response->attributes.size(), 2u);
  EXPECT_EQ(response->attributes[0], (std::pair<std::string, std::string>("_os", "x")));
  EXPECT_EQ(response->attributes[1], (std::pair<std::string, std::string>("pn", "abc")));
}

TEST(Handshake, ZstdLevelBehindAttributes) {
  std::string payload = "\x00\xA2\x28\x04"s + "\x00\x00\x00\x01"s + "\x21" + std::string(23, '\0') + "u\0"s + "\0"s +
                        "mysql_native_password\0"s + "\x09";
  auto response = parse_handshake_response(payload);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->zstd_level, 9);
  Compression how = agreed_compression(response->capabilities, response->zstd_level);
  EXPECT_EQ(how.algorithm, Algorithm::kZstd);
  EXPECT_EQ(how.level, 9);
}

TEST(Handshake, SslRequestAndOldClients) {
  auto request = parse_handshake_response("\x00\x8A\x00\x00"s + "\0\0\0\x01"s + "\x21" + std::string(23, '\0'));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->is_ssl_request);
  auto old = parse_handshake_response("\x05\x00\x00\x00\x01root\0"s);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().native_code(), 1251);
}

TEST(Handshake, CutShortIsAnError) {
  std::string payload =
      "\x8F\xA2\x3A\x00"s + "\x00\x00\x00\x01"s + "\x21" + std::string(23, '\0') + "root\0"s + "\x14" + "12345";
  for (size_t length = 0; length <= payload.size(); ++length) {
    auto response = parse_handshake_response(std::string_view(payload).substr(0, length));
    if (!response) EXPECT_TRUE(response.error().native_code() == 1043 || response.error().native_code() == 1251);
  }
  EXPECT_FALSE(parse_handshake_response(payload));
}

TEST(Handshake, ChangeUser) {
  auto change = parse_change_user("bob\0"s +
                                      "\x02"
                                      "hh" +
                                      "db\0"s + "\x21\x00"s + "mysql_native_password\0"s,
                                  kSecureConnection | kPluginAuth);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->user, "bob");
  EXPECT_EQ(change->auth_response, "hh");
  EXPECT_EQ(change->database, "db");
  EXPECT_EQ(change->charset, 33);
  EXPECT_EQ(change->plugin, kNativePassword);
}

TEST(Handshake, AuthSwitchAndMore) {
  PacketBuffer out;
  uint8_t sequence = 2;
  put_auth_switch(out, sequence, kSha2Password, test_scramble());
  put_auth_more(out, sequence, "\x03");
  EXPECT_EQ(out.view(), "\x2C\x00\x00\x02\xFE"s + "caching_sha2_password\0"s + "abcdefghijklmnopqrst\0"s +
                            "\x02\x00\x00\x03\x01\x03"s);
}

TEST(Handshake, LoginNames) {
  EXPECT_EQ(login_names("root"), (std::vector<std::string>{"root"}));
  EXPECT_EQ(login_names("root#7"), (std::vector<std::string>{"root#7", "root"}));
  EXPECT_EQ(login_names("root@cl#7"), (std::vector<std::string>{"root@cl#7", "root@cl", "root"}));
  EXPECT_EQ(login_names(""), (std::vector<std::string>{""}));
}

TEST(AuthSecrets, Scrambles) {
  Scramble first = make_scramble(), second = make_scramble();
  EXPECT_NE(first, second);
  for (uint8_t byte : first) {
    EXPECT_GE(byte, 33);
    EXPECT_LT(byte, 127);
    EXPECT_NE(byte, '$');
  }
}

// The client's side: (password + NUL) XOR scramble, then RSA-OAEP with the key that the server sent.
std::string encrypt(const std::string& pem, std::string password, const Scramble& scramble) {
  password.push_back('\0');
  for (size_t i = 0; i < password.size(); ++i)
    password[i] = static_cast<char>(password[i] ^ scramble[i % scramble.size()]);
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PUBKEY(memory, nullptr, nullptr, nullptr);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
  EVP_PKEY_encrypt_init(context);
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
  size_t length = 256;
  std::string cipher(length, '\0');
  EVP_PKEY_encrypt(context, reinterpret_cast<uint8_t*>(cipher.data()), &length,
                   reinterpret_cast<const uint8_t*>(password.data()), password.size());
  cipher.resize(length);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(memory);
  return cipher;
}

TEST(AuthSecrets, RsaExchange) {
  PasswordKey key;
  Scramble scramble = test_scramble();
  auto pem = key.public_pem();
  ASSERT_TRUE(pem);
  EXPECT_TRUE(pem->starts_with("-----BEGIN PUBLIC KEY-----"));
  for (std::string password : {"x"s, "a longer password than the scramble is"s}) {
    auto decrypted = key.decrypt(encrypt(*pem, password, scramble), scramble);
    ASSERT_TRUE(decrypted);
    EXPECT_EQ(*decrypted, password);
  }
  EXPECT_FALSE(key.decrypt(std::string(256, 'j'), scramble));
  EXPECT_FALSE(key.decrypt("short", scramble));
}

TEST(ErrorPacket, BytesAndStates) {
  PacketBuffer out;
  uint8_t sequence = 1;
  put_error(out, sequence, to_wire_error(sql_error(Code::kNotFound, 1049, "Unknown database 'x'")));
  EXPECT_EQ(out.view(), "\x1D\x00\x00\x01\xFF\x19\x04#42000Unknown database 'x'"s);
  out.clear();
  sequence = 0;
  put_error(out, sequence, to_wire_error(sql_error(Code::kResourceExhausted, 1040, "Too many connections")), false);
  EXPECT_EQ(out.view(), "\x17\x00\x00\x00\xFF\x10\x04Too many connections"s);
  EXPECT_EQ(sqlstate_of(1045), "28000");
  EXPECT_EQ(sqlstate_of(1105), "HY000");
  EXPECT_EQ(sqlstate_of(1317), "70100");
  EXPECT_EQ(to_wire_error(Error(Code::kInternal, "")).number, 1105);
  EXPECT_EQ(to_wire_error(Error(Code::kPermissionDenied, "no")).number, 1227);
  EXPECT_EQ(to_wire_error(Error(Code::kInvalidArgument, std::string(70'000, 'x'))).message.size(), 65'000u);
}

TEST(LoginThrottle, DelaysGrowAndAreForgotten) {
  LoginThrottle throttle;
  auto now = LoginThrottle::Clock::now();
  for (uint32_t i = 0; i < LoginThrottle::kFreeFailures; ++i) EXPECT_EQ(throttle.failed("h", now).count(), 0);
  EXPECT_EQ(throttle.failed("h", now), LoginThrottle::kFirstDelay);
  EXPECT_EQ(throttle.failed("h", now), LoginThrottle::kFirstDelay * 2);
  for (int i = 0; i < 40; ++i) EXPECT_LE(throttle.failed("h", now), LoginThrottle::kLongestDelay);
  EXPECT_EQ(throttle.delay("h", now), LoginThrottle::kLongestDelay);
  EXPECT_EQ(throttle.delay("other", now).count(), 0);
  EXPECT_EQ(throttle.delay("h", now + LoginThrottle::kForgetAfter * 2).count(), 0);
  throttle.succeeded("h");
  EXPECT_EQ(throttle.delay("h", now).count(), 0);
}

TEST(LoginThrottle, FewWaitAtOnce) {
  LoginThrottle throttle;
  (void)throttle.failed("h");
  for (uint32_t i = 0; i < LoginThrottle::kMaxWaitingPerHost; ++i) EXPECT_TRUE(throttle.begin_waiting("h"));
  EXPECT_FALSE(throttle.begin_waiting("h"));
  throttle.end_waiting("h");
  EXPECT_TRUE(throttle.begin_waiting("h"));
}

}  // namespace
}  // namespace sluice::door::mysql
