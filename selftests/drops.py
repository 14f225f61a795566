# SPDX-License-Identifier: GPL-2.0
"""What must not pass, does not, and is counted under the right reason: the cases of test_drops.sh.

usage: drops.py LEFT RIGHT	the namespaces; in LEFT, vpn0 with transports, peers and children 4 and 6
"""

import socket
import subprocess
import sys

import esp
import netns
from netlink import Client, selector
from scene import (DEADLINE, OUTER_LEFT, OUTER_RIGHT, PORT, Endpoint, Scene, Sniffer, inner_left, inner_right,
                   udp_header)
from tap import Tap, expect, expect_equal, wait_for

SUITES = ("aes-gcm-16-128", "aes-gcm-16-256", "chacha20-poly1305")
LINK = ("link", "vpn0")
IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_RECVERR = 10, 2, 11  # linux/in.h
BURST = 32  # packets sent before their drops are counted, so that no queue runs over


def at(number, *more):
    """The objects at which a drop of the SA is counted."""
    return [("sa", number), LINK, *more]


# ---- authentication and replay

def good_packet(scene, suite, esn, family, outer):
    more = {"esn": True} if esn else {}
    _, far = scene.sa("in", outer, suite, **more)
    for _ in range(3):
        data = scene.payload()
        scene.expect_delivered(far.seal(scene.datagram(family, data, outer)), data, family, outer)


def wrong_key(scene, suite):
    number, far = scene.sa("in", 4, suite)
    wrong = esp.Sa(suite, (bytes(len(far.key)) + far.salt).hex(), far.spi)
    packet = wrong.seal(scene.datagram(4, scene.payload()))
    scene.expect_drops(lambda: scene.send(packet), at(number), "rx-auth")
    wrong_salt = esp.Sa(suite, (far.key + bytes(4)).hex(), far.spi)
    packet = wrong_salt.seal(scene.datagram(4, scene.payload()))
    scene.expect_drops(lambda: scene.send(packet), at(number), "rx-auth")
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(4, data)), data)


def wrong_numbering(scene):
    """ESN on one side only: the first packet must already fail."""
    number, far = scene.sa("in", 4, esn=True)
    far.esn = False
    packet = far.seal(scene.datagram(4, scene.payload()))
    scene.expect_drops(lambda: scene.send(packet), at(number), "rx-auth")


def replay(scene):
    number, far = scene.sa("in", 4)
    data = scene.payload()
    packet = far.seal(scene.datagram(4, data))
    scene.expect_delivered(packet, data)
    for _ in range(3):
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-replay")


def sequence_zero(scene):
    number, far = scene.sa("in", 4)
    packet = far.seal(scene.datagram(4, scene.payload()), sequence=0)
    before = scene.netlink.drops()
    scene.send(packet)
    wait_for(lambda: scene.changes(before), DEADLINE, "no drop")
    reasons = {reason for _, _, reason in scene.changes(before)}
    expect(reasons <= {"rx-replay", "rx-late"}, f"dropped as {reasons}")
    scene.expect_nothing()
    expect_equal(scene.netlink.one("sa", number).get("sequence", 0), 0, "window")


def window_edge(scene, window, esn):
    """The promised window exactly: one number left of it is late, the leftmost one in it passes."""
    more = {"esn": True} if esn else {}
    number, far = scene.sa("in", 4, replay_window=window, **more)
    top = 5 * window
    for sequence in (top, top - window + 1, top - 1):
        data = scene.payload()
        scene.expect_delivered(far.seal(scene.datagram(4, data), sequence=sequence), data)
    for sequence in (top, top - window + 1, top - 1):
        packet = far.seal(scene.datagram(4, scene.payload()), sequence=sequence)
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-replay")
    if esn:
        return  # left of the window there means the next cycle of 2^32
    for sequence in (1, top - window):
        packet = far.seal(scene.datagram(4, scene.payload()), sequence=sequence)
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-late")


def no_window(scene):
    _, far = scene.sa("in", 4, replay_window=0)
    data = scene.payload()
    packet = far.seal(scene.datagram(4, data), sequence=7)
    for _ in range(3):
        scene.expect_delivered(packet, data)


