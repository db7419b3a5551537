// SPDX-License-Identifier: Apache-2.0
// What REVERSE means for a text. Internal to src/functions; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// The call over one argument, as text: its characters from the last to the first; of bytes that are no UTF-8 each
// counts as one.
BoundPtr bind_reversed_text(Call& call);

}  // namespace sluice::functions
