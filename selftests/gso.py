# SPDX-License-Identifier: GPL-2.0
"""What becomes of superpackets, octet by octet: the packet cases of test_gso.sh.

usage: gso.py LEFT RIGHT	the namespaces; in LEFT, vpn0 with transports, peers and children 4 and 6
"""

import functools
import ipaddress
import random
import socket
import struct
import subprocess
import sys
import time

import esp
import netns
from scene import DEADLINE, OUTER_LEFT, Scene, Sniffer, inner_left, inner_right
from tap import SLOW, Tap, expect, expect_equal, wait_for

SOL_PACKET, PACKET_VNET_HDR = 263, 15
SO_RCVBUFFORCE = 33
UDP_SEGMENT = 103
NEEDS_CSUM = 1
GSO_TCPV4, GSO_TCPV6, GSO_ECN = 1, 4, 0x80
ETHERTYPE = {4: 0x0800, 6: 0x86dd}
# Of a host behind left that is not there, by the family of the outer packets.
BEHIND = {4: "10.{}.1.200", 6: "fd00:{}:1::200"}
FIN, PSH, ACK, URG, ECE, CWR = 0x01, 0x08, 0x10, 0x20, 0x40, 0x80
TIMESTAMPS = b"\1\1\x08\x0a\1\2\3\4\5\6\7\x08"
# Selective acknowledgments of three blocks, and timestamps that are not where they usually are.
ODD_OPTIONS = b"\x05\x1a" + bytes(range(24)) + b"\x08\x0a\1\2\3\4\5\6\7\x08" + b"\1\1\1\0"

# What ends an SA in the midst of a superpacket, under which number, and how many packets still pass.
LIMITS = (
    ("hard limit of packets", "tx-expired", 1, 10, {"hard_packets": 10}),
    ("hard limit of bytes", "tx-expired", 1, 10, {"hard_bytes": 10 * 1040}),
    ("the end of the numbers", "tx-sequence", 0xffffffff - 6, 7, {"sequence": 0xffffffff - 7}),
    ("no number is left but one", "tx-sequence", 0xffffffff, 1, {"sequence": 0xffffffff - 1}),
)


def fold(total):
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def words(data):
    data += b"\0" * (len(data) % 2)
    return sum(struct.unpack(f">{len(data) // 2}H", data))


class Tcp:
    """A TCP packet, large or small."""

    def __init__(self, family, outer, flags=ACK, options=b"", sequence=0xfffff000, dont_fragment=True, tos=0):
        self.family, self.flags, self.options, self.sequence = family, flags, options, sequence
        self.tos, self.dont_fragment = tos, dont_fragment
        self.source = ipaddress.ip_address(inner_left(family, outer)).packed
        self.destination = ipaddress.ip_address(inner_right(family, outer)).packed
        self.header_len = (20 if family == 4 else 40) + 20 + len(options)

    def pseudo(self, length):
        return fold(words(self.source + self.destination) + socket.IPPROTO_TCP + length)

    def tcp(self, index, mss, flags, check, urgent):
        return struct.pack(">HHIIBBHHH", 4000, 5000, (self.sequence + index * mss) & 0xffffffff, 77,
                           (20 + len(self.options)) << 2, flags, 500, check, urgent) + self.options

    def ip(self, index, length):
        if self.family == 6:
            return struct.pack(">IHBB", 0x60000000 | self.tos << 20, length, socket.IPPROTO_TCP,
                               64) + self.source + self.destination
        header = struct.pack(">BBHHHBBH", 0x45, self.tos, 20 + length, (0xfffe + index) & 0xffff,
                             0x4000 if self.dont_fragment else 0, 64, socket.IPPROTO_TCP, 0)
        header += self.source + self.destination
        return header[:10] + struct.pack(">H", ~fold(words(header)) & 0xffff) + header[12:]

    def whole(self, payload):
        """The superpacket, whose checksum is left to whoever cuts it."""
        length = 20 + len(self.options) + len(payload)
        urgent = 3 if self.flags & URG else 0
        return self.ip(0, length) + self.tcp(0, 0, self.flags, self.pseudo(length), urgent) + payload

    def segments(self, payload, mss):
        """What it is to become."""
        pieces = [payload[i:i + mss] for i in range(0, len(payload), mss)]
        return [self.segment(i, mss, piece, i == len(pieces) - 1) for i, piece in enumerate(pieces)]

    def segment(self, index, mss, piece, last):
        flags = self.flags & ~(0 if last else FIN | PSH) & ~(CWR if index else 0)
        length = 20 + len(self.options) + len(piece)
        urgent = 3 if flags & URG else 0
        bare = self.tcp(index, mss, flags, 0, urgent) + piece
        check = ~fold(self.pseudo(length) + words(bare)) & 0xffff
        return self.ip(index, length) + self.tcp(index, mss, flags, check, urgent) + piece


