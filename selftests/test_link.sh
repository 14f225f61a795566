#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Life of the link: made, shown, changed, moved and deleted; and everything taken down in every order while packets flow:
# link, namespace, module. Nothing may be left.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

suite=aes-gcm-16-128

loaded() { [ -e /sys/module/espudp ]; }
unload() { ! loaded || rmmod espudp; }

# ---- the module comes by itself

loaded_by_link()
{
	unload && setup_ns alone && ip -n "$alone" link add vpn0 type espudp && loaded && ip -n "$alone" link del vpn0
}

loaded_by_family()
{
	unload && espudp_in "$alone" link show && loaded
}

removed_with_links()
{
	local i

	for i in 0 1 2; do
		ip -n "$alone" link add vpn$i type espudp || return
	done
	rmmod espudp && equal "$(ip -n "$alone" -o link show | grep -c vpn)" 0 "links after rmmod"
}

# ---- one link

shown()
{
	ip -n "$alone" link add vpn0 type espudp || return
	ip -n "$alone" -d link show vpn0 | tee "$work/text"
	ip -n "$alone" -d -j link show vpn0 > "$work/json"
	grep -qw espudp "$work/text" && grep -q '"info_kind":"espudp"' "$work/json"
}

field_of_link() { grep -oE "\"$1\":[0-9]+" "$work/json" | head -n 1 | cut -d: -f2; }

# A full packet must fit into 1500 bytes over IPv6: 40 + 8 UDP + 8 ESP + 8 IV + padded to four with 2 of trailer + 16 ICV.
default_mtu()
{
	local mtu

	mtu=$(field_of_link mtu)
	[ "$mtu" -ge 1280 ] && [ $((40 + 8 + 8 + 8 + (mtu + 2 + 3) / 4 * 4 + 16)) -le 1500 ] || explain "MTU $mtu"
}

mtu_limits()
{
	local least most

	least=$(field_of_link min_mtu)
	most=$(field_of_link max_mtu)
	[ "$least" -ge 68 ] && [ "$most" -ge 9000 ] && [ "$most" -le 65535 ] || explain "limits $least to $most" || return
	fails ip -n "$alone" link set vpn0 mtu $((least - 1)) &&
	fails ip -n "$alone" link set vpn0 mtu $((most + 1)) &&
	ip -n "$alone" link set vpn0 mtu "$least" && ip -n "$alone" link set vpn0 mtu "$most" &&
	equal "$(cat_link mtu)" "$most" MTU && ip -n "$alone" link set vpn0 mtu 1400
}

cat_link() { ip -n "$alone" -o link show vpn0 | grep -o "$1 [0-9]*" | cut -d' ' -f2; }

duplicate()
{
	fails ip -n "$alone" link add vpn0 type espudp && grep -q 'File exists' "$work/refusal" &&
	equal "$(ip -n "$alone" -o link show type espudp | wc -l)" 1 links
}

surplus_argument()
{
	fails ip -n "$alone" link add vpn9 type espudp colour green && equal "$(ip -n "$alone" -o link show vpn9 2> /dev/null)" ""
}

hardware_address()
{
	fails ip -n "$alone" link add vpn9 address 02:00:00:00:00:01 type espudp &&
	grep -q 'no hardware address' "$work/refusal" && equal "$(ip -n "$alone" -o link show vpn9 2> /dev/null)" ""
}

up_and_down()
{
	local i

	for i in 1 2 3; do
		ip -n "$alone" link set vpn0 up && ip -n "$alone" link show vpn0 up | grep -q 'UP' &&
		ip -n "$alone" link set vpn0 down && equal "$(ip -n "$alone" link show vpn0 up)" "" || return
	done
}

renamed()
{
	ip -n "$alone" link set vpn0 name other && espudp_in "$alone" link show other | grep -q other &&
	ip -n "$alone" link set other name vpn0
}

twenty_links()
{
	local i

	for i in $(seq 20); do
		echo "link add many$i type espudp"
		echo "link set many$i up"
	done | ip -n "$alone" -batch - || return
	equal "$(espudp_in "$alone" link show -j | grep -c ifindex)" 21 "links" || return
	for i in $(seq 20); do
		echo "link del many$i"
	done | ip -n "$alone" -batch - && ip -n "$alone" link del vpn0
}

# ---- links that carry

# keyed: a tunnel between left and right.
keyed()
{
	two_ends 4 && both_sas 4 1 $suite && pings "$left" 10.4.2.1 3
}

