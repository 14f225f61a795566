# SPDX-License-Identifier: GPL-2.0
"""Bytes that are lent, not given: the cases of test_data.sh.

usage: data.py packets LEFT RIGHT			ESP made by hand on the right, out of files
       data.py streams LEFT RIGHT HOST DIR SUITE	two real ends, and HOST behind the left one; keys of number 1 in DIR
"""

import ctypes
import mmap
import os
import random
import select
import socket
import struct
import sys
import tempfile
import threading

import esp
import netns
from scene import DEADLINE, OUTER_LEFT, Scene, udp_header
from tap import Tap, expect, expect_equal, wait_for

SO_ZEROCOPY, MSG_ZEROCOPY = 60, 0x4000000  # linux/socket.h
SO_RCVBUFFORCE = 33
BULK = 1 << 20
DATAGRAM = 1300  # one packet on the wire
DATAGRAMS = 40
PAGE = 4096  # each datagram begins with one: 6.1 makes two of what crosses into the next


class Lent:
    """A file whose pages are sent; it must be the same afterwards."""

    def __init__(self, content):
        self.content = content
        self.file = tempfile.TemporaryFile()
        self.file.write(content)
        self.file.flush()
        self.map = mmap.mmap(self.file.fileno(), len(content))

    def check(self):
        found = os.pread(self.file.fileno(), len(self.content) + 1, 0)
        if found != self.content:
            first = next(i for i, pair in enumerate(zip(found, self.content)) if pair[0] != pair[1])
            expect(False, f"the file was written to, at {first}")
        expect(self.map[:] == self.content, "the mapping was written to")


# How a piece of a file gets into a socket: (socket, file, offset, length).

def by_sendfile(sock, lent, offset, length):
    while length:
        sent = os.sendfile(sock.fileno(), lent.file.fileno(), offset, length)
        offset, length = offset + sent, length - sent


def by_splice(sock, lent, offset, length):
    reader, writer = os.pipe()
    try:
        while length:
            filled = os.splice(lent.file.fileno(), writer, min(length, 65536), offset_src=offset)
            offset, length = offset + filled, length - filled
            while filled:
                filled -= os.splice(reader, sock.fileno(), filled)
    finally:
        os.close(reader)
        os.close(writer)


def given_back(sock):
    """How many sends have been completed since the last call; an error queue with something in it looks like data."""
    poll = select.poll()
    poll.register(sock, 0)
    count = 0
    while poll.poll(0):
        for _, _, data in sock.recvmsg(0, 512, socket.MSG_ERRQUEUE)[1]:
            first, last = struct.unpack("=8xII", data[:16])
            count += last - first + 1
    return count


def by_zerocopy(sock, lent, offset, length):
    sock.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    view = memoryview(lent.map)
    lent_out = 0
    while length:
        sent = sock.send(view[offset:offset + length], MSG_ZEROCOPY)
        offset, length = offset + sent, length - sent
        lent_out += 1
    view.release()

    def all_given_back():
        nonlocal lent_out
        lent_out -= given_back(sock)
        return not lent_out

    wait_for(all_given_back, DEADLINE, lambda: f"{lent_out} pieces were never given back")


METHODS = (by_sendfile, by_splice, by_zerocopy)


def name(method):
    return method.__name__.removeprefix("by_")


def disconnect(sock):
    """connect() to AF_UNSPEC, which Python does not have."""
    address = struct.pack("=H14x", socket.AF_UNSPEC)
    if ctypes.CDLL(None, use_errno=True).connect(sock.fileno(), address, len(address)):
        raise OSError(ctypes.get_errno(), "cannot be disconnected")


# ---- inbound, made by hand

def esp_from_file(scene, method, family, suite, outer):
    """A sender on the same machine lends the pages of a file as ESP: they must not be decrypted in place."""
    number, far = scene.sa("in", outer, suite)
    for size in (40, 600, 1300):
        data = random.randbytes(size)
        lent = Lent(far.seal(scene.datagram(family, data, outer)))
        sock = scene.wire[outer].socket
        sock.connect((OUTER_LEFT[outer], 4500))
        try:
            method(sock, lent, 0, len(lent.content))
        finally:
            disconnect(sock)
        found = scene.inner[family, outer].receive()
        expect(found and found[0] == data, f"{size} bytes: not delivered; drops {scene.netlink.drops()}")
        lent.check()
    forged = bytearray(far.seal(scene.datagram(family, b"forged" * 100, outer)))
    forged[-1] ^= 1
    lent = Lent(bytes(forged))

    def send():
        sock.connect((OUTER_LEFT[outer], 4500))
        method(sock, lent, 0, len(lent.content))
        disconnect(sock)

    scene.expect_drops(send, [("sa", number), ("link", "vpn0")], "rx-auth")
    lent.check()


def seen_inbound(scene, suite):
    """What a sniffer has got is ciphertext, and stays so."""
    _, far = scene.sa("in", 4, suite)
    with netns.inside(scene.left):
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    sniffer.bind(("wire0", 3))
    sent = []
    for index in range(20):
        data = random.randbytes(20 + 60 * index)
        sent.append(far.seal(scene.datagram(4, data)))
        scene.expect_delivered(sent[-1], data)
    seen = []
    while select.select([sniffer], [], [], 0)[0]:
        packet, address = sniffer.recvfrom(65536)
        header = udp_header(packet)
        if address[2] != socket.PACKET_OUTGOING and header and header[0] == 4500:
            seen.append(header[4])
    expect_equal(seen, sent, "what the sniffer saw")


