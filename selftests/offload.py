# SPDX-License-Identifier: GPL-2.0
"""Trains of packets, packets in pieces, and what the stack keeps beside them: the cases of test_offload.sh.

usage: offload.py LEFT RIGHT HOST	LEFT and RIGHT joined by wire0; in LEFT, vpn0 without peers, and HOST behind it by lan0
"""

import contextlib
import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile

import esp
import netns
from netlink import selector
from scene import DEADLINE, FAMILY, OUTER_LEFT, OUTER_RIGHT, PORT, Scene, Sniffer, inner_left, inner_right, udp_header
from tap import Tap, expect, expect_equal, wait_for

LINK = ("link", "vpn0")
HOST = {4: "10.4.1.100", 6: "fd00:4:1::64"}
SOL_UDP, UDP_SEGMENT, UDP_GRO = 17, 103, 104  # linux/udp.h
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33
SIZE = 600  # of the data in one packet of a train
TUNSETIFF, IFF_TAP, IFF_NAPI, IFF_NAPI_FRAGS, IFF_NO_PI = 0x400454ca, 2, 0x10, 0x20, 0x1000
ETHERTYPE = {4: 0x0800, 6: 0x86dd}


def run(*words, **more):
    subprocess.run(words, check=True, **more)


def in_ns(namespace, *words, **more):
    run("nsenter", f"--net=/run/netns/{namespace}", "--", *words, **more)


class World:
    """Transports whose sockets are ours, so that what is not ESP can be read."""

    def __init__(self, left, right, host):
        self.scene = scene = Scene(left, right)
        self.host = host
        self.near, self.far, self.ike = {}, {}, {}
        index = scene.netlink.all("link")[0]["ifindex"]
        for outer in (4, 6):
            with netns.inside(left):
                self.ike[outer] = socket.socket(FAMILY[outer], socket.SOCK_DGRAM)
            if outer == 6:
                self.ike[6].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.ike[outer].bind(("", 4500))
            scene.netlink.request("transport-add", id=outer, fd=self.ike[outer].fileno())
            remote = {4: {"remote_ipv4": int.from_bytes(socket.inet_aton(OUTER_RIGHT[4]), "big")},
                      6: {"remote_ipv6": socket.inet_pton(socket.AF_INET6, OUTER_RIGHT[6])}}[outer]
            scene.netlink.request("peer-new", id=outer, ifindex=index, transport_id=outer, remote_port=4500, **remote)
            scene.netlink.request("child-new", id=outer, peer_id=outer, local=[
                selector(f"10.{outer}.1.0/24"), selector(f"fd00:{outer}:1::/64")], remote=[
                selector(f"10.{outer}.2.0/24"), selector(f"fd00:{outer}:2::/64")])
            _, self.far[outer] = scene.sa("out", outer, current=True)
            _, self.near[outer] = scene.sa("in", outer)
            scene.wire[outer].socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
            for family in (4, 6):
                scene.inner[family, outer].socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)

    def seal(self, outer, data, family=4, destination=None):
        return self.near[outer].seal(self.scene.datagram(family, data, outer, destination=destination))

    def delivered(self, family, outer, expected):
        """These datagrams came out of the tunnel, each once and in order."""
        found = []
        while len(found) < len(expected):
            datagram = self.scene.inner[family, outer].receive()
            expect(datagram, f"{len(found)} of {len(expected)} delivered; drops: {self.scene.netlink.drops()}")
            found.append(datagram[0])
        expect(found == expected, "delivered others than were sent, or in another order")
        self.scene.expect_nothing()

    def before(self):
        self.scene.drain()
        for outer in (4, 6):
            self.ike[outer].setsockopt(SOL_UDP, UDP_GRO, 0)
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.ike[outer].recv(65536, socket.MSG_DONTWAIT)

    def ike_message(self, outer):
        if not select.select([self.ike[outer]], [], [], DEADLINE)[0]:
            return None
        return self.ike[outer].recv(65536)


def payloads(scene, count, size=SIZE):
    return [scene.payload().ljust(size, b"+") for _ in range(count)]


def send_train(scene, outer, packets):
    """All in one send(): packets of one size, the last may be smaller."""
    scene.wire[outer].socket.sendmsg([b"".join(packets)],
                                     [(SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(packets[0])))], 0,
                                     (OUTER_LEFT[outer], 4500))


