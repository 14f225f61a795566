#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# No memory: for every netlink command and for making a link, the first allocation fails, then the second, until none is
# left to fail; likewise for dumps and for a namespace. Each time the request fails and changes nothing, or does without
# and has done what was asked. Needs a kernel with fault injection (tools/debug-kernel).
#
# Loading the module is left out: the kernel's own loader and tracing warn of allocations that fail there.
#
# timeout: 900
"""usage: test_fail_nth.py"""

import contextlib
import ctypes
import errno
import os
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

FAIL_NTH = f"/proc/self/task/{os.getpid()}/fail-nth"
DEBUGFS = "/sys/kernel/debug"
if not os.path.exists(FAIL_NTH):
    print("1..0 # SKIP no fault injection in this kernel")
    sys.exit(4)
subprocess.run(["modprobe", "espudp"], check=True)

import netns  # noqa: E402 (the client needs the module)
from netlink import Client, NlError, selector  # noqa: E402
from tap import Failed, Tap, expect, expect_equal  # noqa: E402

SPACE = f"nth-{os.getpid()}"
MOST = 3000  # allocations of one request: more is a loop
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
NO_MEMORY = {errno.ENOMEM, errno.ENOBUFS}


def run(*words):
    subprocess.run(words, check=True)


def allow_everything():
    """Allocations that may wait are to fail as well, all sizes of them, and silently."""
    for name, value in (("failslab/ignore-gfp-wait", "N"), ("fail_page_alloc/ignore-gfp-wait", "N"),
                        ("fail_page_alloc/ignore-gfp-highmem", "N"), ("fail_page_alloc/min-order", "0"),
                        ("failslab/verbose", "0"), ("fail_page_alloc/verbose", "0")):
        with contextlib.suppress(FileNotFoundError), open(f"{DEBUGFS}/{name}", "w", encoding="ascii") as file:
            file.write(value)


class Nth:
    """with Nth(n): the nth allocation of this task fails; afterwards, failed says whether it came to that."""

    def __init__(self, n):
        self.n = n
        self.failed = False
        self.file = os.open(FAIL_NTH, os.O_RDWR)

    def __enter__(self):
        os.pwrite(self.file, str(self.n).encode(), 0)
        return self

    def __exit__(self, *_):
        # Reading does not allocate before the number is taken.
        left = os.pread(self.file, 20, 0)
        os.pwrite(self.file, b"0", 0)
        os.close(self.file)
        self.failed = int(left) == 0


class Requests:
    """Sends requests of which the nth allocation fails, through a socket of its own."""

    def __init__(self):
        self.client, self.observer = Client(SPACE), Client(SPACE)
        self.sent = self.refused = 0

    def attempt(self, operation, attributes, n):
        """Returns (whether an allocation failed, errno of the answer, or None if there was none)."""
        message = self.client.encode(operation, attributes)
        message = struct.pack("=I", len(message)) + message[4:]
        code = None
        with Nth(n) as nth:
            try:
                self.client.sock.send(message)
            except OSError as error:
                code = error.errno
        if code is None:
            code = self.answer()
        return nth.failed, code

    def answer(self):
        """errno of the acknowledgement; None if that was lost."""
        self.client.sock.settimeout(0.2)
        try:
            while True:
                reply = self.client.sock.recv(65536)
                kind = struct.unpack_from("=H", reply, 4)[0]
                if kind == 2:
                    return -struct.unpack_from("=i", reply, 16)[0]
        except TimeoutError:
            return None
        except OSError as error:
            return None if error.errno == errno.ENOBUFS else error.errno

    def state(self):
        return self.observer.snapshot()


def every_allocation(requests, operation, attributes, undo):
    """undo() makes the request possible again, after one that succeeded."""
    failures = 0
    for n in range(1, MOST):
        before = requests.state()
        failed, code = requests.attempt(operation, attributes, n)
        after = requests.state()
        if code not in (0, None):
            expect(after == before, f"allocation {n} failed, the request too ({errno.errorcode[code]}), "
                                    f"but it has changed {before} to {after}")
            expect(code in NO_MEMORY or not failed, f"allocation {n} failed: {errno.errorcode[code]}")
        failures += failed
        if not failed:
            expect_equal(code, 0, "the request with all its memory")
            if failures:
                print(f"# {operation}: {failures} allocations")
            return
        # Without an answer it may have been done, even where that does not show.
        if code in (0, None):
            undo()
    raise Failed(f"more than {MOST} allocations")


def gone(requests, operation, **attributes):
    """Undo what may have been done."""
    with contextlib.suppress(NlError):
        requests.observer.request(operation, **attributes)


