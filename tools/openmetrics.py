#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Check text on standard input against the rules of OpenMetrics 1.0 that concern us.

usage: tools/openmetrics.py [NAMES]
       tools/openmetrics.py --text

NAMES is a file as 'espudp metrics names' prints it: no sample may have another name or another label.
--text prints the same in Prometheus's older format, for programs that know no other.
"""

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = rf'({NAME})="((?:[^"\\\n]|\\[\\n"])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9]+(?:\.[0-9]+)?)$")
SUFFIX = {"counter": "_total", "info": "_info", "gauge": "", "stateset": ""}


class Checker:
    """One exposition, line by line."""

    def __init__(self, names):
        self.names = names
        self.errors = []
        self.families = {}
        self.seen = set()
        self.family = None
        self.samples = 0

    def error(self, number, text):
        self.errors.append(f"line {number}: {text}")

    def describe(self, number, word, name, text):
        """A # TYPE, # UNIT or # HELP line."""
        if word == "TYPE":
            if name in self.families:
                self.error(number, f"family {name} comes twice")
            if text not in SUFFIX:
                self.error(number, f"type {text}")
            self.families[name] = {"type": text}
            self.family = name
        elif name != self.family or word.lower() in self.families[name]:
            self.error(number, f"{word} of {name} is out of place")
        else:
            self.families[name][word.lower()] = text
            if word == "UNIT" and not name.endswith("_" + text):
                self.error(number, f"{name} does not end with its unit {text}")

    def sample(self, number, line):
        """A line with a value."""
        match = SAMPLE.match(line)
        if not match:
            self.error(number, f"no sample: {line}")
            return
        name, labels, value = match.group(1), match.group(2) or "", match.groups()[-1]
        kind = self.families.get(self.family, {}).get("type", "gauge")
        pairs = re.findall(LABEL, labels)
        keys = [key for key, _ in pairs]
        if self.family is None or name != self.family + SUFFIX[kind]:
            self.error(number, f"{name} does not belong to {self.family}, a {kind}")
        if len(set(keys)) != len(keys):
            self.error(number, "a label comes twice")
        if (name, tuple(sorted(pairs))) in self.seen:
            self.error(number, f"{name}: the same labels again")
        self.seen.add((name, tuple(sorted(pairs))))
        if kind == "counter" and float(value) < 0:
            self.error(number, "a counter below 0")
        if kind in ("info", "stateset") and value not in ("0", "1"):
            self.error(number, f"{value} in a {kind}")
        if kind == "stateset" and self.family not in keys:
            self.error(number, "a stateset has a label of its own name")
        if self.names is not None and self.names.get(name) != sorted(keys):
            self.error(number, f"{name} {keys} is not among the documented ones")
        self.samples += 1

    def run(self, text):
        """All lines."""
        if not text.endswith("# EOF\n"):
            self.errors.append("the end is not '# EOF' and a newline")
        for number, line in enumerate(text.split("\n")[:-1], 1):
            comment = re.match(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)$", line)
            if comment:
                self.describe(number, *comment.groups())
            elif line == "# EOF":
                if number != text.count("\n"):
                    self.error(number, "# EOF before the end")
            else:
                self.sample(number, line)
        for name, family in self.families.items():
            if "help" not in family:
                self.errors.append(f"{name} has no HELP")


def as_text(text):
    """Families by the names of their samples, and types that the older format has."""
    kinds = dict(re.findall(rf"^# TYPE ({NAME}) (.*)$", text, re.MULTILINE))
    for line in text.split("\n")[:-1]:
        word, _, rest = line.removeprefix("# ").partition(" ")
        name, _, value = rest.partition(" ")
        if not line.startswith("# "):
            print(line)
        elif word in ("TYPE", "HELP"):
            value = value if word == "HELP" or value == "counter" else "gauge"
            print(f"# {word} {name}{SUFFIX[kinds[name]]} {value}")


def main():
    if sys.argv[1:] == ["--text"]:
        as_text(sys.stdin.read())
        return 0
    names = None
    if len(sys.argv) > 1:
        names = {}
        with open(sys.argv[1], encoding="ascii") as file:
            for line in file:
                name, _, labels = line.rstrip("\n").partition(" ")
                names[name] = sorted(labels.split(",")) if labels else []
    checker = Checker(names)
    checker.run(sys.stdin.read())
    print("\n".join(checker.errors) or f"{len(checker.families)} families, {checker.samples} samples")
    return 1 if checker.errors or not checker.samples else 0


if __name__ == "__main__":
    sys.exit(main())
