# SPDX-License-Identifier: GPL-2.0
"""What outer headers say of inner packets, and what comes back of it: the cases of test_ecn.sh.

usage: ecn.py LEFT RIGHT	the namespaces; in LEFT, vpn0 with transports, peers and children 4 and 6
"""

import socket
import struct
import subprocess
import sys

import netns
from scene import Scene, Sniffer, inner_left, inner_right, udp_header
from tap import Tap, expect, expect_equal

NOT_ECT, ECT1, ECT0, CE = range(4)
LINK = ("link", "vpn0")

# RFC 6040 figure 4: (inner, outer): what is delivered, None for a drop.
INBOUND = {
    (NOT_ECT, NOT_ECT): NOT_ECT, (NOT_ECT, ECT0): NOT_ECT, (NOT_ECT, ECT1): NOT_ECT, (NOT_ECT, CE): None,
    (ECT0, NOT_ECT): ECT0, (ECT0, ECT0): ECT0, (ECT0, ECT1): ECT1, (ECT0, CE): CE,
    (ECT1, NOT_ECT): ECT1, (ECT1, ECT0): ECT1, (ECT1, ECT1): ECT1, (ECT1, CE): CE,
    (CE, NOT_ECT): CE, (CE, ECT0): CE, (CE, ECT1): CE, (CE, CE): CE,
}
# Those that it marks as dangerous, and yet lets pass.
WARNED = {(NOT_ECT, ECT0), (NOT_ECT, ECT1), (CE, ECT1)}


class Outer:
    """The outer headers of one packet on the wire."""

    def __init__(self, packet):
        self.version = packet[0] >> 4
        word = int.from_bytes(packet[:4], "big")
        if self.version == 4:
            self.tos, self.ttl, self.label = packet[1], packet[8], None
            self.dont_fragment = bool(packet[6] & 0x40)
        else:
            self.tos, self.ttl, self.label = word >> 20 & 0xff, packet[7], word & 0xfffff
        self.source_port, self.port = udp_header(packet)[:2]


class Headers:
    """Sends inner packets, and looks at what is on the wire."""

    def __init__(self, scene):
        self.scene = scene
        self.sniffer = Sniffer(scene.right, "wire0")
        self.sas = {outer: scene.sa("out", outer, current=True)[0] for outer in (4, 6)}

    def link(self, **config):
        self.scene.netlink.request("link-set", ifname="vpn0", **config)

    def reset(self):
        self.link(df="copy", dscp_policy="zero", ttl_policy="route", flow_label="hash", mark=0)

    def see(self, outer, cause):
        """The outer headers of the packet that cause() makes."""
        self.sniffer.drain()
        cause()
        return Outer(self.sniffer.receive(lambda p: p[0] >> 4 == outer and (udp_header(p) or (0, 0))[1] == 4500))

    def send(self, family, outer, tos=0, port=9):
        endpoint = self.scene.inner[family, outer]
        return self.see(outer, lambda: endpoint.send(b"look at my header", inner_right(family, outer), port, tos))


def inbound(scene, family, outer):
    """Every cell, with its count of warnings."""
    number, far = scene.sa("in", outer)
    for (inner_ecn, outer_ecn), expected in INBOUND.items():
        before = scene.netlink.all("link")[0]["ecn-warned"]
        data = scene.payload()
        packet = far.seal(scene.datagram(family, data, outer, tos=0xb8 | inner_ecn))
        cell = f"inner {inner_ecn} in outer {outer_ecn}"
        if expected is None:
            scene.expect_drops(lambda: scene.send(packet, outer, outer_ecn), [("sa", number), LINK], "rx-ecn")
        else:
            # The outer DSCP is not for the inner packet (RFC 4301 5.1.2.1).
            found = scene.expect_delivered(packet, data, family, outer, 0x28 | outer_ecn)
            expect_equal(found, 0xb8 | expected, cell)
        warned = scene.netlink.all("link")[0]["ecn-warned"] - before
        expect_equal(warned, int((inner_ecn, outer_ecn) in WARNED), f"warnings, {cell}")