# ---- streams and datagrams between two ends

class Receiver(threading.Thread):
    """Takes what comes to a port, to the end of a stream or so many datagrams."""

    def __init__(self, namespace, address, kind, datagrams=0):
        super().__init__(daemon=True)
        with netns.inside(namespace):
            self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
        self.socket.settimeout(DEADLINE * 2)
        self.socket.bind((address, 6000))
        self.kind, self.datagrams = kind, datagrams
        self.pieces = []
        if kind == socket.SOCK_STREAM:
            self.socket.listen(1)
        self.start()

    def run(self):
        try:
            if self.kind == socket.SOCK_DGRAM:
                for _ in range(self.datagrams):
                    self.pieces.append(self.socket.recv(65536))
                return
            connection, _ = self.socket.accept()
            connection.settimeout(DEADLINE * 2)
            while piece := connection.recv(65536):
                self.pieces.append(piece)
            connection.close()
        except TimeoutError:
            pass

    def content(self):
        self.join(DEADLINE * 3)
        self.socket.close()
        return b"".join(self.pieces)


def transfer(sender, receiver, address, kind, method):
    """Send a file from one namespace to an address of another; it arrives, and is still what it was."""
    lent = Lent(random.randbytes(BULK if kind == socket.SOCK_STREAM else PAGE * DATAGRAMS))
    expected = lent.content
    end = Receiver(receiver, address, kind, DATAGRAMS)
    with netns.inside(sender):
        sock = socket.socket(end.socket.family, kind)
    sock.settimeout(DEADLINE * 2)
    sock.connect((address, 6000))
    sock.setblocking(True)
    if kind == socket.SOCK_STREAM:
        method(sock, lent, 0, BULK)
        sock.shutdown(socket.SHUT_WR)
    else:
        for offset in range(0, PAGE * DATAGRAMS, PAGE):
            method(sock, lent, offset, DATAGRAM)
        expected = b"".join(expected[offset:offset + DATAGRAM] for offset in range(0, PAGE * DATAGRAMS, PAGE))
    found = end.content()
    lent.check()
    expect(found == expected, f"{len(found)} bytes of {len(expected)} arrived, or others")
    sock.close()
    lent.check()


def seen_outbound(sender, receiver, address, directory, suite):
    """A sniffer on the link sees plaintext superpackets, which their encryption must not change under it."""
    with netns.inside(sender):
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    for sock, device in ((sniffer, "vpn0"), (wire, "wire0")):
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        sock.bind((device, 3))
    transfer(sender, receiver, address, socket.SOCK_STREAM, by_sendfile)
    plain = cipher = 0
    while select.select([sniffer], [], [], 0)[0]:
        packet, info = sniffer.recvfrom(65536)
        expect(packet[0] >> 4 == 4 and int.from_bytes(packet[2:4], "big") in (len(packet), 0),
               f"the sniffer saw {packet[:24].hex()}")
        plain += info[2] == socket.PACKET_OUTGOING
    with open(os.path.join(directory, f"key-{suite}-1left"), encoding="ascii") as file:
        far = None if "cbc" in suite else esp.Sa(suite, file.read().strip(), 0x10001)
    while select.select([wire], [], [], 0)[0]:
        packet, info = wire.recvfrom(65536)
        header = udp_header(packet)
        if info[2] != socket.PACKET_OUTGOING or not header or header[0] != 4500:
            continue
        cipher += 1
        for one in esp.cut(header[4]):
            expect(not far or far.open(one), "a packet on the wire cannot be decrypted")
    expect(plain and cipher, f"seen: {plain} packets of the link, {cipher} of the wire")


def packets(left, right):
    scene = Scene(left, right)
    tap = Tap(before=scene.drain)
    for method in METHODS:
        for family, suite, outer in ((4, "aes-gcm-16-128", 4), (6, "chacha20-poly1305", 6)):
            tap.check(f"ESP out of a file, {name(method)}: inner v{family}, outer v{outer}, {suite}", esp_from_file,
                      scene, method, family, suite, outer)
    for suite in ("aes-gcm-16-128", "chacha20-poly1305"):
        tap.check(f"a sniffer on the wire keeps what it saw: {suite}", seen_inbound, scene, suite)
    tap.finish()


def streams(left, right, host, directory, suite):
    tap = Tap()
    for method in METHODS:
        for what, sender, address in (("own", left, "10.4.2.1"), ("own, outer v6", left, "fd00:6:2::1"),
                                      ("forwarded", host, "10.4.2.1")):
            for kind, protocol in ((socket.SOCK_STREAM, "TCP"), (socket.SOCK_DGRAM, "UDP")):
                tap.check(f"{protocol} out of a file, {name(method)}, {what}: {suite}", transfer, sender, right,
                          address, kind, method)
    tap.check(f"a sniffer on the link keeps what it saw: {suite}", seen_outbound, left, right, "10.4.2.1", directory,
              suite)
    tap.finish()


def main():
    random.seed(1)
    {"packets": packets, "streams": streams}[sys.argv[1]](*sys.argv[2:])


main()
