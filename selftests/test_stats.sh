#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `espudp stats` and `espudp top` beside what passed and what was dropped.
#
# timeout: 120

. "$(dirname "$0")/lib.sh"

suite=aes-gcm-16-128

# said PATTERN: a line of $work/stats.
said() { grep -qE -- "$1" "$work/stats" || { cat "$work/stats"; explain "no line has: $1"; }; }

counts_drops()
{
	# No child takes this one.
	in_ns "$left" ip route add 10.99.0.0/24 dev vpn0 &&
	! in_ns "$left" ping -c 3 -i 0.2 -W 1 10.99.0.1 &&
	espudp_in "$left" stats vpn0 > "$work/stats" &&
	said '^  dropped 3, tx-no-child: no selector matches$' &&
	said '^  peer 192.0.2.2:4500, id 4, manual$'
}

# one peer of two, by any of its names
one_peer()
{
	local word

	for word in 4 192.0.2.2 192.0.2.2:4500; do
		espudp_in "$left" stats "$word" > "$work/stats" && said 'peer 192.0.2.2:4500' &&
		! grep 'peer .2001' "$work/stats" || return
	done
	fails espudp_in "$left" stats vpn1 && grep -q "did you mean 'vpn0'" "$work/refusal"
}

top_shows()
{
	flood "$left" 10.4.2.1
	wait_for 20 top_line
	local status=$?
	unflood
	return $status
}

top_line()
{
	espudp_in "$left" top vpn0 -b -i 1 -c 1 --sort rx > "$work/stats" &&
	grep -qE '^vpn0 +192.0.2.2:4500 +manual +[0-9.]+ k?M?bit/s +[0-9.]+ k?M?bit/s ' "$work/stats" &&
	grep -qE 'rx [1-9][0-9.]* k?M?bit/s' "$work/stats"
}

check "two hosts with links over IPv4 and IPv6" two_ends 4 6 || exit
check "SAs" both_sas 4 4 $suite
check "SAs over IPv6" both_sas 6 6 $suite
check "pings pass" pings "$left" 10.4.2.1 3
check "drops are told in words" counts_drops
check "one peer by its id or address" one_peer
check "top shows who carries most" top_shows