def outbound(headers, family, outer):
    """Normal mode: all four code points are copied (RFC 6040 4.1); the DSCP is not."""
    for ecn in (NOT_ECT, ECT1, ECT0, CE):
        for dscp in (0, 46, 63):
            found = headers.send(family, outer, dscp << 2 | ecn)
            expect_equal(found.tos, ecn, f"outer TOS of inner {dscp << 2 | ecn:#x}")


def dscp(headers, family, outer):
    headers.link(dscp_policy="copy")
    for tos in (0x00, 0xb8, 0xb9, 0x2a, 0xfe):
        expect_equal(headers.send(family, outer, tos).tos, tos, "copied")
    headers.link(dscp_policy="fixed", dscp=46)
    for tos in (0x00, 0x29, 0xfe):
        expect_equal(headers.send(family, outer, tos).tos, 0xb8 | tos & 3, "fixed")
    headers.link(dscp=0)
    expect_equal(headers.send(family, outer, 0xfe).tos, 2, "fixed to 0")
    headers.link(dscp_policy="zero")
    expect_equal(headers.send(family, outer, 0xfe).tos, 2, "zero")


def ttl(headers, family, outer):
    level, option = (socket.IPPROTO_IP, socket.IP_TTL) if family == 4 else \
        (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)
    inner = headers.scene.inner[family, outer].socket
    try:
        for value in (3, 200):
            inner.setsockopt(level, option, value)
            headers.link(ttl_policy="route")
            expect_equal(headers.send(family, outer).ttl, 64, "of the route")
            headers.link(ttl_policy="inherit")
            expect_equal(headers.send(family, outer).ttl, value, "inherited")
            headers.link(ttl_policy="fixed", ttl=77)
            expect_equal(headers.send(family, outer).ttl, 77, "fixed")
    finally:
        inner.setsockopt(level, option, -1 if family == 6 else 64)


def dont_fragment(headers, family):
    """Over IPv4; an inner IPv6 packet never lets itself be fragmented."""
    inner = headers.scene.inner[family, 4].socket
    for policy, wish, expected in (("copy", False, family == 6), ("copy", True, True), ("set", False, True),
                                   ("set", True, True), ("clear", False, False), ("clear", True, False)):
        if family == 4:
            inner.setsockopt(socket.IPPROTO_IP, 10, 2 if wish else 0)  # IP_MTU_DISCOVER
        headers.link(df=policy)
        found = headers.send(family, 4).dont_fragment
        expect_equal(found, expected, f"policy {policy}, inner {wish}")


def flow_label(headers, family):
    """One flow has one label, flows have different ones, and the inner label is not among them."""
    labels = {}
    for port in range(20, 32):
        found = {headers.send(family, 6, port=port).label for _ in range(3)}
        expect_equal(len(found), 1, f"labels of one flow: {found}")
        labels[port] = found.pop()
    expect(len(set(labels.values())) > 6, f"flows are not told apart: {labels}")
    expect(all(labels.values()), f"no label: {labels}")
    headers.link(flow_label="zero")
    expect_equal(headers.send(family, 6, port=20).label, 0, "label")
    headers.link(flow_label="hash")
    expect_equal(headers.send(family, 6, port=20).label, labels[20], "label, again")


def inner_label(headers):
    """An inner packet with a flow label of its own does not give it away."""
    label = 0xabcde
    scene = headers.scene
    data = struct.pack(">HHHH", 9, 9, 8 + 4, 0) + b"data"
    packet = struct.pack(">IHBB", 6 << 28 | label, len(data), 17, 64)
    packet += socket.inet_pton(socket.AF_INET6, inner_left(6, 6)) + socket.inet_pton(socket.AF_INET6, inner_right(6, 6))
    with netns.inside(scene.left):
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    found = headers.see(6, lambda: raw.sendto(packet + data, ("vpn0", 0x86dd)))
    expect(found.label != label, "the inner flow label is on the wire")


def ports(headers, outer):
    """The source port is the transport's, whatever the inner flow: NATs and the peer depend on it."""
    for port in (1, 9, 65535):
        found = headers.send(4, outer, port=port)
        expect_equal((found.source_port, found.port), (4500, 4500), "ports")


