#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where packets are sent to, from and through: addresses that change at either end, routes and marks, NATs that forget,
# tunnels in tunnels, and ICMP errors that come through the tunnel. Most cases are in endpoint.py.
#
# timeout: 600

. "$(dirname "$0")/lib.sh"

scene()
{
	setup_ns left right && quiet "$left" && join "$left" "$right" && espudp_link "$left" left &&
	ip link add wire1 netns "$left" type veth peer name wire1 netns "$right" &&
	ip -n "$left" link add dummy0 type dummy && ip -n "$left" -batch - <<-END && ip -n "$right" -batch - <<-END2
		addr add 198.51.100.1/24 dev wire1
		addr add 2001:db8:2::1/64 dev wire1 nodad
		link set wire1 up
		addr add 203.0.113.5/32 dev dummy0
		addr add 2001:db8:5::5/128 dev dummy0 nodad
		link set dummy0 up
	END
		addr add 198.51.100.2/24 dev wire1
		addr add 2001:db8:2::2/64 dev wire1 nodad
		addr add 192.0.2.22/24 dev wire0
		addr add 2001:db8::22/64 dev wire0 nodad
		link set wire1 up
	END2
}

# ---- NAT: left is behind it, and right knows only what it sees.

nat_forgets_after=2

nat()
{
	setup_ns left gate right &&
	ip link add wire0 netns "$left" type veth peer name lan netns "$gate" &&
	ip link add wan netns "$gate" type veth peer name wire0 netns "$right" &&
	ip -n "$left" -batch - <<-END && ip -n "$gate" -batch - <<-END2 && ip -n "$right" -batch - <<-END3 || return
		addr add 192.168.1.1/24 dev wire0
		link set wire0 up
		route add default via 192.168.1.254
	END
		addr add 192.168.1.254/24 dev lan
		addr add 192.0.2.254/24 dev wan
		link set lan up
		link set wan up
	END2
		addr add 192.0.2.2/24 dev wire0
		link set wire0 up
	END3
	in_ns "$gate" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward' &&
	in_ns "$gate" nft -f - <<-END || return
		table ip nat {
			chain out {
				type nat hook postrouting priority 100
				oifname wan masquerade random
			}
		}
		table ip filter {
			chain forward {
				type filter hook forward priority 0
				iifname wan ct state new drop
			}
		}
	END
	in_ns "$gate" sh -c "echo $nat_forgets_after > /proc/sys/net/netfilter/nf_conntrack_udp_timeout &&
		echo $nat_forgets_after > /proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream"
}

nat_tunnel()
{
	espudp_link "$left" left && espudp_link "$right" right &&
	espudp_in "$left" transport add id 4 && espudp_in "$right" transport add id 4 &&
	espudp_in "$left" peer add id 4 dev vpn0 transport 4 remote 192.0.2.2 &&
	espudp_in "$right" peer add id 4 dev vpn0 transport 4 endpoint-policy learn &&
	espudp_in "$left" child add id 4 peer 4 local "$(networks left 4)" remote "$(networks right 4)" &&
	espudp_in "$right" child add id 4 peer 4 local "$(networks right 4)" remote "$(networks left 4)" &&
	both_sas 4 1 aes-gcm-16-128 && pings "$left" 10.4.2.1 3 && pings "$right" 10.4.1.1 3
}

# Time itself is what is waited for.
silence()
{
	local end=$((SECONDS + nat_forgets_after + 3))

	while [ $SECONDS -lt $end ]; do
		sleep 0.2
	done
}

nat_forgets()
{
	silence
	! pings "$right" 10.4.1.1 2 -W 1 || explain "the NAT has not forgotten: the next test proves nothing"
	# The next packet of left comes from another port, and right follows.
	pings "$left" 10.4.2.1 3 && pings "$right" 10.4.1.1 3
}

kept_open()
{
	espudp_in "$left" peer set id 4 keepalive 1 && silence && pings "$right" 10.4.1.1 3
}

# ---- Hosts that have but the addresses of their wire

link_local()
{
	setup_ns left right && join "$left" "$right" && espudp_link "$left" left && espudp_link "$right" right &&
	ip -n "$left" addr add fe80::aa/64 dev wire0 nodad && ip -n "$right" addr add fe80::bb/64 dev wire0 nodad &&
	espudp_in "$left" transport add id 6 local fe80::aa%wire0 port 4500 &&
	espudp_in "$right" transport add id 6 local fe80::bb%wire0 port 4500 &&
	espudp_in "$left" peer add id 6 dev vpn0 transport 6 remote fe80::bb%wire0 port 4500 &&
	espudp_in "$right" peer add id 6 dev vpn0 transport 6 endpoint-policy learn &&
	espudp_in "$left" child add id 6 peer 6 local "$(networks left 6)" remote "$(networks right 6)" &&
	espudp_in "$right" child add id 6 peer 6 local "$(networks right 6)" remote "$(networks left 6)" &&
	both_sas 6 1 aes-gcm-16-128
}

