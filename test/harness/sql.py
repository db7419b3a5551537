# SPDX-License-Identifier: Apache-2.0
"""SQL that every server of the tests understands."""


def numbers(count: int) -> str:
    """A derived table with one column `n` of 0 to count - 1 (at most 1,000,000), to stand after FROM."""
    places = len(str(count - 1))
    digits = "(" + " UNION ALL ".join(f"SELECT {digit}{' AS d' if digit == 0 else ''}" for digit in range(10)) + ")"
    total = " + ".join(f"{10 ** place} * p{place}.d" for place in range(places))
    tables = ", ".join(f"{digits} p{place}" for place in range(places))
    return f"(SELECT {total} AS n FROM {tables} WHERE {total} < {count}) numbers"