def nft(scene, *lines):
    subprocess.run(["nsenter", f"--net=/run/netns/{scene.left}", "nft", "-f", "-"], input="\n".join(lines),
                   text=True, check=True)


def counted(scene, name):
    found = subprocess.run(["nsenter", f"--net=/run/netns/{scene.left}", "nft", "list", "counter", "inet", "look", name],
                           capture_output=True, text=True, check=True).stdout
    return int(found.split("packets ")[1].split()[0])


def mark_and_priority(headers, outer):
    """The link's mark, else the socket's; never the inner packet's. The priority is the inner packet's."""
    scene = headers.scene
    inner = scene.inner[4, outer].socket
    before = {name: counted(scene, name) for name in ("m0", "m7", "m9", "p5")}

    def grown(name):
        return counted(scene, name) - before[name]

    inner.setsockopt(socket.SOL_SOCKET, 36, 9)  # SO_MARK
    inner.setsockopt(socket.SOL_SOCKET, 12, 5)  # SO_PRIORITY
    try:
        headers.send(4, outer)
        expect_equal((grown("m0"), grown("m7"), grown("m9"), grown("p5")), (1, 0, 0, 1), "marks 0 7 9, priority")
        headers.link(mark=7)
        headers.send(4, outer)
        expect_equal((grown("m0"), grown("m7"), grown("m9"), grown("p5")), (1, 1, 0, 2), "marks 0 7 9, priority")
    finally:
        inner.setsockopt(socket.SOL_SOCKET, 36, 0)
        inner.setsockopt(socket.SOL_SOCKET, 12, 0)


def refused(headers):
    """A value without its policy, or out of range; nothing changes."""
    netlink = headers.scene.netlink
    headers.reset()
    before = netlink.snapshot()["link"]
    for config in ({"dscp": 1}, {"dscp_policy": "copy", "dscp": 1}, {"ttl": 9}, {"ttl_policy": "inherit", "ttl": 9},
                   {"df": "set", "dscp": 3}, {"dscp": 64, "dscp_policy": "fixed"}, {"ttl": 0, "ttl_policy": "fixed"},
                   {"df": 3}, {"flow_label": 2}, {"ttl_policy": 3}, {"dscp_policy": 3}):
        try:
            netlink.request("link-set", ifname="vpn0", **config)
        except Exception as error:  # the client's own or the kernel's
            expect("extack" in str(error), f"{config}: {error}")
        else:
            expect(False, f"{config} was accepted")
    expect_equal(netlink.snapshot()["link"], before, "configuration")


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    headers = Headers(scene)

    def before():
        scene.drain()
        headers.reset()

    nft(scene, "table inet look {", "counter m0 { }", "counter m7 { }", "counter m9 { }", "counter p5 { }",
        "chain out { type filter hook output priority 0;",
        "oifname wire0 udp dport 4500 meta mark 0 counter name m0",
        "oifname wire0 udp dport 4500 meta mark 7 counter name m7",
        "oifname wire0 udp dport 4500 meta mark 9 counter name m9",
        "oifname wire0 udp dport 4500 meta priority 0:5 counter name p5", "}", "}")
    tap = Tap(before=before)
    for outer in (4, 6):
        for family in (4, 6):
            name = f"inner v{family}, outer v{outer}"
            tap.check(f"ECN, inbound, 16 cells: {name}", inbound, scene, family, outer)
            tap.check(f"ECN, outbound: {name}", outbound, headers, family, outer)
            tap.check(f"DSCP zero, copied, fixed: {name}", dscp, headers, family, outer)
            tap.check(f"TTL of the route, inherited, fixed: {name}", ttl, headers, family, outer)
        tap.check(f"the source port is the transport's: outer v{outer}", ports, headers, outer)
        tap.check(f"mark and priority: outer v{outer}", mark_and_priority, headers, outer)
    for family in (4, 6):
        tap.check(f"DF copied, set, clear: inner v{family}", dont_fragment, headers, family)
        tap.check(f"flow labels: inner v{family}", flow_label, headers, family)
    tap.check("the inner flow label stays inside", inner_label, headers)
    tap.check("what makes no sense is refused", refused, headers)
    tap.finish()


main()
