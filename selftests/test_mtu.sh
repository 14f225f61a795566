#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Path MTU: between the hosts of lib.sh are two routers, and the wire between those is narrower than the hosts know:
#
#   left 192.0.2.1 -- 192.0.2.254 near 203.0.113.1 == 203.0.113.2 far 198.51.100.254 -- 198.51.100.2 right
#   left 2001:db8::1 ----------- near ============================= far ---------------- 2001:db8:1::2 right
#
# Nothing disappears silently: what does not fit is refused with the size that does, or fragmented inside or outside as the
# link's DF policy says. The forged ICMP errors are in mtu.py.
#
# timeout: 1200

. "$(dirname "$0")/lib.sh"

outer_address()
{
	case $1$2 in
	left4) echo 192.0.2.1 ;;
	left6) echo 2001:db8::1 ;;
	right4) echo 198.51.100.2 ;;
	right6) echo 2001:db8:1::2 ;;
	esac
}

# wire NAMESPACE-A DEVICE-A NAMESPACE-B DEVICE-B NETWORK4 A4 B4 NETWORK6 A6 B6
wire()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" || return
	ip -n "$1" -batch - <<-END || return
		addr add $5.$6/24 dev $2
		addr add $8::$9/64 dev $2 nodad
		link set $2 up
	END
	ip -n "$3" -batch - <<-END
		addr add $5.$7/24 dev $4
		addr add $8::${10}/64 dev $4 nodad
		link set $4 up
	END
}

routers()
{
	local ns

	setup_ns left near far right host || return
	# A router needs a link-local address to ask for its neighbours with.
	for ns in "$left" "$near" "$far" "$right" "$host"; do
		in_ns "$ns" sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/addr_gen_mode' || return
	done
	wire "$left" wire0 "$near" west 192.0.2 1 254 2001:db8:0 1 fe &&
	wire "$near" east "$far" west 203.0.113 1 2 2001:db8:f 1 2 &&
	wire "$far" east "$right" wire0 198.51.100 254 2 2001:db8:1 fe 2 || return
	ip -n "$right" addr add 198.51.100.3/24 dev wire0 &&
	ip -n "$right" addr add 2001:db8:1::3/64 dev wire0 nodad || return
	for ns in "$near" "$far"; do
		in_ns "$ns" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward &&
			echo 1 > /proc/sys/net/ipv6/conf/all/forwarding &&
			echo 0 > /proc/sys/net/ipv4/icmp_ratelimit && echo 0 > /proc/sys/net/ipv6/icmp/ratelimit' ||
			return
		outer_fragment_counter "$ns" || return
	done
	ip -n "$left" route add default via 192.0.2.254 && ip -n "$left" -6 route add default via 2001:db8::fe &&
	ip -n "$right" route add default via 198.51.100.254 && ip -n "$right" -6 route add default via 2001:db8:1::fe &&
	ip -n "$near" route add 198.51.100.0/24 via 203.0.113.2 &&
	ip -n "$near" -6 route add 2001:db8:1::/64 via 2001:db8:f::2 &&
	ip -n "$far" route add 192.0.2.0/24 via 203.0.113.1 &&
	ip -n "$far" -6 route add 2001:db8::/64 via 2001:db8:f::1 && narrow 1400
}

# narrow MTU: of the wire between the routers.
narrow()
{
	ip -n "$near" link set east mtu "$1" && ip -n "$far" link set west mtu "$1"
}

# Fragments that a router sees arrive: those that the tunnel's ends have made.
outer_fragment_counter()
{
	in_ns "$1" nft -f - <<-END
		table inet count {
			counter fragments { }
			chain before {
				type filter hook prerouting priority -500
				ip frag-off & 0x3fff != 0 counter name fragments
				exthdr frag exists counter name fragments
			}
		}
	END
}

fragments_seen()
{
	in_ns "$near" nft list counter inet count fragments | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# tunnel F SUITE: both links, peers and SAs anew, as large as an Ethernet; nothing is known of the path.
tunnel()
{
	local ns side

	for ns in "$left" "$right"; do
		ip -n "$ns" link del vpn0 2> /dev/null
		espudp_in "$ns" transport del 4 2> /dev/null
		espudp_in "$ns" transport del 6 2> /dev/null
		ip -n "$ns" route flush cache
		ip -n "$ns" -6 route flush cache
	done
	number=$((number + 1))
	for side in left right; do
		ns=${!side}
		espudp_link "$ns" $side && ip -n "$ns" link set vpn0 mtu 1500 && espudp_peer "$ns" $side "$1" &&
		espudp_sas "$ns" $side "$1" $number "$2" || return
	done
}

# policy KEY VALUE...: of both links.
policy()
{
	espudp_in "$left" link set vpn0 "$@" && espudp_in "$right" link set vpn0 "$@"
}

# fitting PATH-MTU F SUITE: the largest inner packet that such a path carries in one piece.
fitting()
{
	local iv=8 icv=16 align=4 outer=28 room

	[ "$2" = 4 ] || outer=48
	case $3 in
	aes-[gc]cm-8-* | aes-[gc]cm-12-*) icv=${3#aes-?cm-}; icv=${icv%%-*} ;;
	aes-cbc-*sha*256*) iv=16 align=16 ;;
	aes-cbc-*sha*384*) iv=16 align=16 icv=24 ;;
	aes-cbc-*sha*512*) iv=16 align=16 icv=32 ;;
	esac
	room=$(($1 - outer - 8 - iv - icv))
	echo $((room / align * align - 2))
}

