# SPDX-License-Identifier: GPL-2.0
"""Test results as TAP lines on standard output, for the tests written in Python."""

import os
import sys
import time
import traceback

SLOW = int(os.environ.get("ESPUDP_SLOW", "1"))  # how many times deadlines are stretched


class Failed(Exception):
    """A test's expectation does not hold; the text says what was found."""


def expect(condition, text):
    if not condition:
        raise Failed(text)


def expect_equal(found, expected, what=""):
    expect(found == expected, f"{what}: found {found!r}, expected {expected!r}")


def wait_for(condition, seconds, text):
    """Call condition until its result is true, and return that; fail at the deadline."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds} s in vain: {text() if callable(text) else text}")
        time.sleep(0.005)


class Tap:
    """before is called before every test, to make it independent of those that failed."""

    def __init__(self, before=lambda: None):
        self.before = before
        self.count = 0
        self.failed = 0

    def check(self, name, function, *args):
        """Run one test and print its line; returns whether it passed."""
        self.count += 1
        try:
            self.before()
            function(*args)
        except Exception as error:  # a test that dies has failed; the others still run
            self.failed += 1
            print(f"not ok {self.count} - {name}")
            text = str(error) if isinstance(error, Failed) else traceback.format_exc()
            for line in text.splitlines():
                print(f"# {line}")
            passed = False
        else:
            print(f"ok {self.count} - {name}")
            passed = True
        sys.stdout.flush()
        return passed

    def finish(self):
        """Print the plan and leave with the status of a kselftest."""
        print(f"1..{self.count}")
        sys.exit(1 if self.failed or not self.count else 0)
