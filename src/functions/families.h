// SPDX-License-Identifier: Apache-2.0
// The families of functions, a file each. Internal to src/functions.
#pragma once

namespace sluice::functions {

class Registry;

void add_families(Registry& registry);

void add_arithmetic(Registry& registry);        // + - * / DIV % and bits
void add_comparisons(Registry& registry);       // = <> < <= > >= <=> IN BETWEEN
void add_conditionals(Registry& registry);      // CASE, IF, COALESCE, conversions, truth
void add_number_aggregates(Registry& registry);  // SUM, AVG

void add_date_shifts(Registry& registry);        // DAYS_ADD, MONTHS_DIFF, DATEDIFF
void add_date_rounding(Registry& registry);      // YEAR_FLOOR, DATE_TRUNC
void add_date_parts(Registry& registry);         // YEAR, WEEK, TO_DAYS, LAST_DAY
void add_date_formats(Registry& registry);       // DATE_FORMAT, UNIX_TIMESTAMP, CONVERT_TZ
void add_times(Registry& registry);              // TIMEDIFF, SEC_TO_TIME
void add_text_parts(Registry& registry);         // SUBSTRING, SPLIT_PART, LPAD, CONCAT
void add_text_search(Registry& registry);        // LOCATE, FIELD, FIND_IN_SET
void add_text_changes(Registry& registry);       // TRIM, REPLACE, MASK, INITCAP
void add_text_codes(Registry& registry);         // HEX, CONV, TO_BASE64, UUID
void add_urls(Registry& registry);               // PARSE_URL, DOMAIN
void add_regular_expressions(Registry& registry);  // REGEXP, REGEXP_REPLACE, LIKE
void add_rounding(Registry& registry);           // ROUND, CEIL, FLOOR, TRUNCATE
void add_mathematics(Registry& registry);        // SQRT, LOG, GREATEST, RAND
void add_digests(Registry& registry);            // MD5, SHA2, MURMUR_HASH3_32
void add_ciphers(Registry& registry);            // AES_ENCRYPT, SM4_DECRYPT
void add_address_functions(Registry& registry);  // INET_ATON, TO_IPV6, CUT_IPV6
void add_shape_functions(Registry& registry);    // ST_POINT, ST_CONTAINS
void add_markers(Registry& registry);            // NULLABLE, IS_NULL_PRED, ASSERT_TRUE

}  // namespace sluice::functions