def forged_number(scene):
    """A forged packet far ahead must not move the window."""
    number, far = scene.sa("in", 4)
    packet = bytearray(far.seal(scene.datagram(4, scene.payload()), sequence=0x7fffffff))
    packet[-1] ^= 1
    scene.expect_drops(lambda: scene.send(bytes(packet)), at(number), "rx-auth")
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(4, data), sequence=1), data)


def esn_crossing(scene):
    """Numbers cross 2^32: the high half is inferred, in both directions of reordering."""
    start = (1 << 32) - 3
    number, far = scene.sa("in", 4, esn=True, sequence=start)
    for sequence in (start + 1, start + 4, start + 2, start + 3, start + 6, start + 5):
        data = scene.payload()
        scene.expect_delivered(far.seal(scene.datagram(4, data), sequence=sequence), data)
    packet = far.seal(scene.datagram(4, scene.payload()), sequence=start + 2)
    scene.expect_drops(lambda: scene.send(packet), at(number), "rx-replay")
    expect_equal(scene.netlink.one("sa", number)["sequence"], start + 6, "highest number")


def plain_numbers_end(scene):
    """Without ESN, numbers go up to 2^32 - 1 and never round again."""
    last = (1 << 32) - 1
    number, far = scene.sa("in", 4, sequence=last - 2)
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(4, data), sequence=last), data)
    packet = far.seal(scene.datagram(4, scene.payload()), sequence=1)
    scene.expect_drops(lambda: scene.send(packet), at(number), "rx-late")


# ---- what a stranger cannot do

def stranger(scene):
    """Only a fresh, authentic packet may move an endpoint."""
    number, far = scene.sa("in", 4)
    watcher = Client(scene.left)
    watcher.join("peer")
    scene.netlink.request("peer-set", id=4, endpoint_policy="learn")
    elsewhere = Endpoint(scene.right, OUTER_RIGHT[4], 4999)

    def from_elsewhere(packet):
        return lambda: elsewhere.send(packet, OUTER_LEFT[4], 4500)

    def port():
        return scene.netlink.one("peer", 4)["remote-port"]

    data = scene.payload()
    packet = far.seal(scene.datagram(4, data))
    scene.expect_delivered(packet, data)
    forged = packet[:-1] + bytes([packet[-1] ^ 1])
    forged = forged[:4] + bytes(3) + b"\x09" + forged[8:]
    scene.expect_drops(from_elsewhere(packet), at(number), "rx-replay")
    scene.expect_drops(from_elsewhere(forged), at(number), "rx-auth")
    expect_equal((port(), watcher.events()), (4500, []), "port and events")
    # Authentic, but older than one that came from the endpoint.
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(4, data), sequence=20), data)
    from_elsewhere(far.seal(scene.datagram(4, scene.payload()), sequence=10))()
    expect(scene.inner[4, 4].receive(), "an authentic packet that was overtaken was not delivered")
    expect_equal((port(), watcher.events()), (4500, []), "port and events")
    far.sequence = 20
    data = scene.payload()
    from_elsewhere(far.seal(scene.datagram(4, data)))()
    expect(scene.inner[4, 4].receive(), "an authentic packet from elsewhere was not delivered")
    wait_for(lambda: port() == 4999, DEADLINE, lambda: f"port {port()}")
    events = wait_for(watcher.events, DEADLINE, "no event")
    expect_equal([(name, event["remote-port"]) for name, event in events], [("peer-endpoint-ntf", 4999)], "events")
    scene.netlink.request("peer-set", id=4, endpoint_policy="fixed", remote_ipv4=0xc0000202, remote_port=4500)


