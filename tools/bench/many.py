# SPDX-License-Identifier: GPL-2.0
"""Many pairs of SAs below one peer, each with a selector of its own, and the memory that they take."""
import ipaddress
import os
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../selftests"))
if "ESPUDP_YNL" in os.environ:
    os.environ.setdefault("YNL", os.path.join(os.environ["ESPUDP_YNL"], "tools/net/ynl"))

CHILDREN = 1000         # where the numbers of the children begin
SUITE, KEY = "aes-gcm-16-128", 20


def client(namespace):
    """A client of the module's in a namespace."""
    subprocess.run(["modprobe", "espudp"], check=True)
    from netlink import Client  # it needs the module, and the kernel's own client
    return Client(namespace)


def address(number):
    """The nth host behind the peer, in 10.64.0.0/10."""
    return str(ipaddress.ip_address(0x0a400000 + number))


def source(number):
    """The nth host behind us, in 10.128.0.0/10."""
    return str(ipaddress.ip_address(0x0a800000 + number))


def spis(number, mirrored=False):
    """The outbound and the inbound SPI of the nth pair.

    Strewn as those that a key exchange draws: xfrm's hash puts numbers in a row into few chains.
    """
    both = [(2 * number + way) * 0x9e3779b1 % 2**32 for way in (1, 2)]
    return both[::-1] if mirrored else both


def pair(talker, peer, near, number, mirrored=False):
    """The messages that make the nth child of a peer with its pair of SAs; near is a function of the number."""
    from netlink import selector
    near, far = selector(f"{near(number)}/32"), selector(f"{address(number)}/32")
    if mirrored:
        near, far = far, near
    spi_out, spi_in = spis(number, mirrored)
    key = struct.pack(">I", number) * (KEY // 4)
    child = CHILDREN + number
    return [talker.encode("child-new", {"id": child, "peer-id": peer, "local": [near], "remote": [far]}),
            talker.encode("sa-new", {"id": 2 * child, "child-id": child, "direction": "in", "spi": spi_in,
                                     "suite": SUITE, "esn": True, "key": key}),
            talker.encode("sa-new", {"id": 2 * child + 1, "child-id": child, "direction": "out", "spi": spi_out,
                                     "suite": SUITE, "esn": True, "key": key, "current": True})]


def send_all(talker, messages):
    """Each with its answer. Returns seconds."""
    start = time.monotonic()
    for message in messages:
        code, extack = talker.send_raw(message)
        if code:
            sys.exit(f"bench: {os.strerror(code)}: {extack}")
    return time.monotonic() - start


def install(talker, peer, near, numbers, mirrored=False):
    """Children by their numbers, in portions, so that the encoded requests do not fill the memory. Returns seconds."""
    seconds = 0
    for at in range(0, len(numbers), 5000):
        messages = [message for number in numbers[at:at + 5000]
                    for message in pair(talker, peer, near, number, mirrored)]
        seconds += send_all(talker, messages)
    return seconds


def books():
    """Bytes in use, by what they are used for."""
    found = {}
    with open("/proc/slabinfo", encoding="ascii") as file:
        for line in file.readlines()[2:]:
            words = line.split()
            found[words[0]] = int(words[1]) * int(words[3])
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0] in ("Percpu:", "VmallocUsed:", "PageTables:"):
                found[words[0][:-1]] = int(words[1]) * 1024
    return found


def settle():
    """What is freed late is freed: RCU, workqueues, per-CPU slabs as far as they go."""
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("3")
    time.sleep(1)


def grown(before, after, count):
    """What has grown, by cache, in bytes for each of so many."""
    each = {name: (after[name] - before.get(name, 0)) / count for name in after}
    return {name: size for name, size in each.items()
            if size >= 8 and name not in ("VmallocUsed", "PageTables")}