# ping_size FAMILY LEN: what to tell ping so that the packet has that length.
ping_size() { [ "$1" = 4 ] && echo $(($2 - 28)) || echo $(($2 - 48)); }

# told SIDE F FAMILY: the size that a sender arrives at who must not fragment, and believes what it is told. A packet that
# is too large for what was not known yet is lost on the way.
told()
{
	local size=1500 mtu i

	for i in $(seq 10); do
		in_ns "${!1}" ping -n -c 1 -W 0.3 -M "do" -s "$(ping_size "$3" $size)" \
			"$(inner_address "$(other_side "${1/host/left}")" "$2" "$3")" > "$work/told" 2>&1 && break
		mtu=$(sed -nE 's/.*mtu(=|: | = )([0-9]+).*/\2/p' "$work/told" | head -n 1)
		size=${mtu:-$size}
	done
	echo "$size"
}

# finds_size F FAMILY SUITE [PATH-MTU]: a sender that must not fragment is told the right size, which then passes, and one
# octet more does not.
finds_size()
{
	local mtu there

	mtu=$(fitting "${4:-1400}" "$1" "$3")
	there=$(inner_address right "$1" "$2")
	[ "$2" = 4 ] || [ "$mtu" -ge 1280 ] || mtu=1280
	equal "$(told left "$1" "$2")" "$mtu" "what the sender arrives at" &&
	pings "$left" "$there" 3 -M "do" -s "$(ping_size "$2" "$mtu")" || return
	# A ping that was refused waits for an answer all the same.
	! pings "$left" "$there" 1 -M "do" -W 0.5 -s "$(ping_size "$2" $((mtu + 1)))" || explain "one more octet passed"
}

path_mtu_is() { equal "$(field "$left" peer "$1" path_mtu)" "$2" "path MTU"; }

exact()
{
	tunnel "$1" "$3" && finds_size "$@" && path_mtu_is "$1" 1400
}

# learnt F: both links know the path, and the senders of inner IPv4 do not.
learnt()
{
	local ns

	told left "$1" 4 > /dev/null && told right "$1" 4 > /dev/null && path_mtu_is "$1" 1400 || return
	for ns in "$left" "$right"; do
		ip -n "$ns" route flush cache
	done
	path_mtu_is "$1" 1400
}

# bulk F: TCP and large datagrams, both ways, both families.
bulk()
{
	local family

	for family in 4 6; do
		tcp "$left" "$(inner_address right "$1" $family)" 200000 &&
		tcp "$right" "$(inner_address left "$1" $family)" 200000 &&
		udp "$left" "$(inner_address right "$1" $family)" 3 1460 &&
		udp "$right" "$(inner_address left "$1" $family)" 3 20000 || return
	done
}

# df_copy F: packets that may be fragmented are so outside, and are counted.
df_copy()
{
	local before

	tunnel "$1" aes-gcm-16-128 && learnt "$1" || return
	before=$(fragments_seen)
	pings "$left" "$(inner_address right "$1" 4)" 5 -M dont -s 1472 &&
	equal "$(field "$left" link vpn0 fragmented_outer)" 5 "fragmented outside" &&
	equal "$(field "$left" link vpn0 fragmented_inner)" 0 "fragmented inside" || return
	[ "$1" = 4 ] || [ "$(fragments_seen)" -ge $((before + 10)) ] || explain "no fragments on the wire" || return
	bulk "$1"
}