# under_load: packets flow in both directions from now on.
under_load()
{
	flood "$left" 10.4.2.1
	flood "$right" 10.4.1.1
	"$bin/enter" "$left" "$bin/traffic" tcp 10.4.2.1 5000 1000000000 > /dev/null 2>&1 &
	loads+=("$!")
	wait_for 10 field_at_least "$left" sa "$(sa_in 1)" packets 20
}

# afresh: new namespaces and a new tunnel, under load.
afresh()
{
	local ns

	unflood
	for ns in "$left" "$right"; do
		ip netns pids "$ns" | xargs -r kill -KILL
		ip netns del "$ns"
	done 2> /dev/null
	keyed && under_load
}

down_and_up()
{
	local before

	ip -n "$right" link set vpn0 down && pings "$left" 192.0.2.2 1 || return
	before=$(dropped "$right" link vpn0 rx-link-down)
	in_ns "$left" ping -n -q -c 3 -i 0.01 -W 1 10.4.2.1
	[ "$(dropped "$right" link vpn0 rx-link-down)" -eq $((before + 3)) ] || explain "not counted as rx-link-down" ||
		return
	address_link "$right" right && pings "$left" 10.4.2.1 3
}

# The link goes to a namespace of its own; its objects and the socket stay; it comes back.
moved()
{
	local before

	setup_ns inside || return
	before=$(field "$left" sa "$(sa_out 1)" packets)
	ip -n "$left" link set vpn0 netns "$inside" && address_link "$inside" left &&
	pings "$inside" 10.4.2.1 5 && equal "$(field "$left" sa "$(sa_out 1)" packets)" $((before + 5)) "packets sent" &&
	equal "$(ids "$left" peer)" 4 peers && equal "$(ids "$inside" peer)" "" "peers in the other namespace" || return
	flood "$inside" 10.4.2.1
	wait_for 10 field_at_least "$left" sa "$(sa_out 1)" packets $((before + 20)) || return
	ip -n "$inside" link set vpn0 netns "$left" || return
	unflood
	flood_logs=()
	address_link "$left" left && pings "$left" 10.4.2.1 5
}

# What is not of this namespace cannot be given to a peer of it.
foreign_link()
{
	ip -n "$inside" link add vpn1 type espudp || return
	ip -n "$inside" link set vpn1 netns "$left" || return
	espudp_in "$left" child del 4 && espudp_in "$left" peer del 4 || return
	fails espudp_in "$left" peer add id 9 dev vpn1 transport 4 remote 192.0.2.2 &&
	cat "$work/refusal" && equal "$(ids "$left" peer)" "" peers && ip -n "$left" link del vpn1
}

link_deleted()
{
	afresh && ip -n "$left" link del vpn0 || return
	equal "$(ids "$left" peer)$(ids "$left" child)$(ids "$left" sa)" "" "objects left" &&
	espudp_in "$left" transport del 4 && unused_port "$left" && ip -n "$right" link del vpn0
}

# unused_port NAMESPACE: no UDP socket has port 4500 (0x1194) any more.
unused_port()
{
	wait_for 10 in_ns "$1" sh -c '! grep -q :1194 /proc/net/udp'
}

peer_deleted()
{
	afresh && espudp_in "$right" child del 4 && espudp_in "$left" peer del 4 || return
	equal "$(ids "$left" child)$(ids "$left" sa)$(ids "$right" sa)" "" "objects left"
}

# gone NAMESPACE: the far end of the wire goes with the last reference to its namespace.
gone_from() { ! ip -n "$1" link show wire0; }

delete_namespace()
{
	ip netns pids "$1" | xargs -r kill -KILL
	ip netns del "$1"
}

# The process that made the transport has ended long ago; the transport must not keep the namespace.
namespace_deleted()
{
	afresh && delete_namespace "$left" && wait_for 20 gone_from "$right"
}

holder_deleted()
{
	afresh && setup_ns inside && ip -n "$left" link set vpn0 netns "$inside" && address_link "$inside" left &&
	flood "$inside" 10.4.2.1 && delete_namespace "$inside" || return
	wait_for 20 has_no "$left" peer || return
	espudp_in "$left" transport del 4 && espudp_link "$left" left
}

home_deleted()
{
	afresh && setup_ns inside && ip -n "$left" link set vpn0 netns "$inside" && address_link "$inside" left &&
	flood "$inside" 10.4.2.1 && delete_namespace "$left" || return
	wait_for 20 gone_from "$right" || return
	unflood
	# Without its home the link carries nothing, but can be handled.
	in_ns "$inside" ping -n -q -c 2 -i 0.01 -W 1 10.4.2.1
	ip -n "$inside" link show vpn0 > /dev/null 2>&1 && { ip -n "$inside" link del vpn0 || return; }
	delete_namespace "$inside"
}

