#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare the keys of the helper's table, as JSON on standard input, with the manual page that is named."""

import json
import re
import sys

SECTIONS = {"ANYWHERE": "", "SECTION [Interface]": "Interface", "SECTION [Peer]": "Peer",
            "SECTION [Child]": "Child"}


def plain(mdoc):
    """The text of mdoc lines, with neither macros nor line breaks."""
    words = []
    for line in mdoc:
        line = re.sub(r"^\.(Cm|Ic|Ql|Pa|Ar|Ev|Xr|Pq|Sx|Dl|Fl) ?", "", line)
        words.append(line.replace("\\&", ""))
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(" ".join(words).split()))


def items(page):
    """(section, name, lines of text) of every key that the page describes."""
    section, name, text = None, None, []
    for line in page.splitlines():
        heading = re.match(r"\.Sh (.*)", line)
        item = re.match(r"\.It Ic (\w+)$", line)
        if heading or item or line.startswith(".El"):
            if name:
                yield section, name, text
            name, text = None, []
        if heading:
            section = SECTIONS.get(heading.group(1))
        elif item and section is not None:
            name = item.group(1)
        elif name:
            text.append(line)


def reloading(page):
    """What the page says about the keys whose change leaves the SAs alone: first those of the link."""
    part = page.split(".Sh RELOADING\n")[1].split(".Sh ")[0].split(".It\n")
    return {way: set(re.findall(r"\w+", " ".join(re.findall(r"^\.Ic (.*)$", text, re.M))))
            for way, text in zip(("link", "later"), part[1:3])}


def default_of(text):
    """What follows the last "Default:", or "Required"."""
    found = re.findall(r"(Required|Default: .*?)(?:[.;,]|$)", plain(text))
    return found[-1] if found else None


def main():
    rows = json.load(sys.stdin)["keys"]
    described = {}
    wrong = []
    with open(sys.argv[1], encoding="ascii") as page:
        for section, name, text in items(page.read()):
            if (section, name) in described:
                wrong.append(f"{name} is described twice")
            described[section, name] = text
    for row in rows:
        text = described.pop((row["section"], row["name"]), None)
        if text is None:
            wrong.append(f"{row['name']} of [{row['section']}] is not described")
            continue
        said = default_of(text)
        if row["required"]:
            if said != "Required":
                wrong.append(f"{row['name']} is required, and the page says: {said}")
        elif said is None or said == "Required":
            wrong.append(f"{row['name']}: no default; it is {row['default']}")
        # What the code says in words the page may say in others; a value must be the same.
        elif re.fullmatch(r"[\w-]+", row["default"]) and said != f"Default: {row['default']}":
            wrong.append(f"{row['name']}: default {row['default']}, and the page says: {said}")
    lists = {way: {row["name"] for row in rows if row["section"] and row["reload"] == way}
             for way in ("link", "later")}
    with open(sys.argv[1], encoding="ascii") as page:
        told = reloading(page.read())
    for way, names in lists.items():
        if names != told.get(way):
            wrong.append(f"RELOADING: {way}: {names ^ told.get(way, set())}")
    for section, name in described:
        wrong.append(f"[{section}] {name} is described, and there is no such key")
    print("\n".join(wrong) if wrong else f"{len(rows)} keys")
    return 1 if wrong or len(rows) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
