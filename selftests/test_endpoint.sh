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

check "two hosts with two wires" scene || exit
absorb "$PYTHON" -B "$here/endpoint.py" "$left" "$right"
check "a host behind a NAT that forgets after $nat_forgets_after s" nat || exit
check "a tunnel through the NAT" nat_tunnel
check "without keepalives the NAT forgets, and the peer follows to the new port" nat_forgets
check "keepalives keep it open" kept_open
check "a host behind a NAT of ours is told what cannot be reached" natted_host
