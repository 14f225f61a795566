# SPDX-License-Identifier: GPL-2.0
"""Where packets are sent to, from and through: the cases of test_endpoint.sh.

usage: endpoint.py LEFT RIGHT	the namespaces, joined by wire0 and wire1; in LEFT, vpn0 with peers and children 4 and 6 behind
				transports that are made here
"""

import contextlib
import ipaddress
import select
import socket
import subprocess
import sys
import time

import esp
import netns
from netlink import Client, selector
from scene import (DEADLINE, FAMILY, OUTER_LEFT, OUTER_RIGHT, Endpoint, Scene, Sniffer, inner_left, inner_right,
                   udp_header)
from tap import Tap, expect, expect_equal, wait_for

LINK = ("link", "vpn0")
PORT = 4500
SO_MARK, SO_BINDTODEVICE = 36, 25
GATEWAY = {4: "198.51.100.2", 6: "2001:db8:2::2"}  # right, by wire1
SECOND = {4: "192.0.2.101", 6: "2001:db8::101"}  # left has it besides
ELSEWHERE = {4: "203.0.113.5", 6: "2001:db8:5::5"}  # left has it on another device
OTHER = {4: "192.0.2.22", 6: "2001:db8::22"}  # right has it besides
NAME = {4: "ipv4", 6: "ipv6"}


def run(*words):
    subprocess.run(words, check=True)


def ip(scene, outer, *words):
    run("ip", "-n", scene.left, f"-{outer}", *words)


def number(address):
    """An address as the netlink client wants it."""
    found = ipaddress.ip_address(address)
    return int(found) if found.version == 4 else found.packed


def host(address):
    return f"{address}/{32 if ipaddress.ip_address(address).version == 4 else 128}"


class World:
    def __init__(self, scene):
        self.scene = scene
        self.netlink = scene.netlink
        self.sockets = {}
        self.out, self.far = {}, {}
        self.near = {}
        self.wires = {name: Sniffer(scene.right, name) for name in ("wire0", "wire1")}
        index = self.netlink.all("link")[0]["ifindex"]
        for outer in (4, 6):
            with netns.inside(scene.left):
                self.sockets[outer] = socket.socket(FAMILY[outer], socket.SOCK_DGRAM)
            if outer == 6:
                self.sockets[6].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.sockets[outer].bind(("", PORT))
            self.netlink.request("transport-add", id=outer, fd=self.sockets[outer].fileno())
            self.netlink.request("peer-new", id=outer, ifindex=index, transport_id=outer,
                                 **self.remote(outer, OUTER_RIGHT[outer]))
            self.netlink.request("child-new", id=outer, peer_id=outer, local=[
                selector(f"10.{outer}.1.0/24"), selector(f"fd00:{outer}:1::/64")], remote=[
                selector(f"10.{outer}.2.0/24"), selector(f"fd00:{outer}:2::/64")])
            _, self.far[outer] = scene.sa("out", outer, current=True)
            _, self.near[outer] = scene.sa("in", outer)

    @staticmethod
    def remote(outer, address, port=PORT):
        return {f"remote_{NAME[outer]}": number(address), "remote_port": port}

    def set(self, outer, **config):
        self.netlink.request("peer-set", id=outer, **config)

    def reset(self):
        self.netlink.request("link-set", ifname="vpn0", mark=0)
        for outer in (4, 6):
            any_address = 0 if outer == 4 else bytes(16)
            self.set(outer, endpoint_policy="fixed", keepalive=0, idle=0, **self.remote(outer, OUTER_RIGHT[outer]),
                     **{f"local_{NAME[outer]}": any_address})
            self.sockets[outer].setsockopt(socket.SOL_SOCKET, SO_MARK, 0)
            self.sockets[outer].setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"")
        for wire in self.wires.values():
            wire.drain()

    def sent(self, outer, count=1):
        """Send an inner packet; returns (wire, source, destination, port) of the outer one."""
        for wire in self.wires.values():
            wire.drain()
        data = self.scene.payload()
        for _ in range(count):
            self.scene.inner[4, outer].send(data, inner_right(4, outer), 9)
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            ready = select.select([wire.socket for wire in self.wires.values()], [], [], DEADLINE)[0]
            for name, wire in self.wires.items():
                if wire.socket in ready:
                    found = self.look(wire, outer, data)
                    if found:
                        return (name, *found)
        raise AssertionError(f"nothing was sent; drops: {self.netlink.drops()}")

    def look(self, wire, outer, data):
        packet, address = wire.socket.recvfrom(65536)
        if address[2] == socket.PACKET_OUTGOING or packet[0] >> 4 != outer or not udp_header(packet):
            return None
        opened = self.far[outer].open(udp_header(packet)[4])
        if not opened or opened.inner[-len(data):] != data:
            return None
        source, destination = (packet[12:16], packet[16:20]) if outer == 4 else (packet[8:24], packet[24:40])
        return str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)), udp_header(packet)[1]

    def call(self, outer, to, sender=None):
        """An authentic packet comes from right, to one of left's addresses."""
        data = self.scene.payload()
        packet = self.near[outer].seal(self.scene.datagram(4, data, outer))
        (sender or self.scene.wire[outer]).send(packet, to, PORT)
        found = self.scene.inner[4, outer].receive()
        expect(found and found[0] == data, f"not delivered: {found}; drops: {self.netlink.drops()}")

    def peer(self, outer):
        return self.netlink.one("peer", outer)


