// SPDX-License-Identifier: Apache-2.0
// How the tables of settings write their rows. Constant expressions.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/settings.h"

namespace sluice::server {

constexpr SettingDefinition setting(std::string_view key, SettingKind kind, std::string_view value,
                                    std::string_view doc, int64_t min = INT64_MIN, int64_t max = INT64_MAX) {
  SettingDefinition it;
  it.key = key;
  it.kind = kind;
  it.default_text = value;
  it.doc = doc;
  it.min = min;
  it.max = max;
  return it;
}
constexpr SettingDefinition choice(std::string_view key, std::string_view value, std::string_view choices,
                                   std::string_view doc) {
  SettingDefinition it = setting(key, SettingKind::kChoice, value, doc);
  it.choices = choices;
  return it;
}
constexpr SettingDefinition secret(SettingDefinition it) {
  it.secret = true;
  return it;
}
constexpr SettingDefinition expert(SettingDefinition it) {
  it.expert = true;
  return it;
}

}  // namespace sluice::server
