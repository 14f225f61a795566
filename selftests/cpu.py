# SPDX-License-Identifier: GPL-2.0
"""Which SA a packet is sent with; the packet cases of test_cpu.sh.

usage: cpu.py LEFT RIGHT	the namespaces; in LEFT, vpn0 with transport, peer and child 4
"""

import os
import sys

from scene import DEADLINE, Scene, inner_right
from tap import Tap, expect, expect_equal


class Cpus:
    """The current SA of all, and one for each CPU, which are not in use yet."""

    def __init__(self, scene):
        self.scene = scene
        self.numbers = sorted(os.sched_getaffinity(0))
        self.all = scene.sa("out", 4, current=True)
        self.own = {cpu: scene.sa("out", 4, cpu=cpu) for cpu in self.numbers}

    def sent_with(self, cpu):
        """The SA of a packet that this CPU sends."""
        data = self.scene.payload()
        os.sched_setaffinity(0, {cpu})
        try:
            self.scene.inner[4, 4].send(data, inner_right(4), 9)
        finally:
            os.sched_setaffinity(0, self.numbers)
        found = self.scene.wire[4].receive(DEADLINE)
        expect(found, f"nothing was sent; drops so far: {self.scene.netlink.drops()}")
        for sa in (self.all, *self.own.values()):
            packet = sa[1].open(found[0])
            if packet:
                expect(packet.inner.endswith(data), "another packet was sent")
                return sa
        raise AssertionError("no SA opens what was sent")

    def check(self, own):
        """Only these CPUs send with their own."""
        for cpu in self.numbers:
            expect_equal(self.sent_with(cpu)[0], (self.own[cpu] if cpu in own else self.all)[0], f"SA of CPU {cpu}")
        for cpu in self.numbers:
            shown = self.scene.netlink.one("sa", self.own[cpu][0])
            expect_equal(shown["cpu"], cpu, "cpu")
            expect_equal("current" in shown, cpu in own, f"current, CPU {cpu}")
        expect("current" in self.scene.netlink.one("sa", self.all[0]), "the SA of all is not current any more")

    def delete(self):
        for number, _ in (self.all, *self.own.values()):
            self.scene.netlink.request("sa-del", id=number)


def switched(scene):
    cpus = Cpus(scene)
    cpus.check(set())
    used = set()
    for cpu in cpus.numbers:
        scene.netlink.request("sa-switch", id=cpus.own[cpu][0])
        used.add(cpu)
        cpus.check(used)
    cpus.delete()


def replaced(scene):
    """A newer one of the same CPU takes its place at once; the SA of all is another matter."""
    cpus = Cpus(scene)
    first = cpus.numbers[0]
    scene.netlink.request("sa-switch", id=cpus.own[first][0])
    old, cpus.own[first] = cpus.own[first], scene.sa("out", 4, current=True, cpu=first)
    cpus.check({first})
    expect("current" not in scene.netlink.one("sa", old[0]), "both are current")
    scene.netlink.request("sa-del", id=old[0])
    cpus.check({first})
    old, cpus.all = cpus.all, scene.sa("out", 4, current=True)
    scene.netlink.request("sa-del", id=old[0])
    cpus.check({first})
    cpus.delete()


def fallen_back(scene):
    """Deleted or at its end, the SA of a CPU leaves its packets to that of all, and none is lost."""
    cpus = Cpus(scene)
    for cpu in cpus.numbers:
        scene.netlink.request("sa-switch", id=cpus.own[cpu][0])
    for cpu in cpus.numbers:
        scene.netlink.request("sa-set", id=cpus.own[cpu][0], hard_packets=2)
        for _ in range(2):
            expect_equal(cpus.sent_with(cpu)[0], cpus.own[cpu][0], f"SA of CPU {cpu}")
        for _ in range(3):
            expect_equal(cpus.sent_with(cpu)[0], cpus.all[0], f"SA of CPU {cpu} after its end")
    scene.netlink.request("sa-del", id=cpus.all[0])


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    tap = Tap(before=scene.drain)
    tap.check("each CPU has its own when it was switched to", switched, scene)
    tap.check("a newer one takes the place", replaced, scene)
    tap.check("the SA of all goes on where one ends", fallen_back, scene)
    tap.finish()


main()
