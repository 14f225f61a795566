#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# One configuration of ours, and two strongSwan clients behind one NAT, each with an address of the pool.
#
#   c1 10.1.0.11, c2 10.1.0.12 -- 10.1.0.1 site (NAT) 192.0.2.2 -- 192.0.2.1 gw: ike-helper, 192.168.7.1

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

clients=()

clients_finish()
{
	local status=$? c
	for c in "${clients[@]}"; do
		kill "$c" 2> /dev/null
		wait "$c" 2> /dev/null
	done
	ip netns del c1 2> /dev/null
	ip netns del c2 2> /dev/null
	(exit $status)
	own_finish
}

client_network()
{
	trap clients_finish EXIT
	local n
	ip -n site link add br0 type bridge
	ip -n site link set br0 up
	ip -n site addr add 10.1.0.1/24 dev br0
	for n in 1 2; do
		ip netns add c$n
		ip link add lan0 netns c$n type veth peer name c$n netns site
		ip -n site link set c$n master br0 up
		ip -n c$n link set lo up
		ip -n c$n link set lan0 up
		ip -n c$n addr add 10.1.0.1$n/24 dev lan0
		ip -n c$n route add default via 10.1.0.1
	done
	on_site sysctl -qw net.ipv4.ip_forward=1
	ip netns exec site nft -f - <<-END
	table ip tnat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname wan0 masquerade
		}
	}
	END
}

swan() { local n=$1; shift; STRONGSWAN_CONF=/run/c$n/strongswan.conf swanctl "$@"; }

# client_start N: charon in the namespace cN, with an identity of its own.
client_start()
{
	local n=$1
	mkdir -p "/run/c$n"
	sed "s,/run/gateway,/run/c$n,g; /install_routes/d" "$top/tools/demo/gateway/strongswan.conf" > "/run/c$n/strongswan.conf"
	cat > "/run/c$n/swanctl.conf" <<-END
	connections {
		gw {
			version = 2
			remote_addrs = 192.0.2.1
			vips = 0.0.0.0
			local {
				auth = psk
				id = client$n.example.com
			}
			remote {
				auth = psk
				id = gw.example.com
			}
			children {
				lan {
					remote_ts = 192.168.7.0/24
				}
			}
		}
	}
	secrets {
		ike-gw {
			secret = "$(head -n 1 /etc/espudp/vpn0.psk)"
		}
	}
	END
	STRONGSWAN_CONF=/run/c$n/strongswan.conf ip netns exec "c$n" charon-systemd > "/run/c$n.out" 2>&1 &
	clients+=($!)
	wait_for 60 swan "$n" --stats || { cat "/run/c$n.out"; return 1; }
	swan "$n" --load-creds --file "/run/c$n/swanctl.conf" && swan "$n" --load-conns --file "/run/c$n/swanctl.conf"
}

client_up() { swan "$1" --initiate --child lan || { tail -n 30 "/run/c$1.log"; return 1; }; }
client_pings() { ip netns exec "c$1" ping -n -q -c 5 -i 0.2 -W 2 192.168.7.1; }
client_is_reached() { on_gw ping -n -q -c 5 -i 0.2 -W 2 "$1"; }

serve()
{
	printf '[Interface]\nAddress = 192.168.7.1/32\n[Peer]\nLocalID = gw.example.com\n%s\n%s\n%s\n' \
		'PSK = file:/etc/espudp/vpn0.psk' 'LocalIPs = 192.168.7.0/24' 'Pool = 10.20.0.0/24' > "$GW_CONF"
	rm -rf /run/espudp-leases
	mkdir -p /run/espudp-leases
	STATE_DIRECTORY=/run/espudp-leases gw_start
}

both_up()
{
	client_up 1 && client_up 2 && client_pings 1 && client_pings 2 || return
	client_is_reached 10.20.0.1 && client_is_reached 10.20.0.2 && gw_shown '"pool_in_use": *2'
}

both_at_once()
{
	client_pings 1 &
	local first=$!
	client_pings 2 && wait $first
}

# A client may not take the other's address.
narrowed()
{
	ip -n c1 addr add 10.20.0.2/32 dev lan0
	ip netns exec c1 ping -n -q -c 3 -i 0.2 -W 1 -I 10.20.0.2 192.168.7.1
	local status=$?
	ip -n c1 addr del 10.20.0.2/32 dev lan0
	[ $status -ne 0 ] && client_pings 1 && client_pings 2
}

# The clients rekey, each on its own.
rekeys()
{
	swan 1 --rekey --child lan && swan 2 --rekey --ike gw || return
	wait_for 5 false > /dev/null
	client_pings 1 && client_pings 2 && client_is_reached 10.20.0.1 && client_is_reached 10.20.0.2
}

one_leaves()
{
	swan 1 --terminate --ike gw && wait_for 10 gw_shown '"pool_in_use": *1' && client_pings 2 &&
	client_up 1 && client_pings 1 && client_is_reached 10.20.0.1
}

# The helper is replaced: who is there goes on, and comes back to the same address.
server_restarts()
{
	kill -9 "$gw_pid"
	wait "$gw_pid" 2> /dev/null
	client_pings 1 && client_pings 2 || return
	STATE_DIRECTORY=/run/espudp-leases gw_start && client_pings 1 && client_pings 2 || return
	swan 2 --terminate --ike gw --force
	client_up 2 && client_pings 2 && client_is_reached 10.20.0.2 && client_pings 1
}

own_network || { echo "Bail out! no network"; exit 1; }
client_network || { echo "Bail out! no clients"; exit 1; }
serve || { echo "Bail out! no ike-helper"; exit 1; }
client_start 1 && client_start 2 || { echo "Bail out! no strongSwan"; exit 1; }

check "two clients behind one NAT, an address each" both_up
check "both at once" both_at_once
check "neither can take the other's address" narrowed
check "they rekey" rekeys
check "one leaves and comes back" one_leaves
check "the helper is replaced" server_restarts
