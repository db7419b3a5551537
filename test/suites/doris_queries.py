# SPDX-License-Identifier: Apache-2.0
"""TPC-H's and TPC-DS' queries as Doris asks them: DuckDB's texts, changed where Doris has other parameters, columns or types.

A query is called as Doris' file of it: q01 to q22, q01 to q99; TPC-DS' 14, 23, 24 and 39 have two parts.
"""
import re

from harness import kernel as kernels

_DEVIATION = "CAST({0} / (CAST({1} AS DECIMAL({2})) + {3} + {4}) / {5} * 100 AS DECIMAL(7,2)) "


def _deviations(names, width, divisor):
    """Query 58's and 83's shares of three sums, each cut to two digits."""
    return [(f" {name} {short}_dev", " " + _DEVIATION.format(name, names[0], width, names[1], names[2], divisor) + f"{short}_dev")
            for name, short in ((name, name[:2]) for name in names)]


_PALE = [("'peach'", "'pale'"), ("c_birth_country <> upper", "c_birth_country = upper"),
         ("     AND c_current_addr_sk = ca_address_sk\n", "")]
_SHARES = [("100.0000", "100")]
_RATIOS = [("*1.0000", "")]

# name -> (text in DuckDB's query, text in Doris')
EDITS = {
    "q11": [*_RATIOS, ("       t_s_secyear.customer_preferred_cust_flag\nFROM", "       t_s_secyear.customer_preferred_cust_flag,\n"
                       "       t_s_secyear.customer_birth_country,\n       t_s_secyear.customer_login\nFROM")],
    "q12": _SHARES,
    "q20": _SHARES,
    "q24_1": _PALE,
    "q24_2": [*_PALE, ("'pale'", "'chiffon'")],
    "q31": _RATIOS,
    "q36": _RATIOS,
    "q39_2": [("ORDER BY inv1", "AND inv1.cov > 1.5\nORDER BY inv1")],
    "q58": [(f"/((ss_item_rev+cs_item_rev+ws_item_rev)/3) * 100 {short}_dev", f" {short}_dev") for short in ("ss", "cs", "ws")]
           + _deviations(("ss_item_rev", "cs_item_rev", "ws_item_rev"), "16,7", "3"),
    "q59": [("'Thursday'", "'Thursday '")],
    "q77": [("returns_ DESC", "sales")],
    "q78": [("(ss_qty*1.00)/(coalesce(ws_qty,0)+coalesce(cs_qty,0))", "CAST(ss_qty AS DECIMAL(10,2))/coalesce(ws_qty+cs_qty,1)"),
            ("cs_item_sk=ss_item_sk", "cs_item_sk=cs_item_sk"), ("OR coalesce(cs_qty, 0)>0", "AND coalesce(cs_qty, 0)>0")],
    "q83": [(f"({short}_item_qty*1.0000)/(sr_item_qty+cr_item_qty+wr_item_qty)/3.0000 * 100", f"{short}_item_qty") for short in ("sr", "cr", "wr")]
           + _deviations(("sr_item_qty", "cr_item_qty", "wr_item_qty"), "9,4", "3.0") + [("/3.0 average", "/3.00 average")],
    "q98": _SHARES,
    "q99": [("LOWER(cc_name) cc_name_lower", "cc_name"), ("cc_name_lower", "cc_name")],
}


def _week_of_stores(year, name):
    return f"""(SELECT 'store' channel, i_brand_id, i_class_id, i_category_id, sum(ss_quantity*ss_list_price) sales, count(*) number_sales
   FROM store_sales, item, date_dim
   WHERE ss_item_sk IN (SELECT ss_item_sk FROM cross_items) AND ss_item_sk = i_item_sk AND ss_sold_date_sk = d_date_sk
     AND d_week_seq = (SELECT d_week_seq FROM date_dim WHERE d_year = {year} AND d_moy = 12 AND d_dom = 11)
   GROUP BY i_brand_id, i_class_id, i_category_id
   HAVING sum(ss_quantity*ss_list_price) > (SELECT average_sales FROM avg_sales)) {name}"""


def _best_sales(channel, letters, item):
    return f"""SELECT {letters}_quantity*{letters}_list_price sales FROM {channel}_sales, date_dim
   WHERE d_year = 2000 AND d_moy = 2 AND {letters}_sold_date_sk = d_date_sk AND {item} IN (SELECT item_sk FROM frequent_ss_items)
     AND {letters}_bill_customer_sk IN (SELECT c_customer_sk FROM best_ss_customer)"""


# The other parts of two queries: what stands behind their tables instead.
ENDINGS = {
    "q14_2": f"""
SELECT *
FROM {_week_of_stores("1999 + 1", "this_year")},
     {_week_of_stores("1999", "last_year")}
WHERE this_year.i_brand_id = last_year.i_brand_id AND this_year.i_class_id = last_year.i_class_id
  AND this_year.i_category_id = last_year.i_category_id
ORDER BY this_year.channel, this_year.i_brand_id, this_year.i_class_id, this_year.i_category_id
LIMIT 100""",
    "q23_1": f"""
SELECT sum(sales)
FROM ({_best_sales("catalog", "cs", "cs_item_sk")}
   UNION ALL {_best_sales("web", "ws", "ws_item_sk")}) y
LIMIT 100""",
}
PARTS = {number: (f"q{number}_1", f"q{number}_2") for number in (14, 23, 24, 39)}


def changed(text, edits, ending):
    if ending:
        text = text[:text.index("\nSELECT")] + ending
    # Doris' order of NULLs without a word is the one that DuckDB's texts ask for.
    text = re.sub(r"\s+NULLS (FIRST|LAST)", "", text)
    for before, after in edits:
        assert before in text, f"{before!r} is not in the query"
        text = text.replace(before, after)
    return text


def names(suite) -> list:
    numbers = range(1, 23) if suite == "tpch" else range(1, 100)
    return [name for number in numbers for name in (PARTS.get(number) if suite == "tpcds" else None) or (f"q{number:02}",)]


def queries(kernel, suite) -> dict:
    """name -> text."""
    texts = kernels.queries(kernel, suite)
    of_tpcds = suite == "tpcds"
    return {name: changed(texts[int(name[1:3])], EDITS.get(name, []) if of_tpcds else [], ENDINGS.get(name) if of_tpcds else None)
            for name in names(suite)}