@contextlib.contextmanager
def added(scene, outer, *words):
    """An address, route or rule, for a while."""
    ip(scene, outer, words[0], "add", *words[1:])
    try:
        yield
    finally:
        subprocess.run(["ip", "-n", scene.left, f"-{outer}", words[0], "del", *words[1:]], check=False,
                       stderr=subprocess.DEVNULL)


# ---- routes

def marks(world, outer):
    """The mark of the socket, and of the link, decide the route at once, also under load."""
    scene = world.scene
    with added(scene, outer, "rule", "fwmark", "1", "lookup", "100"), \
            added(scene, outer, "route", "default", "via", GATEWAY[outer], "dev", "wire1", "table", "100"):
        expect_equal(world.sent(outer)[0], "wire0", "unmarked")
        for _ in range(3):
            world.sockets[outer].setsockopt(socket.SOL_SOCKET, SO_MARK, 1)
            expect_equal(world.sent(outer, 20)[0], "wire1", "socket's mark 1")
            world.sockets[outer].setsockopt(socket.SOL_SOCKET, SO_MARK, 0)
            expect_equal(world.sent(outer, 20)[0], "wire0", "socket's mark 0")
            world.netlink.request("link-set", ifname="vpn0", mark=1)
            expect_equal(world.sent(outer, 20)[0], "wire1", "link's mark 1")
            world.netlink.request("link-set", ifname="vpn0", mark=0)
            expect_equal(world.sent(outer, 20)[0], "wire0", "link's mark 0")
        for _ in range(100):  # references to routes
            world.sent(outer)


def device(world, outer):
    scene = world.scene
    with added(scene, outer, "route", host(OUTER_RIGHT[outer]), "via", GATEWAY[outer], "dev", "wire1", "metric", "5000"), \
            added(scene, outer, "route", host(OUTER_RIGHT[outer]), "dev", "wire0", "metric", "4000"):
        expect_equal(world.sent(outer)[0], "wire0", "unbound")
        for _ in range(3):
            world.sockets[outer].setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"wire1\0")
            expect_equal(world.sent(outer)[0], "wire1", "bound to wire1")
            world.sockets[outer].setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"")
            expect_equal(world.sent(outer)[0], "wire0", "unbound")


def better_route(world, outer):
    scene = world.scene
    expect_equal(world.sent(outer)[0], "wire0", "before")
    with added(scene, outer, "route", host(OUTER_RIGHT[outer]), "via", GATEWAY[outer], "dev", "wire1", "metric", "500"):
        expect_equal(world.sent(outer)[0], "wire1", "a longer prefix")
        with added(scene, outer, "route", host(OUTER_RIGHT[outer]), "dev", "wire0", "metric", "100"):
            expect_equal(world.sent(outer)[0], "wire0", "a better metric")
        expect_equal(world.sent(outer)[0], "wire1", "the better one is gone")
    expect_equal(world.sent(outer)[0], "wire0", "after")


