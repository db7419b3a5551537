// SPDX-License-Identifier: Apache-2.0
#include "session/query_profiles.h"

#include <algorithm>

#include "session/show_rows.h"

namespace sluice::session {
namespace {

void cut(std::string& text) {
  if (text.size() <= QueryProfiles::kMostTextBytes) return;
  size_t end = QueryProfiles::kMostTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  text.shrink_to_fit();
}

}  // namespace

void QueryProfiles::add(QueryProfile profile) {
  cut(profile.statement);
  cut(profile.operators);
  auto kept = std::make_shared<const QueryProfile>(std::move(profile));
  std::lock_guard lock(mutex_);
  profiles_.push_front(std::move(kept));
  if (profiles_.size() > kMostProfiles) profiles_.pop_back();
}

std::vector<std::shared_ptr<const QueryProfile>> QueryProfiles::list() const {
  std::lock_guard lock(mutex_);
  return {profiles_.begin(), profiles_.end()};
}

std::shared_ptr<const QueryProfile> QueryProfiles::find(std::string_view id) const {
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find_if(profiles_, [&](const auto& profile) { return profile->id == id; });
  return found == profiles_.end() ? nullptr : *found;
}

std::string profile_text(const QueryProfile& profile) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(profile.ended - profile.began);
  std::string text = "Summary:\n";
  const auto line = [&](const char* name, const std::string& value) {
    text += "   - " + std::string(name) + ": " + value + "\n";
  };
  line("Profile ID", profile.id);
  line("Task Type", profile.task);
  line("Start Time", time_text(profile.began));
  line("End Time", time_text(profile.ended));
  line("Total", std::to_string(took.count()) + "ms");
  line("Task State", profile.state);
  line("User", profile.user);
  line("Default Catalog", "internal");
  line("Default Db", profile.database);
  line("Sql Statement", profile.statement);
  text += "Execution:\n";
  text += profile.operators.empty() ? "   (answered without operators)\n" : profile.operators;
  return text;
}

}  // namespace sluice::session