# Two namespaces that hold each other's link: neither keeps the other.
crossed_namespaces()
{
	afresh || return
	unflood
	ip -n "$left" link set vpn0 down && ip -n "$left" link set vpn0 name vpn1 &&
	ip -n "$left" link set vpn1 netns "$right" &&
	ip -n "$right" link set vpn0 netns "$left" &&
	ip link add name "watch$$" type veth peer name watch1 netns "$left" &&
	ip link add name "watch-$$" type veth peer name watch2 netns "$right" || return
	delete_namespace "$left" && delete_namespace "$right" &&
	wait_for 20 sh -c "! ip link show watch$$ && ! ip link show watch-$$"
}

module_removed()
{
	afresh && equal "$(cat /sys/module/espudp/refcnt)" 0 "references to the module" || return
	timeout 30 rmmod espudp || return
	unused_port "$left" && unused_port "$right" && equal "$(ip -n "$left" -o link show vpn0 2> /dev/null)" "" link
}

module_back()
{
	afresh || return
	unflood
	pings "$right" 10.4.1.1 3
}

module_removed_after_move()
{
	afresh && setup_ns inside && ip -n "$left" link set vpn0 netns "$inside" && address_link "$inside" left &&
	flood "$inside" 10.4.2.1 && delete_namespace "$right" && timeout 30 rmmod espudp && unused_port "$left"
}

# ---- leaks

dynamic_debug() { echo "module espudp $1" > /sys/kernel/debug/dynamic_debug/control; } 2> /dev/null

# The module says at debug level what it creates and destroys; when it is gone, all of it must be.
pairs()
{
	local i

	afresh || return
	unflood
	rmmod espudp && modprobe espudp && dynamic_debug +p || return
	echo "selftests: pairs from here $$" > /dev/kmsg
	for i in $(seq 10); do
		espudp_link "$left" left && espudp_peer "$left" left 4 &&
		espudp_sas "$left" left 4 1 $suite || return
		# From the top and from the bottom.
		[ $((i % 2)) = 0 ] || espudp_in "$left" peer del 4 || return
		ip -n "$left" link del vpn0 && espudp_in "$left" transport del 4 || return
	done
	# The last of each goes with the module.
	espudp_link "$left" left && espudp_peer "$left" left 4 && espudp_sas "$left" left 4 1 $suite &&
	rmmod espudp && pairs_complete "$$"
}

pairs_complete()
{
	dmesg | sed "1,/pairs from here $1/d" | grep 'espudp: ' > "$work/pairs"
	awk '{ kind = $(NF - 2) } $NF == "created" { made[kind]++ } $NF == "destroyed" { gone[kind]++ }
	     END {
		for (k in made) { print k, made[k], gone[k]; kinds++; bad += made[k] != gone[k] || made[k] < 11 }
		for (k in gone) bad += !(k in made)
		exit bad || kinds < 5
	     }' "$work/pairs"
}

check "ip link add loads the module" loaded_by_link || exit
check "the netlink family loads the module" loaded_by_family
check "the module is removed with its links" removed_with_links
check "ip -d link shows the kind, as text and JSON" shown
check "the default MTU fits into 1500 bytes" default_mtu
check "MTU limits" mtu_limits
check "a name that exists is refused" duplicate
check "an unknown argument is refused" surplus_argument
check "a hardware address is refused" hardware_address
check "up and down" up_and_down
check "renamed" renamed
check "twenty links" twenty_links
check "a tunnel keyed by a command that has ended" keyed || exit
check "link down: rx-link-down, the SAs stay; up: it goes on" down_and_up
check "moved to another namespace and back, the SAs stay" moved
check "a link of another home is refused" foreign_link
check "link deleted under load" link_deleted
check "peer and child deleted under load" peer_deleted
check "namespace deleted under load" namespace_deleted
check "namespace deleted that holds the moved link, under load" holder_deleted
check "home namespace of a moved link deleted under load" home_deleted
check "two namespaces that hold each other's links" crossed_namespaces
check "module removed under load" module_removed
check "module loaded again" module_back
check "module removed with a moved link, under load" module_removed_after_move
if [ -w /sys/kernel/debug/dynamic_debug/control ]; then
	check "what is created is destroyed" pairs
else
	skip "what is created is destroyed" "the kernel has no dynamic debug"
fi
