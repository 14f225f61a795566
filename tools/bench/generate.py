#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Let UDP packets come in on a device as a driver brings them: in lists of 64 out of pages.

usage: generate.py DEVICE SOURCE DESTINATION SIZE COUNT

Run in the namespace of the device. Says "ready", waits for a line, hands all of the packets over, says
"done" when the last one has gone into the stack, and waits for the end of its input.

The kernel's test run of XDP programs does it (Documentation/bpf/bpf_prog_run.rst): what the program
passes is received as if from the device, by netif_receive_skb_list(). A page comes back with what the
way has left in it, a TTL counted down, perhaps a cipher text; so the program writes the headers anew.
"""
import ctypes
import os
import platform
import socket
import struct
import sys

BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]  # the system call
BPF_PROG_LOAD, BPF_PROG_TEST_RUN = 5, 10
BPF_PROG_TYPE_XDP = 6
BPF_F_TEST_XDP_LIVE_FRAMES = 2
LIST = 64  # NAPI_POLL_WEIGHT
HEADERS = 14 + 20 + 8

# Operation codes of the instructions that are needed, and what XDP programs return.
LOAD_W, STORE_W, STORE_H = 0x61, 0x62, 0x6a
MOVE, MOVE_CONSTANT, ADD_CONSTANT = 0xbf, 0xb7, 0x07
JUMP_IF_GREATER, EXIT = 0x2d, 0x95
XDP_DROP, XDP_PASS = 1, 2


def checksum(octets):
    """The Internet checksum."""
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(device, source, destination, size):
    """An Ethernet frame to the device, of UDP of so many octets, which has no checksum of its own."""
    with open("/sys/class/net/%s/address" % device, encoding="ascii") as file:
        mac = bytes.fromhex(file.read().strip().replace(":", ""))
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + size, 0, 0x4000, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source), socket.inet_aton(destination))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return (mac + bytes.fromhex("020000000001") + struct.pack("!H", 0x0800) + ip +
            struct.pack("!HHHH", 1000, 9, 8 + size, 0) + bytes(size))


def instruction(code, target=0, source=0, offset=0, constant=0):
    """One instruction of BPF."""
    return struct.pack("=BBhi", code, source << 4 | target, offset, constant)


def program(headers):
    """Write the headers, and let the packet pass."""
    out = [instruction(LOAD_W, 2, 1, 0),                # xdp_md.data
           instruction(LOAD_W, 3, 1, 4),                # xdp_md.data_end
           instruction(MOVE, 4, 2),
           instruction(ADD_CONSTANT, 4, constant=HEADERS),
           instruction(MOVE_CONSTANT, 0, constant=XDP_DROP)]
    stores = [instruction(STORE_W, 2, offset=at, constant=struct.unpack_from("=i", headers, at)[0])
              for at in range(0, HEADERS - 3, 4)]
    stores += [instruction(STORE_H, 2, offset=HEADERS - 2,
                           constant=struct.unpack_from("=H", headers, HEADERS - 2)[0]),
               instruction(MOVE_CONSTANT, 0, constant=XDP_PASS)]
    out.append(instruction(JUMP_IF_GREATER, 4, 3, len(stores)))
    return b"".join(out + stores + [instruction(EXIT)])


def bpf(command, layout, *values):
    """The system call. Its attributes are numbers and buffers in their order."""
    numbers = [ctypes.addressof(value) if isinstance(value, ctypes.Array) else value for value in values]
    attributes = ctypes.create_string_buffer(struct.pack(layout, *numbers), 128)
    result = ctypes.CDLL(None, use_errno=True).syscall(BPF, command, attributes, len(attributes))
    if result < 0:
        error = ctypes.get_errno()
        raise SystemExit("generate: bpf(%d): %s" % (command, os.strerror(error)))
    return result


def load(code):
    """The descriptor of a program."""
    text = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    return bpf(BPF_PROG_LOAD, "=IIQQ", BPF_PROG_TYPE_XDP, len(code) // 8, text, licence)


def run(descriptor, device, packet, count):
    """Packets from the device, as many times as asked for."""
    data = ctypes.create_string_buffer(packet, len(packet))
    # data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex
    context = ctypes.create_string_buffer(
        struct.pack("=6I", 0, len(packet), 0, socket.if_nametoindex(device), 0, 0), 24)
    bpf(BPF_PROG_TEST_RUN, "=IIIIQQIIIIQQIII",
        descriptor, 0, len(packet), 0, data, 0, count, 0, len(context), 0, context, 0,
        BPF_F_TEST_XDP_LIVE_FRAMES, 0, LIST)


def main():
    device, source, destination, size, count = sys.argv[1:]
    packet = frame(device, source, destination, int(size))
    descriptor = load(program(packet))
    # Kernel threads to which a path hands its packets come first, or it would lose them on one CPU.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    print("ready", flush=True)
    sys.stdin.readline()
    run(descriptor, device, packet, int(count))
    print("done", flush=True)
    sys.stdin.read()


main()