def unknown_spi_events(scene):
    """They are told with the sender, and a flood of them is not a flood of events."""
    watcher = Client(scene.left)
    watcher.join("sa")
    junk = bytes.fromhex("deadbeef") + bytes(60)
    flood = 300

    def cause():
        for index in range(flood):
            scene.send(junk)
            if index % BURST == 0:
                scene.netlink.one("transport", 4)  # time to receive them

    scene.expect_drops(cause, [("transport", 4)], "rx-unknown-spi", flood)
    events = [event for name, event in watcher.events() if name == "unknown-spi-ntf"]
    expect(1 <= len(events) <= flood // 3, f"{len(events)} events for {flood} packets")
    expect_equal((events[0]["id"], events[0]["spi"], events[0]["remote-ipv4"], events[0]["remote-port"]),
                 (4, 0xdeadbeef, OUTER_RIGHT[4], 4500), "event")


# ---- damage

def truncations(scene, suite, outer):
    number, far = scene.sa("in", outer, suite)
    data = scene.payload()
    packet = far.seal(scene.datagram(4, data, outer))
    short = [packet[:n] for n in range(len(packet)) if n % 4 or n < esp.ESP_MIN_LEN]
    aligned = [packet[:n] for n in range(esp.ESP_MIN_LEN + 4, len(packet), 4)]
    transport = ("transport", outer)
    before = scene.netlink.drops()

    def counted(reason):
        return sum(count for (kind, _, why), count in scene.changes(before).items()
                   if why == reason and kind in ("transport", "sa"))

    # Too short, or not a multiple of four: whether an SA was already found is not the contract's.
    for index in range(0, len(short), BURST):
        for piece in short[index:index + BURST]:
            scene.send(piece, outer)
        wanted = min(index + BURST, len(short))
        wait_for(lambda: counted("rx-truncated") >= wanted, DEADLINE,
                 lambda: f"{wanted} rx-truncated, found {scene.changes(before)}")
    expect_equal(counted("rx-truncated"), len(short), "rx-truncated")
    expect_equal({(kind, why) for kind, _, why in scene.changes(before) if kind != "link"}
                 - {("transport", "rx-truncated"), ("sa", "rx-truncated")}, set(), "other drops")
    scene.expect_drops(lambda: [scene.send(piece, outer) for piece in aligned], at(number), "rx-auth",
                       len(aligned))
    scene.expect_drop_sets(lambda: scene.send(packet[:2], outer), [({"rx-truncated"}, 1, [transport])])
    scene.expect_delivered(packet, data, 4, outer)


def bit_flips(scene, suite, family, outer, esn):
    """Every single bit: never delivered, and counted where the damage is."""
    more = {"esn": True} if esn else {}
    number, far = scene.sa("in", outer, suite, **more)
    data = scene.payload()
    packet = far.seal(scene.datagram(family, data, outer), sequence=0x400)
    regions = ((0, 4, {"rx-unknown-spi"}, [("transport", outer)]),
               (4, 8, {"rx-auth", "rx-replay", "rx-late"}, at(number)),
               (8, len(packet), {"rx-auth"}, at(number)))
    for first, last, reasons, objects in regions:
        for start in range(first, last, BURST // 8):
            octets = range(start, min(start + BURST // 8, last))

            def damage():
                for octet in octets:
                    for bit in range(8):
                        broken = bytearray(packet)
                        broken[octet] ^= 1 << bit
                        scene.send(bytes(broken), outer)

            scene.expect_drop_sets(damage, [(reasons, 8 * len(octets), objects)])
    scene.expect_delivered(packet, data, family, outer)


def unknown_spi(scene, outer):
    _, far = scene.sa("in", outer)
    data = scene.payload()
    packet = far.seal(scene.datagram(4, data, outer))
    for spi in (1, 255, 256, far.spi ^ 0x5a5a5a5a):
        other = spi.to_bytes(4, "big") + packet[4:]
        scene.expect_drops(lambda: scene.send(other, outer), [("transport", outer)], "rx-unknown-spi")
    scene.expect_delivered(packet, data, 4, outer)


def not_esp(scene, outer):
    """Keepalives and what carries the non-ESP marker are counted apart, and are no drops."""
    def counters():
        found = scene.netlink.one("transport", outer)
        return found["keepalives"], found["passed"]

    before, (keepalives, passed) = scene.netlink.drops(), counters()
    for number in range(1, 4):
        scene.send(b"\xff", outer)
        wait_for(lambda: counters() == (keepalives + number, passed), DEADLINE,
                 lambda: f"keepalives, passed: {counters()}, from {keepalives, passed}")
    for number in range(1, 4):
        scene.send(bytes(4) + b"IKE" * number, outer)
        wait_for(lambda: counters() == (keepalives + 3, passed + number), DEADLINE,
                 lambda: f"keepalives, passed: {counters()}, from {keepalives, passed}")
    expect_equal(scene.changes(before), {}, "drops")
    scene.expect_drops(lambda: scene.send(b"\xfe", outer), [("transport", outer)], "rx-truncated")
    scene.expect_drops(lambda: scene.send(b"", outer), [("transport", outer)], "rx-truncated")


# ---- trailer and inner packet

def dummy(scene):
    """RFC 4303 2.6: next header 59 is thrown away, and is no error."""
    number, far = scene.sa("in", 4)
    before = scene.netlink.drops()
    for content in (b"", b"x", bytes(1000), scene.datagram(4, b"in a dummy")):
        scene.send(far.seal(content, esp.NEXT_DUMMY))
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(4, data)), data)
    expect_equal(scene.changes(before), {}, "drops")
    expect_equal(scene.netlink.one("sa", number)["sequence"], 5, "highest number")


def next_headers(scene):
    number, far = scene.sa("in", 4)
    inner = scene.datagram(4, b"wrong next header")
    for value in (0, 1, 6, 17, 50, 58, 255):
        packet = far.seal(inner, value)
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-next-header")


def padding(scene):
    number, far = scene.sa("in", 4)
    data = scene.payload()
    inner = scene.datagram(4, data)
    base = len(inner)
    for pad_len in (254 - (base + 254 + 2) % 4, 251 - (base + 251 + 2) % 4, -(base + 2) % 4 + 4):
        trailer = bytes(range(1, pad_len + 1)) + bytes([pad_len, esp.NEXT_IPV4])
        scene.expect_delivered(far.seal(inner, trailer=trailer), data)
    aligned = inner + bytes(-(base + 2) % 4)
    for pad_len in (len(aligned) + 1, 255):
        packet = far.seal(aligned, trailer=bytes([pad_len, esp.NEXT_IPV4]))
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-padding")
    packet = far.seal(b"", trailer=bytes([1, 2, 3, esp.NEXT_IPV4]))
    scene.expect_drops(lambda: scene.send(packet), at(number), "rx-padding")


def unaligned(scene):
    """An authentic packet whose length is not a multiple of four."""
    _, far = scene.sa("in", 4)
    inner = scene.datagram(4, b"unaligned")
    for surplus in (1, 2, 3):
        trailer = bytes(-(len(inner) + 2) % 4 + surplus) + bytes([0, esp.NEXT_IPV4])
        packet = far.seal(inner, trailer=trailer)
        before = scene.netlink.drops()
        scene.send(packet)
        wait_for(lambda: scene.changes(before), DEADLINE, "no drop")
        expect_equal({reason for _, _, reason in scene.changes(before)}, {"rx-truncated"}, "reasons")
        scene.expect_nothing()


def tfc_padding(scene):
    """RFC 4303 2.7: what follows the inner packet by its own length is cut off before anybody sees it."""
    _, far = scene.sa("in", 4)
    sniffer = Sniffer(scene.left, "vpn0")
    for family in (4, 6):
        for surplus in (1, 4, 700):
            data = scene.payload()
            inner = scene.datagram(family, data)
            scene.expect_delivered(far.seal(inner + b"\xaa" * surplus), data, family)
            found = sniffer.receive(lambda packet: packet[-len(data):] == data or data in packet)
            expect_equal(found.hex(), inner.hex(), "what came out of the link")


def malformed_inner(scene):
    number, far = scene.sa("in", 4)
    v4, v6 = scene.datagram(4, b"malformed"), scene.datagram(6, b"malformed")
    cases = (
        ("no bytes, IPv4", b"", esp.NEXT_IPV4), ("no bytes, IPv6", b"", esp.NEXT_IPV6),
        ("19 bytes", v4[:19], esp.NEXT_IPV4), ("39 bytes", v6[:39], esp.NEXT_IPV6),
        ("cut IPv4", v4[:-1], esp.NEXT_IPV4), ("cut IPv6", v6[:-1], esp.NEXT_IPV6),
        ("IPv6 called IPv4", v6, esp.NEXT_IPV4), ("IPv4 called IPv6", v4, esp.NEXT_IPV6),
        ("version 5", scene.datagram(4, b"x", version=5), esp.NEXT_IPV4),
        ("version 0", scene.datagram(6, b"x", version=0), esp.NEXT_IPV6),
        ("ihl 4", scene.datagram(4, b"x", ihl=4), esp.NEXT_IPV4),
        ("ihl 0", scene.datagram(4, b"x", ihl=0), esp.NEXT_IPV4),
        ("ihl beyond the packet", scene.datagram(4, b"x", ihl=15), esp.NEXT_IPV4),
        ("total length 0", scene.datagram(4, b"x", total=0), esp.NEXT_IPV4),
        ("total length 19", scene.datagram(4, b"x", total=19), esp.NEXT_IPV4),
        ("total length beyond", scene.datagram(4, b"x", total=65535), esp.NEXT_IPV4),
        ("payload length beyond", scene.datagram(6, b"x", length=65535), esp.NEXT_IPV6),
    )
    for name, inner, next_header in cases:
        packet = far.seal(inner, next_header)
        try:
            scene.expect_drops(lambda: scene.send(packet), at(number), "rx-inner")
        except Exception as error:
            raise type(error)(f"{name}: {error}") from error


# ---- selectors

def foreign_addresses(scene, family):
    number, far = scene.sa("in", 4)
    inside, outside = {4: ("10.4.2.77", "10.5.0.1"), 6: ("fd00:4:2::77", "fd00:5::1")}[family]
    here, there, other = inner_left(family), inner_right(family), inner_right(family, 6)
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(family, data, source=inside)), data, family)
    for source, destination in ((outside, here), (here, here), (there, outside), (there, there),
                                (outside, outside), (here, there), (other, here)):
        packet = far.seal(scene.datagram(family, b"foreign", source=source, destination=destination))
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-selector")


