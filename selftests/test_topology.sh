#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link among other things: six peers at once, VRFs inside and outside, marks that nftables sees, and namespaces that send a
# tunnel's packets back into it.
#
# timeout: 300

. "$(dirname "$0")/lib.sh"

suite=aes-gcm-16-128

# ---- six peers: hub has a link, and they one each; odd ones over IPv4, even ones over IPv6

outer() { [ $(($1 % 2)) = 1 ] && echo "192.0.2.1$1" || echo "2001:db8::1$1"; }
hub_outer() { [ $(($1 % 2)) = 1 ] && echo 192.0.2.1 || echo 2001:db8::1; }

spoke()
{
	local number=$1 ns

	setup_ns spoke && ns=$spoke && spokes+=("$ns") &&
	ip link add "port$number" netns "$hub" type veth peer name wire0 netns "$ns" &&
	ip -n "$hub" link set "port$number" master wire0 up &&
	ip -n "$ns" -batch - <<-END || return
		addr add 192.0.2.1$number/24 dev wire0
		addr add 2001:db8::1$number/64 dev wire0 nodad
		link set wire0 up
		link add vpn0 type espudp
		addr add 10.7.$number.1/32 dev vpn0
		addr add fd00:7:$number::1/128 dev vpn0 nodad
		link set vpn0 up
		route add 10.7.0.1/32 dev vpn0 src 10.7.$number.1
		route add fd00:7::1/128 dev vpn0 src fd00:7:$number::1
	END
	espudp_in "$ns" transport add id 1 local "$(outer "$number")" port 4500 &&
	espudp_in "$ns" peer add id "$number" dev vpn0 transport 1 remote "$(hub_outer "$number")" &&
	espudp_in "$ns" child add id "$number" peer "$number" local "10.7.$number.0/24,fd00:7:$number::/64" \
		remote 10.7.0.1,fd00:7::1 &&
	espudp_in "$hub" peer add id "$number" dev vpn0 transport "$((4 + 2 * (number % 2 == 0)))" \
		remote "$(outer "$number")" &&
	espudp_in "$hub" child add id "$number" peer "$number" local 10.7.0.1,fd00:7::1 \
		remote "10.7.$number.0/24,fd00:7:$number::/64" &&
	espudp_sas "$hub" left "$number" "$number" $suite && espudp_sas "$ns" right "$number" "$number" $suite
}

star()
{
	local number

	setup_ns hub && quiet "$hub" &&
	ip -n "$hub" -batch - <<-END || return
		link add wire0 type bridge
		addr add 192.0.2.1/24 dev wire0
		addr add 2001:db8::1/64 dev wire0 nodad
		link set wire0 up
		link add vpn0 type espudp
		addr add 10.7.0.1/32 dev vpn0
		addr add fd00:7::1/128 dev vpn0 nodad
		link set vpn0 up
		route add 10.7.0.0/16 dev vpn0 src 10.7.0.1
		route add fd00:7::/32 dev vpn0 src fd00:7::1
	END
	espudp_in "$hub" transport add id 4 local 192.0.2.1 port 4500 &&
	espudp_in "$hub" transport add id 6 local 2001:db8::1 port 4500 || return
	for number in 1 2 3 4 5 6; do
		spoke "$number" || return
	done
}

# All of them at once; each loses nothing, and has exactly its own.
all_at_once()
{
	local number pid pids=() sum=0

	for number in 1 2 3 4 5 6; do
		pings "$hub" "10.7.$number.1" 200 > "$work/four$number" 2>&1 &
		pids+=($!)
		pings "${spokes[number - 1]}" fd00:7::1 200 > "$work/six$number" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || sum=$((sum + 1))
	done
	equal "$sum" 0 "pings that lost something" || { tail -n 3 "$work"/four? "$work"/six?; return 1; }
	for number in 1 2 3 4 5 6; do
		equal "$(field "$hub" sa "$(sa_in "$number")" packets)" 400 "from $number" &&
		equal "$(field "$hub" sa "$(sa_out "$number")" packets)" 400 "to $number" || return
	done
}

large_ones()
{
	local number

	for number in 1 2 3 4 5 6; do
		pings "$hub" "10.7.$number.1" 5 -s 3000 && pings "$hub" "fd00:7:$number::1" 5 -s 3000 || return
	done
}

