// SPDX-License-Identifier: Apache-2.0
// The reference of functions for people, written from the registry. Pure: no thread rule.
#pragma once

#include <string>

namespace sluice::functions {

// Markdown: a section a family, a table row a function with its signatures, aliases and one sentence.
std::string reference();

}  // namespace sluice::functions
