// SPDX-License-Identifier: Apache-2.0
// The families of functions, a file each. Internal to src/functions.
#pragma once

namespace sluice::functions {

class Registry;

void add_families(Registry& registry);

void add_arithmetic(Registry& registry);            // + - * / DIV % and bits
void add_comparisons(Registry& registry);           // = <> < <= > >= <=> IN BETWEEN
void add_conditionals(Registry& registry);          // CASE, IF, COALESCE, conversions, truth
void add_number_aggregates(Registry& registry);     // SUM, AVG
void add_deviation_aggregates(Registry& registry);  // STDDEV, VARIANCE, COVAR
void add_moment_aggregates(Registry& registry);     // CORR, SKEWNESS, .., bits, truth
void add_collect_aggregates(Registry& registry);    // arrays and maps of values
void add_top_aggregates(Registry& registry);        // TOPN, COUNT_BY_ENUM, HISTOGRAM
void add_event_aggregates(Registry& registry);      // WINDOW_FUNNEL, SEQUENCE_MATCH, RETENTION
void add_quantile_functions(Registry& registry);    // PERCENTILE, QUANTILE_STATE
void add_bitmap_functions(Registry& registry);      // of single values
void add_bitmap_aggregates(Registry& registry);
void add_hll_functions(Registry& registry);  // HLL, APPROX_COUNT_DISTINCT
void add_combinators(Registry& registry);    // _STATE, _MERGE, _UNION, _FOREACH
void add_distinct_group_concat(Registry& registry);
void add_nullability(Registry& registry);  // NULLABLE, NON_NULLABLE, IGNORE, ASSERT_TRUE
void add_store(Registry& registry);
void add_sought(Registry& registry);             // the left side of IN (query)
void add_sized_conversions(Registry& registry);  // moments of so many digits
void add_match(Registry& registry);              // MATCH_ANY and its kin
void add_array_elements(Registry& registry);     // ARRAY_SIZE, ELEMENT_AT, ARRAY_CONTAINS, ARRAY_SLICE, ..
void add_array_flags(Registry& registry);        // ARRAY_FILTER, ARRAY_COUNT, ARRAY_SPLIT, ..
void add_array_making(Registry& registry);       // ARRAY, ARRAY_RANGE, ARRAY_ZIP, ARRAY_JOIN, MAP, STRUCT
void add_array_numbers(Registry& registry);      // ARRAY_SUM, ARRAY_DIFFERENCE, ..
void add_array_sets(Registry& registry);         // ARRAY_DISTINCT, ARRAY_UNION, ARRAY_SORT, ..
void add_json_asking(Registry& registry);        // JSON_CONTAINS, JSON_LENGTH, JSON_KEYS, ..
void add_json_making(Registry& registry);        // JSON_ARRAY, JSON_OBJECT, JSON_SET, ..
void add_json_reading(Registry& registry);       // JSON_PARSE, JSON_EXTRACT, GET_JSON_STRING, ..
void add_maps(Registry& registry);               // MAP_KEYS, STR_TO_MAP, what EXPLODE makes rows of

void add_date_shifts(Registry& registry);    // DAYS_ADD, MONTHS_DIFF, DATEDIFF
void add_date_rounding(Registry& registry);  // YEAR_FLOOR, DATE_TRUNC
void add_date_parts(Registry& registry);     // YEAR, WEEK, TO_DAYS, LAST_DAY
void add_date_formats(Registry& registry);   // DATE_FORMAT, UNIX_TIMESTAMP, CONVERT_TZ
void add_times(Registry& registry);          // TIMEDIFF, SEC_TO_TIME
void add_text_parts(Registry& registry);     // SUBSTRING, SPLIT_PART, LPAD, CONCAT
void add_text_split(Registry& registry);     // SPLIT_BY_STRING, TOKENIZE
void add_text_search(Registry& registry);    // LOCATE, FIELD, FIND_IN_SET
void add_text_changes(Registry& registry);   // TRIM, REPLACE, MASK, INITCAP
void add_partition_names(Registry& registry);
void add_text_codes(Registry& registry);           // HEX, CONV, TO_BASE64, UUID
void add_text_packing(Registry& registry);         // ENCODE_AS_INT, DECODE_AS_VARCHAR
void add_mysql_times(Registry& registry);          // TIME_FORMAT, PERIOD_ADD, TO_SECONDS
void add_urls(Registry& registry);                 // PARSE_URL, DOMAIN
void add_regular_expressions(Registry& registry);  // REGEXP, REGEXP_REPLACE, LIKE
void add_rounding(Registry& registry);             // ROUND, CEIL, FLOOR, TRUNCATE
void add_mathematics(Registry& registry);          // SQRT, LOG, GREATEST, RAND
void add_digests(Registry& registry);              // MD5, SHA2, MURMUR_HASH3_32
void add_ciphers(Registry& registry);              // AES_ENCRYPT, SM4_DECRYPT
void add_address_functions(Registry& registry);    // INET_ATON, TO_IPV6, CUT_IPV6
void add_shape_functions(Registry& registry);      // ST_POINT, ST_CONTAINS

}  // namespace sluice::functions