# ---- our address

def sticky_source(world, outer):
    """A peer that is followed is answered from the address that it calls, as long as that is ours."""
    scene = world.scene
    nodad = ["nodad"] if outer == 6 else []
    world.set(outer, endpoint_policy="learn")
    expect_equal(world.sent(outer)[1], OUTER_LEFT[outer], "as routing chooses")
    with added(scene, outer, "addr", host(SECOND[outer]), "dev", "wire0", *nodad):
        for address in (SECOND[outer], OUTER_LEFT[outer], SECOND[outer]):
            world.call(outer, address)
            expect_equal(world.sent(outer)[1], address, "as the peer called")
            expect_equal(world.peer(outer)[f"local-{NAME[outer]}"], address, "as the module says")
        ip(scene, outer, "addr", "del", host(SECOND[outer]), "dev", "wire0")
        expect_equal(world.sent(outer)[1], OUTER_LEFT[outer], "when that address is gone")
        ip(scene, outer, "addr", "add", host(SECOND[outer]), "dev", "wire0", *nodad)
        world.call(outer, SECOND[outer])
        expect_equal(world.sent(outer)[1], SECOND[outer], "when it is back")


def address_of_another_device(world, outer):
    scene = world.scene
    world.set(outer, endpoint_policy="learn")
    run("ip", "-n", scene.right, f"-{outer}", "route", "replace", host(ELSEWHERE[outer]), "via", OUTER_LEFT[outer])
    world.call(outer, ELSEWHERE[outer])
    expect_equal(world.sent(outer)[1], ELSEWHERE[outer], "source")


def source_not_learnt(world, outer):
    """By a peer that is not followed, nothing is learnt."""
    scene = world.scene
    nodad = ["nodad"] if outer == 6 else []
    with added(scene, outer, "addr", host(SECOND[outer]), "dev", "wire0", *nodad):
        chosen = world.sent(outer)[1]  # kernels differ
        other = OUTER_LEFT[outer] if chosen == SECOND[outer] else SECOND[outer]
        for policy in ("fixed", "notify"):
            world.set(outer, endpoint_policy=policy)
            world.call(outer, other)
            expect_equal(world.sent(outer)[1], chosen, policy)


def asked_for_source(world, outer):
    """What was asked for is kept to, or nothing is sent."""
    scene = world.scene
    nodad = ["nodad"] if outer == 6 else []
    with added(scene, outer, "addr", host(SECOND[outer]), "dev", "wire0", *nodad):
        world.set(outer, endpoint_policy="learn", **{f"local_{NAME[outer]}": number(SECOND[outer])})
        world.call(outer, OUTER_LEFT[outer])
        expect_equal(world.sent(outer)[1], SECOND[outer], "source")
        ip(scene, outer, "addr", "del", host(SECOND[outer]), "dev", "wire0")
        sa = world.netlink.one("child", outer)["sa-id"]

        def cause():
            try:
                scene.inner[4, outer].send(b"never sent", inner_right(4, outer), 9)
            except OSError:
                pass  # the ICMP error of before

        scene.expect_drops(cause, [("sa", sa), LINK], "tx-no-route")
        ip(scene, outer, "addr", "add", host(SECOND[outer]), "dev", "wire0", *nodad)
        with contextlib.suppress(OSError):
            scene.inner[4, outer].send(b"takes the error away", inner_right(4, outer), 9)
        expect_equal(world.sent(outer)[1], SECOND[outer], "source, when it is back")


# ---- the peer's address

