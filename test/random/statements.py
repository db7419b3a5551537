# SPDX-License-Identifier: Apache-2.0
"""Random schemas and statements in Doris' dialect, from a seed.

A statement is made as a form with holes for literals, so that the same form can be written with several sets of literals: a plan
that was cached for one must answer the next. Answers do not depend on chance: LIMIT comes with ORDER BY over all columns,
functions of the time and of random numbers are not used, aggregates whose result depends on the order of rows are not either.
"""
import dataclasses
import random

INTEGERS = ("TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT")
TEXTS = ("VARCHAR(20)", "CHAR(8)", "STRING")
KINDS = ("int", "decimal", "double", "text", "date", "datetime", "bool", "array")


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    type: str
    kind: str
    nullable: bool


@dataclasses.dataclass(frozen=True)
class Table:
    name: str
    columns: tuple
    model: str       # '', 'DUPLICATE', 'UNIQUE', 'AGGREGATE'
    keys: tuple      # names
    create: str


class Literal:
    """A hole. The same hole may be in a form twice: then both get the same value."""

    def __init__(self, kind):
        self.kind = kind


def literal(rng, kind):
    if kind == "int":
        return str(rng.choice((0, 1, 2, 3, 7, 10, 100, -1, -5, 127, 128, 255, 1000, 32767, 65536, 2147483647, rng.randint(-1000, 1000))))
    if kind == "decimal":
        return rng.choice(("0.0", "0.5", "1.25", "-3.75", "99.99", "12345.678", f"{rng.randint(-9999, 9999) / 100:.2f}"))
    if kind == "double":
        return rng.choice(("1e0", "2.5e1", "-1e3", "1e-2", f"{rng.randint(-100, 100)}e0"))
    if kind == "text":
        return "'" + rng.choice(("", "a", "b", "ab", "abc", "Abc", "x y", "%", "12", "-7", "3.5", "2020-02-29", "ü", "it''s", "long text here",
                                 rng.choice("abcdef") * rng.randint(1, 9))) + "'"
    if kind == "date":
        return f"'{rng.choice((1970, 1999, 2000, 2020, 2024, 2038))}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}'"
    if kind == "datetime":
        return f"'{rng.choice((1970, 2000, 2020, 2024))}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}'"
    if kind == "bool":
        return rng.choice(("TRUE", "FALSE"))
    if kind == "array":
        return "[" + ", ".join(str(rng.randint(-3, 9)) for _ in range(rng.randint(1, 4))) + "]"
    raise ValueError(kind)


def column_type(rng, kind):
    if kind == "int":
        return rng.choice(INTEGERS)
    if kind == "decimal":
        precision = rng.choice((5, 9, 12, 18, 27, 38))
        return f"DECIMAL({precision}, {rng.choice((0, 1, 2, 4)) if precision > 5 else 2})"
    return {"double": "DOUBLE", "text": rng.choice(TEXTS), "date": "DATE", "datetime": rng.choice(("DATETIME", "DATETIME(3)", "DATETIME(6)")),
            "bool": "BOOLEAN", "array": "ARRAY<INT>"}[kind]


