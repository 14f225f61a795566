#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that are several, or were: trains that a sender's UDP GSO or a receiver's GRO has made, headers that are not in the
# linear part, and what the stack keeps beside a packet: its flow's hash, metadata of another tunnel. The cases are in
# offload.py.
#
# timeout: 300

. "$(dirname "$0")/lib.sh"

# A host behind left, to which what comes out of the tunnel is forwarded.
scene()
{
	setup_ns left right host && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	ip link add lan0 netns "$left" type veth peer name lan0 netns "$host" &&
	ip -n "$left" -batch - <<-END && ip -n "$host" -batch - <<-END2 || return
		addr add 10.4.1.254/24 dev lan0
		addr add fd00:4:1::fe/64 dev lan0 nodad
		link set lan0 up
	END
		addr add 10.4.1.100/24 dev lan0
		addr add fd00:4:1::64/64 dev lan0 nodad
		link set lan0 up
		route add 10.4.2.0/24 via 10.4.1.254
		route add fd00:4:2::/64 via fd00:4:1::fe
	END2
	in_ns "$left" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
}

check "two hosts, and one behind the left" scene || exit
absorb "$PYTHON" -B "$here/offload.py" "$left" "$right" "$host"