# ---- how trains come to be

@contextlib.contextmanager
def features(namespace, device, **values):
    """Features of a device, as ethtool names them with underscores, for a while."""
    words = [(name.replace("_", "-"), value) for name, value in values.items()]
    for name, value in words:
        in_ns(namespace, "ethtool", "-K", device, name, value, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        for name, value in words:
            in_ns(namespace, "ethtool", "-K", device, name, "off" if value == "on" else "on",
                  stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def by_sender(world, outer):
    """The sender's UDP GSO: nothing cuts the train before our socket."""
    yield


# A veth whose other end can do TCP's segmentation thinks that there is nothing to merge.
CUT = {"tx_udp_segmentation": "off", "tso": "off"}


@contextlib.contextmanager
def by_gro_list(world, outer):
    """The train is cut on the wire, and the receiving device makes a list of it."""
    with features(world.scene.right, "wire0", **CUT), \
            features(world.scene.left, "wire0", gro="on", rx_gro_list="on"):
        yield


@contextlib.contextmanager
def by_gro(world, outer):
    """The same, and a socket that has asked for whole trains."""
    world.ike[outer].setsockopt(SOL_UDP, UDP_GRO, 1)
    with features(world.scene.right, "wire0", **CUT), \
            features(world.scene.left, "wire0", gro="on"):
        yield


TRAINS = {"the sender's UDP GSO": by_sender, "GRO, as a list": by_gro_list, "GRO": by_gro}


def train_seen(sniffer, size):
    """Whether what a sniffer saw was larger than one packet."""
    seen = []
    while select.select([sniffer.socket], [], [], 0)[0]:
        packet, address = sniffer.socket.recvfrom(65536)
        if address[2] != socket.PACKET_OUTGOING and udp_header(packet):
            seen.append(len(packet))
    return seen and max(seen) > 2 * size


def train(world, maker, outer, family):
    """A train of ESP, with IKE and a keepalive in it: each is what it would be by itself."""
    scene = world.scene
    with maker(world, outer):
        sniffer = Sniffer(scene.left, "wire0")
        data = payloads(scene, 20)
        send_train(scene, outer, [world.seal(outer, each, family) for each in data])
        world.delivered(family, outer, data)
        expect(train_seen(sniffer, SIZE), "no train came: this proves nothing")

        data = payloads(scene, 4)
        packets = [world.seal(outer, each, family) for each in data]
        ike = (bytes(4) + scene.payload()).ljust(len(packets[0]), b"-")
        before = scene.netlink.one("transport", outer)
        send_train(scene, outer, [packets[0], ike, *packets[1:], b"\xff"])
        world.delivered(family, outer, data)
        expect_equal(world.ike_message(outer), ike, "the IKE message")

        def counted():
            now = scene.netlink.one("transport", outer)
            return [now[name] - before[name] for name in ("passed", "keepalives")] == [1, 1]

        wait_for(counted, DEADLINE, lambda: f"{before}, {scene.netlink.one('transport', outer)}")
        forged = bytearray(world.seal(outer, data[0], family))
        forged[-1] ^= 1
        last = payloads(scene, 1)
        number = [sa["id"] for sa in scene.netlink.all("sa") if sa["spi"] == world.near[outer].spi][0]
        drops = scene.netlink.drops()
        send_train(scene, outer, [bytes(forged), world.seal(outer, last[0], family)])
        world.delivered(family, outer, last)
        expect_equal(scene.changes(drops), {("sa", number, "rx-auth"): 1, (*LINK, "rx-auth"): 1}, "drops")


def forwarded(world, maker, outer):
    """What comes out of a train and goes on to another host has nothing left of it."""
    scene = world.scene
    with netns.inside(world.host):
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.bind((HOST[4], PORT))
    sniffer = Sniffer(world.host, "lan0")
    with maker(world, outer):
        data = payloads(scene, 20)
        far = world.near[4]
        send_train(scene, outer, [far.seal(esp.udp(inner_right(4), HOST[4], 9, PORT, each)) for each in data])
        found = []
        while len(found) < len(data) and select.select([end], [], [], DEADLINE)[0]:
            found.append(end.recv(65536))
        expect_equal(found, data, "the host has got")
    for each in data:
        packet = sniffer.receive(lambda packet: packet[9] == esp.NEXT_UDP)
        expect_equal(len(packet), 28 + len(each), "length on the host's wire")
        expect_equal(udp_header(packet)[4], each, "datagram on the host's wire")


def from_file(world, maker):
    """A train whose bytes are a file's pages: the file must be as it was (CVE-2026-43284 and its kin)."""
    scene = world.scene
    data = payloads(scene, 12)
    packets = [world.seal(4, each) for each in data]
    content = b"".join(packets)
    sock = scene.wire[4].socket
    with tempfile.TemporaryFile() as file, maker(world, 4):
        file.write(content)
        file.flush()
        sock.setsockopt(SOL_UDP, UDP_SEGMENT, len(packets[0]))
        sock.connect((OUTER_LEFT[4], 4500))
        try:
            expect_equal(os.sendfile(sock.fileno(), file.fileno(), 0, len(content)), len(content), "bytes sent")
        finally:
            sock.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
            address = struct.pack("=H14x", socket.AF_UNSPEC)
            expect(not ctypes.CDLL(None).connect(sock.fileno(), address, len(address)), "cannot be disconnected")
        world.delivered(4, 4, data)
        expect(os.pread(file.fileno(), len(content) + 1, 0) == content, "the file was written to")


# ---- packets in pieces

@contextlib.contextmanager
def tap_device(world):
    """A device whose packets begin anywhere but in the linear part."""
    if not os.path.exists("/dev/net/tun"):
        run("modprobe", "tun")
    with netns.inside(world.scene.left):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"tap0", flags))
    try:
        run("ip", "-n", world.scene.left, "link", "set", "tap0", "address", "02:00:00:00:00:02", "up")
        yield fd, bytes.fromhex("020000000002")
    finally:
        os.close(fd)