def other_child(scene):
    """What one child may carry must not come under the SA of another."""
    number, far = scene.sa("in", scene.udp_child)
    packet = far.seal(scene.datagram(4, b"of another child"))
    scene.expect_drops(lambda: scene.send(packet), at(number), "rx-selector")


def ports(scene):
    number, far = scene.sa("in", scene.udp_child)
    source = "10.50.0.1"
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(4, data, source=source)), data)
    fragment = bytearray(scene.datagram(4, b"second fragment", source=source))
    fragment[6:8] = b"\0\x08"
    fragment[10:12] = b"\0\0"
    fragment[10:12] = esp.checksum(bytes(fragment[:20])).to_bytes(2, "big")
    for inner in (scene.datagram(4, b"port", source=source, port=PORT + 1),
                  scene.datagram(4, b"port", source=source, port=PORT - 1),
                  esp.ipv4(source, inner_left(4), 6, bytes([0, 9, 0, PORT]) + bytes(16)),
                  esp.ipv4(source, inner_left(4), 17, bytes([0, 9])),
                  bytes(fragment)):
        packet = far.seal(inner)
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-selector")


# ---- ECN

def ecn_inbound(scene, family, outer):
    """RFC 6040 figure 4; None is a drop."""
    not_ect, ect1, ect0, ce = range(4)
    table = {not_ect: (not_ect, not_ect, not_ect, None), ect1: (ect1, ect1, ect1, ce),
             ect0: (ect0, ect1, ect0, ce), ce: (ce, ce, ce, ce)}
    number, far = scene.sa("in", outer)
    for inner_ecn, row in table.items():
        for outer_ecn, expected in enumerate(row):
            data = scene.payload()
            packet = far.seal(scene.datagram(family, data, outer, tos=0xb8 | inner_ecn))
            if expected is None:
                scene.expect_drops(lambda: scene.send(packet, outer, outer_ecn), at(number), "rx-ecn")
                continue
            found = scene.expect_delivered(packet, data, family, outer, outer_ecn)
            expect_equal(found, 0xb8 | expected, f"inner {inner_ecn} in outer {outer_ecn}")


