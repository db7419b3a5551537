// SPDX-License-Identifier: Apache-2.0
// AES_ENCRYPT, AES_DECRYPT, SM4_ENCRYPT, SM4_DECRYPT in the modes of block_encryption_mode, which the dialect hands on
// as the fourth argument; NULL for what does not decrypt.
#include <openssl/err.h>
#include <openssl/evp.h>

#include "functions/families.h"
#include "functions/rows.h"

namespace sluice::functions {
namespace {

using View = std::string_view;
using Text = std::optional<std::string_view>;

constexpr size_t kTagSize = 16;    // bytes behind what GCM encrypted
constexpr size_t kGcmVector = 12;  // bytes before it

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes(View text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// AES_256_CBC is aes-256-cbc, SM4_128_ECB is sm4-ecb.
const EVP_CIPHER* cipher_of(View mode, bool sm4) {
  std::string name = duckdb::StringUtil::Lower(std::string(mode));
  std::replace(name.begin(), name.end(), '_', '-');
  if (name.starts_with("sm4-128")) name.erase(3, 4);
  const bool known = name.starts_with(sm4 ? "sm4-" : "aes-");
  const EVP_CIPHER* cipher = known ? EVP_get_cipherbyname(name.c_str()) : nullptr;
  if (!cipher) {
    throw duckdb::InvalidInputException(
        "'%s' is no mode of encryption; these are for example %s", std::string(mode),
        sm4 ? "SM4_128_ECB and SM4_128_CBC" : "AES_128_ECB, AES_256_CBC and AES_128_GCM");
  }
  return cipher;
}

// As MySQL does: the bytes of a longer key are laid over each other.
std::string folded_key(View key, size_t size) {
  std::string result(size, '\0');
  for (size_t i = 0; i < key.size(); ++i) result[i % size] = static_cast<char>(result[i % size] ^ key[i]);
  return result;
}
// A shorter initial vector is filled up.
std::string filled_vector(View vector, size_t size) {
  std::string result = "DORISDORISDORIS_";
  vector = vector.substr(0, vector.find('\0'));
  result.replace(0, std::min(vector.size(), size), vector.substr(0, size));
  result.resize(size);
  return result;
}

std::optional<std::string> run_cipher(const EVP_CIPHER* cipher, bool encrypt, View text, View key, std::string vector,
                                      View tag, View additional, std::string* made_tag) {
  ContextPtr context(EVP_CIPHER_CTX_new());
  const std::string folded = folded_key(key, static_cast<size_t>(EVP_CIPHER_get_key_length(cipher)));
  const bool gcm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_GCM_MODE;
  std::string result(text.size() + EVP_MAX_BLOCK_LENGTH, '\0');
  int size = 0;
  int rest = 0;
  bool good = EVP_CipherInit_ex(context.get(), cipher, nullptr, nullptr, nullptr, encrypt) == 1;
  if (gcm) {
    good = good &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(vector.size()), nullptr) == 1;
  }
  good = good && EVP_CipherInit_ex(context.get(), nullptr, nullptr, bytes(folded),
                                   vector.empty() ? nullptr : bytes(vector), encrypt) == 1;
  if (gcm && !additional.empty()) {
    good = good &&
           EVP_CipherUpdate(context.get(), nullptr, &size, bytes(additional), static_cast<int>(additional.size())) == 1;
  }
  good = good && EVP_CipherUpdate(context.get(), bytes(result), &size, bytes(text), static_cast<int>(text.size())) == 1;
  if (gcm && !encrypt) {
    std::string expected(tag);
    good = good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, expected.data()) == 1;
  }
  good = good && EVP_CipherFinal_ex(context.get(), bytes(result) + size, &rest) == 1;
  if (gcm && encrypt) {
    made_tag->resize(kTagSize);
    good = good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, made_tag->data()) == 1;
  }
  if (!good) {
    ERR_clear_error();
    return std::nullopt;
  }
  result.resize(static_cast<size_t>(size) + static_cast<size_t>(rest));
  return result;
}

struct Arguments {
  View text, key, vector, mode, additional;
};
// text, key, initial vector, mode, additional data
std::optional<Arguments> arguments_of(std::span<const Text> values, bool sm4) {
  Arguments arguments;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) return std::nullopt;
  }
  arguments.text = *values[0];
  arguments.key = *values[1];
  arguments.vector = values.size() > 2 ? *values[2] : View();
  arguments.mode = values.size() > 3 && !values[3]->empty() ? *values[3] : View(sm4 ? "SM4_128_ECB" : "AES_128_ECB");
  arguments.additional = values.size() > 4 ? *values[4] : View();
  return arguments;
}

template <bool sm4>
std::optional<std::string> encrypt(std::span<const Text> values) {
  auto arguments = arguments_of(values, sm4);
  if (!arguments) return std::nullopt;
  const EVP_CIPHER* cipher = cipher_of(arguments->mode, sm4);
  const bool gcm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_GCM_MODE;
  std::string vector;
  if (gcm && arguments->vector.size() >= kGcmVector)
    vector = arguments->vector.substr(0, kGcmVector);
  else
    vector = filled_vector(arguments->vector, gcm ? kGcmVector : static_cast<size_t>(EVP_CIPHER_get_iv_length(cipher)));
  std::string tag;
  auto result = run_cipher(cipher, true, arguments->text, arguments->key, vector, {}, arguments->additional, &tag);
  if (!result || !gcm) return result;
  return vector + *result + tag;
}
template <bool sm4>
std::optional<std::string> decrypt(std::span<const Text> values) {
  auto arguments = arguments_of(values, sm4);
  if (!arguments) return std::nullopt;
  const EVP_CIPHER* cipher = cipher_of(arguments->mode, sm4);
  View text = arguments->text;
  if (EVP_CIPHER_get_mode(cipher) != EVP_CIPH_GCM_MODE) {
    return run_cipher(cipher, false, text, arguments->key,
                      filled_vector(arguments->vector, static_cast<size_t>(EVP_CIPHER_get_iv_length(cipher))), {}, {},
                      nullptr);
  }
  if (text.size() < kGcmVector + kTagSize) return std::nullopt;
  const View tag = text.substr(text.size() - kTagSize);
  const std::string vector(text.substr(0, kGcmVector));
  text = text.substr(kGcmVector, text.size() - kGcmVector - kTagSize);
  return run_cipher(cipher, false, text, arguments->key, vector, tag, arguments->additional, nullptr);
}

}  // namespace

void add_ciphers(Registry& registry) {
  add_variadic_rows<encrypt<false>>(
      registry.add("aes_encrypt", "Text encrypted by AES: text, key, initial vector, mode, additional data.")
          .own_nulls(),
      2);
  add_variadic_rows<decrypt<false>>(registry.add("aes_decrypt", "What aes_encrypt() encrypted.").own_nulls(), 2);
  add_variadic_rows<encrypt<true>>(
      registry.add("sm4_encrypt", "Text encrypted by SM4: text, key, initial vector, mode.").own_nulls(), 2);
  add_variadic_rows<decrypt<true>>(registry.add("sm4_decrypt", "What sm4_encrypt() encrypted.").own_nulls(), 2);
}

}  // namespace sluice::functions
