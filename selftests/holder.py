# SPDX-License-Identifier: GPL-2.0
"""A keying daemon without IKE: it owns the socket of a transport, and says what comes to it.

usage: holder.py NAMESPACE ID ADDRESS PORT

Bind a socket, let it take over from that which the transport has, print "ready", and then a line with the length of every
datagram that is left to user space.
"""

import ctypes
import ipaddress
import socket
import struct
import sys

import netns
from netlink import Client

SO_ATTACH_REUSEPORT_CBPF = 51


def bound(namespace, address, port):
    """A socket of that port, of which the oldest socket gets everything."""
    family = socket.AF_INET if ipaddress.ip_address(address).version == 4 else socket.AF_INET6
    with netns.inside(namespace):
        found = socket.socket(family, socket.SOCK_DGRAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind((address, port))
    first = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # return 0
    found.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
                     struct.pack("HxxxxxxQ", 1, ctypes.addressof(first)))
    return found


def main():
    namespace, number, address, port = sys.argv[1:]
    mine = bound(namespace, address, int(port))
    Client(namespace).request("transport-add", id=int(number), fd=mine.fileno(), replace=True)
    print("ready", flush=True)
    while True:
        print(len(mine.recv(65536)), flush=True)


main()
