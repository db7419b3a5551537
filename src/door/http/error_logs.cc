// SPDX-License-Identifier: Apache-2.0
#include "door/http/error_logs.h"

#include "session/load_labels.h"

namespace sluice::door::http {

std::string ErrorLogs::add(const std::vector<session::LoadComplaint>& complaints) {
  std::string text;
  for (const auto& complaint : complaints)
    text += "Reason: " + complaint.reason + ". src line [" + complaint.record + "];\n";
  std::string name = session::LoadLabels::generate();
  std::lock_guard lock(mutex_);
  bytes_ += text.size();
  order_.push_back(name);
  logs_.emplace(name, std::move(text));
  while (order_.size() > kMaxLogs || (bytes_ > kMaxBytes && order_.size() > 1)) {
    auto oldest = logs_.find(order_.front());
    bytes_ -= oldest->second.size();
    logs_.erase(oldest);
    order_.pop_front();
  }
  return name;
}

std::optional<std::string> ErrorLogs::find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = logs_.find(name);
  return found == logs_.end() ? std::nullopt : std::optional<std::string>(found->second);
}

}  // namespace sluice::door::http