def hardware_address(namespace, interface):
    with netns.inside(namespace):
        probe = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    probe.bind((interface, 0))
    with probe:
        return probe.getsockname()[4]


class Gso:
    """Gives superpackets to the link, and looks at what is on the wire."""

    def __init__(self, scene):
        self.scene = scene
        self.random = random.Random(4)
        with netns.inside(scene.left):
            self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.raw.bind(("vpn0", 0))
        self.raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        with netns.inside(scene.left):
            self.lan = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.lan.bind(("lan0", 0))
        self.lan.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.lan0, self.lan1 = (hardware_address(scene.left, name) for name in ("lan0", "lan1"))
        self.sniffer = Sniffer(scene.right, "wire0")
        for endpoint in scene.wire.values():
            endpoint.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)

    def reset(self):
        self.batch("on")
        self.scene.netlink.request("link-set", ifname="vpn0", df="copy")
        self.scene.drain()

    def batch(self, value):
        self.scene.netlink.request("link-set", ifname="vpn0", batch=value)

    def link(self, name):
        return self.scene.netlink.all("link")[0][name]

    def forward(self, packet, payload, mss):
        """As segments, which the stack cuts before a device: they come to left one right behind the other."""
        ethernet = self.lan1 + self.lan0 + struct.pack(">H", ETHERTYPE[packet.family])
        header = struct.pack("=BBHHHH", NEEDS_CSUM, GSO_TCPV4 if packet.family == 4 else GSO_TCPV6, 14 + packet.header_len,
                             mss, 14 + packet.header_len - 20 - len(packet.options), 16)
        self.lan.send(header + ethernet + packet.whole(payload))

    def lan_checksums(self, setting):
        """Whether they are left to whoever sends the packets on, or complete."""
        subprocess.run(("ip", "netns", "exec", self.scene.left, "ethtool", "-K", "lan0", "tx", setting), check=True,
                       stdout=subprocess.DEVNULL)

    def inject(self, packet, payload, mss):
        kind = (GSO_TCPV4 if packet.family == 4 else GSO_TCPV6) | (GSO_ECN if packet.flags & CWR else 0)
        header = struct.pack("=BBHHHH", NEEDS_CSUM, kind, packet.header_len, mss,
                             packet.header_len - 20 - len(packet.options), 16)
        self.raw.sendto(header + packet.whole(payload), ("vpn0", ETHERTYPE[packet.family]))

    def collect(self, outer, far, count, first=1):
        """So many inner packets, which come under consecutive numbers."""
        inner = []
        deadline = time.monotonic() + DEADLINE * SLOW
        while len(inner) < count:
            expect(time.monotonic() < deadline, f"{len(inner)} packets came, expected {count}")
            found = self.scene.wire[outer].receive(1)
            if not found:
                continue
            opened = far.open(found[0])
            expect(opened, "a packet is not authentic")
            expect_equal(opened.sequence, first + len(inner), "sequence number")
            expect_equal(opened.iv, struct.pack(">Q", opened.sequence), "IV")
            inner.append(opened.inner)
        return inner

    def batches(self, setting, cause):
        """Do it; then it must have been a batch, or not."""
        before = self.link("tx-batches")
        self.batch(setting)
        result = cause()
        if setting == "on":
            wait_for(lambda: self.link("tx-batches") > before, DEADLINE, "not taken whole")
        else:
            expect_equal(self.link("tx-batches"), before, "taken whole although it is off")
        return result