# How often each kind of expression is chosen where any will do.
EXPRESSIONS = {
    "int": ["({int} + {int})", "({int} - {int})", "({int} * {int})", "({int} % {int})", "({int} DIV {int})", "abs({int})", "sign({int})", "length({text})",
            "char_length({text})", "locate({text}, {text})", "year({date})", "month({datetime})", "day({date})", "datediff({date}, {date})",
            "cast({text} AS INT)", "cast({decimal} AS BIGINT)", "if({bool}, {int}, {int})", "coalesce({int}, {int})", "nullif({int}, {int})",
            "CASE WHEN {bool} THEN {int} ELSE {int} END", "CASE {int} WHEN {int} THEN {int} WHEN {int} THEN {int} END", "greatest({int}, {int})",
            "least({int}, {int})", "bitand({int}, {int})", "({int} & {int})", "({int} | {int})", "ascii({text})", "array_size({array})",
            "array_position({array}, {int})", "floor({double})", "dayofweek({date})", "weekofyear({date})", "timestampdiff(DAY, {datetime}, {datetime})",
            "hour({datetime})", "ifnull({int}, {int})", "- {int}", "element_at({array}, {int})", "array_max({array})", "size(split_by_string({text}, 'a'))"],
    "decimal": ["({decimal} + {decimal})", "({decimal} - {int})", "({decimal} * {decimal})", "({decimal} / {decimal})", "round({decimal}, 1)",
                "cast({int} AS DECIMAL(18, 2))", "cast({text} AS DECIMAL(12, 3))", "if({bool}, {decimal}, {decimal})", "coalesce({decimal}, {int})",
                "truncate({decimal}, 1)", "abs({decimal})", "greatest({decimal}, {decimal})", "({decimal} % {decimal})"],
    "double": ["({double} + {int})", "({double} * {double})", "({int} / {int})", "({double} - {decimal})", "sqrt(abs({double}))", "round({double}, 2)",
               "cast({int} AS DOUBLE)", "cast({text} AS DOUBLE)", "pow({int} % 5, 2)", "if({bool}, {double}, {double})", "ln(abs({double}) + 1)"],
    "text": ["concat({text}, {text})", "concat({text}, {int})", "upper({text})", "lower({text})", "substring({text}, {int}, 3)", "left({text}, 2)",
             "right({text}, 3)", "trim({text})", "replace({text}, 'a', {text})", "reverse({text})", "lpad({text}, 7, '*')", "cast({int} AS STRING)",
             "cast({date} AS STRING)", "cast({decimal} AS STRING)", "if({bool}, {text}, {text})", "coalesce({text}, {text})",
             "CASE WHEN {bool} THEN {text} END", "date_format({datetime}, '%Y-%m')", "concat_ws('-', {text}, {text})", "md5({text})", "hex({int})",
             "split_part({text}, 'b', 1)", "nullif({text}, {text})", "repeat({text}, 2)", "array_join({array}, ',')", "dayname({date})"],
    "date": ["date_add({date}, INTERVAL {int} % 100 DAY)", "to_date({datetime})", "last_day({date})", "cast({text} AS DATE)", "cast({datetime} AS DATE)",
             "if({bool}, {date}, {date})", "coalesce({date}, {date})", "date_trunc({date}, 'month')", "date_sub({date}, INTERVAL 1 MONTH)"],
    "datetime": ["date_add({datetime}, INTERVAL {int} % 1000 MINUTE)", "cast({date} AS DATETIME)", "cast({text} AS DATETIME)", "date_trunc({datetime}, 'hour')",
                 "if({bool}, {datetime}, {datetime})", "coalesce({datetime}, {date})", "days_add({datetime}, 3)"],
    "bool": ["({int} = {int})", "({int} < {int})", "({int} >= {decimal})", "({text} = {text})", "({text} LIKE {text})", "({text} <> {text})",
             "({date} < {date})", "({datetime} >= {date})", "({bool} AND {bool})", "({bool} OR {bool})", "(NOT {bool})", "({int} IS NULL)",
             "({text} IS NOT NULL)", "({int} IN ({int}, {int}, {int}))", "({text} NOT IN ({text}, {text}))", "({int} BETWEEN {int} AND {int})",
             "({decimal} <=> {decimal})", "({double} > {int})", "({int} = {text})", "array_contains({array}, {int})", "({date} BETWEEN {date} AND {date})",
             "({decimal} IN ({decimal}, {int}))", "(({int}, {int}) IN (({int}, {int}), ({int}, {int})))"],
    "array": ["array({int}, {int})", "array_sort({array})", "array_distinct({array})", "array_concat({array}, {array})", "array_slice({array}, 1, 2)",
              "array_map(x -> x + 1, {array})", "array_filter(x -> x > {int}, {array})", "if({bool}, {array}, {array})"],
}
AGGREGATES = {
    "int": ["count(*)", "count({any})", "count(DISTINCT {scalar})", "sum({int} % 1000)", "min({int})", "max({int})", "bit_xor({int})", "ndv({int})"],
    "decimal": ["sum({decimal})", "avg({decimal})", "min({decimal})", "max({decimal})", "avg({int} % 1000)"],
    "text": ["min({text})", "max({text})", "group_concat(DISTINCT {text} ORDER BY {same})"],
    "date": ["min({date})", "max({date})"],
    "bool": ["bool_or({bool})", "min({bool})"],
}
WINDOWS = ["sum({int} % 1000) OVER (PARTITION BY {scalar} ORDER BY {scalar})", "rank() OVER (ORDER BY {scalar}, {scalar})",
           "dense_rank() OVER (PARTITION BY {int} ORDER BY {text})", "count(*) OVER (PARTITION BY {scalar})", "max({text}) OVER (ORDER BY {int})",
           "min({int}) OVER (PARTITION BY {text})"]


