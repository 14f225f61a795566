#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whose bytes they are: what is sent or received by reference (sendfile, splice, MSG_ZEROCOPY, forwarded, seen by a sniffer)
# is never encrypted or decrypted in place. After each transfer the file is as it was. The cases are in data.py.
#
# timeout: 300

. "$(dirname "$0")/lib.sh"

# A host behind the left one, whose packets are forwarded, and merged before that.
lan()
{
	setup_ns host && ip link add lan0 netns "$left" type veth peer name lan0 netns "$host" || return
	ip -n "$left" -batch - <<-END || return
		addr add 10.4.1.254/24 dev lan0
		link set lan0 up
	END
	ip -n "$host" -batch - <<-END || return
		addr add 10.4.1.100/24 dev lan0
		link set lan0 up
		route add default via 10.4.1.254
	END
	in_ns "$left" ethtool -K lan0 gro on > /dev/null && in_ns "$left" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward' &&
	pings "$host" 10.4.2.1 3
}

scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4 && espudp_peer "$left" left 6
}

far_end()
{
	espudp_link "$right" right && espudp_peer "$right" right 4 && espudp_peer "$right" right 6 &&
	both_sas 4 1 "$1" && both_sas 6 2 "$1" && lan
}

check "a link" scene || exit
absorb "$PYTHON" -B "$here/data.py" packets "$left" "$right"
for suite in aes-gcm-16-128 aes-cbc-128-sha256; do
	[ -z "${host-}" ] || { ip netns del "$host"; ip -n "$left" link del lan0; ip -n "$right" link del vpn0
		espudp_in "$right" transport del 4; espudp_in "$right" transport del 6; } 2> /dev/null
	check "another end, and a host behind this one" far_end $suite || exit
	absorb "$PYTHON" -B "$here/data.py" streams "$left" "$right" "$host" "$work" $suite
	espudp_in "$left" sa del "$(sa_in 1)"
	espudp_in "$left" sa del "$(sa_out 1)"
	espudp_in "$left" sa del "$(sa_in 2)"
	espudp_in "$left" sa del "$(sa_out 2)"
done