def transport_socket(port):
    with netns.inside(SPACE):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    return made


def commands(requests):
    """(operation, attributes, what undoes it), in an order in which each finds what it needs."""
    with netns.inside(SPACE):
        index = socket.if_nametoindex("vpn0")
    make = requests.observer.request
    first, second = transport_socket(4500), transport_socket(4501)
    sa = {"child_id": 1, "suite": "aes-gcm-16-128", "key": bytes(20)}
    cbc = {"child-id": 1, "suite": "aes-cbc-256-sha512", "key": bytes(96)}
    remote = [selector("10.2.0.0/16"), selector("fd00:2::/64", 17, (1, 5)), selector("10.2.3.0/24", 6)]

    def remade(operation, **attributes):
        """It was deleted: make it again."""
        def undo():
            with contextlib.suppress(NlError):
                make(operation, **attributes)
        return undo

    def nothing():
        pass

    # The templates of the ciphers are made once.
    make("transport-add", id=9, fd=first.fileno())
    make("peer-new", id=9, ifindex=index, transport_id=9)
    make("child-new", id=9, peer_id=9, local=[selector("10.1.0.0/16")], remote=[selector("10.9.0.0/16")])
    make("sa-new", id=9, direction="in", spi=0x9999, **{**sa, "child_id": 9})
    make("sa-new", id=10, direction="out", spi=0x9999, child_id=9, suite=cbc["suite"], key=cbc["key"])
    make("peer-del", id=9)
    make("transport-del", id=9)

    yield "link-get", {"ifindex": index}, nothing
    yield "link-set", {"ifindex": index, "mark": 5}, lambda: make("link-set", ifindex=index, mark=0)
    yield "transport-add", {"id": 1, "fd": first.fileno()}, lambda: gone(requests, "transport-del", id=1)
    yield "transport-add", {"id": 1, "fd": second.fileno(), "replace": True}, \
        lambda: make("transport-add", id=1, fd=first.fileno(), replace=True)
    yield "transport-get", {"id": 1}, nothing
    yield "peer-new", {"id": 1, "ifindex": index, "transport-id": 1, "remote-ipv4": 0x7f000001, "remote-port": 4500,
                       "keepalive": 5, "idle": 60}, lambda: gone(requests, "peer-del", id=1)
    yield "peer-set", {"id": 1, "remote-ipv4": 0x7f000002, "remote-port": 4501}, \
        lambda: make("peer-set", id=1, remote_ipv4=0x7f000001, remote_port=4500)
    yield "peer-get", {"id": 1}, nothing
    yield "child-new", {"id": 1, "peer-id": 1, "local": [selector("10.1.0.0/16")], "remote": remote}, \
        lambda: gone(requests, "child-del", id=1)
    yield "child-set", {"id": 1, "remote": [selector("10.3.0.0/16"), selector("10.3.9.0/24")]}, \
        lambda: make("child-set", id=1, remote=remote)
    yield "child-get", {"id": 1}, nothing
    yield "spi-alloc", {"first": 0x4000, "last": 0x4000}, lambda: gone(requests, "spi-free", spi=0x4000)
    yield "sa-new", {"id": 1, "direction": "in", "spi": 0x5555, "hard-time": 3600, "replay-window": 8192,
                     "child-id": 1, "suite": sa["suite"], "key": sa["key"]}, lambda: gone(requests, "sa-del", id=1)
    yield "sa-new", {"id": 2, "direction": "in", "spi": 0x4000, "esn": True, **cbc}, \
        lambda: (gone(requests, "sa-del", id=2), gone(requests, "spi-alloc", first=0x4000, last=0x4000))
    yield "sa-new", {"id": 3, "direction": "out", "spi": 0x6666, "current": True, "soft-bytes": 9,
                     "child-id": 1, "suite": sa["suite"], "key": sa["key"]}, lambda: gone(requests, "sa-del", id=3)
    make("sa-new", id=4, direction="out", spi=0x6667, **sa)
    yield "sa-switch", {"id": 4}, lambda: make("sa-switch", id=3)
    yield "sa-set", {"id": 3, "hard-packets": 1 << 40}, lambda: make("sa-set", id=3, hard_packets=0)
    yield "sa-dummy", {"id": 3}, nothing
    yield "sa-get", {"id": 1}, nothing
    yield "sa-del", {"id": 1}, remade("sa-new", id=1, direction="in", spi=0x5555, **sa)
    make("spi-alloc", first=0x4001, last=0x4001)
    yield "spi-free", {"spi": 0x4001}, remade("spi-alloc", first=0x4001, last=0x4001)

    def whole_child():
        remade("child-new", id=1, peer_id=1, local=[selector("10.1.0.0/16")], remote=remote)()
        remade("sa-new", id=1, direction="in", spi=0x5555, **sa)()

    yield "child-del", {"id": 1}, whole_child
    whole_child()

    def whole_peer():
        remade("peer-new", id=1, ifindex=index, transport_id=1)()
        whole_child()

    yield "peer-del", {"id": 1}, whole_peer
    yield "transport-del", {"id": 1}, remade("transport-add", id=1, fd=first.fileno())