# ---- link down

def link_down(scene):
    number, far = scene.sa("in", 4)
    ip(scene, "link", "set", "vpn0", "down")
    packet = far.seal(scene.datagram(4, b"while down"))
    try:
        scene.expect_drops(lambda: scene.send(packet), at(number), "rx-link-down")
    finally:
        ip(scene, "link", "set", "vpn0", "up")
        for outer in (4, 6):
            for family, prefix in ((4, f"10.{outer}.2.0/24"), (6, f"fd00:{outer}:2::/64")):
                ip(scene, "route", "replace", prefix, "dev", "vpn0", "src", inner_left(family, outer))
    data = scene.payload()
    scene.expect_delivered(far.seal(scene.datagram(4, data)), data)


# ---- outbound

def ip(scene, *words):
    subprocess.run(["ip", "-n", scene.left, *words], check=True)


def emitted(scene, suite, esn, family, outer):
    """What the link sends, octet by octet (RFC 4303 2, RFC 4106, RFC 7634)."""
    start = (1 << 32) - 2 if esn else 0
    more = {"esn": True, "sequence": start} if esn else {}
    number, far = scene.sa("out", outer, suite, current=True, **more)
    scene.wire[outer].drain()
    for index in range(1, 6):
        data = b"x" * (40 + index)
        scene.inner[family, outer].send(data, inner_right(family, outer), 9)
        found = scene.wire[outer].receive()
        expect(found, f"nothing was sent; drops: {scene.netlink.drops()}")
        packet = found[0]
        expect(len(packet) % 4 == 0, f"{len(packet)} bytes")
        opened = far.open(packet, (start + index) >> 32)
        expect(opened, f"packet {index} cannot be decrypted: {packet.hex()}")
        expect_equal(opened.sequence, start + index, "sequence number")
        expect_equal(int.from_bytes(opened.iv, "big"), start + index, "IV")
        expect_equal(opened.padding, bytes(range(1, len(opened.padding) + 1)), "padding")
        expect(len(opened.padding) < 4, f"{len(opened.padding)} octets of padding")
        expect_equal(opened.next_header, esp.NEXT_IPV4 if family == 4 else esp.NEXT_IPV6, "next header")
        expect_equal(opened.inner[-len(data):], data, "data")
        expect_equal(len(opened.inner), (28 if family == 4 else 48) + len(data), "inner length")
    traffic = scene.netlink.one("sa", number)["traffic"]
    expect_equal(traffic["packets"], 5, "packets")
    expect_equal(traffic["bytes"], 5 * (43 + (28 if family == 4 else 48)), "bytes")
    scene.netlink.request("sa-del", id=number)


