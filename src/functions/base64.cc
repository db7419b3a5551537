// SPDX-License-Identifier: Apache-2.0
#include "functions/base64.h"

#include "duckdb/common/types/blob.hpp"

namespace sluice::functions {

std::string to_base64(std::string_view bytes) {
  const duckdb::string_t input(bytes.data(), static_cast<uint32_t>(bytes.size()));
  std::string text(duckdb::Blob::ToBase64Size(input), '\0');
  duckdb::Blob::ToBase64(input, text.data());
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  for (char c : text.substr(0, text.size() - padding)) {
    if (!is_digit(c)) return std::nullopt;
  }
  const duckdb::string_t input(text.data(), static_cast<uint32_t>(text.size()));
  std::string bytes(duckdb::Blob::FromBase64Size(input), '\0');
  duckdb::Blob::FromBase64(input, reinterpret_cast<duckdb::data_ptr_t>(bytes.data()), bytes.size());
  return bytes;
}

}  // namespace sluice::functions
