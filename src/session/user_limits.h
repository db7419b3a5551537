// SPDX-License-Identifier: Apache-2.0
// What Doris' properties of a user (SET PROPERTY) mean to a session of theirs that begins. Functions without state; any
// thread.
#pragma once

#include "session/services.h"
#include "session/session.h"

namespace sluice::session {

// query_timeout and insert_timeout become the session's. Error 1203: with it the user has more sessions than
// max_user_connections; a user without that property has no such limit.
Status obey_user_properties(Services& services, Session& session);

// Why a property cannot have the value; empty: it can.
std::string refused_user_property(const std::string& name, const std::string& value);

}  // namespace sluice::session
