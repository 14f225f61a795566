# SPDX-License-Identifier: GPL-2.0
"""What waits for an SA: the packet cases of test_acquire.sh.

usage: acquire.py LEFT RIGHT	the namespaces; in LEFT, vpn0 with transport, peer and child 4
"""

import contextlib
import socket
import subprocess
import sys
import time

from netlink import Client, selector
from scene import DEADLINE, Scene, inner_left, inner_right
from tap import Tap, expect, expect_equal, wait_for

LINK = ("link", "vpn0")
SO_SNDBUFFORCE = 32
LIMIT = 64  # packets that wait
SECONDS = 10  # for which they do
LINK_BYTES = 4 << 20  # of memory, in all children of a link


def waiting(scene, child=4):
    return scene.netlink.one("child", child).get("waiting", 0)


def listen(scene):
    """Somebody who might bring an SA."""
    watcher = Client(scene.left)
    watcher.join("sa")
    return watcher


def send(scene, first, count, outer=4):
    for index in range(first, first + count):
        scene.inner[4, 4].send(b"%06d" % index, inner_right(4, outer), 9)


def on_wire(scene, far, count):
    """The next packets: (sequence numbers, ends of the inner packets)."""
    opened = []
    for _ in range(count):
        found = scene.wire[4].receive()
        expect(found, f"{len(opened)} of {count} packets were sent")
        opened.append(far.open(found[0]))
    expect(all(opened), "a packet cannot be decrypted")
    return [packet.sequence for packet in opened], [packet.inner[-6:] for packet in opened]


@contextlib.contextmanager
def outbound(scene, **attributes):
    """An SA of child 4, for the time of the case."""
    number, far = scene.sa("out", 4, **attributes)
    try:
        yield number, far
    finally:
        scene.netlink.request("sa-del", id=number)


def nobody(scene):
    """Without a listener nothing waits."""
    scene.expect_drops(lambda: send(scene, 0, 3), [LINK], "tx-no-sa", 3)
    expect_equal(waiting(scene), 0, "packets that wait")


def in_order(scene):
    """What waits is sent in its order, and what comes then behind it; one event for all."""
    watcher = listen(scene)
    before = scene.netlink.drops()
    send(scene, 0, 20)
    expect_equal(waiting(scene), 20, "packets that wait")
    with outbound(scene, current=True) as (_, far):
        send(scene, 20, 20)
        sequences, ends = on_wire(scene, far, 40)
    expect_equal(sequences, list(range(1, 41)), "numbers")
    expect_equal(ends, [b"%06d" % index for index in range(40)], "packets")
    expect_equal(waiting(scene), 0, "packets that wait")
    expect_equal(scene.changes(before), {}, "drops")
    events = [event for name, event in watcher.events() if name == "child-acquire-ntf"]
    expect(1 <= len(events) <= 2, f"{len(events)} events")
    expect_equal((events[0]["id"], events[0]["packet-destination-ipv4"]), (4, inner_right(4)), "event")


def by_switch(scene):
    """The SA may also be there and become current later."""
    watcher = listen(scene)
    send(scene, 0, 5)
    with outbound(scene) as (number, far):
        expect_equal(waiting(scene), 5, "packets that wait")
        scene.netlink.request("sa-switch", id=number)
        expect_equal(on_wire(scene, far, 5)[0], [1, 2, 3, 4, 5], "numbers")
    watcher.events()


def bound(scene):
    """So many wait; the others are dropped as they come."""
    watcher = listen(scene)
    scene.expect_drops(lambda: send(scene, 0, LIMIT + 30), [LINK], "tx-no-sa", 30)
    expect_equal(waiting(scene), LIMIT, "packets that wait")
    with outbound(scene, current=True) as (_, far):
        expect_equal(on_wire(scene, far, LIMIT)[1], [b"%06d" % index for index in range(LIMIT)], "packets")
    watcher.events()


def child_gone(scene, what):
    """With the child, or its peer, go the packets."""
    index = scene.netlink.all("link")[0]["ifindex"]
    scene.netlink.request("peer-new", id=50, ifindex=index, transport_id=4, remote_ipv4=0xc0000202, remote_port=4500)
    scene.netlink.request("child-new", id=50, peer_id=50, local=[selector("10.4.1.0/24")],
                          remote=[selector("10.60.0.0/24")])
    subprocess.run(["ip", "-n", scene.left, "route", "replace", "10.60.0.0/24", "dev", "vpn0", "src", inner_left(4)],
                   check=True)
    watcher = listen(scene)
    for number in range(7):
        scene.inner[4, 4].send(b"%06d" % number, "10.60.0.1", 9)
    expect_equal(waiting(scene, 50), 7, "packets that wait")
    scene.expect_drops(lambda: scene.netlink.request(f"{what}-del", id=50), [LINK], "tx-no-sa", 7)
    if what == "child":
        scene.netlink.request("peer-del", id=50)
    watcher.events()


def time_over(scene):
    watcher = listen(scene)
    send(scene, 0, 4)
    before, start = scene.netlink.drops(), time.monotonic()
    wait_for(lambda: scene.changes(before).get((*LINK, "tx-no-sa")) == 4, SECONDS + DEADLINE,
             lambda: f"drops {scene.changes(before)}")
    lasted = time.monotonic() - start
    expect(lasted > SECONDS - 1, f"dropped after {lasted:.1f} s")
    expect_equal(waiting(scene), 0, "packets that wait")
    watcher.events()


def many_children(scene):
    """All children together are bounded too."""
    index = scene.netlink.all("link")[0]["ifindex"]
    scene.netlink.request("peer-new", id=70, ifindex=index, transport_id=4, remote_ipv4=0xc0000202, remote_port=4500)
    subprocess.run(["ip", "-n", scene.left, "route", "replace", "10.70.0.0/16", "dev", "vpn0", "src", inner_left(4)],
                   check=True)
    children = range(70, 110)
    for child in children:
        scene.netlink.request("child-new", id=child, peer_id=70, local=[selector("10.4.1.0/24")],
                              remote=[selector(f"10.70.{child}.0/24")])
    watcher = listen(scene)
    before = scene.netlink.drops()
    payload = bytes(1300)
    # What waits counts as the sender's.
    scene.inner[4, 4].socket.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 25)
    for child in children:
        for _ in range(LIMIT):
            scene.inner[4, 4].send(payload, f"10.70.{child}.1", 9)
    wait_in_all = sum(waiting(scene, child) for child in children)
    dropped = scene.changes(before).get((*LINK, "tx-no-sa"), 0)
    print(f"# {wait_in_all} packets wait, {dropped} were dropped")
    expect_equal(wait_in_all + dropped, LIMIT * len(children), "packets")
    expect(wait_in_all * len(payload) <= LINK_BYTES, "more than the bound wait")
    expect(dropped > LIMIT, "there is no bound")
    scene.expect_drops(lambda: scene.netlink.request("peer-del", id=70), [LINK], "tx-no-sa", wait_in_all)
    watcher.events()


def main():
    scene = Scene(sys.argv[1], sys.argv[2])
    tap = Tap(before=scene.drain)
    tap.check("nobody listens: dropped at once", nobody, scene)
    tap.check("sent in order when the SA comes", in_order, scene)
    tap.check("sent when the SA becomes current", by_switch, scene)
    tap.check(f"no more than {LIMIT} wait", bound, scene)
    tap.check("dropped with the child", child_gone, scene, "child")
    tap.check("dropped with the peer", child_gone, scene, "peer")
    tap.check(f"dropped after {SECONDS} s", time_over, scene)
    tap.check("all children of a link together are bounded", many_children, scene)
    tap.finish()


main()