def in_pieces(world, outer):
    """napi_gro_frags(): headers are in pages, cut wherever it hurts."""
    scene = world.scene
    headers = {4: 20, 6: 40}[outer]
    with tap_device(world) as (fd, mac):
        def write(payload, cuts):
            packet = esp.udp(OUTER_RIGHT[outer], OUTER_LEFT[outer], 4500, 4500, payload)
            frame = mac + bytes.fromhex("020000000001") + ETHERTYPE[outer].to_bytes(2, "big") + packet
            bounds = [0, *cuts, len(frame)]
            os.writev(fd, [frame[start:end] for start, end in zip(bounds, bounds[1:])])

        udp_at = 14 + headers
        for cuts in ([], [14], [0], [udp_at], [14, udp_at], [udp_at + 8], [14, udp_at + 8], [udp_at + 10],
                     [14, udp_at + 3, udp_at + 9, udp_at + 13], [14, udp_at + 8, udp_at + 24, udp_at + 200]):
            data = payloads(scene, 3)
            for each in data:
                write(world.seal(outer, each), cuts)
            world.delivered(4, outer, data)
            ike = bytes(4) + scene.payload() * 20
            write(ike, cuts)
            expect_equal(world.ike_message(outer), ike, f"the IKE message, cut at {cuts}")
            before = scene.netlink.one("transport", outer)["keepalives"]
            write(b"\xff", [cut for cut in cuts if cut <= udp_at + 8])
            wait_for(lambda: scene.netlink.one("transport", outer)["keepalives"] == before + 1, DEADLINE,
                     f"no keepalive was counted, cut at {cuts}")


# ---- the hash of a flow

def hashes(world):
    """Of what left's wire sends: a socket whose filter keeps as many octets as the low bits of the hash say, and one."""
    with netns.inside(world.scene.left):
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    code = [(0x20, 0, 0, 0xfffff000 + 32), (0x54, 0, 0, 0x3ff), (0x04, 0, 0, 1), (0x16, 0, 0, 0)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in code))
    sniffer.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                       struct.pack("@HP", len(code), ctypes.addressof(program)))
    sniffer.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
    sniffer.bind(("wire0", 3))
    return sniffer


def seen_hashes(sniffer, count):
    seen = []
    while len(seen) < count and select.select([sniffer], [], [], DEADLINE)[0]:
        packet, address = sniffer.recvfrom(65536)
        if address[2] == socket.PACKET_OUTGOING:
            seen.append(len(packet))
    return seen


