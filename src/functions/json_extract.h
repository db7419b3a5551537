// SPDX-License-Identifier: Apache-2.0
// Bound trees over JSON for the other families: conversions from and to it, parts of it. JSON and VARIANT are one type,
// its values compact text. Internal to src/functions; thread rule of the binder.
#pragma once

#include "functions/registry.h"

namespace sluice::functions {

// Any value as JSON: text is parsed (NULL when it is none), numbers and truths stay, arrays, maps and structs become
// arrays and objects, other values strings.
BoundPtr to_json(duckdb::ClientContext& context, BoundPtr value);
// As VARIANT: the same, but text that is no JSON becomes a string.
BoundPtr to_variant(duckdb::ClientContext& context, BoundPtr value);
// As a part of a document: the same, but text becomes a string and NULL stays NULL.
BoundPtr to_json_part(duckdb::ClientContext& context, BoundPtr value);
// A JSON value as number, truth or text without quotes. Integers wrap into smaller types, as in Doris.
BoundPtr from_json(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target);
// The elements of a JSON array as ARRAY<JSON>; NULL for other values.
BoundPtr json_elements(BoundPtr value);
// The numbers of an ARRAY<JSON> as the nearest BIGINTs; NULL for other elements.
BoundPtr json_integers(BoundPtr elements);
// v['key'] and v[0] of JSON: arguments[0] is JSON.
BoundPtr json_element(Call& call);

// A private function that makes JSON or text of JSON; over arguments that have their types.
BoundPtr json_body(const char* name, BoundList arguments, LogicalType result, duckdb::scalar_function_t run);

}  // namespace sluice::functions
