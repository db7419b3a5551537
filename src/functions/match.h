// SPDX-License-Identifier: Apache-2.0
// Bound calls of MATCH_ANY, MATCH_ALL, .. for those who know which index lies over the searched column. Thread rule of
// the binder.
#pragma once

#include "functions/text_tokens.h"
#include "pch/pch.h"

namespace sluice::functions {

// What a MATCH searches whose call names no parser; null for other expressions.
const duckdb::Expression* match_without_parser(const duckdb::Expression& expression);

// Makes such a call take its words as this index does.
void use_analysis(duckdb::ClientContext& context, duckdb::Expression& match, const TextAnalysis& analysis);

}  // namespace sluice::functions