def outer_headers(scene, outer):
    """RFC 3948 2.1: ports and checksum; the outer TOS byte tells nothing but ECN."""
    number, _ = scene.sa("out", outer, current=True)
    sniffer = Sniffer(scene.right, "wire0")
    for inner_tos, allowed in ((0xb8, {0}), (0xb9, {1}), (0xba, {2}), (0xbb, {2, 3})):
        scene.inner[4, outer].send(b"look at my header", inner_right(4, outer), 9, inner_tos)
        packet = sniffer.receive(lambda p: (udp_header(p) or (0, 0))[:2] == (4500, 4500))
        tos = packet[1] if outer == 4 else int.from_bytes(packet[:2], "big") >> 4 & 0xff
        expect(tos in allowed, f"inner TOS {inner_tos:#x}: outer {tos:#x}")
        total = udp_header(packet)[3]
        expect(outer == 6 or total == 0, f"UDP checksum {total:#x} over IPv4")
        expect(outer == 4 or total != 0, "no UDP checksum over IPv6")
    scene.netlink.request("sa-del", id=number)


def outbound_drop(scene, remote, reason, objects=(LINK,), source=None):
    """A datagram to an address that is routed into the link is dropped for reason."""
    endpoint = Endpoint(scene.left, source, 0) if source else scene.inner[4, 4]

    def cause():
        try:
            endpoint.send(b"never sent", remote, 9)
        except OSError:
            pass  # the reason may have come back as an ICMP error

    scene.wire[4].drain()
    scene.expect_drops(cause, list(objects), reason)
    scene.inner[4, 4].drain()
    expect(not scene.wire[4].receive(0), "something was sent")


def route(scene, prefix):
    ip(scene, "route", "replace", prefix, "dev", "vpn0", "src", inner_left(4))


def no_child(scene):
    route(scene, "10.59.0.0/24")
    outbound_drop(scene, "10.59.0.1", "tx-no-child")


