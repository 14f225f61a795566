# SPDX-License-Identifier: GPL-2.0
"""The left side of lib.sh's picture with a real link, and a right side that is made of ESP by hand."""

import ipaddress
import random
import select
import socket
import struct

import esp
import netns
from netlink import Client
from tap import Failed, expect, wait_for

DEADLINE = 10
PORT = 7
OUTER_LEFT = {4: "192.0.2.1", 6: "2001:db8::1"}
OUTER_RIGHT = {4: "192.0.2.2", 6: "2001:db8::2"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
_TOS_OPTIONS = {4: (socket.IPPROTO_IP, socket.IP_TOS, socket.IP_RECVTOS),
                6: (socket.IPPROTO_IPV6, socket.IPV6_TCLASS, socket.IPV6_RECVTCLASS)}


def inner_left(family, outer=4):
    return f"10.{outer}.1.1" if family == 4 else f"fd00:{outer}:1::1"


def inner_right(family, outer=4):
    return f"10.{outer}.2.1" if family == 4 else f"fd00:{outer}:2::1"


class Endpoint:
    """A UDP socket that tells and sets the TOS byte."""

    def __init__(self, namespace, address, port):
        self.family = ipaddress.ip_address(address).version
        self.level, self.tos_option, receive = _TOS_OPTIONS[self.family]
        with netns.inside(namespace):
            self.socket = socket.socket(FAMILY[self.family], socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.socket.setsockopt(self.level, receive, 1)
        self.tos = 0

    def send(self, data, address, port, tos=0):
        if tos != self.tos:
            self.socket.setsockopt(self.level, self.tos_option, tos)
            self.tos = tos
        self.socket.sendto(data, (address, port))

    def receive(self, seconds=DEADLINE):
        """The next datagram and its TOS byte, or None at the deadline."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return None
        data, control, _, _ = self.socket.recvmsg(65536, 64)
        tos = [value for level, kind, value in control
               if level == self.level and kind == self.tos_option]
        return data, tos[0][0] if tos else 0

    def drain(self):
        while self.receive(0):
            pass


class Scene:
    def __init__(self, left, right):
        self.left, self.right = left, right
        self.netlink = Client(left)
        self.random = random.Random(1)
        self.next_id = 1000
        self.payloads = 0
        self.wire = {family: Endpoint(right, OUTER_RIGHT[family], 4500) for family in FAMILY}
        self.inner = {(family, outer): Endpoint(left, inner_left(family, outer), PORT)
                      for family in FAMILY for outer in FAMILY}

    def new_id(self):
        self.next_id += 1
        return self.next_id

    def sa(self, direction, child, suite="aes-gcm-16-128", **more):
        """Install an SA with a random key; returns its id and our half of it."""
        number = self.new_id()
        length = 20 if suite == "aes-gcm-16-128" else 36
        key = self.random.randbytes(length)
        # Random SPIs: no flipped bit makes one into another.
        spi = self.random.randrange(0x10000000, 0xffffffff)
        self.netlink.request("sa-new", id=number, child_id=child, direction=direction, spi=spi,
                             suite=suite, key=key, **more)
        return number, esp.Sa(suite, key.hex(), spi, "esn" in more)

    def payload(self):
        self.payloads += 1
        return b"payload %06d" % self.payloads

    def datagram(self, family, data, outer=4, source=None, destination=None, port=PORT, tos=0, **fields):
        """An inner packet from right to left."""
        return esp.udp(source or inner_right(family, outer), destination or inner_left(family, outer), 9, port,
                       data, tos, **fields)

    def send(self, packet, outer=4, tos=0):
        self.wire[outer].send(packet, OUTER_LEFT[outer], 4500, tos)

    def expect_delivered(self, packet, payload, family=4, outer=4, tos=0):
        """Send packet; payload and nothing else must come out. Returns its TOS byte."""
        self.send(packet, outer, tos)
        found = self.inner[family, outer].receive()
        expect(found, f"nothing was delivered; drops so far: {self.netlink.drops()}")
        expect(found[0] == payload, f"delivered {found[0]!r} in place of {payload!r}")
        return found[1]

    def drain(self):
        """Forget what came to the sockets so far."""
        for endpoint in (*self.inner.values(), *self.wire.values()):
            endpoint.drain()

    def expect_nothing(self):
        for endpoint in self.inner.values():
            found = endpoint.receive(0)
            expect(not found, f"delivered: {found}")

    def changes(self, before):
        """Drop counters that differ."""
        return {key: count - before.get(key, 0) for key, count in self.netlink.drops().items()
                if count != before.get(key, 0)}

    def expect_drops(self, cause, objects, reason, count=1):
        """cause() makes count packets be dropped for that reason at each of objects, no other drops."""
        self.expect_drop_sets(cause, [({reason}, count, objects)])

    def expect_drop_sets(self, cause, sets):
        """cause() makes drops; sets: (reasons, how many in all, at which objects)."""
        before = self.netlink.drops()
        cause()

        def settled():
            found = self.changes(before)
            return all(sum(found.get((*thing, reason), 0) for reason in reasons) >= count
                       for reasons, count, objects in sets for thing in objects)

        wait_for(settled, DEADLINE, lambda: f"drops {sets}, found {self.changes(before)}")
        found = self.changes(before)
        for reasons, count, objects in sets:
            for thing in objects:
                total = sum(found.pop((*thing, reason), 0) for reason in reasons)
                expect(total == count, f"{total} drops {reasons} at {thing}, expected {count}")
        if found:
            raise Failed(f"drops beside the expected ones: {found}")
        self.expect_nothing()


class Sniffer:
    """What passes an interface, from the IP header on."""

    def __init__(self, namespace, interface):
        with netns.inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.socket.bind((interface, 3))

    def drain(self):
        """Forget what passed so far."""
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.recvfrom(65536)

    def receive(self, wanted, seconds=DEADLINE):
        """The first packet for which wanted(packet) holds."""
        while select.select([self.socket], [], [], seconds)[0]:
            packet, address = self.socket.recvfrom(65536)
            if address[2] != socket.PACKET_OUTGOING and wanted(packet):
                return packet
        raise Failed("the packet did not pass")


def udp_header(packet):
    """(source port, destination port, length, checksum, payload) of an IP packet that is UDP, or None."""
    if packet[0] >> 4 == 4:
        offset, protocol = (packet[0] & 15) * 4, packet[9]
    else:
        offset, protocol = 40, packet[6]
    if protocol != esp.NEXT_UDP or len(packet) < offset + 8:
        return None
    return (*struct.unpack_from(">HHHH", packet, offset), packet[offset + 8:])
