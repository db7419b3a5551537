// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/features.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/json_text.h"

namespace sluice::timeseries {
namespace {

void append_member(std::string& json, std::string_view name, std::string_view value) {
  if (json.back() != '{') json += ',';
  append_json_string(json, name);
  json += ':';
  append_json_string(json, value);
}

template <typename Items, typename Append>
void append_array(std::string& json, std::string_view name, const Items& items, Append append) {
  if (!name.empty()) {
    json += ',';
    append_json_string(json, name);
    json += ':';
  }
  json += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) json += ',';
    first = false;
    append(item);
  }
  json += ']';
}

void append_field(std::string& json, const FeatureField& field) {
  const auto append_parts = [&json](const FeatureField& part) { append_field(json, part); };
  const auto append_option = [&json](std::string_view option) { append_json_string(json, option); };
  const auto append_rule = [&json](const FeatureRule& rule) {
    json += '{';
    append_member(json, "expression", rule.expression);
    append_member(json, "type", "js");
    append_member(json, "message", rule.message);
    json += '}';
  };
  const bool compound = !field.parts.empty();
  json += '{';
  append_member(json, "name", field.name);
  append_member(json, "label", field.label);
  if (!compound) append_member(json, "description", field.description);
  json += ",\"optional\":false";
  append_member(json, "type", field.type);
  if (compound) {
    json += ",\"multiline\":false";
    append_array(json, "properties", field.parts, append_parts);
  } else {
    append_array(json, "options", field.options, append_option);
    append_member(json, "defaultValue", field.default_value);
    append_member(json, "autocomplete", field.autocomplete);
    json += ",\"multiline\":false";
    append_array(json, "validations", field.rules, append_rule);
  }
  json += '}';
}

void append_processors(std::string& json, std::string_view name, std::span<const FeatureProcessor> processors) {
  append_array(json, name, processors, [&json](const FeatureProcessor& processor) {
    json += '{';
    append_member(json, "name", processor.name);
    append_member(json, "label", processor.label);
    append_member(json, "description", processor.description);
    append_array(json, "properties", processor.fields,
                 [&json](const FeatureField& field) { append_field(json, field); });
    json += '}';
  });
}

}  // namespace

std::string features_json() {
  std::string json;
  append_array(json, "", feature_families(), [&json](const FeatureFamily& family) {
    json += '{';
    append_member(json, "name", family.name);
    append_member(json, "label", family.label);
    append_processors(json, "properties", family.processors);
    json += '}';
  });
  return json;
}

tl::expected<std::string, ParseOutcome> feature_json(std::string_view feature) {
  std::string name(feature);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const FeatureFamily& family : feature_families()) {
    if (family.name != name) continue;
    std::vector<FeatureProcessor> by_name(family.processors.begin(), family.processors.end());
    std::ranges::sort(by_name, {}, &FeatureProcessor::name);
    std::string json;
    append_processors(json, "", by_name);
    return json;
  }
  return tl::unexpected(ParseOutcome{404, {"Unknown feature '" + name + "'"}});
}

}  // namespace sluice::timeseries