def same(found, expected):
    for i, (one, other) in enumerate(zip(found, expected)):
        expect(one == other, f"segment {i}: found {one[:80].hex()}, expected {other[:80].hex()}")
    expect_equal(len(found), len(expected), "segments")


def tcp(gso, packet, outer, mss=1300, count=20, suite="aes-gcm-16-128", **more):
    """On and off, the reference is the same."""
    payload = gso.random.randbytes((count - 1) * mss + gso.random.randint(1, mss))
    for setting in ("on", "off"):
        _, far = gso.scene.sa("out", outer, suite, current=True, **more)

        def carry():
            gso.inject(packet, payload, mss)
            return gso.collect(outer, far, count)

        same(gso.batches(setting, carry), packet.segments(payload, mss))


def udp(gso, family, outer):
    """A datagram of several segments from a socket."""
    with netns.inside(gso.scene.left):
        sender = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1001)
    payload = gso.random.randbytes(30 * 1001 + 333)
    ip_len = 20 if family == 4 else 40
    for setting in ("on", "off"):
        _, far = gso.scene.sa("out", outer, current=True)

        def carry():
            sender.sendto(payload, (inner_right(family, outer), 9))
            return gso.collect(outer, far, 31)

        found = gso.batches(setting, carry)
        expect(b"".join(packet[ip_len + 8:] for packet in found) == payload, "the payload is another")
        for i, packet in enumerate(found):
            length = len(packet) - ip_len
            addresses = packet[ip_len - (8 if family == 4 else 32):ip_len]
            expect_equal(struct.unpack_from(">H", packet, ip_len + 4)[0], length, "UDP length")
            expect_equal(fold(words(addresses + packet[ip_len:]) + socket.IPPROTO_UDP + length), 0xffff, "UDP checksum")
            if family == 4:
                expect_equal(fold(words(packet[:20])), 0xffff, "IP checksum")
                first = struct.unpack_from(">H", found[0], 4)[0]
                expect_equal(struct.unpack_from(">H", packet, 4)[0], first + i & 0xffff, "IP identification")
    sender.close()


def counted(gso, outer):
    """What is counted for a batch is what is counted for its packets one by one."""
    packet, payload, shown = Tcp(4, outer), gso.random.randbytes(30000), []
    for setting in ("on", "off"):
        number, far = gso.scene.sa("out", outer, current=True)
        peer = gso.scene.netlink.one("peer", outer)["tx"]

        def carry():
            gso.inject(packet, payload, 1000)
            gso.collect(outer, far, 30)

        gso.batches(setting, carry)
        sa = gso.scene.netlink.one("sa", number)
        after = gso.scene.netlink.one("peer", outer)["tx"]
        shown.append((sa["traffic"], sa["sequence"], after["packets"] - peer["packets"], after["bytes"] - peer["bytes"]))
    expect_equal(shown[0], shown[1], "counts")
    expect_equal(shown[0], ({"packets": 30, "bytes": 30 * 1040}, 30, 30, 30 * 1040), "counts")


def limit(gso, outer, reason, first, passing, **config):
    """What the SA does not carry any more is dropped, packet by packet."""
    packet, payload = Tcp(4, outer), gso.random.randbytes(25000)
    for setting in ("on", "off"):
        gso.batch(setting)
        _, far = gso.scene.sa("out", outer, current=True, **config)
        before = gso.scene.netlink.drops()
        gso.inject(packet, payload, 1000)
        same(gso.collect(outer, far, passing, first), packet.segments(payload, 1000)[:passing])
        wait_for(lambda: gso.scene.changes(before).get(("link", "vpn0", reason)) == 25 - passing, DEADLINE,
                 lambda: f"batch {setting}: drops {gso.scene.changes(before)}")
        expect(not gso.scene.wire[outer].receive(0), "more was sent")


def padded(gso, outer):
    """Padding against traffic analysis."""
    packet, payload = Tcp(6, outer), gso.random.randbytes(5001)
    for setting in ("on", "off"):
        _, far = gso.scene.sa("out", outer, current=True, tfc_pad=900)

        def carry():
            gso.inject(packet, payload, 500)
            return gso.collect(outer, far, 11)

        same(gso.batches(setting, carry), [segment.ljust(900, b"\0") for segment in packet.segments(payload, 500)])


