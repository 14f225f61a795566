# SPDX-License-Identifier: GPL-2.0
"""Padding against traffic analysis and dummy packets: the packet cases of test_tfc.sh.

usage: tfc.py LEFT RIGHT	the namespaces; in LEFT, vpn0 with transports, peers and children 4 and 6
"""

import sys

import esp
from netlink import Client
from scene import DEADLINE, Scene, inner_right
from tap import Tap, expect, expect_equal, wait_for

OVERHEAD = {4: 20 + 8, 6: 40 + 8}  # of the outer packet before ESP
HEADERS = {4: 20 + 8, 6: 40 + 8}  # of the inner datagram


def sent(scene, far, family, outer, size):
    """Send a datagram of size bytes; returns (length of the ESP packet, what was encrypted)."""
    scene.inner[family, outer].send(b"x" * size, inner_right(family, outer), 9)
    found = scene.wire[outer].receive()
    expect(found, f"nothing was sent; drops: {scene.netlink.drops()}")
    opened = far.open(found[0])
    expect(opened, "the packet cannot be decrypted")
    return len(found[0]), opened


def padded(scene, family, outer):
    """Every inner packet becomes as long as asked for; longer ones stay; what is added is zero."""
    number, far = scene.sa("out", outer, current=True, tfc_pad=500)
    lengths = set()
    for size in (0, 1, 2, 3, 100, 500 - HEADERS[family]):
        length, opened = sent(scene, far, family, outer, size)
        lengths.add(length)
        inner_len = HEADERS[family] + size
        expect_equal(len(opened.inner), 500, "plaintext")
        expect_equal(opened.inner[inner_len:], bytes(500 - inner_len), "what was added")
        expect_equal(opened.padding, bytes(range(1, len(opened.padding) + 1)), "padding")
    expect_equal(len(lengths), 1, "lengths on the wire")
    length, opened = sent(scene, far, family, outer, 600)
    expect_equal(len(opened.inner), HEADERS[family] + 600, "a longer packet")
    scene.netlink.request("sa-set", id=number, tfc_pad=0)
    length, opened = sent(scene, far, family, outer, 10)
    expect_equal(len(opened.inner), HEADERS[family] + 10, "without padding")
    traffic = scene.netlink.one("sa", number)["traffic"]
    expect_equal(traffic["packets"], 8, "packets")
    scene.netlink.request("sa-del", id=number)


def up_to_the_path(scene, suite, outer):
    """65535 is what the path carries in one piece: no fragments, all of one length."""
    number, far = scene.sa("out", outer, suite, current=True, tfc_pad=65535)
    lengths = {sent(scene, far, 4, outer, size)[0] for size in (1, 50, 700, 1200)}
    expect_equal(len(lengths), 1, "lengths on the wire")
    longest = lengths.pop() + OVERHEAD[outer]
    expect(1500 - 16 < longest <= 1500, f"{longest} bytes on the wire")
    scene.netlink.request("sa-del", id=number)


def dummies(scene, outer):
    """Next header 59, as long as asked for, zeros; numbers are taken, inner packets are not counted."""
    number, far = scene.sa("out", outer)
    wanted = ((0, 1), (1, 1), (100, 3), (65535, 2), (None, 2))
    count = 0
    for length, several in wanted:
        more = {} if length is None else {"dummy_len": length}
        scene.netlink.request("sa-dummy", id=number, dummy_count=several, **more)
        for _ in range(several):
            found = scene.wire[outer].receive()
            expect(found, "nothing was sent")
            opened = far.open(found[0])
            count += 1
            expect_equal((opened.next_header, opened.sequence), (esp.NEXT_DUMMY, count), "next header and number")
            expect_equal(opened.inner, bytes(len(opened.inner)), "content")
            if length is not None and length < 65535:
                expect_equal(len(opened.inner), length, "length")
            else:
                expect(1500 - 16 < len(found[0]) + OVERHEAD[outer] <= 1500, f"{len(found[0])} bytes of ESP")
    shown = scene.netlink.one("sa", number)
    expect_equal((shown["dummies"], shown["sequence"], shown["traffic"]["packets"]), (count, count, 0), "counted")
    scene.netlink.request("sa-del", id=number)


def received(scene):
    """Silently thrown away and counted; they count towards a limit of packets, and not as traffic."""
    number, far = scene.sa("in", 4, hard_packets=5)
    watcher = Client(scene.left)
    watcher.join("sa")
    before = scene.netlink.drops()
    for content in (b"", b"x", bytes(1000), scene.datagram(4, b"in a dummy")):
        scene.send(far.seal(content, esp.NEXT_DUMMY))
    data = scene.payload()
    wait_for(lambda: scene.netlink.one("sa", number).get("dummies") == 4, DEADLINE, "not counted")
    shown = scene.netlink.one("sa", number)
    expect_equal((shown["traffic"]["packets"], shown["sequence"]), (0, 4), "traffic and number")
    scene.expect_delivered(far.seal(scene.datagram(4, data)), data)
    expect_equal(scene.changes(before), {}, "drops")
    seen = []

    def ended():
        seen.extend(watcher.events())
        return [event for name, event in seen if name == "sa-expire-ntf"]

    event = wait_for(ended, DEADLINE, "no event")[0]
    expect_equal((event["id"], event["cause"]), (number, "packets"), "event")


def forged(scene):
    """A dummy that is not authentic is none."""
    number, far = scene.sa("in", 4)
    packet = bytearray(far.seal(bytes(100), esp.NEXT_DUMMY))
    packet[-1] ^= 1
    scene.expect_drops(lambda: scene.send(bytes(packet)), [("sa", number), ("link", "vpn0")], "rx-auth")
    expect(not scene.netlink.one("sa", number).get("dummies"), "a forged dummy was counted")


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    tap = Tap(before=scene.drain)
    for outer in (4, 6):
        for family in (4, 6):
            tap.check(f"padded to a length: inner v{family}, outer v{outer}", padded, scene, family, outer)
        for suite in ("aes-gcm-16-128", "chacha20-poly1305"):
            tap.check(f"padded to what the path carries: outer v{outer}, {suite}", up_to_the_path, scene, suite, outer)
        tap.check(f"dummies: outer v{outer}", dummies, scene, outer)
    tap.check("dummies received", received, scene)
    tap.check("a forged dummy", forged, scene)
    tap.finish()


main()
