// SPDX-License-Identifier: Apache-2.0
// Keys of S3 with wildcards, as Doris writes them: * and ? within a folder, ** beyond, [a-c], [!a], {a,b}, {1..3}.
// Immutable: any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::kernel {

class S3Pattern {
 public:
  explicit S3Pattern(std::string text);
  static bool is_one(std::string_view key) { return key.find_first_of("*?[{") != std::string_view::npos; }

  // What every key that matches begins with.
  std::string prefix() const { return text_.substr(0, text_.find_first_of("*?[{")); }
  bool matches(std::string_view key) const;

 private:
  std::string text_;
  std::vector<std::string> choices_;  // the text without braces
};

}  // namespace sluice::kernel
