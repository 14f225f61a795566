# SPDX-License-Identifier: GPL-2.0
"""ESP packets that a peer or a stranger may send, made up for a bounded time: the cases of test_fuzz_esp.sh.

usage: fuzz_esp.py LEFT RIGHT	the namespaces; in LEFT, vpn0 with transports, peers and children 4 and 6

The keys are real, so that what is behind the cipher is reached: trailers, inner headers, selectors, ECN. Every packet
must be accounted for exactly once: delivered, taken as a dummy, a keepalive or IKE, or dropped for a reason.
"""

import os
import random
import struct
import sys
import time

import esp
import grammar
from scene import DEADLINE, Scene
from tap import Tap, expect, wait_for

SECONDS = float(os.environ.get("FUZZ_TIME", "5"))
SEED = grammar.seed()
SUITES = ("aes-gcm-16-128", "chacha20-poly1305")
BURST = 64
ENOUGH = 4000  # packets after which every reason must have been met
TOO_LONG = 4000  # for one frame: it comes in fragments
ESP_REST = 24  # IV and ICV, at least


class Source:
    """Packets from right to left, over both outer families."""

    def __init__(self, scene, rng):
        self.scene, self.rng = scene, rng
        self.sas = [(outer, esn, scene.sa("in", outer, suite, **({"esn": True} if esn else {}))[1])
                    for outer in (4, 6) for suite in SUITES for esn in (False, True)]
        self.sent = []  # lately, to be replayed
        self.kinds = (self.good, self.good, self.odd_trailer, self.odd_trailer, self.odd_inner, self.odd_inner,
                      self.dummy, self.replayed, self.flipped, self.flipped, self.cut, self.longer, self.unknown,
                      self.far_ahead, self.marker, self.keepalive, self.noise, self.fragments)

    def pick(self):
        return self.rng.choice(self.sas)

    def inner(self, outer, size=None):
        """A datagram that the selectors let pass."""
        data = self.rng.randbytes(self.rng.randrange(200) if size is None else size)
        return self.scene.datagram(self.rng.choice((4, 6)), data, outer)

    # ---- authentic ones

    def good(self):
        outer, _, far = self.pick()
        return outer, far.seal(self.inner(outer))

    def odd_trailer(self):
        """Any pad length and next header, any padding."""
        outer, _, far = self.pick()
        inner = self.inner(outer)
        padding = self.rng.randbytes(self.rng.randrange(0, 12))
        tail = bytes((self.rng.choice((len(padding), self.rng.randrange(256))),
                      self.rng.choice((4, 41, 59, 0, 6, self.rng.randrange(256)))))
        trailer = padding + tail
        return outer, far.seal(inner, trailer=bytes(-(len(inner) + len(trailer)) % 4) + trailer)

    def odd_inner(self):
        """Inner headers with some octets changed, or made of nothing else."""
        outer, _, far = self.pick()
        inner = bytearray(self.inner(outer))
        for _ in range(self.rng.randrange(1, 4)):
            inner[self.rng.randrange(min(len(inner), 60))] = self.rng.randrange(256)
        if self.rng.random() < 0.3:
            inner = inner[:self.rng.randrange(len(inner))]
        if self.rng.random() < 0.1:
            inner = bytearray(self.rng.randbytes(self.rng.randrange(100)))
        return outer, far.seal(bytes(inner), self.rng.choice((None, esp.NEXT_IPV4, esp.NEXT_IPV6)))

    def dummy(self):
        outer, _, far = self.pick()
        return outer, far.seal(self.rng.randbytes(self.rng.randrange(100)), esp.NEXT_DUMMY)

    def far_ahead(self):
        """A jump within the space that is inferred right; the numbers go on from there."""
        outer, _, far = self.pick()
        far.sequence += self.rng.choice((63, 64, 1023, 1024, 1025, 70000))
        return outer, far.seal(self.inner(outer))

    def fragments(self):
        outer, _, far = self.pick()
        return outer, far.seal(self.inner(outer, self.rng.randrange(1500, TOO_LONG)))

    # ---- the others

    def replayed(self):
        return self.rng.choice(self.sent) if self.sent else self.good()

    def flipped(self):
        outer, packet = self.good()
        packet = bytearray(packet)
        for _ in range(self.rng.randrange(1, 4)):
            packet[self.rng.randrange(len(packet))] ^= 1 << self.rng.randrange(8)
        return outer, bytes(packet)

    def cut(self):
        outer, packet = self.good()
        return outer, packet[:self.rng.randrange(1, len(packet))]

    def longer(self):
        outer, packet = self.good()
        return outer, packet + self.rng.randbytes(self.rng.randrange(1, 40))

    def unknown(self):
        return self.pick()[0], struct.pack(">II", self.rng.randrange(1, 1 << 32), 1) + \
            self.rng.randbytes(self.rng.randrange(ESP_REST, 100))

    def marker(self):
        return self.pick()[0], bytes(4) + self.rng.randbytes(self.rng.randrange(60))

    def keepalive(self):
        return self.pick()[0], b"\xff" + self.rng.randbytes(self.rng.choice((0, 0, 1, 3)))

    def noise(self):
        return self.pick()[0], self.rng.randbytes(self.rng.randrange(1, 120))

    def next(self):
        packet = self.rng.choice(self.kinds)()
        self.sent = [*self.sent[-200:], packet]
        return packet


