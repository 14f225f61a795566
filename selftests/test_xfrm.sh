#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# espudp on the left, the kernel's own ESP (xfrm, with UDP encapsulation) on the right: every suite, extended and 32-bit
# sequence numbers, all mixes of inner and outer families, both directions. xfrm must have nothing to complain of.
#
# timeout: 1200

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && join "$left" "$right" && espudp_link "$left" left &&
	espudp_peer "$left" left 4 && espudp_peer "$left" left 6 &&
	ip -n "$left" link set vpn0 mtu 1380 && xfrm_link && ip -n "$right" link set vpn0 mtu 1380 &&
	xfrm_peer 4 && xfrm_peer 6 &&
	traffic_server "$left" && traffic_server "$right"
}

# key_both OUTER NUMBER SUITE [esn]
key_both()
{
	espudp_sas "$left" left "$@" && xfrm_sas "$@"
}

# passes OUTER: what is begun on the left and on the right, with both inner families. What is sent comes back, so each
# crosses in both directions; 17 lengths in a row have every length of padding.
passes()
{
	local here there family bytes=30000

	# The rest of the work is the same for all.
	[[ " ${suites[*]} aes-cbc-128-sha256 " != *" $suite "* ]] || bytes=1000000
	for family in 4 6; do
		here=$(inner_address left "$1" $family)
		there=$(inner_address right "$1" $family)
		pings "$left" "$there" 2 && pings "$right" "$here" 2 &&
		udp "$left" "$there" 1 100 116 && udp "$left" "$there" 2 1200 && tcp "$left" "$there" $bytes || return
	done
	[ $bytes = 30000 ] || tcp "$right" "$(inner_address left "$1" 6)" $bytes
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

# chosen WAY INDEX: whether the suite of an index goes in one of the four ways. In all of them; but a kernel that checks itself
# has all suites and all ways, and not each suite in each way, which would take hours.
chosen() { [ "${ESPUDP_SLOW:-1}" -eq 1 ] || [ $(($2 % 4)) -eq "$1" ]; }

check "a link towards xfrm, over IPv4 and IPv6" scene || exit
number=0
for outer in 4 6; do
	for index in "${!all_suites[@]}"; do
		suite=${all_suites[index]}
		for esn in "" esn; do
			chosen $((outer - 4 + ${#esn} / 3)) "$index" || continue
			number=$((number + 1))
			what="outer v$outer, $suite${esn:+, ESN}"
			# shellcheck disable=SC2086 # no word when it is empty
			check "SAs on both sides: $what" key_both $outer $number "$suite" $esn || continue
			check "ping, UDP and TCP both ways, inner v4 and v6: $what" passes $outer
			check "nothing was dropped: $what" dropped_nothing $number
		done
	done
	check "packets of 8000 bytes: outer v$outer" large_packets $outer
done
for suite in "${suites[@]}" aes-ccm-16-128 aes-cbc-128-sha256; do
	number=$((number + 1))
	check "ESN across 2^32 on both sides: $suite" crossing "$suite"
done
check "xfrm counted no error" no_errors