# df_set F: they are so inside, and no fragment is on the wire, ever.
df_set()
{
	local before

	tunnel "$1" aes-gcm-16-128 && policy df set && learnt "$1" || return
	before=$(fragments_seen)
	pings "$left" "$(inner_address right "$1" 4)" 5 -M dont -s 1472 &&
	equal "$(field "$left" link vpn0 fragmented_inner)" 5 "fragmented inside" &&
	pings "$left" "$(inner_address right "$1" 4)" 2 -M dont -s 1432 -R &&
	equal "$(field "$left" link vpn0 fragmented_inner)" 7 "with options that only the first fragment has" &&
	bulk "$1" && finds_size "$1" 4 aes-gcm-16-128 &&
	equal "$(field "$left" link vpn0 fragmented_outer)" 0 "fragmented outside" &&
	equal "$(fragments_seen)" "$before" "fragments on the wire"
}

# df_clear F: nothing is refused.
df_clear()
{
	local family

	tunnel "$1" aes-gcm-16-128 && policy df clear || return
	# Over IPv6 no router fragments, so the first packet is lost, and its sender not told.
	[ "$1" = 4 ] || in_ns "$left" ping -n -q -c 1 -W 0.3 -s 1452 -M "do" "$(inner_address right 6 6)"
	[ "$1" = 4 ] || in_ns "$right" ping -n -q -c 1 -W 0.3 -s 1452 -M "do" "$(inner_address left 6 6)"
	for family in 4 6; do
		pings "$left" "$(inner_address right "$1" $family)" 5 -M "do" -s "$(ping_size $family 1500)" || return
	done
	equal "$(dropped "$left" link vpn0 tx-too-big)" 0 "refused" && bulk "$1"
}

# IPv6 packets of 1280 bytes must pass a path that is too narrow for them, whatever the policy.
minimum_mtu()
{
	local df status=0

	narrow 1300 || return
	for df in copy set clear; do
		tunnel "$1" aes-gcm-16-128 && policy df $df || break
		in_ns "$left" ping -n -q -c 2 -i 0.1 -W 0.3 -M "do" -s "$(ping_size 6 1300)" "$(inner_address right "$1" 6)"
		in_ns "$right" ping -n -q -c 2 -i 0.1 -W 0.3 -M "do" -s "$(ping_size 6 1300)" "$(inner_address left "$1" 6)"
		pings "$left" "$(inner_address right "$1" 6)" 3 -M "do" -s "$(ping_size 6 1280)" &&
		tcp "$left" "$(inner_address right "$1" 6)" 100000 || { status=1; echo "policy $df"; break; }
	done
	narrow 1400
	return $status
}

route_mtu()
{
	local where

	tunnel "$1" aes-gcm-16-128 || return
	where=$([ "$1" = 4 ] && echo "-4 route replace default via 192.0.2.254" ||
		echo "-6 route replace default via 2001:db8::fe")
	# shellcheck disable=SC2086 # words
	ip -n "$left" $where mtu 1380 && path_mtu_is "$1" 1380 && finds_size "$1" 4 aes-gcm-16-128 1380
	local status=$?
	# shellcheck disable=SC2086 # words
	ip -n "$left" ${where/replace/del} mtu 1380
	# shellcheck disable=SC2086 # words
	ip -n "$left" $where
	return $status
}

# What was learnt goes with the endpoint.
endpoint_changed()
{
	local other

	tunnel "$1" aes-gcm-16-128 && learnt "$1" || return
	[ -n "$(field "$left" peer "$1" path_mtu_age)" ] || explain "no age" || return
	other=$([ "$1" = 4 ] && echo 198.51.100.3 || echo '[2001:db8:1::3]')
	espudp_in "$left" peer set id "$1" remote "$other:4500" && path_mtu_is "$1" 1500 &&
	equal "$(field "$left" peer "$1" path_mtu_age)" "" "age"
}

aged()
{
	local seconds=$((8 * ${ESPUDP_SLOW:-1}))

	tunnel "$1" aes-gcm-16-128 &&
	in_ns "$left" sh -c "echo $seconds > /proc/sys/net/ipv4/route/mtu_expires &&
		echo $seconds > /proc/sys/net/ipv6/route/mtu_expires" &&
	told left "$1" 4 > /dev/null && path_mtu_is "$1" 1400 && wait_for 20 path_mtu_is "$1" 1500 && finds_size "$1" 4 aes-gcm-16-128
	local status=$?
	in_ns "$left" sh -c 'echo 600 > /proc/sys/net/ipv4/route/mtu_expires && echo 600 > /proc/sys/net/ipv6/route/mtu_expires'
	return $status
}

