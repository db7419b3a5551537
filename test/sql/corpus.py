# SPDX-License-Identifier: Apache-2.0
"""Reads *.test files (README.md says how they look)."""
import dataclasses
import pathlib


@dataclasses.dataclass
class Block:
    line: int
    kind: str                 # "ok", "count", "error" or "query"
    sql: str
    number: int = 0           # affected rows or error number
    text: str = ""            # part of the error's message
    rows: list = dataclasses.field(default_factory=list)
    names: list = None
    ordered: bool = True
    skip: set = dataclasses.field(default_factory=set)


def value_of(text: str):
    if text == "NULL":
        return None
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\") if "\\" in text else text


def parse(path: pathlib.Path) -> list:
    blocks, lines = [], path.read_text(encoding="utf-8").split("\n")
    at = 0
    while at < len(lines):
        if not lines[at].strip() or lines[at].startswith("#"):
            at += 1
            continue
        begin, part = at, []
        while at < len(lines) and lines[at].strip(" ") != "":
            if not lines[at].startswith("#"):
                part.append(lines[at])
            at += 1
        skip = set()
        while part[0].startswith("skip "):
            skip.add(part.pop(0).split()[1])
        words, rest = part[0].split(), part[1:]
        block = Block(begin + 1, words[0], "", skip=skip)
        if words[0] == "statement":
            block.kind = words[1]
            block.number = int(words[2]) if len(words) > 2 else 0
            block.text = " ".join(words[3:])
            block.sql = "\n".join(rest)
        elif words[0] == "query":
            divider = rest.index("----")
            block.sql = "\n".join(rest[:divider])
            rows = [[value_of(value) for value in row.split("\t")] for row in rest[divider + 1:]]
            if "names" in words:
                block.names = rest[divider + 1].split("\t")
                rows.pop(0)
            block.rows, block.ordered = rows, "sorted" not in words
        else:
            raise ValueError(f"{path}:{begin + 1}: {part[0]!r} is no first line of a block")
        blocks.append(block)
    return blocks
