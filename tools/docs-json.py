#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""See that espudp-json(5) names every member of the JSON on standard input: documents, or one a line.

Members of objects whose names are data (drops, events, failures) are left out.
"""

import json
import os
import re
import sys

FREE = {"drops", "events", "failures"}


def members(value):
    """All names of members in a document."""
    if isinstance(value, list):
        for one in value:
            yield from members(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            if name not in FREE:
                yield from members(one)


def documents(text):
    """The values that follow each other in a text."""
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].strip()


def main():
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    known = set()
    for source in ("tools/man/espudp-json.5", "uapi/espudp.yaml"):
        with open(os.path.join(top, source), encoding="utf-8") as page:
            known |= set(re.findall(r"[a-z][a-z0-9_]*", page.read().replace("-", "_")))
    seen = {name for value in documents(sys.stdin.read()) for name in members(value)}
    missing = sorted(seen - known)
    print(f"espudp-json(5) does not have: {' '.join(missing)}" if missing else f"{len(seen)} members")
    return 1 if missing or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
