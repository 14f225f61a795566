#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# espudp towards espudp: inner IPv4 and IPv6 over outer IPv4 and IPv6, every suite, extended and 32-bit sequence numbers;
# every packet is counted once; packets that must be cut, inside and outside.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

# counts_exactly NUMBER: after 10 pings of each family all four SAs have carried them, and nothing else.
counts_exactly()
{
	local bytes=$((10 * 84 + 10 * 104)) ns id

	for ns in "$left" "$right"; do
		for id in "$(sa_in "$1")" "$(sa_out "$1")"; do
			espudp_in "$ns" sa show "$id" -j > "$work/sa"
			equal "$(grep -oE '"(packets|bytes)": ?[0-9]+' "$work/sa" | tr -d ' ' | xargs)" \
				"packets:20 bytes:$bytes" "SA $id in $ns" || return
			grep -E '"[rt]x-' "$work/sa" && return 1
		done
	done
	return 0
}

# link_statistics NAMESPACE: bytes, packets, errors, dropped; received and then sent.
link_statistics()
{
	ip -n "$1" -s -j link show vpn0 | grep -oE '"(bytes|packets|errors|dropped)":[0-9]+' | cut -d: -f2 | xargs
}

# The device's own statistics, and the peer's.
link_and_peer_count()
{
	local before after peer i difference=''

	read -ra before <<< "$(link_statistics "$left")"
	peer=$(field "$left" peer 4 packets)
	pings "$left" "$(inner_address right 4 4)" 10 || return
	read -ra after <<< "$(link_statistics "$left")"
	for i in "${!before[@]}"; do
		difference+="$((after[i] - before[i])) "
	done
	equal "$difference" "840 10 0 0 840 10 0 0 " "difference of the link's statistics" &&
	equal "$(field "$left" peer 4 packets)" $((peer + 10)) "packets that the peer sent"
}

# passes OUTER FAMILY: pings one way and the other, TCP, UDP.
passes()
{
	local there here

	there=$(inner_address right "$1" "$2")
	here=$(inner_address left "$1" "$2")
	pings "$right" "$here" 3 && tcp "$left" "$there" 300000 && udp "$right" "$here" 10 1200
}

# tenfold NUMBER OUTER: exactly ten pings of each family on new SAs.
tenfold()
{
	pings "$left" "$(inner_address right "$2" 4)" 10 && pings "$left" "$(inner_address right "$2" 6)" 10 &&
	counts_exactly "$1"
}

# More than one packet's worth: cut by the sender, put together by the receiver.
large_pings()
{
	local family

	for family in 4 6; do
		pings "$left" "$(inner_address right "$1" $family)" 5 -s 20000 &&
		udp "$left" "$(inner_address right "$1" $family)" 5 20000 || return
	done
}

set_mtu()
{
	ip -n "$left" link set vpn0 mtu "$1" && ip -n "$right" link set vpn0 mtu "$1"
}

# fragments NAMESPACE: how many IPv4 fragments it has made.
fragments()
{
	in_ns "$1" awk '$1 == "Ip:" && !column { for (i = 1; i <= NF; i++) if ($i == "FragCreates") column = i; next }
		$1 == "Ip:" { print $column }' /proc/net/snmp
}

# A link larger than the wire: outer packets are cut.
outer_fragments()
{
	local before

	before=$(fragments "$left")
	pings "$left" "$(inner_address right "$1" 4)" 5 -s 2500 -M dont || return
	[ "$1" = 6 ] || [ "$(fragments "$left")" -gt "$before" ] || explain "nothing was cut"
}

# TCP says "do not fragment": it must be told of the size that fits, and go on.
tcp_over_large_link()
{
	tcp "$left" "$(inner_address right "$1" 4)" 300000 && tcp "$right" "$(inner_address left "$1" 6)" 300000
}

check "two hosts with links over IPv4 and IPv6" two_ends 4 6 || exit
number=0
for outer in 4 6; do
	for suite in "${suites[@]}"; do
		for esn in "" esn; do
			number=$((number + 1))
			what="outer v$outer, $suite${esn:+, ESN}"
			# shellcheck disable=SC2086 # no word when it is empty
			check "SAs: $what" both_sas $outer $number "$suite" $esn || continue
			check "ten pings are ten packets: $what" tenfold $number $outer
			check "inner v4 passes: $what" passes $outer 4
			check "inner v6 passes: $what" passes $outer 6
		done
	done
	check "large packets, cut inside: outer v$outer" large_pings $outer
done
check "link and peer count the same packets" link_and_peer_count
set_mtu 3000
for outer in 4 6; do
	check "large packets, cut outside: outer v$outer" outer_fragments $outer
	check "TCP finds the size that fits: outer v$outer" tcp_over_large_link $outer
done
