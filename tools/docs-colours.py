#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""See that espudp puts colours and cursor movements only where they belong: in top, on a terminal, and with NO_COLOR no
colours there either; and that nothing is ever handed to a pager.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

SGR = re.compile(rb"\x1b\[[0-9;]*m")
PLAIN = [["help"], ["help", "sa"], ["version"], ["keys"], ["metrics"], ["show"], ["stats"], ["show", "-j"]]
DEADLINE = 30


def on_terminal(words, env, until=None):
    """What a command prints on a terminal; it ends by itself, or is ended when it has printed something."""
    pid, fd = pty.fork()
    if not pid:
        os.environ.update(env)
        os.execvp("espudp", ["espudp", *words])
    said, end = b"", time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
        if until and until in said:
            os.kill(pid, signal.SIGTERM)
            until = None
    else:
        os.kill(pid, signal.SIGKILL)
        said = None
    os.waitpid(pid, 0)
    os.close(fd)
    return said


def main():
    env = {"TERM": "xterm", "PAGER": "false", "LESS": "", "ESPUDP_CONTROL": "/nonexistent/control"}
    os.environ.pop("NO_COLOR", None)
    wrong = []
    for words in PLAIN:
        said = on_terminal(words, env)
        if not said or b"\x1b" in said:
            wrong.append(f"{' '.join(words)}: on a terminal it prints {said!r:.200}")
    piped = subprocess.run(["espudp", "top", "-b", "-c", "1"], capture_output=True, timeout=DEADLINE, check=False,
                           env={**os.environ, **env}).stdout
    if b"\x1b" in piped:
        wrong.append(f"top: not on a terminal it prints {piped!r:.200}")
    for more, bright in ({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False):
        said = on_terminal(["top"], {**env, **more}, b"\x1b[J")
        if said is None or b"\x1b[H" not in said or bool(SGR.search(said)) != bright:
            wrong.append(f"top with {more}: it prints {said!r:.300}")
    print("\n".join(wrong) or f"{len(PLAIN) + 4} ways to print")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
