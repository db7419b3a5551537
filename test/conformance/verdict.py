# SPDX-License-Identifier: Apache-2.0
"""Judges rows of a MySQL answer against recorded rows.

Cells are compared as the texts that Connector/J's getObject().toString() gives, because the recordings were made through it: the
column's type and length decide about BOOLEAN and DATETIME, so wrong metadata is a wrong answer.
"""
import decimal
import re

KINDS = {0: "DECIMAL", 246: "DECIMAL", 4: "FLOAT", 5: "DOUBLE", 10: "DATE", 12: "DATETIME", 7: "DATETIME"}
INTEGER_TYPES = (1, 2, 3, 8, 9)
RELATIVE_TOLERANCE = 1e-8
DATETIME = re.compile(r"(\d+-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?")
BOOLEANS = {"true": "1", "false": "0"}


def kind(field) -> str:
    return KINDS.get(field.type_code, "INT" if field.type_code in INTEGER_TYPES else "")


def jdbc_text(raw, field):
    """The text that Connector/J shows for a cell of the text protocol, None for NULL."""
    if raw is None:
        return None
    if isinstance(raw, (bytes, bytearray)):
        raw = bytes(raw).decode("utf-8", "replace")
    if field.type_code == 1 and field.length == 1:
        return "false" if raw == "0" else "true"
    if field.type_code in (7, 12):
        match = DATETIME.fullmatch(raw)
        if match:
            return _local_date_time(*match.groups())
    return raw


def _local_date_time(day, minute, second, fraction):
    """java.time.LocalDateTime.toString(): no zero seconds, fractions of 3, 6 or 9 digits."""
    second, fraction = second or "00", (fraction or "").rstrip("0")
    text = f"{day}T{minute}"
    if second != "00" or fraction:
        text += ":" + second
    if fraction:
        text += "." + fraction.ljust(next(width for width in (3, 6, 9) if len(fraction) <= width), "0")
    return text


def _number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _decimals(text) -> int:
    return len(text.split(".")[1]) if "." in text else 0


def _numbers_equal(expected, got, tolerance) -> bool:
    a, b = _number(expected), _number(got)
    if a is None or b is None:
        return expected.lower().replace("infinity", "inf") == got.lower().replace("infinity", "inf")
    if a != a or b != b:
        return a != a and b != b
    if a == b or abs(a - b) <= tolerance * max(abs(a), abs(b)):
        return True
    if "e" in expected.lower() or "e" in got.lower() or _decimals(expected) == _decimals(got):
        return False
    short, long = sorted((expected, got), key=_decimals)
    try:
        rounded = decimal.Decimal(long).quantize(decimal.Decimal(1).scaleb(-_decimals(short)), rounding=decimal.ROUND_HALF_UP)
        return rounded == decimal.Decimal(short)
    except decimal.InvalidOperation:
        return False


def cells_equal(expected, got, cell_kind, tolerance=RELATIVE_TOLERANCE) -> bool:
    if expected is None or got is None:
        return expected is None and got is None
    if expected == got:
        return True
    if cell_kind in ("FLOAT", "DOUBLE", "DECIMAL"):
        return _numbers_equal(expected, got, tolerance)
    if cell_kind in ("DATE", "DATETIME"):
        return expected.replace("T", " ") == got.replace("T", " ")
    return False


def _canonical_date_time(text):
    match = DATETIME.fullmatch(text)
    if not match:
        return text
    day, minute, second, fraction = match.groups()
    return f"{day} {minute}:{second or '00'}.{(fraction or '').rstrip('0')}"


def cells_alike(expected, got, cell_kind) -> bool:
    """The value is right, its type or format is not."""
    if cells_equal(expected, got, cell_kind):
        return True
    if expected is None or got is None:
        return False
    if BOOLEANS.get(expected, expected) == BOOLEANS.get(got, got):
        return True
    integers = re.fullmatch(r"-?\d+", expected) and re.fullmatch(r"-?\d+", got)
    if not (integers and int(expected) != int(got)) and cells_equal(expected, got, "DOUBLE", 0 if integers else 1e-6):
        return True
    if _canonical_date_time(expected) == _canonical_date_time(got):
        return True
    return re.sub(r"\s+", "", expected) == re.sub(r"\s+", "", got)


def _sort_key(row):
    return [(0, b"") if cell is None else (1, cell.encode("utf-16-be", "surrogatepass")) for cell in row]


def _all(expected, rows, kinds, same) -> bool:
    return all(same(a, b, kinds[column] if column < len(kinds) else "")
               for wanted, got in zip(expected, rows) for column, (a, b) in enumerate(zip(wanted, got)))


def judge(expected, rows, kinds, any_order) -> str:
    """'pass', or what is wrong: 'rows' (their number), 'cols', 'value', 'order', 'format'."""
    if any_order:
        rows = sorted(rows, key=_sort_key)
    if len(expected) != len(rows):
        return "rows"
    if not expected:
        return "pass"
    if any(len(wanted) != len(got) for wanted, got in zip(expected, rows)):
        return "cols"
    if _all(expected, rows, kinds, cells_equal):
        return "pass"
    sorted_expected, sorted_rows = sorted(expected, key=_sort_key), sorted(rows, key=_sort_key)
    if _all(sorted_expected, sorted_rows, kinds, cells_equal):
        return "pass" if any_order else "order"
    if _all(expected, rows, kinds, cells_alike) or (any_order and _all(sorted_expected, sorted_rows, kinds, cells_alike)):
        return "format"
    return "order" if _all(sorted_expected, sorted_rows, kinds, cells_alike) else "value"