def flow_hash(world, outer, family):
    """Packets of one flow have one hash on the wire, and flows differ, so that queues of the wire can tell them apart."""
    scene = world.scene
    flows = []
    scene.inner[family, outer].send(b"the route is known", inner_right(family, outer), 9)
    expect(scene.wire[outer].receive(), "nothing was sent")
    sniffer = hashes(world)
    with netns.inside(scene.left):
        for _ in range(32):
            flows.append(socket.socket(FAMILY[family], socket.SOCK_DGRAM))
            flows[-1].bind((inner_left(family, outer), 0))
    for _ in range(2):
        for flow in flows:
            flow.sendto(bytes(1200), (inner_right(family, outer), 9))
    seen = seen_hashes(sniffer, 64)
    expect_equal(len(seen), 64, "packets on the wire")
    expect_equal(seen[:32], seen[32:], "hashes, the first and the second time")
    expect(len(set(seen)) > 16, f"32 flows have {len(set(seen))} hashes")
    # All segments of a superpacket, too, whether they leave as one packet or one by one.
    flows[0].setsockopt(SOL_UDP, UDP_SEGMENT, 1200)
    for batch, count in (("on", 1), ("off", 10)):
        scene.netlink.request("link-set", ifname="vpn0", batch=batch)
        flows[0].sendto(bytes(1200 * 10), (inner_right(family, outer), 9))
        expect_equal(seen_hashes(sniffer, count), seen[:1] * count, f"hashes of a superpacket, batch {batch}")
    scene.netlink.request("link-set", ifname="vpn0", batch="on")
    for flow in flows:
        flow.close()


# ---- metadata of another tunnel

def metadata(world):
    """What another tunnel's rules would have put into a packet (a metadata dst) does not disturb ours."""
    scene = world.scene
    with netns.inside(world.host):
        host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        host.bind((HOST[4], 0))
    tc = ["tc", "-n", scene.left]
    run(*tc, "qdisc", "add", "dev", "lan0", "clsact")
    try:
        run(*tc, "filter", "add", "dev", "lan0", "ingress", "protocol", "ip", "matchall", "action", "tunnel_key", "set",
            "src_ip", "198.51.100.1", "dst_ip", "198.51.100.2", "id", "77", "dst_port", "4789", "action", "mirred",
            "egress", "redirect", "dev", "vpn0")
        for _ in range(10):
            data = scene.payload()
            host.sendto(data, (inner_right(4), 9))
            found = scene.wire[4].receive()
            expect(found, f"nothing was sent; drops: {scene.netlink.drops()}")
            opened = world.far[4].open(found[0])
            expect(opened and opened.inner.endswith(data), "not what was sent")
        sa = scene.netlink.one("child", 4)["sa-id"]
        host.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, DO
        run("ip", "-n", scene.left, "link", "set", "vpn0", "mtu", "1500")
        for reason, objects, size, address in (("tx-too-big", [("sa", sa), LINK], 1472, inner_right(4)),
                                               ("tx-no-child", [LINK], 10, "10.99.0.1")):
            if address == "10.99.0.1":
                run("ip", "-n", world.host, "route", "add", address, "via", "10.4.1.254")

            def cause(size=size, address=address):
                host.sendto(bytes(size), (address, 9))

            scene.expect_drops(cause, objects, reason)
    finally:
        run(*tc, "qdisc", "del", "dev", "lan0", "clsact")
        run("ip", "-n", scene.left, "link", "set", "vpn0", "mtu", "1400")


def can_set_metadata():
    return subprocess.run(["modprobe", "-n", "-q", "act_tunnel_key"], check=False).returncode == 0


def main():
    world = World(*sys.argv[1:])
    tap = Tap(before=world.before)
    for name, maker in TRAINS.items():
        for outer, family in ((4, 4), (6, 6)):
            tap.check(f"a train by {name}, outer v{outer}", train, world, maker, outer, family)
        tap.check(f"a train by {name}, forwarded", forwarded, world, maker, 4)
        tap.check(f"a train by {name}, out of a file", from_file, world, maker)
    for outer in (4, 6):
        tap.check(f"headers in pages, outer v{outer}", in_pieces, world, outer)
    for outer, family in ((4, 4), (6, 4), (6, 6)):
        tap.check(f"the hash of a flow, inner v{family}, outer v{outer}", flow_hash, world, outer, family)
    if can_set_metadata():
        tap.check("metadata of another tunnel", metadata, world)
    tap.finish()


main()
