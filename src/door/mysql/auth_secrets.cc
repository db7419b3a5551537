// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/auth_secrets.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

namespace sluice::door::mysql {

Scramble make_scramble() {
  constexpr uint8_t kFirst = 33;  // '!'
  constexpr uint8_t kCount = 93;  // '!' to '}', and '~' stands in for '$'
  Scramble scramble;
  if (RAND_bytes(scramble.data(), static_cast<int>(scramble.size())) != 1) std::abort();
  for (uint8_t& byte : scramble) {
    byte = static_cast<uint8_t>(kFirst + byte % kCount);
    if (byte == '$') byte = '~';
  }
  return scramble;
}

void PasswordKey::KeyDelete::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

Result<EVP_PKEY*> PasswordKey::key() {
  constexpr size_t kBits = 2048;
  std::lock_guard lock(mutex_);
  if (!key_) key_.reset(EVP_RSA_gen(kBits));
  if (!key_) return fail(Code::kInternal, "RSA key generation failed");
  return key_.get();
}

Result<std::string> PasswordKey::public_pem() {
  EVP_PKEY* key = TRY(this->key());
  std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  if (!memory || PEM_write_bio_PUBKEY(memory.get(), key) != 1) return fail(Code::kInternal, "RSA key does not encode");
  char* text = nullptr;
  long length = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<size_t>(length));
}

Result<std::string> PasswordKey::decrypt(std::string_view cipher, std::span<const uint8_t> scramble) {
  EVP_PKEY* key = TRY(this->key());
  auto denied = [] { return fail(Code::kUnauthenticated, "the encrypted password does not decrypt"); };
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key, nullptr),
                                                                      &EVP_PKEY_CTX_free);
  auto* in = reinterpret_cast<const uint8_t*>(cipher.data());
  size_t length = static_cast<size_t>(EVP_PKEY_get_size(key));
  if (!context || cipher.size() != length || EVP_PKEY_decrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1) {
    return denied();
  }
  std::string plain(length, '\0');
  if (EVP_PKEY_decrypt(context.get(), reinterpret_cast<uint8_t*>(plain.data()), &length, in, cipher.size()) != 1) {
    return denied();
  }
  plain.resize(length);
  for (size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<char>(plain[i] ^ scramble[i % scramble.size()]);
  if (plain.empty() || plain.back() != '\0') return denied();
  plain.pop_back();
  return plain;
}

}  // namespace sluice::door::mysql