# A host behind left, of which the tunnel's end is a router.
behind()
{
	ip -n "$left" link del lan 2> /dev/null
	ip link add lan netns "$left" type veth peer name lan netns "$host" &&
	ip -n "$left" -batch - <<-END && ip -n "$host" -batch - <<-END2 &&
		addr add 10.88.0.1/24 dev lan
		addr add fd88::1/64 dev lan nodad
		link set lan up
		route replace 10.$1.1.50 dev lan
		route replace fd00:$1:1::50 dev lan
	END
		addr add 10.88.0.50/24 dev lan
		addr add fd88::50/64 dev lan nodad
		addr add 10.$1.1.50/32 dev lan
		addr add fd00:$1:1::50/128 dev lan nodad
		link set lan up
		route add 10.$1.2.0/24 via 10.88.0.1 src 10.$1.1.50
		route add fd00:$1:2::/64 via fd88::1 src fd00:$1:1::50
	END2
	in_ns "$left" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
}

forwarded()
{
	local family mtu

	tunnel "$1" aes-gcm-16-128 && behind "$1" || return
	mtu=$(fitting 1400 "$1" aes-gcm-16-128)
	for family in 4 6; do
		equal "$(told host "$1" $family)" "$mtu" "what the host arrives at" &&
		pings "$host" "$(inner_address right "$1" $family)" 3 -M "do" -s "$(ping_size $family "$mtu")" &&
		tcp "$host" "$(inner_address right "$1" $family)" 200000 || return
	done
	ip -n "$left" link del lan
}

mtu_is() { ip -n "$left" -o link show vpn0 | grep -q " mtu $1 "; }

# follows SUITE: an SA of that suite comes, and the link's MTU fits it.
follows()
{
	number=$((number + 1))
	espudp_sas "$left" left 4 $number "$1" && wait_for 10 mtu_is "$(fitting 1500 6 "$1")"
}

# Nobody sets the MTU: it is that of the largest overhead in use, over IPv6.
default_mtu()
{
	local old

	tunnel 4 aes-gcm-16-128 && ip -n "$left" link del vpn0 && espudp_in "$left" transport del 4 &&
	espudp_link "$left" left && espudp_peer "$left" left 4 && mtu_is 1418 && follows aes-gcm-16-256 &&
	follows aes-cbc-256-sha512 || return
	old=$number
	# Both are in use, then one.
	number=$((number + 1))
	espudp_sas "$left" left 4 $number chacha20-poly1305 && mtu_is "$(fitting 1500 6 aes-cbc-256-sha512)" &&
	espudp_in "$left" sa del "$(sa_out "$old")" && follows aes-ccm-16-128 && mtu_is 1418 || return
	ip -n "$left" link set vpn0 mtu 1412
	number=$((number + 1))
	espudp_sas "$left" left 4 $number aes-cbc-128-sha256 && settle_mtu && mtu_is 1412
}

# The queue in which the MTU is computed has been through: another link's change, made later, is there.
settle_mtu()
{
	ip -n "$left" link add vpn9 type espudp && espudp_in "$left" peer add id 9 dev vpn9 transport 4 &&
	espudp_in "$left" child add id 9 peer 9 local 10.9.1.0/24 remote 10.9.2.0/24 || return
	number=$((number + 1))
	espudp_sas "$left" left 9 $number aes-cbc-256-sha512 &&
	wait_for 10 sh -c "ip -n '$left' -o link show vpn9 | grep -q ' mtu $(fitting 1500 6 aes-cbc-256-sha512) '" &&
	ip -n "$left" link del vpn9
}

number=0
check "two hosts, two routers, and a narrow wire" routers || exit
traffic_server "$left" && traffic_server "$right"
# The arithmetic of the suites is the same over IPv6.
suites=(aes-gcm-16-128 chacha20-poly1305 aes-ccm-8-256 aes-cbc-128-sha256 aes-cbc-256-sha512)
for outer in 4 6; do
	[ $outer = 4 ] || suites=(aes-gcm-16-128 aes-cbc-128-sha256)
	for suite in "${suites[@]}"; do
		check "the size that fits, to the octet: outer v$outer, inner v4, $suite" exact $outer 4 "$suite"
	done
	check "the size that fits, to the octet: outer v$outer, inner v6, $suite" exact $outer 6 "$suite"
	check "DF copied: outer v$outer" df_copy $outer
	check "DF set: outer v$outer" df_set $outer
	check "DF clear: outer v$outer" df_clear $outer
	check "1280 octets of IPv6 over a path of 1300: outer v$outer" minimum_mtu $outer
	check "the route's MTU: outer v$outer" route_mtu $outer
	check "another endpoint, another path: outer v$outer" endpoint_changed $outer
	check "what was learnt ages: outer v$outer" aged $outer
	check "a host behind the tunnel is told: outer v$outer" forwarded $outer
done
check "the default follows the suites in use, until somebody sets another" default_mtu
tunnel 4 aes-gcm-16-128 && espudp_peer "$left" left 6 && espudp_sas "$left" left 6 99 aes-gcm-16-128
absorb "$PYTHON" -B "$here/mtu.py" "$left" "$near"
