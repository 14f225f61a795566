# SPDX-License-Identifier: GPL-2.0
"""Transforms that take their time: order, and queues that are full; the packet cases of test_crypto.sh.

usage: crypto.py LEFT RIGHT DRIVER WORD...	the namespaces; in LEFT, vpn0 with transport, peer and child 4; the
					driver for the suite; full: cryptd has a short queue, fill it; or the
					templates that there are
"""

import os
import random
import socket
import struct
import sys

import esp
import netns
from scene import DEADLINE, Scene, inner_right, udp_header
from tap import Tap, expect, expect_equal, wait_for

SUITE = "aes-gcm-16-128"
PACKETS = 300
UDP_SEGMENT = 103  # linux/udp.h
SO_RCVBUFFORCE = 33
SEGMENTS = 60


class Wire:
    """What the left side puts on the wire, in the order in which it does."""

    def __init__(self, namespace):
        with netns.inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
        self.socket.bind(("wire0", 3))

    def esp(self):
        """The ESP packets since the last call."""
        found = []
        while True:
            try:
                packet, address = self.socket.recvfrom(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return found
            header = udp_header(packet) if address[2] == socket.PACKET_OUTGOING else None
            if header and header[:2] == (4500, 4500) and header[4][:4] != bytes(4):
                found.extend(esp.cut(header[4]))


def sent_in_order(scene, driver):
    """Whatever processor begins a packet: numbers without gap and in order, and the packets in the order of sending."""
    number, far = scene.sa("out", 4, SUITE, current=True, driver=driver)
    wire = Wire(scene.left)
    drops = scene.netlink.drops()
    cpus = sorted(os.sched_getaffinity(0))
    try:
        for index in range(PACKETS):
            os.sched_setaffinity(0, {cpus[index % len(cpus)]})
            scene.inner[4, 4].send(b"%06d" % index, inner_right(4), 9)
    finally:
        os.sched_setaffinity(0, cpus)
    found = []

    def all_of_them():
        found.extend(wire.esp())
        return len(found) >= PACKETS

    wait_for(all_of_them, DEADLINE, lambda: f"{len(found)} of {PACKETS} packets, drops {scene.changes(drops)}")
    opened = [far.open(packet) for packet in found]
    expect(all(opened), "a packet cannot be decrypted")
    expect_equal([packet.sequence for packet in opened], list(range(1, PACKETS + 1)), "numbers on the wire")
    expect_equal([packet.inner[-6:] for packet in opened], [b"%06d" % index for index in range(PACKETS)],
                 "packets on the wire")
    expect_equal(scene.netlink.one("sa", number)["traffic"]["packets"], PACKETS, "packets counted")
    expect_equal(scene.changes(drops), {}, "drops")
    scene.netlink.request("sa-del", id=number)


def received_in_order(scene, driver):
    """What comes in order is delivered in order, all of it; what is damaged falls out of its place."""
    number, far = scene.sa("in", 4, SUITE, driver=driver)
    scene.inner[4, 4].socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
    packets = [far.seal(scene.datagram(4, b"%06d" % index)) for index in range(PACKETS)]
    damaged = set(range(7, PACKETS, 10))
    for index in damaged:
        packets[index] = packets[index][:-1] + bytes([packets[index][-1] ^ 1])
    drops = scene.netlink.drops()
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        for packet in packets:
            scene.send(packet)
    finally:
        os.sched_setaffinity(0, cpus)
    good = [b"%06d" % index for index in range(PACKETS) if index not in damaged]
    found = []
    for _ in good:
        received = scene.inner[4, 4].receive()
        expect(received, f"{len(found)} of {len(good)} packets, drops {scene.changes(drops)}")
        found.append(received[0])
    expect_equal(found, good, "packets delivered")
    expect_equal(scene.changes(drops), {("sa", number, "rx-auth"): len(damaged), ("link", "vpn0", "rx-auth"): len(damaged)},
                 "drops")
    scene.expect_nothing()
    scene.netlink.request("sa-del", id=number)


def replayed(scene, driver):
    """Two copies under way at once: both are new when they come, one is when it is authentic."""
    number, far = scene.sa("in", 4, SUITE, driver=driver)
    copies = 20
    data = scene.payload()
    packet = far.seal(scene.datagram(4, data))
    before = scene.netlink.drops()
    for _ in range(copies):
        scene.send(packet)
    wait_for(lambda: scene.changes(before).get(("sa", number, "rx-replay")) == copies - 1, DEADLINE,
             lambda: f"drops {scene.changes(before)}")
    expect_equal(scene.inner[4, 4].receive()[0], data, "delivered")
    scene.expect_nothing()
    scene.netlink.request("sa-del", id=number)


def burst(scene, count):
    """count packets that are begun without a pause: one superpacket of the sender's."""
    with netns.inside(scene.left):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 100)
    sender.sendto(random.randbytes(100 * count), (inner_right(4), 9))
    sender.close()


def full_queue(scene, driver):
    """More than the queue takes: each packet is sent or counted as dropped, and later ones pass."""
    number, far = scene.sa("out", 4, SUITE, current=True, driver=driver)
    wire = Wire(scene.left)
    rounds = 20
    found, dropped = [], 0
    for index in range(1, rounds + 1):
        burst(scene, SEGMENTS)

        def settled():
            nonlocal dropped
            found.extend(wire.esp())
            dropped = scene.netlink.drops().get(("sa", number, "tx-crypto"), 0)
            return len(found) + dropped == index * SEGMENTS

        wait_for(settled, DEADLINE, lambda: f"{len(found)} sent and {dropped} dropped of {index * SEGMENTS}")
    expect(dropped, "the queue never was full")
    expect(found, "nothing was sent")
    sequences = [struct.unpack(">I", packet[4:8])[0] for packet in found]
    expect_equal(sequences, sorted(set(sequences)), "numbers on the wire")
    expect(all(far.open(packet) for packet in found), "a packet cannot be decrypted")
    print(f"# {len(found)} sent, {dropped} dropped")
    scene.netlink.request("sa-del", id=number)


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    tap = Tap(before=scene.drain)
    best = sys.argv[3]
    if sys.argv[4:] == ["full"]:
        tap.check("a full queue: sent in order or counted", full_queue, scene, f"cryptd({best})")
        tap.finish()
    for driver in (best, *(f"{template}({best})" for template in sys.argv[4:])):
        tap.check(f"sent in order, by all processors: {driver}", sent_in_order, scene, driver)
        tap.check(f"received in order: {driver}", received_in_order, scene, driver)
        tap.check(f"copies under way at once: {driver}", replayed, scene, driver)
    tap.finish()


main()