# The far end learns the address and the wire that it is good for.
link_local_learnt()
{
	pings "$left" 10.6.2.1 3 && pings "$right" 10.6.1.1 3 && pings "$right" fd00:6:1::1 3 &&
	espudp_in "$right" peer show 6 | tee "$work/learnt" | grep -F 'fe80::aa%wire0'
}

# ---- ICMP to a host behind left that NAT hides

natted_host()
{
	setup_ns host && ip link add lan2 netns "$left" type veth peer name lan2 netns "$host" &&
	ip -n "$left" addr add 10.99.0.254/24 dev lan2 && ip -n "$left" link set lan2 up &&
	ip -n "$host" addr add 10.99.0.1/24 dev lan2 && ip -n "$host" link set lan2 up &&
	ip -n "$host" route add default via 10.99.0.254 && ip -n "$left" route add 10.77.0.0/24 dev vpn0 &&
	in_ns "$left" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward' &&
	in_ns "$left" nft add table ip hide &&
	in_ns "$left" nft add chain ip hide out '{ type nat hook postrouting priority 100; }' &&
	in_ns "$left" nft add rule ip hide out oifname vpn0 masquerade &&
	pings "$host" 10.4.2.1 3 || return
	# No child for it, and no route to the peer: each is told.
	in_ns "$host" ping -n -c 1 -W 2 10.77.0.1 > "$work/icmp"
	grep -q "From .* Packet filtered" "$work/icmp" || explain "$(cat "$work/icmp")" || return
	ip -n "$left" route del default && ip -n "$left" route add unreachable default
	in_ns "$host" ping -n -c 1 -W 2 10.4.2.1 > "$work/icmp"
	grep -q "From .* Destination Host Unreachable" "$work/icmp" || explain "$(cat "$work/icmp")"
}

# ---- a link in another namespace, to which the way to its own peer leads

# lost_in FAMILY: home's packets to the peer go by way of away, and there into home's link.
lost_in()
{
	local net=198.51.100 peer=203.0.113 all=0.0.0.0/0 n=.

	[ "$1" = 4 ] || { net=2001:db8:9 peer=2001:db8:10 all=::/0 n=::; }
	setup_ns home away && ip link add out netns "$home" type veth peer name in netns "$away" &&
	ip -n "$home" addr add "$net${n}1/24" dev out nodad && ip -n "$home" link set out up &&
	ip -n "$away" addr add "$net${n}2/24" dev in nodad && ip -n "$away" link set in up &&
	ip -n "$home" link add vpn0 type espudp && espudp_in "$home" link set vpn0 df clear &&
	espudp_in "$home" transport add id 7 local "$net${n}1" port 4500 &&
	espudp_in "$home" peer add id 7 dev vpn0 transport 7 remote "$peer${n}9" port 4500 &&
	espudp_in "$home" child add id 7 peer 7 local $all remote $all &&
	espudp_sas "$home" left 7 1 aes-gcm-16-128 &&
	ip -n "$home" route add "$peer${n}9" via "$net${n}2" &&
	ip -n "$home" link set vpn0 netns "$away" && ip -n "$away" link set vpn0 up &&
	ip -n "$away" route add "$peer${n}9" dev vpn0 &&
	in_ns "$away" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
}

sent_in_all() { field "$home" sa "$(sa_out 1)" packets; }
loops() { in_ns "$away" ethtool -S vpn0 | awk '$1 == "tx-loop:" { print $2 }'; }
looped() { [ "$(loops)" -ge "$1" ]; }
end_of_loops() { wait_for 20 looped "$1" || explain "$(sent_in_all) packets sent"; }

# One packet, two that are made of one, and a datagram for the peer by somebody else's SA, which is none of ours. What has
# become too large for the link does not get there again with IPv6.
bounded()
{
	local peer=203.0.113.9 before sent=0

	[ "$1" = 4 ] || peer=2001:db8:10::9
	in_ns "$away" ping -n -c 1 -W 1 -s 100 "$peer"
	end_of_loops 1 && in_ns "$away" ping -n -c 1 -W 1 -M dont -s 2000 "$peer"
	end_of_loops 2 || return
	before=$(loops)
	in_ns "$home" bash -c "printf 'none of ours' > /dev/udp/$peer/4500"
	end_of_loops $((before + 1)) || return
	# What goes round does not wait.
	wait_for 20 eval 'before=$sent; sent=$(sent_in_all); sleep 0.5; [ "$(sent_in_all)" = "$before" ]' || return
	[ "$sent" -ge 4 ] && [ "$sent" -le 12 ] || explain "$sent packets sent"
}

check "two hosts with two wires" scene || exit
absorb "$PYTHON" -B "$here/endpoint.py" "$left" "$right"
check "link-local addresses outside" link_local
check "the far end learns them, with their wire" link_local_learnt
check "a host behind a NAT that forgets after $nat_forgets_after s" nat || exit
check "a tunnel through the NAT" nat_tunnel
check "without keepalives the NAT forgets, and the peer follows to the new port" nat_forgets
check "keepalives keep it open" kept_open
check "a host behind a NAT of ours is told what cannot be reached" natted_host
for f in 4 6; do
	check "outer v$f: a link in another namespace that its own packets are routed into" lost_in $f &&
	check "outer v$f: they go round once" bounded $f
done
