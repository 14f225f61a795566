#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# espudp on the left, the kernel's own ESP (xfrm, with UDP encapsulation) on the right: every suite, extended and 32-bit
# sequence numbers, all mixes of inner and outer families, both directions. xfrm must have nothing to complain of.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4 && espudp_peer "$left" left 6 &&
	xfrm_link && xfrm_peer 4 && xfrm_peer 6 &&
	traffic_server "$left" && traffic_server "$right"
}

# key_both OUTER NUMBER SUITE [esn]
key_both()
{
	espudp_sas "$left" left "$@" && xfrm_sas "$@"
}

# passes OUTER FAMILY: what is begun on the left and on the right.
passes()
{
	local here there

	here=$(inner_address left "$1" "$2")
	there=$(inner_address right "$1" "$2")
	pings "$left" "$there" 5 && pings "$right" "$here" 5 &&
	udp "$left" "$there" 10 1200 &&
	tcp "$left" "$there" 1000000 && tcp "$right" "$here" 1000000
}

no_errors()
{
	local errors

	errors=$(xfrm_errors)
	[ -z "$errors" ] || explain "/proc/net/xfrm_stat: $errors"
}

# dropped_nothing NUMBER: by the SAs of this number.
dropped_nothing()
{
	equal "$(espudp_in "$left" sa show "$(sa_in "$1")" -j | grep -oE '"rx-[a-z-]*": ?[0-9]+')" "" "drops inbound" &&
	equal "$(espudp_in "$left" sa show "$(sa_out "$1")" -j | grep -oE '"tx-[a-z-]*": ?[0-9]+')" "" "drops outbound"
}

# Sequence numbers of both directions cross 2^32 under way; the kernel's xfrm says if the high halves differ.
crossing()
{
	local last=$(((1 << 32) - 6))

	espudp_sas "$left" left 4 "$number" "$1" esn sequence $last && xfrm_sas 4 "$number" "$1" esn $last &&
	pings "$left" "$(inner_address right 4 4)" 20 && pings "$right" "$(inner_address left 4 6)" 20 &&
	equal "$(field "$left" sa "$(sa_out "$number")" sequence)" $((last + 40)) "last number sent" &&
	equal "$(field "$left" sa "$(sa_in "$number")" sequence)" $((last + 40)) "highest number received"
}

# Packets larger than the wire: xfrm cuts them outside or tells the sender; both ways.
large_packets()
{
	local family

	for family in 4 6; do
		pings "$left" "$(inner_address right "$1" $family)" 3 -s 8000 &&
		pings "$right" "$(inner_address left "$1" $family)" 3 -s 8000 || return
	done
}

check "a link towards xfrm, over IPv4 and IPv6" scene || exit
number=0
for outer in 4 6; do
	for suite in "${suites[@]}"; do
		for esn in "" esn; do
			number=$((number + 1))
			what="outer v$outer, $suite${esn:+, ESN}"
			# shellcheck disable=SC2086 # no word when it is empty
			check "SAs on both sides: $what" key_both $outer $number "$suite" $esn || continue
			for family in 4 6; do
				check "ping, UDP and TCP both ways: inner v$family, $what" passes $outer $family
			done
			check "nothing was dropped: $what" dropped_nothing $number
		done
	done
	check "packets of 8000 bytes: outer v$outer" large_packets $outer
done
for suite in "${suites[@]}"; do
	number=$((number + 1))
	check "ESN across 2^32 on both sides: $suite" crossing "$suite"
done
check "xfrm counted no error" no_errors