def foreign_source(scene):
    ip(scene, "addr", "add", "172.16.0.1/32", "dev", "lo")
    number, _ = scene.sa("out", 4, current=True)
    outbound_drop(scene, inner_right(4), "tx-no-child", source="172.16.0.1")
    scene.netlink.request("sa-del", id=number)


def new_child(scene, remote, **peer):
    """A peer and a child for a prefix that is routed into the link; returns the child's id."""
    number = scene.new_id()
    index = scene.netlink.all("link")[0]["ifindex"]
    scene.netlink.request("peer-new", id=number, ifindex=index, transport_id=4, **peer)
    scene.netlink.request("child-new", id=number, peer_id=number, local=[selector("10.4.1.0/24")],
                          remote=[selector(remote)])
    route(scene, remote)
    return number


def no_sa(scene):
    """At once or, if somebody listens to events, when there is nothing to wait for any more."""
    child = new_child(scene, "10.51.0.0/24", remote_ipv4=0xc0000202, remote_port=4500)

    def cause():
        scene.inner[4, 4].send(b"never sent", "10.51.0.1", 9)
        scene.netlink.request("child-del", id=child)

    scene.wire[4].drain()
    scene.expect_drops(cause, [LINK], "tx-no-sa")
    expect(not scene.wire[4].receive(0), "something was sent")


def no_endpoint(scene):
    child = new_child(scene, "10.52.0.0/24")
    number, _ = scene.sa("out", child, current=True)
    outbound_drop(scene, "10.52.0.1", "tx-no-endpoint", at(number))


def no_route(scene):
    child = new_child(scene, "10.53.0.0/24", remote_ipv4=0xcb007101, remote_port=4500)
    number, _ = scene.sa("out", child, current=True)
    outbound_drop(scene, "10.53.0.1", "tx-no-route", at(number))


def loop(scene):
    """The peer's own address is routed into the link."""
    child = new_child(scene, "10.54.0.0/24", remote_ipv4=0x0a360002, remote_port=4500)
    number, _ = scene.sa("out", child, current=True)
    outbound_drop(scene, "10.54.0.1", "tx-loop", at(number))