def roaming(world, outer):
    """Another address, and another port of the same one; each is reported."""
    scene = world.scene
    watcher = Client(scene.left)
    watcher.join("peer")
    world.set(outer, endpoint_policy="learn")
    for address, port in ((OTHER[outer], 4500), (OTHER[outer], 4777), (OUTER_RIGHT[outer], 4778)):
        sender = Endpoint(scene.right, address, port)
        world.call(outer, OUTER_LEFT[outer], sender)
        expect_equal(world.sent(outer)[2:], (address, port), "destination")
        events = wait_for(watcher.events, DEADLINE, "no event")
        expect_equal([(name, event["id"], event[f"remote-{NAME[outer]}"], event["remote-port"], event["endpoint-policy"])
                      for name, event in events],
                     [("peer-endpoint-ntf", outer, address, port, "learn")], "events")
        found = world.peer(outer)
        expect_equal((found[f"remote-{NAME[outer]}"], found["remote-port"]), (address, port), "endpoint")


def notify_only(world, outer):
    """Reported, at most once a second; nothing else changes."""
    scene = world.scene
    watcher = Client(scene.left)
    watcher.join("peer")
    world.set(outer, endpoint_policy="notify")
    sender = Endpoint(scene.right, OTHER[outer], 4600)
    start = time.monotonic()
    for _ in range(50):
        world.call(outer, OUTER_LEFT[outer], sender)
    expect_equal(world.sent(outer)[2:], (OUTER_RIGHT[outer], PORT), "destination")
    events = watcher.events()
    seconds = time.monotonic() - start
    expect(1 <= len(events) <= seconds + 2, f"{len(events)} events in {seconds:.1f} s")
    expect_equal({event["endpoint-policy"] for _, event in events}, {"notify"}, "policy")
    world.set(outer, endpoint_policy="fixed")
    watcher.events()
    world.call(outer, OUTER_LEFT[outer], sender)
    expect_equal((world.sent(outer)[2:], watcher.events()), ((OUTER_RIGHT[outer], PORT), []), "fixed")


# ---- keepalives and idleness

