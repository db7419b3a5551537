# SPDX-License-Identifier: Apache-2.0
"""Whether two results are the same, tolerant only to what SQL leaves open: last digits of doubles, order without ORDER BY,
and which of equal rows a LIMIT keeps."""
import datetime
import decimal
import math
import re

RELATIVE = 1e-9
# Doris' averages and quotients of decimals are decimals, cut off at four or more digits; the kernel's are doubles.
CUT_ABSOLUTE, CUT_RELATIVE = 1.01e-4, 1e-6


def plain(value):
    """One value as None, bool-free number, or text."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "surrogateescape")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    return value


def number(value):
    if isinstance(value, (int, float, decimal.Decimal)):
        return value
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value):
        return decimal.Decimal(value)
    return None


def same(got, wanted, text_is_number=False) -> bool:
    got, wanted = plain(got), plain(wanted)
    if got is None or wanted is None:
        return got is wanted
    if isinstance(wanted, str) and not text_is_number:
        return str(got) == wanted
    left, right = number(got), number(wanted)
    if left is None or right is None:
        return str(got) == str(wanted)
    if isinstance(left, float) and math.isnan(left):
        return isinstance(right, float) and math.isnan(right)
    if left == right:
        return True
    if is_cut(left, right):
        return math.isclose(float(left), float(right), rel_tol=CUT_RELATIVE, abs_tol=CUT_ABSOLUTE)
    exact = isinstance(right, int) or (isinstance(right, decimal.Decimal) and right == right.to_integral_value() and
                                       isinstance(left, (int, decimal.Decimal)) and left == int(left))
    return not exact and math.isclose(float(left), float(right), rel_tol=RELATIVE, abs_tol=1e-12)


def is_cut(got, wanted) -> bool:
    """Whether `got` is a decimal of at least four digits where `wanted` is a double."""
    if not isinstance(got, decimal.Decimal) or got.as_tuple().exponent > -4:
        return False
    return isinstance(wanted, float) or (isinstance(wanted, decimal.Decimal) and wanted.as_tuple().exponent < -8)


def same_row(got, wanted, text_is_number=False) -> bool:
    return len(got) == len(wanted) and all(same(a, b, text_is_number) for a, b in zip(got, wanted))


def sort_key(row):
    """An order that values off by some last digits do not change (almost always: then the rows are told as different)."""
    parts = []
    for value in map(plain, row):
        found = number(value)
        if value is None:
            parts.append((0, 0.0, ""))
        elif found is not None:
            parts.append((1, float(f"{float(found):.5g}"), ""))
        else:
            parts.append((2, 0.0, str(value)))
    return parts


def difference(got, wanted, ordered=True, text_is_number=False):
    """None when the results are the same, else what differs first."""
    got, wanted = list(got), list(wanted)
    if len(got) != len(wanted):
        return f"{len(got)} rows instead of {len(wanted)}; first: {got[:1]} instead of {wanted[:1]}"
    if not ordered:
        got, wanted = sorted(got, key=sort_key), sorted(wanted, key=sort_key)
    for index, (left, right) in enumerate(zip(got, wanted)):
        if not same_row(left, right, text_is_number):
            return f"row {index}: {tuple(left)} instead of {tuple(right)}"
    return None


def order_columns(sql: str, names) -> list:
    """Positions of the result's columns that the last ORDER BY names by alias, column or number."""
    found = re.findall(r"ORDER\s+BY\s+(.*?)(?:LIMIT\b[^()]*)?;?\s*$", sql, re.IGNORECASE | re.DOTALL)
    columns = []
    lower = [name.lower() for name in names]
    for item in (found[-1].split(",") if found else []):
        word = re.sub(r"\s+(ASC|DESC|NULLS\s+(FIRST|LAST))", "", item.strip(), flags=re.IGNORECASE).strip().lower()
        if word.isdigit():
            columns.append(int(word) - 1)
        elif word in lower:
            columns.append(lower.index(word))
    return columns


def check_query(sql: str, got, kernel, kernel_sql=None):
    """Compares `got` with the kernel's answer; asserts. `kernel` is a DuckDB connection."""
    kernel_sql = kernel_sql or sql
    answer = kernel.execute(kernel_sql)
    names = [column[0] for column in answer.description]
    wanted = answer.fetchall()
    if difference(got, wanted) is None:
        return
    problem = difference(got, wanted, ordered=False)
    limited = re.search(r"\bLIMIT\s+\d+(\s+OFFSET\s+\d+)?\s*;?\s*$", kernel_sql, re.IGNORECASE)
    assert problem is None or limited, problem
    columns = order_columns(kernel_sql, names)
    keys = difference([[row[c] for c in columns] for row in got], [[row[c] for c in columns] for row in wanted])
    assert keys is None, f"by the columns of ORDER BY: {keys}"
    if problem is not None:
        # The LIMIT cuts among equal rows: every row must be one that the query without LIMIT gives.
        everything = sorted(kernel.execute(kernel_sql[:limited.start()]).fetchall(), key=sort_key)
        place = 0
        for row in sorted(got, key=sort_key):
            while place < len(everything) and not same_row(row, everything[place]):
                place += 1
            assert place < len(everything), f"{tuple(row)} is no row of the kernel's answer; {problem}"
            place += 1