class Generator:
    """Makes tables and forms. All choices come from one random.Random."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.tables = []

    # --- schemas and rows -----------------------------------------------------------------------------------
    def table(self, name):
        rng = self.rng
        columns = []
        for number in range(rng.randint(3, 8)):
            kind = rng.choice(KINDS[:-1] if number < 3 or rng.random() < 0.85 else KINDS)
            columns.append(Column(f"c{number}", column_type(rng, kind), kind, rng.random() < 0.8))
        model = rng.choice(("", "DUPLICATE", "UNIQUE", "AGGREGATE"))
        keys = []
        for column in columns[:3]:
            if column.kind in ("double", "array") or column.type == "STRING" or (model == "" and keys):
                break
            keys.append(column.name)
        if not keys:
            model = ""
        text = []
        for column in columns:
            how = ""
            if model == "AGGREGATE" and column.name not in keys:
                how = {"int": " MAX", "decimal": " SUM", "date": " MIN"}.get(column.kind, " REPLACE")
            text.append(f"{column.name} {column.type}{how}{' NULL' if column.nullable else ' NOT NULL'}")
        tail = f" {model} KEY({', '.join(keys)}) DISTRIBUTED BY HASH({keys[0]}) BUCKETS 1 PROPERTIES('replication_num'='1')" if model else ""
        made = Table(name, tuple(columns), model, tuple(keys), f"CREATE TABLE {name} ({', '.join(text)}){tail}")
        self.tables.append(made)
        return made

    def value(self, column):
        rng = self.rng
        if column.nullable and rng.random() < 0.15:
            return "NULL"
        if column.kind == "int":
            bits = {"TINYINT": 7, "SMALLINT": 15, "INT": 31, "BIGINT": 63, "LARGEINT": 126}[column.type]
            small = rng.randint(-9, 9)
            return str(rng.choice((small, small, small, rng.randint(-(2 ** bits), 2 ** bits - 1), 2 ** bits - 1)))
        if column.kind == "decimal":
            return f"{rng.randint(-99999, 99999) / 100:.2f}" if not column.type.startswith("DECIMAL(5") else f"{rng.randint(-9999, 9999) / 100:.2f}"
        if column.kind == "text" and column.type == "CHAR(8)":
            return "'" + rng.choice(("", "a", "ab", "abc", "xyz", "12")) + "'"
        return literal(rng, column.kind)

    def insert(self, table, rows):
        lines = ", ".join("(" + ", ".join(self.value(column) for column in table.columns) + ")" for _ in range(rows))
        return f"INSERT INTO {table.name} VALUES {lines}"

    # --- expressions ----------------------------------------------------------------------------------------
    def expression(self, kind, scope, depth):
        """A list of texts and literals. `scope` is a list of (qualified name, kind)."""
        rng = self.rng
        named = [name for name, of in scope if of == kind]
        if depth <= 0 or rng.random() < 0.25:
            if named and rng.random() < 0.8:
                return [rng.choice(named)]
            return [Literal(kind)]
        return self.fill(rng.choice(EXPRESSIONS[kind]), scope, depth - 1)

    def fill(self, form, scope, depth):
        """The form with an expression of the kind in each {kind}; {same} repeats the last one with its literals."""
        parts, at, filled = [], 0, []
        while True:
            begin = form.find("{", at)
            if begin < 0:
                return parts + [form[at:]]
            end = form.index("}", begin)
            kind = form[begin + 1:end]
            if kind == "any":
                kind = self.rng.choice(KINDS[:-1])
            if kind == "scalar":
                kind = self.rng.choice(("int", "text", "date", "bool", "decimal"))
            if kind != "same":
                filled = self.expression(kind, scope, depth)
            parts += [form[at:begin], *filled]
            at = end + 1

    # --- queries --------------------------------------------------------------------------------------------
    def source(self):
        """(parts of FROM, scope)."""
        rng = self.rng
        tables = [rng.choice(self.tables) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
        scope, parts = [], []
        for number, table in enumerate(tables):
            alias = f"t{number}"
            if rng.random() < 0.15:
                inner = [(column.name, column.kind) for column in table.columns]
                where = self.expression("bool", inner, 1)
                reference = ["(SELECT * FROM ", table.name, " WHERE ", *where, ") ", alias]
            else:
                reference = [f"{table.name} {alias}"]
            here = [(f"{alias}.{column.name}", column.kind) for column in table.columns]
            if number == 0:
                parts += reference
            else:
                left = [name for name, kind in scope if kind == "int"]
                right = [name for name, kind in here if kind == "int"]
                join = rng.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN"))
                if left and right:
                    on = [f"{rng.choice(left)} = {rng.choice(right)}"]
                    if rng.random() < 0.3:
                        on += [" AND ", *self.expression("bool", scope + here, 1)]
                else:
                    join, on = "JOIN", self.expression("bool", scope + here, 1)
                parts += [f" {join} ", *reference, " ON ", *on]
            scope += here
        return parts, scope

    def condition(self, scope):
        rng = self.rng
        roll = rng.random()
        if roll < 0.12:
            table = rng.choice(self.tables)
            inner = [("s." + column.name, column.kind) for column in table.columns]
            ints = [name for name, kind in inner if kind == "int"]
            if ints:
                outer = self.expression("int", scope, 1)
                return [*outer, rng.choice((" IN ", " NOT IN ")), f"(SELECT {rng.choice(ints)} FROM {table.name} s WHERE ", *self.expression("bool", inner, 1), ")"]
        if roll < 0.2:
            table = rng.choice(self.tables)
            inner = [("s." + column.name, column.kind) for column in table.columns]
            left, right = [n for n, k in scope if k == "int"], [n for n, k in inner if k == "int"]
            if left and right:
                return [rng.choice(("EXISTS ", "NOT EXISTS ")), f"(SELECT 1 FROM {table.name} s WHERE {rng.choice(right)} = {rng.choice(left)})"]
        return self.expression("bool", scope, 3)

    def query(self):
        """A form of SELECT."""
        rng = self.rng
        if rng.random() < 0.08:
            kinds = [rng.choice(("int", "text", "date")) for _ in range(rng.randint(1, 3))]
            first, second = (self.select(kinds, order=False) for _ in range(2))
            order = " ORDER BY " + ", ".join(str(i + 1) for i in range(len(kinds)))
            return [*first, rng.choice((" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ")), *second, order]
        return self.select([rng.choice(KINDS[:-1]) for _ in range(rng.randint(1, 4))])

    def select(self, kinds, order=True):
        rng = self.rng
        source, scope = self.source()
        where = [" WHERE ", *self.condition(scope)] if rng.random() < 0.7 else []
        grouped = rng.random() < 0.35
        outputs, groups, having = [], [], []
        if grouped:
            for kind in kinds:
                if kind in AGGREGATES and rng.random() < 0.6:
                    outputs.append(self.fill(rng.choice(AGGREGATES[kind]), scope, 1))
                else:
                    expression = self.expression(kind, scope, 2)
                    if any(isinstance(part, Literal) for part in expression):
                        named = [name for name, of in scope if of == kind]
                        expression = [rng.choice(named)] if named else ["max(", Literal(kind), ")"]
                    if expression[0] != "max(":
                        groups.append(expression)
                    outputs.append(expression)
            if rng.random() < 0.3:
                having = [" HAVING ", *self.fill("count(*) > {int}", [], 0)]
        else:
            windowed = order and rng.random() < 0.15
            outputs = [self.expression(kind, scope, 3) for kind in kinds]
            if windowed:
                outputs.append(self.fill(rng.choice(WINDOWS), scope, 0))
        parts = ["SELECT ", "DISTINCT " if not grouped and rng.random() < 0.1 else ""]
        for number, output in enumerate(outputs):
            parts += [", " if number else "", *output, f" AS o{number}"]
        parts += [" FROM ", *source, *where]
        if groups:
            parts.append(" GROUP BY ")
            for number, group in enumerate(groups):
                parts += [", " if number else "", *group]
        parts += having
        if order and rng.random() < 0.5:
            parts.append(" ORDER BY " + ", ".join(f"{number + 1}{rng.choice(('', ' DESC', ' ASC NULLS LAST'))}" for number in range(len(outputs))))
            if rng.random() < 0.5:
                parts.append(f" LIMIT {rng.choice((0, 1, 3, 10))}")
        return parts

    # --- writes ---------------------------------------------------------------------------------------------
    def write(self):
        """A form of INSERT, UPDATE or DELETE."""
        rng = self.rng
        table = rng.choice(self.tables)
        scope = [(column.name, column.kind) for column in table.columns]
        values = [column for column in table.columns if column.name not in table.keys]
        roll = rng.random()
        if roll < 0.6 or not values:
            return [self.insert(table, rng.randint(1, 5))]
        if roll < 0.8 and table.model in ("", "UNIQUE"):
            column = rng.choice(values)
            return [f"UPDATE {table.name} SET {column.name} = ", *self.expression(column.kind, scope, 1), " WHERE ", *self.expression("bool", scope, 2)]
        return [f"DELETE FROM {table.name} WHERE ", *self.expression("bool", scope if table.model != "AGGREGATE" else [
            (column.name, column.kind) for column in table.columns if column.name in table.keys], 1)]


def written(form, rng):
    """The text of a form with one choice of literals."""
    values = {}
    for part in form:
        if isinstance(part, Literal) and part not in values:
            values[part] = literal(rng, part.kind)
    return "".join(values.get(part, part) for part in form)