def keepalives_seen(world, outer, seconds):
    """When keepalives came, within that time."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        found = world.scene.wire[outer].receive(max(0, end - time.monotonic()))
        if found and found[0] == b"\xff":
            times.append(time.monotonic())
    return times


def keepalive(world, outer):
    """RFC 3948 4: one octet when nothing was sent for the time, and only then."""
    scene = world.scene
    world.set(outer, keepalive=1)
    scene.wire[outer].drain()
    times = keepalives_seen(world, outer, 5)
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    expect(3 <= len(times) <= 6, f"{len(times)} keepalives in 5 s")
    expect(all(0.8 < gap < 2 for gap in gaps), f"gaps {gaps}")
    scene.inner[4, outer].send(b"busy", inner_right(4, outer), 9)
    scene.wire[outer].drain()
    end, seen = time.monotonic() + 3, 0
    while time.monotonic() < end:
        scene.inner[4, outer].send(b"busy", inner_right(4, outer), 9)
        seen += len(keepalives_seen(world, outer, 0.2))
    expect_equal(seen, 0, "keepalives while busy")
    world.set(outer, keepalive=0)
    scene.wire[outer].drain()
    expect_equal(keepalives_seen(world, outer, 2.5), [], "keepalives when turned off")


def idle(world, outer):
    """Silence is reported once, and again after the next packet."""
    watcher = Client(world.scene.left)
    watcher.join("peer")
    world.call(outer, OUTER_LEFT[outer])
    world.set(outer, idle=1)
    for _ in range(2):
        events = []
        wait_for(lambda: events.extend(watcher.events()) or events, DEADLINE, "no event")
        expect_equal([(name, event["id"]) for name, event in events], [("peer-idle-ntf", outer)], "events")
        age = events[0][1]["rx-age"]
        expect(900 <= age < 5000, f"idle for {age} ms")
        select.select([], [], [], 1.5)  # the next look would be in this time
        expect_equal(watcher.events(), [], "more events")
        world.call(outer, OUTER_LEFT[outer])


# ---- tunnels in tunnels

@contextlib.contextmanager
def second_link(world, remote, local="10.60.1.0/24", far="10.60.2.0/24"):
    """vpn1 with a peer at remote by transport 4; yields its outbound SA."""
    scene = world.scene
    run("ip", "-n", scene.left, "link", "add", "vpn1", "mtu", "1300", "type", "espudp")
    try:
        run("ip", "-n", scene.left, "addr", "add", "10.60.1.1/32", "dev", "vpn1")
        run("ip", "-n", scene.left, "link", "set", "vpn1", "up")
        run("ip", "-n", scene.left, "route", "add", far, "dev", "vpn1", "src", "10.60.1.1")
        index = [link["ifindex"] for link in world.netlink.all("link") if link["ifname"] == "vpn1"][0]
        world.netlink.request("peer-new", id=60, ifindex=index, transport_id=4, **world.remote(4, remote))
        world.netlink.request("child-new", id=60, peer_id=60, local=[selector(local), selector("192.0.2.0/24")],
                              remote=[selector(far), selector("192.0.2.0/24")])
        _, far_sa = scene.sa("out", 60, current=True)
        yield far_sa
    finally:
        run("ip", "-n", scene.left, "link", "del", "vpn1")


@contextlib.contextmanager
def links_set(world, settings):
    """Both links with other settings; those of vpn0 are as they were afterwards."""
    names = ("vpn0", "vpn1") if settings else ()
    before = {name: link[name] for link in world.netlink.all("link") if link["ifname"] == "vpn0" for name in settings}
    for name in names:
        world.netlink.request("link-set", ifname=name, **settings)
    try:
        yield
    finally:
        if settings:
            world.netlink.request("link-set", ifname="vpn0", **before)


def inside(world):
    """A tunnel through a tunnel: taken apart in two steps."""
    with second_link(world, inner_right(4)) as far:
        local = Endpoint(world.scene.left, "10.60.1.1", 0)
        # The outer packets of vpn1 have an address that is in vpn0's selectors.
        world.netlink.request("peer-set", id=60, local_ipv4=number(inner_left(4)))
        world.scene.wire[4].drain()
        local.send(b"in a tunnel in a tunnel", "10.60.2.1", 9)
        found = world.scene.wire[4].receive()
        expect(found, f"nothing was sent; drops: {world.netlink.drops()}")
        opened = world.far[4].open(found[0])
        expect(opened, "the outer packet cannot be decrypted")
        expect_equal(udp_header(opened.inner)[:2], (PORT, PORT), "ports of the packet inside")
        within = far.open(udp_header(opened.inner)[4])
        expect(within, "the packet inside cannot be decrypted")
        expect(within.inner.endswith(b"in a tunnel in a tunnel"), "data")


def loop(world, **settings):
    """Two links that lead through each other: an end, and counted."""
    scene = world.scene
    with second_link(world, "10.4.2.9"), links_set(world, settings):
        world.netlink.request("peer-set", id=60, local_ipv4=number(inner_left(4)))
        # vpn0's peer now is behind vpn1, whose peer is behind vpn0.
        with added(scene, 4, "route", host(OUTER_RIGHT[4]), "dev", "vpn1"):
            before = world.netlink.drops()
            for size in (10, 300, 600):
                with contextlib.suppress(OSError):
                    scene.inner[4, 4].send(b"x" * size, inner_right(4), 9)
            wait_for(lambda: sum(count for (kind, _, reason), count in scene.changes(before).items()
                                 if kind == "link" and reason == "tx-loop") >= 3, DEADLINE,
                     lambda: f"drops {scene.changes(before)}")
            time.sleep(0.2)  # what goes on for ever would
            packets = sum(world.netlink.one("sa", world.netlink.one("child", child)["sa-id"])["traffic"]["packets"]
                          for child in (4, 60))
            time.sleep(0.5)
            again = sum(world.netlink.one("sa", world.netlink.one("child", child)["sa-id"])["traffic"]["packets"]
                        for child in (4, 60))
            expect_equal(again, packets, "packets go on by themselves")
    with contextlib.suppress(OSError):
        scene.inner[4, 4].send(b"takes an error away", inner_right(4), 9)
    world.sent(4)


# ---- ICMP errors inside (RFC 4301 6)

def icmp(source, destination, quoted, kind=3, code=1):
    message = bytes([kind, code, 0, 0, 0, 0, 0, 0]) + quoted
    message = message[:2] + esp.checksum(message).to_bytes(2, "big") + message[4:]
    return esp.ipv4(source, destination, 1, message)


def errors_inbound(world):
    """What an ICMP error quotes decides, not who sent it."""
    scene = world.scene
    sniffer = Sniffer(scene.left, "vpn0")
    far = world.near[4]
    number_in = [sa["id"] for sa in world.netlink.all("sa") if sa["spi"] == far.spi][0]
    here, there = inner_left(4), inner_right(4)
    ours = esp.udp(here, "10.4.2.99", 9, 9, b"unreachable")
    for source in ("172.31.0.1", there):
        packet = icmp(source, here, ours)
        scene.send(far.seal(packet))
        expect_equal(sniffer.receive(lambda p: p[9] == 1).hex(), packet.hex(), f"from {source}")
    foreign = esp.udp(here, "198.18.0.1", 9, 9, b"of another path")
    of_other_peer = esp.udp(here, "10.6.2.1", 9, 9, b"of another peer")
    not_from_here = esp.udp("10.4.1.77", "10.4.2.99", 9, 9, b"of another host")
    for what, packet in (("a packet that is not for the tunnel", icmp(there, here, foreign)),
                         ("a packet for another peer", icmp(there, here, of_other_peer)),
                         ("a packet of another host", icmp(there, here, not_from_here)),
                         ("the same, by a router", icmp("172.31.0.1", here, foreign)),
                         ("no error: an echo reply of a stranger", icmp("172.31.0.1", here, ours, 0, 0))):
        sealed = far.seal(packet)
        try:
            scene.expect_drops(lambda: scene.send(sealed), [("sa", number_in), LINK], "rx-selector")
        except Exception as error:
            raise type(error)(f"{what}: {error}") from error


def errors_outbound(world):
    """A router behind us tells the peer's host, though its address is in no selector."""
    scene = world.scene
    with netns.inside(scene.left):
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    theirs = esp.udp(inner_right(4), "10.4.1.99", 9, 9, b"unreachable")
    packet = icmp("172.31.0.2", inner_right(4), theirs)
    scene.wire[4].drain()
    raw.sendto(packet, ("vpn0", 0x0800))
    found = scene.wire[4].receive()
    expect(found, f"nothing was sent; drops: {world.netlink.drops()}")
    expect_equal(world.far[4].open(found[0]).inner.hex(), packet.hex(), "the ICMP error")
    foreign = icmp("172.31.0.2", inner_right(4), esp.udp("198.18.0.1", "10.4.1.99", 9, 9, b"of a stranger"))
    scene.expect_drops(lambda: raw.sendto(foreign, ("vpn0", 0x0800)), [LINK], "tx-no-child")


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    world = World(scene)

    def before():
        world.reset()
        scene.drain()

    tap = Tap(before=before)
    for outer in (4, 6):
        for name, function in (
                ("a mark of the socket or the link reroutes at once", marks),
                ("SO_BINDTODEVICE reroutes at once", device),
                ("a better route takes over", better_route),
                ("replies come from the address that was called", sticky_source),
                ("also if that is on another device", address_of_another_device),
                ("but not if the peer is not followed", source_not_learnt),
                ("an address that was asked for is kept", asked_for_source),
                ("the peer's address and port are followed", roaming),
                ("or only reported, or not even that", notify_only),
                ("keepalives when idle, and only then", keepalive),
                ("idleness is reported once", idle)):
            tap.check(f"outer v{outer}: {name}", function, world, outer)
    tap.check("a tunnel in a tunnel", inside, world)
    tap.check("tunnels through each other have an end", loop, world)
    tap.check("tunnels through each other have an end, whatever CPU encrypts",
              lambda: loop(world, parallel="on", df="clear"))
    tap.check("ICMP errors from the peer's side", errors_inbound, world)
    tap.check("ICMP errors from our side", errors_outbound, world)
    tap.finish()


main()
