# SPDX-License-Identifier: Apache-2.0
"""JSON with one thing wrong: a value of another type, a member less or more, a byte too many."""
import copy
import random

ODD_VALUES = [None, True, "x", "", -1, 0, 1.5, "7", [], {}, [1], {"a": 1}, [[]], "null", " ", "9" * 25, "1e3", False]


def places(value, path=()):
    """Paths of all values below one, that of each member and element."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from places(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield (*path, index)
            yield from places(element, (*path, index))


def with_odd_value(draw: random.Random, value):
    """A copy with one value changed, left out, doubled or renamed."""
    made = copy.deepcopy(value)
    path = draw.choice(list(places(made)) or [()])
    if not path:
        return made
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    what = draw.choice(["change", "change", "change", "drop", "more"])
    if what == "change":
        holder[last] = draw.choice(ODD_VALUES)
    elif what == "drop":
        del holder[last]
    elif isinstance(holder, list):
        holder.insert(last, draw.choice([holder[last], *ODD_VALUES]))
    else:
        holder[str(last) + draw.choice(["_x", " ", "s"])] = holder.pop(last)
    return made


def odd_text(draw: random.Random, text: str) -> str:
    """The text with a character less, more or other; much of it KairosDB's parser takes all the same."""
    at = draw.randrange(len(text))
    new = draw.choice(list("[]{},:;='\"/\\#\0 \n0Ne-") + ["//", "/*", "null", "\\u00e9", "\ufeff", "'a'"])
    return draw.choice([text[:at], text[:at], text[:at] + text[at + 1:], text[:at] + new + text[at:], text[:at] + new + text[at + 1:], text + new])