def too_big(scene):
    """More than the path carries: the sender is told, nothing is sent."""
    number, _ = scene.sa("out", 4, current=True)
    ip(scene, "link", "set", "vpn0", "mtu", "4000")
    endpoint = Endpoint(scene.left, inner_left(4), 0)
    endpoint.socket.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
    endpoint.socket.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    try:
        scene.expect_drops(lambda: endpoint.send(bytes(3000), inner_right(4), 9), at(number), "tx-too-big")

        def told():
            try:
                return endpoint.socket.recvmsg(4096, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None

        _, control, _, _ = wait_for(told, DEADLINE, "no ICMP error came to the sender")
        errors = [data for level, kind, data in control if (level, kind) == (socket.IPPROTO_IP, IP_RECVERR)]
        expect(errors, f"no error in {control}")
        mtu = int.from_bytes(errors[0][8:12], sys.byteorder)
        expect(1300 <= mtu <= 1472, f"the sender was told an MTU of {mtu}")
    finally:
        ip(scene, "link", "set", "vpn0", "mtu", "1400")
        scene.netlink.request("sa-del", id=number)


def not_ip(scene):
    with netns.inside(scene.left):
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    valid = esp.udp(inner_left(4), inner_right(4), 9, 9, b"valid")
    for kind, data in ((0x0800, b"\x45"), (0x0800, valid[:19]), (0x0800, b"\x55" + valid[1:]),
                       (0x0800, b"\x4f" + valid[1:24]), (0x0800, valid[:-1]),
                       (0x86dd, valid), (0x86dd, b"\x60" + bytes(38)), (0x88b5, valid), (0x0806, bytes(28))):
        try:
            scene.expect_drops(lambda: raw.sendto(data, ("vpn0", kind)), [LINK], "tx-inner")
        except Exception as error:
            raise type(error)(f"{kind:#x} {data.hex()}: {error}") from error


def prepare(scene):
    """Besides children 4 and 6: one for UDP to a single port."""
    scene.udp_child = scene.new_id()
    scene.netlink.request("child-new", id=scene.udp_child, peer_id=4,
                          local=[selector("10.4.1.1/32", 17, (PORT, PORT))],
                          remote=[selector("10.50.0.0/24", 17)])
    route(scene, "10.50.0.0/24")


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    tap = Tap(before=scene.drain)
    prepare(scene)
    for outer in (4, 6):
        for family in (4, 6):
            for suite in SUITES:
                for esn in (False, True):
                    name = f"inner v{family}, outer v{outer}, {suite}{', ESN' if esn else ''}"
                    tap.check(f"a good packet is delivered: {name}", good_packet, scene, suite, esn,
                              family, outer)
                    tap.check(f"what is sent is ESP to the octet: {name}", emitted, scene, suite, esn,
                              family, outer)
    for suite in SUITES:
        tap.check(f"wrong key or salt: rx-auth: {suite}", wrong_key, scene, suite)
    tap.check("ESN on one side only: rx-auth", wrong_numbering, scene)
    tap.check("a packet again: rx-replay", replay, scene)
    tap.check("sequence number 0 is never accepted", sequence_zero, scene)
    for window, esn in ((64, False), (1024, False), (16384, False), (64, True), (1024, True)):
        tap.check(f"replay window of {window}{', ESN' if esn else ''} to the number", window_edge, scene,
                  window, esn)
    tap.check("replay window 0 accepts all", no_window, scene)
    tap.check("a forged packet does not move the window", forged_number, scene)
    tap.check("ESN across 2^32, reordered", esn_crossing, scene)
    tap.check("without ESN the numbers end at 2^32 - 1", plain_numbers_end, scene)
    tap.check("forged and replayed packets do not move the endpoint", stranger, scene)
    tap.check("unknown SPIs are told, and not one by one", unknown_spi_events, scene)
    for suite, outer in (("aes-gcm-16-128", 4), ("chacha20-poly1305", 6)):
        tap.check(f"cut at every length: {suite}, outer v{outer}", truncations, scene, suite, outer)
    for suite, family, outer, esn in (("aes-gcm-16-128", 4, 4, False), ("aes-gcm-16-256", 4, 6, True),
                                      ("chacha20-poly1305", 6, 4, False)):
        tap.check(f"every bit flipped: {suite}, outer v{outer}{', ESN' if esn else ''}", bit_flips, scene,
                  suite, family, outer, esn)
    for outer in (4, 6):
        tap.check(f"unknown and reserved SPIs: rx-unknown-spi: outer v{outer}", unknown_spi, scene, outer)
        tap.check(f"keepalives, non-ESP marker, single octets: outer v{outer}", not_esp, scene, outer)
    tap.check("dummy packets are accepted silently", dummy, scene)
    tap.check("unknown next headers: rx-next-header", next_headers, scene)
    tap.check("padding up to 255 octets; beyond the packet: rx-padding", padding, scene)
    tap.check("not a multiple of four: rx-truncated", unaligned, scene)
    tap.check("TFC padding is cut off", tfc_padding, scene)
    tap.check("malformed inner packets: rx-inner", malformed_inner, scene)
    for family in (4, 6):
        tap.check(f"foreign addresses inbound: rx-selector: inner v{family}", foreign_addresses, scene,
                  family)
    tap.check("a packet of another child: rx-selector", other_child, scene)
    tap.check("protocol and port selectors inbound: rx-selector", ports, scene)
    for family in (4, 6):
        for outer in (4, 6):
            tap.check(f"ECN inbound, RFC 6040: inner v{family}, outer v{outer}", ecn_inbound, scene, family,
                      outer)
    tap.check("link down: rx-link-down", link_down, scene)
    for outer in (4, 6):
        tap.check(f"outer ports, checksum, TOS: outer v{outer}", outer_headers, scene, outer)
    tap.check("no child for the destination: tx-no-child", no_child, scene)
    tap.check("a source that no selector holds: tx-no-child", foreign_source, scene)
    tap.check("no outbound SA: tx-no-sa", no_sa, scene)
    tap.check("no remote address: tx-no-endpoint", no_endpoint, scene)
    tap.check("no route to the peer: tx-no-route", no_route, scene)
    tap.check("route to the peer through the link itself: tx-loop", loop, scene)
    tap.check("larger than the path: tx-too-big, and an ICMP error", too_big, scene)
    tap.check("not IP or malformed outbound: tx-inner", not_ip, scene)
    tap.finish()


main()
