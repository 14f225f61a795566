#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Superpackets, taken whole (link set batch on) and segment by segment (off): the same packets under the same numbers, the
# same counts, limits and drops; and counters that tell which way was taken. The cases are in gso.py; then TCP between two
# links in all pairs of settings.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

# Left forwards to a host that is not there, over a device that lets the stack cut superpackets.
scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4 && espudp_peer "$left" left 6 &&
	ip -n "$left" -batch - <<-END && in_ns "$left" ethtool -K lan0 tso off tx off >&2 &&
		link add lan0 type veth peer name lan1
		link set lan0 up
		link set lan1 up
		$(for f in 4 6; do for address in 10.$f.1.200 fd00:$f:1::200; do
			echo "route add $address dev lan0"
			echo "neigh add $address lladdr 02:00:00:00:00:99 dev lan0"
		done; done)
	END
	in_ns "$left" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
}

far_end()
{
	espudp_link "$right" right && espudp_peer "$right" right 4 && espudp_peer "$right" right 6 &&
	both_sas 4 1 aes-gcm-16-128 && both_sas 6 2 chacha20-poly1305 && traffic_server "$right"
}

counter() { in_ns "$1" ethtool -S vpn0 | sed -n "s/^ *$2: //p"; }

# streams LEFT RIGHT: both batch settings; TCP and UDP over all pairs of families.
streams()
{
	local before after there received f family

	espudp_in "$left" link set vpn0 batch "$1" && espudp_in "$right" link set vpn0 batch "$2" || return
	before=$(counter "$left" tx-batches)
	there=$(counter "$right" rx-batches)
	for f in 4 6; do
		for family in 4 6; do
			tcp "$left" "$(inner_address right $f $family)" 2000000 || return
		done
	done
	after=$(counter "$left" tx-batches)
	equal "$after" "$(field "$left" link vpn0 tx_batches)" "the counter of ethtool" || return
	received=$(counter "$right" rx-batches)
	if [ "$1,$2" = on,on ]; then
		[ "$received" -gt "$there" ] || explain "none was received whole" || return
	elif [ "$2" = off ]; then
		equal "$received" "$there" "received whole although it is off" || return
	fi
	if [ "$1" = on ]; then
		[ "$after" -gt "$before" ] || explain "no superpacket was taken whole"
	else
		equal "$after" "$before" "taken whole although it is off"
	fi
}

nothing_dropped()
{
	equal "$(espudp_in "$1" link show vpn0 -j | sed -n 's/^ *"\([rt]x-[^"]*\)": *\([0-9]*\).*/\1 \2/p' | xargs)" "$2"
}

check "a link with a peer over IPv4 and one over IPv6" scene || exit
absorb "$PYTHON" -B "$here/gso.py" "$left" "$right"
check "another end" far_end || exit
drops=$(espudp_in "$left" link show vpn0 -j | sed -n 's/^ *"\([rt]x-[^"]*\)": *\([0-9]*\).*/\1 \2/p' | xargs)
for here_batch in on off; do
	for there_batch in on off; do
		check "streams: batch $here_batch here, $there_batch there" streams $here_batch $there_batch
	done
done
check "nothing was dropped by the far end" nothing_dropped "$right" ""
check "nor by this one" nothing_dropped "$left" "$drops"
