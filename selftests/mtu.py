# SPDX-License-Identifier: GPL-2.0
"""ICMP errors about ESP packets, true ones and forged ones: which of them make the path MTU smaller.

usage: mtu.py LEFT ROUTER	the namespaces; in LEFT, vpn0 with transports, peers and children 4 and 6, and an SA for each
"""

import ipaddress
import socket
import struct
import subprocess
import sys

import esp
import netns
from netlink import Client
from tap import Tap, expect, expect_equal, wait_for

DEADLINE = 10
LEFT = {4: "192.0.2.1", 6: "2001:db8::1"}
RIGHT = {4: "198.51.100.2", 6: "2001:db8:1::2"}
INNER = {4: "10.4.2.1", 6: "10.6.2.1"}
NO_ROUTE = {4: (3, 0), 6: (1, 0)}
TOO_BIG = {4: (3, 4), 6: (2, 0)}
LEN = 1500


class Scene:
    def __init__(self, left, router):
        self.left = left
        self.netlink = Client(left)
        with netns.inside(left):
            self.inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with netns.inside(router):
            self.raw = {4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
                        6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)}

    def fresh(self, outer):
        """Forget the path, and have sent at least one packet; returns the outbound SA."""
        peer = self.netlink.one("peer", outer)
        name = "remote_ipv4" if outer == 4 else "remote_ipv6"
        value = peer[name.replace("_", "-")]
        value = int(ipaddress.ip_address(value)) if outer == 4 else ipaddress.ip_address(value).packed
        for family in ("-4", "-6"):  # what the routing layer has learnt
            subprocess.run(["ip", "-n", self.left, family, "route", "flush", "cache"], check=True)
        self.netlink.request("peer-set", id=outer, **{name: value})
        child = self.netlink.one("child", outer)
        before = self.netlink.one("sa", child["sa-id"])["traffic"]["packets"]
        self.inner.sendto(b"x", (INNER[outer], 9))
        wait_for(lambda: self.netlink.one("sa", child["sa-id"])["traffic"]["packets"] > before, DEADLINE, "not sent")
        return self.netlink.one("sa", child["sa-id"])

    def mtu(self, outer):
        """The path MTU in use, and whether it is an ICMP error's."""
        peer = self.netlink.one("peer", outer)
        return peer["path-mtu"], "path-mtu-age" in peer

    def ignored(self, outer):
        return self.netlink.one("transport", outer)["icmp-ignored"]

    def send(self, outer, quote, mtu, kind=None):
        kind, code = (kind or TOO_BIG)[outer]
        if outer == 6:
            self.raw[6].sendto(struct.pack(">BBHI", kind, code, 0, mtu) + quote, (LEFT[6], 0))
            return
        message = struct.pack(">BBHHH", kind, code, 0, 0, mtu) + quote
        self.raw[4].sendto(message[:2] + struct.pack(">H", esp.checksum(message)) + message[4:], (LEFT[4], 0))


def quote_of(outer, sa, **fields):
    """The start of a packet that the SA has sent, or, by fields, of one that it has not."""
    destination = fields.get("destination", RIGHT[outer])
    packet = struct.pack(">HHHH", fields.get("source_port", 4500), fields.get("port", 4500), LEN - 28, 0)
    packet += struct.pack(">II", fields.get("spi", sa["spi"]), fields.get("sequence", sa["sequence"]) & 0xffffffff)
    packet += bytes(16)
    if outer == 4:
        return esp.ipv4(LEFT[4], destination, 17, packet[:fields.get("keep", len(packet))],
                        total=fields.get("length", LEN))
    return esp.ipv6(LEFT[6], destination, 17, packet[:fields.get("keep", len(packet))],
                    length=fields.get("length", LEN) - 40)


def believed(scene, outer, mtu=1400, expected=None):
    sa = scene.fresh(outer)
    scene.send(outer, quote_of(outer, sa), mtu)
    expected = expected or mtu
    wait_for(lambda: scene.mtu(outer) == (expected, True), DEADLINE, lambda: f"path MTU {scene.mtu(outer)}")


def larger_again(scene, outer):
    """An ICMP error never makes the MTU larger."""
    believed(scene, outer, 1350)
    sa = scene.netlink.one("sa", scene.netlink.one("child", outer)["sa-id"])
    scene.send(outer, quote_of(outer, sa), 1450)
    scene.send(outer, quote_of(outer, sa), 1340)
    wait_for(lambda: scene.mtu(outer) == (1340, True), DEADLINE, lambda: f"path MTU {scene.mtu(outer)}")
    scene.send(outer, quote_of(outer, sa), 1450)
    ignored(scene, outer, sa, mtu=1400, spi=77)  # comes behind it
    expect_equal(scene.mtu(outer), (1340, True), "path MTU")


def ignored(scene, outer, sa=None, mtu=1300, kind=None, **fields):
    """One that proves nothing is counted, and changes nothing."""
    sa = sa or scene.fresh(outer)
    before, count = scene.mtu(outer), scene.ignored(outer)
    scene.send(outer, quote_of(outer, sa, **fields), mtu, kind)
    wait_for(lambda: scene.ignored(outer) == count + 1, DEADLINE,
             lambda: f"{scene.ignored(outer) - count} ignored")
    # The routing layer of some kernels believes what it is told of any UDP packet; the module does not.
    expect_equal(scene.mtu(outer)[1], before[1], "learnt")


def many(scene, outer):
    """A flood of them costs little, and the true one behind it still counts, when a second is over."""
    sa = scene.fresh(outer)
    quote = quote_of(outer, sa, spi=12345)
    for _ in range(3000):
        scene.send(outer, quote, 1450)

    def learns():
        scene.send(outer, quote_of(outer, sa), 1400)
        return scene.mtu(outer) == (1400, True)

    wait_for(learns, DEADLINE, "never believed again")


def ike(scene):
    """One about an IKE message is not for the peer's path MTU."""
    sa = scene.fresh(4)
    scene.send(4, quote_of(4, sa, spi=0), 1300)
    scene.send(4, quote_of(4, sa), 1400)
    wait_for(lambda: scene.mtu(4)[1], DEADLINE, "the error behind it was not believed")
    expect(scene.mtu(4)[0] in (1300, 1400), f"path MTU {scene.mtu(4)}")


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    tap = Tap()
    for outer in (4, 6):
        least = 68 if outer == 4 else 1280
        for name, fields in (
                ("an unknown SPI", {"spi": 0x12345678}),
                ("an inbound SPI", {"spi": 0x20001}),
                ("a number that was not sent yet", {"sequence": 0x7000000}),
                ("another port of the peer", {"port": 4501}),
                ("another destination", {"destination": "198.51.100.3" if outer == 4 else "2001:db8:1::3"}),
                ("a packet that is smaller than what fits", {"length": 1300}),
                ("less than the ESP header", {"keep": 12}),
                ("a size that no path has", {"mtu": least - 1}),
                ("a network that is unreachable", {"kind": NO_ROUTE})):
            tap.check(f"not believed, outer v{outer}: {name}", lambda: ignored(scene, outer, **fields))
        tap.check(f"believed, outer v{outer}: a packet of ours", believed, scene, outer)
        tap.check(f"believed, outer v{outer}: the least possible", believed, scene, outer, least)
        tap.check(f"smaller, never larger: outer v{outer}", larger_again, scene, outer)
        tap.check(f"a flood of errors: outer v{outer}", many, scene, outer)
    tap.check("a router that does not say a size", believed, scene, 4, 0, 552)  # net.ipv4.route.min_pmtu
    tap.check("an error about an IKE message is not the peer's", ike, scene)
    tap.finish()


main()