# What a rule for the mark drops is what pings lose.
marks_are_counted()
{
	local lost

	in_ns "$hub" nft -f - <<-END || return
		table inet look {
			counter gone { }
			chain out {
				type filter hook output priority 0
				udp dport 4500 meta mark 0x77 numgen inc mod 3 0 counter name gone drop
			}
		}
	END
	pings "$hub" 10.7.1.1 10 || return
	espudp_in "$hub" link set vpn0 mark 0x77 || return
	for number in 1 2; do
		in_ns "$hub" ping -n -q -i 0.01 -W 2 -c 30 "10.7.$number.1"
	done > "$work/marked"
	cat "$work/marked"
	espudp_in "$hub" link set vpn0 mark 0 && pings "$hub" 10.7.1.1 10 || return
	lost=$(awk '/packets transmitted/ { lost += $1 - $4 } END { print lost }' "$work/marked")
	equal "$lost" 20 "lost" &&
	equal "$(in_ns "$hub" nft list counter inet look gone | sed -n 's/.*packets \([0-9]*\).*/\1/p')" 20 "dropped"
}

# ---- VRF

vrf_scene()
{
	two_ends 4 6 && both_sas 4 1 $suite && both_sas 6 2 $suite && pings "$left" 10.4.2.1 2 &&
	ip -n "$left" link add red type vrf table 10 && ip -n "$left" link set red up
}

# The inner side of left is in the VRF, the outer side is not.
link_in_vrf()
{
	local f

	ip -n "$left" link set vpn0 master red || return
	for f in 4 6; do
		ip -n "$left" route replace "$(network right $f 4)" dev vpn0 table 10 src "$(inner_address left $f 4)" &&
		ip -n "$left" route replace "$(network right $f 6)" dev vpn0 table 10 src "$(inner_address left $f 6)" || return
	done
	for f in 4 6; do
		pings "$left" "$(inner_address right $f 4)" 5 -I red && pings "$left" "$(inner_address right $f 6)" 5 -I red &&
		pings "$right" "$(inner_address left $f 4)" 5 && pings "$right" "$(inner_address left $f 6)" 5 || return
	done
	# Outside the VRF there is no way.
	! pings "$left" 10.4.2.1 1 -W 1
}

# Who sends too much within it is told there.
told_in_vrf()
{
	ip -n "$left" link set vpn0 mtu 1500 || return
	! in_ns "$left" ping -n -q -c 1 -W 2 -M 'do' -s 1472 -I red 10.4.2.1 || explain "1500 octets arrived" || return
	ip -n "$left" route get 10.4.2.1 vrf red | tee "$work/route"
	grep -q 'mtu 14' "$work/route" || return
	ip -n "$left" link set vpn0 mtu 1400 && pings "$left" 10.4.2.1 2 -I red
}

# The outer side is in another one: the transport's socket is bound to it.
transport_in_vrf()
{
	ip -n "$left" link add blue type vrf table 20 && ip -n "$left" link set blue up &&
	ip -n "$left" link set wire0 master blue || return
	! pings "$left" 10.4.2.1 1 -W 1 -I red || explain "the transport is not in the VRF, and yet packets arrive" || return
	espudp_in "$left" transport add id 4 local 192.0.2.1 port 4500 dev blue replace &&
	espudp_in "$left" transport add id 6 local 2001:db8::1 port 4500 dev blue replace || return
	for f in 4 6; do
		wait_for 10 pings "$left" "$(inner_address right $f 4)" 1 -W 1 -I red &&
		pings "$left" "$(inner_address right $f 4)" 5 -I red && pings "$left" "$(inner_address right $f 6)" 5 -I red &&
		pings "$right" "$(inner_address left $f 4)" 5 || return
	done
}

# The routes of that VRF say what the path carries.
path_mtu_in_vrf()
{
	ip -n "$left" link set vpn0 mtu 1500 && ip -n "$left" route replace 192.0.2.2/32 dev wire0 table 20 mtu 1400 || return
	! in_ns "$left" ping -n -q -c 1 -W 2 -M 'do' -s 1400 -I red 10.4.2.1 || explain "1428 octets arrived" || return
	ip -n "$left" route get 10.4.2.1 vrf red | tee "$work/route"
	grep -q 'mtu 13' "$work/route" && pings "$left" 10.4.2.1 2 -M 'do' -s 1200 -I red
}

star_ends()
{
	local ns

	for ns in "${namespaces[@]}"; do
		ip netns del "$ns"
	done
	namespaces=()
}

spokes=()
check "a hub and six hosts" star || exit
check "six peers at once, IPv4 and IPv6" all_at_once
check "six peers, packets in fragments" large_ones
check "what nftables drops by the link's mark is what is lost" marks_are_counted
star_ends
if modprobe -q vrf; then
	check "two hosts, and a VRF" vrf_scene || exit
	check "a link in a VRF" link_in_vrf
	check "a sender in a VRF is told what fits" told_in_vrf
	check "a transport in another VRF" transport_in_vrf
	check "what the routes of that VRF carry" path_mtu_in_vrf
else
	skip "VRFs" "the kernel has none"
fi
