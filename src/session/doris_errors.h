// SPDX-License-Identifier: Apache-2.0
// Errors as Doris gives them: nearly all are 1105 with "errCode = 2, detailMessage = " before the text; the texts that
// its users match on begin as there; what was found wrong in the statement's text is named by line and position.
// Source of truth: ErrorCode.java and the analyzer of Doris. Functions without state: any thread.
#pragma once

#include "base/error.h"
#include "session/statement_text.h"

namespace sluice::session {

// What clients see of `error`, which a statement of this text ended with. `database` is the selected one. An error
// that has this form already stays as it is.
Error as_doris(Error error, const StatementText& text, std::string_view database);

// Without the words that Doris begins its texts with.
Error as_mysql(Error error);

}  // namespace sluice::session