def dumps(requests):
    """A dump that runs out of memory is an error or whole; it is never a part without a sign."""
    whole = requests.state()
    for kind in whole:
        for n in range(1, MOST):
            found = None
            with Nth(n) as nth:
                # Encoding allocates in Python, not in the kernel; receiving does both.
                with contextlib.suppress(NlError, OSError, KeyError):
                    found = requests.client.all(kind)
            requests.client.sock.close()
            requests.client = Client(SPACE)
            if not nth.failed:
                break
            expect(found is None or len(found) == len(whole[kind]), f"{kind}: {found} of {whole[kind]}")


# ---- links and namespaces

def rtnl_attribute(kind, payload):
    return struct.pack("=HH", len(payload) + 4, kind) + payload + bytes(-len(payload) % 4)


def link_message(name):
    """RTM_NEWLINK of an espudp link."""
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + rtnl_attribute(3, name + b"\0") + \
        rtnl_attribute(18, rtnl_attribute(1, b"espudp\0"))
    return struct.pack("=IHHII", 16 + len(body), 16, 0x605, 1, 0) + body


def links():
    with netns.inside(SPACE):
        rtnl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    rtnl.settimeout(0.2)
    message = link_message(b"nth0")
    for n in range(1, MOST):
        with Nth(n) as nth:
            with contextlib.suppress(OSError):
                rtnl.send(message)
        with contextlib.suppress(OSError):
            while rtnl.recv(65536):
                pass
        there = not subprocess.run(["ip", "-n", SPACE, "link", "del", "nth0"], stderr=subprocess.DEVNULL,
                                   check=False).returncode
        if not nth.failed:
            print(f"# {n - 1} allocations")
            expect(there, "the link was not made with all its memory")
            return
    raise Failed("too many allocations")


def namespaces():
    """In a child process: its namespace goes away with it."""
    for n in range(1, 20 * MOST, 7):
        child = os.fork()
        if not child:
            # The number counts down while the child sets up; one task, one number.
            file = os.open(f"/proc/self/task/{os.getpid()}/fail-nth", os.O_RDWR)
            os.pwrite(file, str(n).encode(), 0)
            _libc.unshare(CLONE_NEWNET)
            left = int(os.pread(file, 20, 0))
            os.pwrite(file, b"0", 0)
            os._exit(0 if left else 1)
        if not os.waitpid(child, 0)[1]:
            print(f"# about {n} allocations, every seventh tried")
            return
    raise Failed("too many allocations")


def main():
    tap = Tap()
    run("ip", "netns", "add", SPACE)
    try:
        run("ip", "-n", SPACE, "link", "set", "lo", "up")
        run("ip", "-n", SPACE, "link", "add", "vpn0", "type", "espudp")
        run("ip", "-n", SPACE, "link", "set", "vpn0", "up")
        requests = Requests()
        allow_everything()
        for operation, attributes, undo in commands(requests):
            tap.check(f"{operation} {' '.join(sorted(attributes))}", every_allocation, requests, operation, attributes,
                      undo)
        seen = {operation for operation in requests.client.ops
                if "do" in requests.client.ops[operation].yaml}
        tap.check("every command was tried", lambda: expect_equal(sorted(seen - TRIED), [], "left out"))
        tap.check("dumps", dumps, requests)
        tap.check("making a link", links)
        requests.client.sock.close()
        requests.observer.sock.close()
        run("ip", "netns", "del", SPACE)
        tap.check("making a namespace", namespaces)
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], stderr=subprocess.DEVNULL, check=False)
    tap.finish()


TRIED = {"link-get", "link-set", "transport-add", "transport-get", "transport-del", "peer-new", "peer-set", "peer-get",
         "peer-del", "child-new", "child-set", "child-get", "child-del", "spi-alloc", "spi-free", "sa-new", "sa-set",
         "sa-get", "sa-switch", "sa-dummy", "sa-del"}
main()