def accounted(client):
    """Packets that the module has met so far, by what has become of them."""
    found = {"drop": 0, "delivered": 0, "keepalive": 0, "passed": 0}
    for transport in client.all("transport"):
        found["drop"] += sum(drop["packets"] for drop in transport.get("drop", []))
        found["keepalive"] += transport.get("keepalives", 0)
        found["passed"] += transport.get("passed", 0)
    for sa in client.all("sa"):
        found["drop"] += sum(drop["packets"] for drop in sa.get("drop", []))
        found["delivered"] += sa["traffic"]["packets"]
    return found


def burst(source, scene):
    """Some packets; returns how many, once all are accounted for but those that were taken as dummies."""
    before = accounted(scene.netlink)
    for _ in range(BURST):
        outer, packet = source.next()
        scene.send(packet, outer, source.rng.choice((0, 0, 1, 2, 3, 0xb8)))
    # One more that must arrive says that those before it have been dealt with.
    outer, _, far = source.pick()
    data = scene.payload()
    scene.drain()
    scene.send(far.seal(scene.datagram(4, data, outer)), outer)
    wait_for(lambda: (scene.inner[4, outer].receive(0) or (b"",))[0] == data, DEADLINE,
             lambda: f"a good packet does not arrive any more, seed {SEED}; drops {scene.netlink.drops()}")
    scene.drain()
    after = accounted(scene.netlink)
    return {name: after[name] - before[name] for name in after}


def storm(scene):
    """scene.drain() forgets IKE and what was delivered; the counters tell."""
    rng = random.Random(SEED)
    source = Source(scene, rng)
    total, packets = {}, 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = burst(source, scene)
        packets += BURST + 1
        # A dummy is neither; nothing may be counted twice.
        expect(sum(found.values()) <= BURST + 1, f"{BURST + 1} packets became {found}, seed {SEED}")
        total = {name: total.get(name, 0) + count for name, count in found.items()}
    reasons = {reason for kind, _, reason in scene.netlink.drops() if kind != "link"}
    print(f"# {packets} packets: {total}")
    print(f"# drops seen: {' '.join(sorted(reasons))}")
    missing = packets - sum(total.values())
    expect(missing < packets / 4, f"{missing} of {packets} packets are not accounted for, seed {SEED}")
    for reason in ("rx-auth", "rx-truncated", "rx-unknown-spi", "rx-replay", "rx-padding", "rx-next-header", "rx-inner",
                   "rx-selector", "rx-ecn"):
        expect(reason in reasons or packets < ENOUGH, f"nothing was dropped as {reason}: the inside is not reached")


def main():
    tap = Tap()
    scene = Scene(*sys.argv[1:3])
    print(f"# seed {SEED}, {SECONDS:g} s")
    tap.check("everything a peer or a stranger may send", storm, scene)
    tap.finish()


main()
