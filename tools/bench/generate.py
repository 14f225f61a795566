#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Let UDP packets come in on a device as a driver brings them: in lists of 64 out of pages.

usage: generate.py DEVICE SOURCE DESTINATION SIZE COUNT [ADDRESSES]

With ADDRESSES each packet is of one of so many pairs of them, drawn at random: SOURCE and DESTINATION,
and those that follow.
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
CHECKSUM_AT, SOURCE_AT, DESTINATION_AT = 14 + 10, 14 + 12, 14 + 16

# Operation codes of the instructions that are needed, a helper, and what XDP programs return.
LOAD_W, STORE_W, STORE_H, STORE_REGISTER_W, STORE_REGISTER_H = 0x61, 0x62, 0x6a, 0x63, 0x6b
MOVE, MOVE_CONSTANT, ADD, ADD_CONSTANT, ADD_CONSTANT_32 = 0xbf, 0xb7, 0x0f, 0x07, 0x04
MODULO_CONSTANT_32, AND_CONSTANT, XOR_CONSTANT, SHIFT_RIGHT, TO_BIG_ENDIAN = 0x94, 0x57, 0xa7, 0x77, 0xdc
JUMP_IF_GREATER, CALL, EXIT = 0x2d, 0x85, 0x95
BPF_FUNC_get_prandom_u32 = 7
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


def fold(register, scratch):
    """The carry of a sum of 16-bit words added to it."""
    return [instruction(MOVE, scratch, register), instruction(SHIFT_RIGHT, scratch, constant=16),
            instruction(AND_CONSTANT, register, constant=0xffff), instruction(ADD, register, scratch)]


def place(register, packet, at, first):
    """The nth address, where the register says which, written into the packet."""
    return [instruction(ADD_CONSTANT_32, register, constant=first),
            instruction(TO_BIG_ENDIAN, register, constant=32),
            instruction(STORE_REGISTER_W, packet, register, at)]


def draw(headers, packet, addresses):
    """Other addresses for the packet that stands where a register says, and its checksum.

    The sum is made of words as they stand in memory, whichever of their octets comes first.
    """
    source, destination = struct.unpack_from("!ii", headers, SOURCE_AT)
    total = sum(struct.unpack_from("=5H", headers, 14))
    return [instruction(CALL, constant=BPF_FUNC_get_prandom_u32),
            instruction(MODULO_CONSTANT_32, 0, constant=addresses),
            instruction(MOVE, 7, 0),
            *place(7, packet, SOURCE_AT, source), *place(0, packet, DESTINATION_AT, destination),
            instruction(ADD, 0, 7), *fold(0, 1), instruction(ADD_CONSTANT, 0, constant=total), *fold(0, 1), *fold(0, 1),
            instruction(XOR_CONSTANT, 0, constant=0xffff),
            instruction(STORE_REGISTER_H, packet, 0, CHECKSUM_AT)]


def program(headers, addresses):
    """Write the headers, and let the packet pass. It stands at the address in register 6."""
    out = [instruction(LOAD_W, 6, 1, 0),                # xdp_md.data
           instruction(LOAD_W, 3, 1, 4),                # xdp_md.data_end
           instruction(MOVE, 4, 6),
           instruction(ADD_CONSTANT, 4, constant=HEADERS),
           instruction(MOVE_CONSTANT, 0, constant=XDP_DROP)]
    stores = [instruction(STORE_W, 6, offset=at, constant=struct.unpack_from("=i", headers, at)[0])
              for at in range(0, HEADERS - 3, 4)]
    stores.append(instruction(STORE_H, 6, offset=HEADERS - 2,
                              constant=struct.unpack_from("=H", headers, HEADERS - 2)[0]))
    if addresses:
        stores += draw(headers, 6, addresses)
    stores.append(instruction(MOVE_CONSTANT, 0, constant=XDP_PASS))
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
    device, source, destination, size, count, *addresses = sys.argv[1:]
    packet = frame(device, source, destination, int(size))
    descriptor = load(program(packet, int(addresses[0]) if addresses else 0))
    # Kernel threads to which a path hands its packets come first, or it would lose them on one CPU.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    print("ready", flush=True)
    sys.stdin.readline()
    run(descriptor, device, packet, int(count))
    print("done", flush=True)
    sys.stdin.read()


main()
