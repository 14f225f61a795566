#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# Requests made up from uapi/espudp.yaml, for a bounded time (FUZZ_TIME seconds): right ones on objects that may not
# exist, damaged ones, and both by several processes at once while links come and go. Each must be answered; one that is
# refused must say why and change nothing; what is left must be shown, and go away.
#
# timeout: 900
"""usage: test_fuzz_netlink.py	FUZZ_TIME and FUZZ_SEED in the environment"""

import collections
import errno
import os
import random
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
subprocess.run(["modprobe", "espudp"], check=True)

import grammar  # noqa: E402 (the client needs the module)
import netns  # noqa: E402
from netlink import Client  # noqa: E402
from tap import Failed, Tap, expect, wait_for  # noqa: E402

SPACE = f"fuzz-{os.getpid()}"
SECONDS = float(os.environ.get("FUZZ_TIME", "5"))
SEED = grammar.seed()
WORKERS = 3
LINKS = ("vpn0", "vpn1")
# Of every cipher one; others would only be slower.
SUITES = (("aes-gcm-16-128", 20), ("chacha20-poly1305", 36), ("aes-ccm-12-192", 27), ("aes-cbc-128-sha256", 48))
# What netlink itself says of a message that is torn comes without words.
WORDLESS = {errno.EINVAL, errno.ENOMEM, errno.ENOBUFS, errno.EOPNOTSUPP, errno.EPERM, errno.ERANGE}
BATCH = 10  # refused requests between two looks
GRACE = 60  # seconds more, on a slow machine, for a few accepted ones
RNG = random.Random(SEED)


def run(*words, check=True):
    subprocess.run(words, check=check, stderr=subprocess.DEVNULL)


def setup():
    run("ip", "netns", "add", SPACE)
    run("ip", "-n", SPACE, "link", "set", "lo", "up")
    for name in LINKS:
        run("ip", "-n", SPACE, "link", "add", name, "type", "espudp")
        run("ip", "-n", SPACE, "link", "set", name, "up")


def sockets():
    """Some that a transport can take, and one that it cannot."""
    made = []
    with netns.inside(SPACE):
        for port in (4500, 4501, 4502):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", port))
            made.append(one)
        made.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    return made


def index(name):
    """Of a link; of one that is gone at the moment, one that no link has."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0x7ffffffe


def make_grammar(rng, client, kept):
    with netns.inside(SPACE):
        indices = [index(name) for name in LINKS] + [1, 0x7fffffff]
    values = grammar.Values(indices, [*LINKS, "lo", "none"], [s.fileno() for s in kept] + [0, 1000], SUITES)
    return grammar.Grammar(client, values, rng)


def send(client, message):
    """Send; the answer must come. Returns (errno, extack)."""
    client.sock.settimeout(20)
    try:
        return client.send_raw(message)
    except TimeoutError:
        raise Failed(f"no answer to {message.hex()}, seed {SEED}") from None
    except OSError as error:
        # An answer that did not fit, or no memory for it.
        return error.errno, {}


def differences(before, after):
    """What is only in one of two snapshots."""
    return {kind: ([thing for thing in before[kind] if thing not in after[kind]],
                   [thing for thing in after[kind] if thing not in before[kind]])
            for kind in before if before[kind] != after[kind]}


class Batch:
    """Refused requests that were sent since the objects were last looked at; none may have changed any."""

    def __init__(self, client):
        self.client, self.watcher = client, Client(SPACE)
        self.watcher.join("sa")
        self.accepted()

    def refused(self, message):
        self.messages.append(message)
        if len(self.messages) >= BATCH:
            self.look()

    def expired(self):
        """Whether the limits of an SA, which are made up as well, were reached: then it changes by itself."""
        return any(name == "sa-expire-ntf" or values.get("reason") == "expired" for name, values in self.watcher.events())

    def look(self):
        after = self.client.snapshot()
        # The event comes after what it tells of.
        if after != self.before:
            wait_for(self.expired, 2, f"refused, yet one of them changed {differences(self.before, after)}: "
                                      f"{[message.hex() for message in self.messages]}, seed {SEED}")
        self.accepted()

    def accepted(self):
        self.watcher.events()
        self.before, self.messages = self.client.snapshot(), []


def explained(code, extack, message):
    """Only what netlink itself says of a torn message may come without words."""
    name = errno.errorcode.get(code, str(code))
    expect(code in WORDLESS or extack.get("msg"), f"{name} without a word: {message.hex()}, seed {SEED}")


def without_change(client, make, least):
    """Requests one by one; a refused one changes nothing, and says why."""
    names = {client.ops[name].req_value: name for name in client.ops if "do" in client.ops[name].yaml}
    end = time.monotonic() + SECONDS
    batch, count, accepted = Batch(client), 0, collections.Counter()
    while time.monotonic() < end or (accepted.total() < least and time.monotonic() < end + GRACE):
        message = make()
        # What was refused before this one must not be put down to it.
        if batch.messages and RNG.random() < 0.05:
            batch.look()
        code, extack = send(client, message)
        count += 1
        if code:
            explained(code, extack, message)
            batch.refused(message)
        else:
            accepted[names[message[16]]] += 1
            batch.accepted()
    batch.look()
    print(f"# {count} requests, accepted {dict(accepted)}")
    expect(accepted.total() >= least, f"only {accepted.total()} of {count} requests were accepted")


def worker(number):
    """One of several; only that the kernel lives and answers counts. Does not return."""
    rng = random.Random(SEED + number)
    client, kept = Client(SPACE), sockets()
    source = make_grammar(rng, client, kept)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        send(client, source.damaged() if rng.random() < 0.2 else source.request())
        if rng.random() < 0.05:
            client.snapshot()
    os._exit(0)


def all_at_once():
    children = []
    for number in range(1, WORKERS + 1):
        child = os.fork()
        if not child:
            try:
                worker(number)
            except BaseException as error:  # the parent must see that it failed
                print(f"# worker {number}: {error!r}", flush=True)
                os._exit(1)
        children.append(child)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for name in LINKS:
            run("ip", "-n", SPACE, "link", "del", name, check=False)
            run("ip", "-n", SPACE, "link", "add", name, "type", "espudp", check=False)
            run("ip", "-n", SPACE, "link", "set", name, "up", check=False)
            time.sleep(0.05)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    expect(not failed, f"{len(failed)} of {WORKERS} failed, seed {SEED}")


def nothing_remains():
    """Links and namespace go, whatever is behind them; the module can go then."""
    run("ip", "netns", "del", SPACE)
    deadline = time.monotonic() + 20
    while subprocess.run(["rmmod", "espudp"], stderr=subprocess.DEVNULL, check=False).returncode:
        expect(time.monotonic() < deadline, "the module cannot be removed")
        time.sleep(0.1)


def main():
    tap = Tap()
    print(f"# seed {SEED}, {SECONDS:g} s each")
    setup()
    try:
        client, kept = Client(SPACE), sockets()
        source = make_grammar(random.Random(SEED), client, kept)
        tap.check("requests right by the specification", without_change, client, source.request, 10)
        tap.check("damaged requests", without_change, client, source.damaged, 0)
        tap.check("all of them at once, while links come and go", all_at_once)
        for one in kept:
            one.close()
        client.sock.close()
        tap.check("nothing remains", nothing_remains)
    finally:
        run("ip", "netns", "del", SPACE, check=False)
    tap.finish()


main()