def too_large(gso, outer):
    """Segments that the path does not carry in one piece go one by one."""
    packet, payload = Tcp(4, outer, dont_fragment=False), gso.random.randbytes(14600)
    _, far = gso.scene.sa("out", outer, current=True)
    before = gso.link("fragmented-outer")

    def carry():
        gso.inject(packet, payload, 1460)
        return gso.collect(outer, far, 10)

    batches = gso.link("tx-batches")
    same(carry(), packet.segments(payload, 1460))
    expect_equal(gso.link("tx-batches"), batches, "batches")
    expect_equal(gso.link("fragmented-outer") - before, 10, "fragmented outside")


def one_packet(gso, outer):
    """A batch passes the wire as one packet."""
    packet, payload = Tcp(4, outer), gso.random.randbytes(13000)
    _, far = gso.scene.sa("out", outer, current=True)
    gso.sniffer.drain()
    gso.inject(packet, payload, 1300)
    whole = gso.sniffer.receive(lambda p: p[0] >> 4 == outer and len(p) > 10000)
    expect(far.open(whole[(20 if outer == 4 else 40) + 8:][:8 + 8 + 1340 + 2 + 2 + 16]), "the first of it is not ESP")
    same(gso.collect(outer, far, 10), packet.segments(payload, 1300))


# ---- packets that come right one after another


