# SPDX-License-Identifier: GPL-2.0
"""The data of a link's kind (IFLA_INFO_DATA) in rtnetlink: shown, one NUMBER=HEX a line, or set.

usage: rtnl.py LINK [HEX]	HEX: attributes to set, in the machine's byte order; may be empty
"""

import os
import socket
import struct
import sys

RTM_NEWLINK, RTM_GETLINK = 16, 18
NLM_F_REQUEST, NLM_F_ACK = 1, 4
NLMSG_ERROR = 2
IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA = 18, 1, 2
NLMSGERR_ATTR_MSG = 1
NETLINK_EXT_ACK, NETLINK_CAP_ACK, SOL_NETLINK = 11, 10, 270


def attribute(number, payload):
    return struct.pack("=HH", len(payload) + 4, number) + payload + bytes(-len(payload) % 4)


def attributes(data):
    while len(data) >= 4:
        length, number = struct.unpack_from("=HH", data)
        yield number & 0x3fff, data[4:length]
        data = data[(length + 3) & ~3:]


def request(kind, flags, payload):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    for option in (NETLINK_EXT_ACK, NETLINK_CAP_ACK):
        sock.setsockopt(SOL_NETLINK, option, 1)
    sock.send(struct.pack("=IHHII", len(payload) + 16, kind, NLM_F_REQUEST | flags, 1, 0) + payload)
    reply = sock.recv(65536)
    return struct.unpack_from("=IH", reply)[1], reply[16:]


def main(name, *data):
    header = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(name), 0, 0)
    if data:
        info = attribute(IFLA_INFO_KIND, b"espudp\0") + attribute(IFLA_INFO_DATA, bytes.fromhex(data[0]))
        _, reply = request(RTM_NEWLINK, NLM_F_ACK, header + attribute(IFLA_LINKINFO, info))
        code = -struct.unpack_from("=i", reply)[0]
        said = [text for number, text in attributes(reply[20:]) if number == NLMSGERR_ATTR_MSG]
        print(f"refused: {code} {os.strerror(code)}" if code else "done", *(t.rstrip(b"\0").decode() for t in said))
        return
    kind, reply = request(RTM_GETLINK, 0, header)
    assert kind == RTM_NEWLINK, f"reply of type {kind}"
    info = dict(attributes(reply[16:])).get(IFLA_LINKINFO, b"")
    for number, value in attributes(dict(attributes(info)).get(IFLA_INFO_DATA, b"")):
        print(f"{number}={value.hex()}")


main(*sys.argv[1:])