def routed(packet):
    """What a router makes of it."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    header = packet[:8] + bytes([packet[8] - 1, packet[9], 0, 0]) + packet[12:20]
    return header[:10] + struct.pack(">H", ~fold(words(header)) & 0xffff) + header[12:] + packet[20:]


def from_behind(family, outer, **more):
    packet = Tcp(family, outer, **more)
    packet.source = ipaddress.ip_address(BEHIND[family].format(outer)).packed
    return packet


def row(gso, family, outer, checksums, mss=1200, count=20, **more):
    """Packets of one flow that come together leave as a train; each is what it would be alone."""
    packet = from_behind(family, outer, options=TIMESTAMPS)
    payload = gso.random.randbytes((count - 1) * mss + gso.random.randint(1, mss))
    expected = [routed(segment).ljust(more.get("tfc_pad", 0), b"\0") for segment in packet.segments(payload, mss)]
    gso.lan_checksums(checksums)
    for setting in ("on", "off"):
        _, far = gso.scene.sa("out", outer, current=True, **more)

        def carry():
            gso.forward(packet, payload, mss)
            return gso.collect(outer, far, count)

        same(gso.batches(setting, carry), expected)


def row_counted(gso, outer):
    """Counts, a limit in its midst, and one that was reached before: as one by one."""
    packet, payload, shown = from_behind(4, outer), gso.random.randbytes(30000), []
    expected = [routed(segment) for segment in packet.segments(payload, 1000)]
    for setting in ("on", "off"):
        gso.batch(setting)
        _, far = gso.scene.sa("out", outer, current=True, hard_packets=25)
        peer = gso.scene.netlink.one("peer", outer)["tx"]
        before = gso.scene.netlink.drops()
        gso.forward(packet, payload, 1000)
        same(gso.collect(outer, far, 25), expected[:25])
        for dropped in (5, 35):
            # When the limit was told the SA goes.
            wait_for(lambda: sum(gso.scene.changes(before).get(("link", "vpn0", reason), 0)
                                 for reason in ("tx-expired", "tx-no-sa")) == dropped, DEADLINE,
                     lambda: f"batch {setting}: drops {gso.scene.changes(before)}, expected {dropped}")
            after = gso.scene.netlink.one("peer", outer)["tx"]
            shown.append((setting, after["packets"] - peer["packets"], after["bytes"] - peer["bytes"]))
            if dropped == 5:
                gso.forward(packet, payload, 1000)
        expect(not gso.scene.wire[outer].receive(0), "more was sent")
    expect_equal(shown, [(setting, 25, 25 * 1040) for setting in ("on", "on", "off", "off")], "counts")


# ---- what comes in


def seal_all(far, packets, size=0):
    """ESP packets of one length but for the last, which may be shorter: padded inside (RFC 4303 2.7)."""
    size = size or max(map(len, packets[:-1] or packets))
    return [far.seal(packet if packet is packets[-1] else packet.ljust(size, b"\0")) for packet in packets]


class Inbound:
    """Sends UDP GSO packets of ESP packets to the link, and looks at what it delivers."""

    def __init__(self, gso):
        self.gso, self.scene = gso, gso.scene
        self.sniffer = Sniffer(gso.scene.left, "vpn0")

    def send(self, sealed, outer, tos=0):
        endpoint = self.scene.wire[outer]
        if tos != endpoint.tos:
            endpoint.socket.setsockopt(endpoint.level, endpoint.tos_option, tos)
            endpoint.tos = tos
        endpoint.socket.sendmsg([b"".join(sealed)], [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", len(sealed[0])))],
                                0, (OUTER_LEFT[outer], 4500))

    def gro(self, setting):
        subprocess.run(("ip", "netns", "exec", self.scene.left, "ethtool", "-K", "vpn0", "gro", setting), check=True)

    def datagrams(self, family, outer, count, **more):
        payloads = [self.scene.payload() for _ in range(count)]
        return payloads, [self.scene.datagram(family, payload, outer, **more) for payload in payloads]

    def receive(self, family, outer, payloads, tos=0):
        for payload in payloads:
            found = self.scene.inner[family, outer].receive()
            expect(found, f"nothing was delivered; drops so far: {self.scene.netlink.drops()}")
            expect_equal(found, (payload, tos), "delivered")

    def batches(self, whole, cause):
        """Do it; the packet must have been taken whole, or not."""
        before = self.gso.link("rx-batches")
        cause()
        expect_equal(self.gso.link("rx-batches") - before, int(whole), "batches")


def delivered(inbound, family, outer):
    """Each packet by itself, in order; on and off; what is counted is the same."""
    shown = []
    for setting in ("on", "off"):
        inbound.gso.batch(setting)
        number, far = inbound.scene.sa("in", outer)
        payloads, packets = inbound.datagrams(family, outer, 30)

        def carry():
            inbound.send(seal_all(far, packets), outer)
            inbound.receive(family, outer, payloads)

        inbound.batches(setting == "on", carry)
        sa = inbound.scene.netlink.one("sa", number)
        shown.append((sa["traffic"], sa["sequence"]))
    expect_equal(shown[0], shown[1], "counts")
    expect_equal(shown[0][0]["packets"], 30, "packets counted")


def merged(inbound, family, outer, count):
    """Segments of a TCP stream come out of the link as one, with the headers of all."""
    packet = Tcp(family, outer, ACK, TIMESTAMPS)
    packet.source, packet.destination = packet.destination, packet.source
    payload = inbound.gso.random.randbytes(count * 1200 - 100)
    _, far = inbound.scene.sa("in", outer)
    inbound.sniffer.drain()
    segments = packet.segments(payload, 1200)
    inbound.batches(True, lambda: inbound.send(seal_all(far, segments), outer))
    found = inbound.sniffer.receive(lambda p: p[-10:] == payload[-10:])
    ip_len = 20 if family == 4 else 40
    expect_equal(found[packet.header_len:], payload, "payload")
    expect(found[ip_len:ip_len + 16] == segments[0][ip_len:ip_len + 16], "the TCP header is not the first one's")
    expect(found[ip_len + 20:packet.header_len] == TIMESTAMPS, "options")
    if family == 4:
        expect_equal((struct.unpack_from(">H", found, 2)[0], fold(words(found[:20]))), (len(found), 0xffff), "IP header")
    else:
        expect_equal(struct.unpack_from(">H", found, 4)[0], len(found) - 40, "IPv6 length")


def cut_again(inbound, family, outer):
    """What was merged and goes on to another host is cut by the stack into what it was."""
    packet = Tcp(family, outer, ACK, TIMESTAMPS)
    packet.source, packet.destination = packet.destination, ipaddress.ip_address(BEHIND[family].format(outer)).packed
    payload = inbound.gso.random.randbytes(40 * 1200 - 100)
    segments = packet.segments(payload, 1200)
    _, far = inbound.scene.sa("in", outer)
    sniffer = Sniffer(inbound.scene.left, "lan1")
    inbound.batches(True, lambda: inbound.send(seal_all(far, segments), outer))
    upper = 20 if family == 4 else 40
    for segment in segments:
        found = sniffer.receive(lambda p: p[-10:] == segment[-10:])
        headers = upper + 20 + len(TIMESTAMPS)
        expect_equal(found[:7], segment[:7], "the IP header but for what a router changes")
        expect_equal(found[upper:headers], segment[upper:headers], "TCP header")
        expect(found[headers:] == segment[headers:], "its payload is another")


def gro_off(inbound, family, outer):
    """Whoever turns GRO off sees each packet by itself."""
    packet = Tcp(family, outer)
    packet.source, packet.destination = packet.destination, packet.source
    payload = inbound.gso.random.randbytes(5 * 700)
    segments = packet.segments(payload, 700)
    _, far = inbound.scene.sa("in", outer)
    inbound.gro("off")
    try:
        inbound.sniffer.drain()
        inbound.batches(True, lambda: inbound.send(seal_all(far, segments), outer))
        for segment in segments:
            found = inbound.sniffer.receive(lambda p: p[-700:] in payload)
            expect(found == segment, f"found {len(found)} octets, {found[:80].hex()}, expected {segment[:80].hex()}")
    finally:
        inbound.gro("on")


def not_merged(inbound, family, outer):
    """Segments that do not continue each other, or are not plain, stay what they are."""
    first = Tcp(family, outer)
    variants = [first, Tcp(family, outer, sequence=0), Tcp(family, outer, ACK | URG), Tcp(family, outer, ACK | FIN),
                Tcp(family, outer, ACK, TIMESTAMPS), Tcp(family, outer, ACK, tos=8), first]
    for one in variants:
        one.source, one.destination = inbound_addresses(family, outer)
    packets = [one.segments(bytes([i]) * 100, 100)[0] for i, one in enumerate(variants)]
    _, far = inbound.scene.sa("in", outer)
    inbound.sniffer.drain()
    inbound.batches(True, lambda: inbound.send(seal_all(far, packets), outer))
    for packet in packets:
        found = inbound.sniffer.receive(lambda p: p[-50:] in [one[-50:] for one in packets])
        expect(found == packet, f"found {found.hex()}, expected {packet.hex()}")


def wrong_header(inbound, outer):
    """A header whose checksum is wrong does not get a right one by merging."""
    tcp = Tcp(4, outer)
    tcp.source, tcp.destination = inbound_addresses(4, outer)
    packets = tcp.segments(bytes(range(100)) + bytes(range(100, 200)), 100)
    packets[1] = packets[1][:10] + bytes([packets[1][10] ^ 0x40]) + packets[1][11:]
    _, far = inbound.scene.sa("in", outer)
    inbound.sniffer.drain()
    inbound.batches(True, lambda: inbound.send(seal_all(far, packets), outer))
    # GRO lets the one that it cannot merge overtake the other.
    found = [inbound.sniffer.receive(lambda p: p[-50:] in [one[-50:] for one in packets]) for _ in packets]
    expect(sorted(found) == sorted(packets), f"found {[one.hex() for one in found]}")


def inbound_addresses(family, outer):
    return (ipaddress.ip_address(inner_right(family, outer)).packed, ipaddress.ip_address(inner_left(family, outer)).packed)


def bad_ones(inbound, outer):
    """What is wrong with one packet is no harm to the others."""
    family = 4
    number, far = inbound.scene.sa("in", outer)
    objects = [("sa", number), ("link", "vpn0")]
    payloads, packets = inbound.datagrams(family, outer, 9)
    packets[3] = inbound.scene.datagram(family, b"payload 000000", outer, source="10.200.0.1")
    sealed = seal_all(far, packets)
    sealed[5] = sealed[5][:-1] + bytes([sealed[5][-1] ^ 1])
    good = [payload for i, payload in enumerate(payloads) if i not in (3, 5)]

    def carry():
        inbound.send(sealed, outer)
        inbound.receive(family, outer, good)

    inbound.batches(True, lambda: inbound.scene.expect_drop_sets(
        carry, [({"rx-auth"}, 1, objects), ({"rx-selector"}, 1, objects)]))
    # The forged number is still free; the others are not.
    sealed[5] = sealed[5][:-1] + bytes([sealed[5][-1] ^ 1])

    def again():
        inbound.send(sealed, outer)
        inbound.receive(family, outer, payloads[5:6])

    inbound.batches(True, lambda: inbound.scene.expect_drops(again, objects, "rx-replay", 8))


def dummies(inbound, outer):
    number, far = inbound.scene.sa("in", outer)
    payloads, packets = inbound.datagrams(4, outer, 4)
    sealed = seal_all(far, packets, 60)
    sealed[2:2] = [far.seal(bytes(60), esp.NEXT_DUMMY)]

    def carry():
        inbound.send(sealed, outer)
        inbound.receive(4, outer, payloads)

    inbound.batches(True, carry)
    shown = inbound.scene.netlink.one("sa", number)
    expect_equal((shown["dummies"], shown["traffic"]["packets"]), (1, 4), "counts")


def too_short(inbound, outer):
    """The last one ends too soon."""
    number, far = inbound.scene.sa("in", outer)
    payloads, packets = inbound.datagrams(4, outer, 3)
    sealed = seal_all(far, packets)
    sealed.append(sealed[0][:20])

    def carry():
        inbound.send(sealed, outer)
        inbound.receive(4, outer, payloads)

    inbound.batches(True, lambda: inbound.scene.expect_drops(carry, [("sa", number), ("link", "vpn0")], "rx-truncated"))


def spent(inbound, outer):
    """A hard limit in its midst."""
    _, far = inbound.scene.sa("in", outer, hard_packets=4)
    payloads, packets = inbound.datagrams(4, outer, 10)
    before = inbound.scene.netlink.drops()

    def carry():
        inbound.send(seal_all(far, packets), outer)
        inbound.receive(4, outer, payloads[:4])

    inbound.batches(True, carry)
    wait_for(lambda: inbound.scene.changes(before).get(("link", "vpn0", "rx-expired")) == 6, DEADLINE,
             lambda: f"drops {inbound.scene.changes(before)}")


def mixed(inbound, outer):
    """Two SAs in one packet, and IKE in another: for the UDP layer, which cuts them."""
    fars = [inbound.scene.sa("in", outer)[1] for _ in range(2)]
    payloads, packets = inbound.datagrams(4, outer, 6)
    sealed = [fars[i % 2].seal(packet) for i, packet in enumerate(packets)]

    def two_sas():
        inbound.send(sealed, outer)
        inbound.receive(4, outer, payloads)

    inbound.batches(False, two_sas)
    payloads, packets = inbound.datagrams(4, outer, 2)
    sealed = seal_all(fars[0], packets)
    sealed.insert(1, bytes(len(sealed[0])))
    passed = inbound.scene.netlink.one("transport", outer)["passed"]

    def ike():
        inbound.send(sealed, outer)
        inbound.receive(4, outer, payloads)

    inbound.batches(False, ike)
    expect_equal(inbound.scene.netlink.one("transport", outer)["passed"] - passed, 1, "passed to user space")


def ecn(inbound, family, outer):
    """Outer and inner, whether taken whole, and what is delivered."""
    for outer_ecn, inner_ecn, whole, expected in ((0, 0, True, 0), (0, 2, True, 2), (2, 2, True, 2), (2, 0, True, 0),
                                                  (2, 3, True, 3), (3, 2, False, 3), (1, 2, False, 1)):
        _, far = inbound.scene.sa("in", outer)
        payloads, packets = inbound.datagrams(family, outer, 5, tos=inner_ecn)
        warned = inbound.gso.link("ecn-warned")

        def carry():
            inbound.send(seal_all(far, packets), outer, outer_ecn)
            inbound.receive(family, outer, payloads, expected)

        inbound.batches(whole, carry)
        expect_equal(inbound.gso.link("ecn-warned") - warned, 5 if (outer_ecn, inner_ecn) == (2, 0) else 0, "warned")


def inbound_cases(gso, tap):
    inbound = Inbound(gso)
    for outer in (4, 6):
        for family in (4, 6):
            mix = f"inner v{family}, outer v{outer}"
            tap.check(f"received: {mix}", delivered, inbound, family, outer)
            tap.check(f"TCP received as one: {mix}", merged, inbound, family, outer, 10)
            tap.check(f"TCP received as one, more than an skb's fragments: {mix}", merged, inbound, family, outer, 42)
            tap.check(f"TCP received as one, then forwarded: {mix}", cut_again, inbound, family, outer)
            tap.check(f"TCP that is not one stream: {mix}", not_merged, inbound, family, outer)
            tap.check(f"TCP with GRO turned off: {mix}", gro_off, inbound, family, outer)
            tap.check(f"ECN: {mix}", ecn, inbound, family, outer)
        tap.check(f"forged, misplaced, replayed: outer v{outer}", bad_ones, inbound, outer)
        tap.check(f"a wrong IP checksum stays one: outer v{outer}", wrong_header, inbound, outer)
        tap.check(f"a dummy among others: outer v{outer}", dummies, inbound, outer)
        tap.check(f"a last one that is too short: outer v{outer}", too_short, inbound, outer)
        tap.check(f"a hard limit is reached: outer v{outer}", spent, inbound, outer)
        tap.check(f"two SAs, and IKE: outer v{outer}", mixed, inbound, outer)


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    gso = Gso(scene)
    tap = Tap(before=gso.reset)
    for outer in (4, 6):
        for family in (4, 6):
            mix = f"inner v{family}, outer v{outer}"
            tap.check(f"TCP: {mix}", tcp, gso, Tcp(family, outer), outer)
            tap.check(f"TCP, timestamps, PSH and FIN: {mix}", tcp, gso,
                      Tcp(family, outer, ACK | PSH | FIN, TIMESTAMPS), outer, 1001)
            tap.check(f"TCP, odd options, CWR and URG: {mix}", tcp, gso,
                      Tcp(family, outer, ACK | ECE | CWR | URG | PSH, ODD_OPTIONS, tos=2), outer, 999)
            tap.check(f"UDP: {mix}", udp, gso, family, outer)
            tap.check(f"in a row: {mix}", row, gso, family, outer, "off")
            tap.check(f"in a row, without checksums: {mix}", row, gso, family, outer, "on")
        tap.check(f"more than one UDP GSO packet holds: outer v{outer}", tcp, gso, Tcp(4, outer), outer, 400, 130)
        tap.check(f"as few segments as can be: outer v{outer}", tcp, gso, Tcp(6, outer), outer, 1300, 2)
        tap.check(f"counts: outer v{outer}", counted, gso, outer)
        tap.check(f"in a row, counts: outer v{outer}", row_counted, gso, outer)
        tap.check(f"in a row, more than are gathered at once: outer v{outer}", row, gso, 4, outer, "off", 400, 130)
        tap.check(f"in a row, padded to a length: outer v{outer}", functools.partial(row, tfc_pad=900), gso, 6, outer,
                  "off", 700, 11)
        tap.check(f"padded to a length: outer v{outer}", padded, gso, outer)
        tap.check(f"one packet on the wire: outer v{outer}", one_packet, gso, outer)
        tap.check(f"too large for the path: outer v{outer}", too_large, gso, outer)
    for suite in ("aes-gcm-16-256", "chacha20-poly1305"):
        tap.check(suite, tcp, gso, Tcp(4, 4, options=TIMESTAMPS), 4, 1300, 20, suite)
    tap.check("extended sequence numbers", functools.partial(tcp, esn=True), gso, Tcp(4, 4), 4)
    for name, reason, first, passing, config in LIMITS:
        tap.check(name, functools.partial(limit, **config), gso, 4, reason, first, passing)
    inbound_cases(gso, tap)
    tap.finish()


main()
