#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# Address = auto, AllowedIPs = auto and DNS: what strongSwan's pool and our own give.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

# client [interface=LINE]... [peer=LINE]...: a site that asks for everything.
client()
{
	site_config "$@" 'interface=Address = auto' 'peer=AllowedIPs = auto'
}

no_default_route()
{
	[ -z "$(on_site ip route show default dev vpn0)" ] && [ -z "$(on_site ip -6 route show default dev vpn0)" ]
}

has_address() { on_site ip -o addr show dev vpn0 | grep -q " $1 "; }
has_route() { [ -n "$(on_site ip route show "$1" dev vpn0)" ]; }
answers() { on_site ping -n -q -c 3 -i 0.2 -W 2 192.168.7.1; }

server()
{
	printf '[Interface]\nAddress = 192.168.7.1/32, fd00:7::1/128\n[Peer]\nLocalID = gw.example.com\n%s\n%s\n%s\n' \
		'PSK = file:/etc/espudp/vpn0.psk' 'LocalIPs = 192.168.7.0/24, fd00:7::/64' "$1" > "$GW_CONF"
	rm -rf /run/espudp-leases
	mkdir -p /run/espudp-leases
	STATE_DIRECTORY=/run/espudp-leases gw_start
}

own_server()
{
	server $'Pool = 10.20.0.0/24, fd00:20::/64\nPushDNS = 192.168.7.53' || return
	client 'peer=LocalID = site.example.com' 'interface=DNS = auto'
	up && has_address 10.20.0.1/32 && has_address fd00:20::1/128 || return
	has_route 192.168.7.0/24 && no_default_route && answers &&
	on_site ping -n -q -c 3 -i 0.2 -W 2 fd00:7::1 && shown 192.168.7.53 && gw_shown '"pool_in_use": *1'
}

# The same identity, the same address; another one, another.
own_sticky()
{
	down
	client 'peer=LocalID = other.example.com'
	up && has_address 10.20.0.2/32 && answers || return
	down
	client 'peer=LocalID = site.example.com'
	up && has_address 10.20.0.1/32 && answers
}

# The address is another one after the server has lost its memory; the link follows.
own_renumbered()
{
	gw_stop
	server $'Pool = 10.30.0.0/24' || return
	wait_for 60 has_address 10.30.0.1/32 && wait_for 10 answers && ! has_address 10.20.0.1/32
}

own_exhausted()
{
	down
	gw_stop
	# One host beside the server's own.
	server $'Pool = 192.168.7.0/30' || return
	client 'peer=LocalID = site.example.com'
	up && down || return
	client 'peer=LocalID = second.example.com'
	# The first is not there any more, so that its lease may go to another.
	up && has_address 192.168.7.2/32 && down
}

fixed_address()
{
	client 'peer=LocalID = site.example.com'
	sed -i 's/^Address = .*/Address = 10.9.0.1\/32/' "$SITE_CONF"
	! up 5 && field_has reason FAILED_CP_REQUIRED && down
}

# strongswan_pools [LINE]...: a gateway with pools; lines of its child.
strongswan_pools()
{
	gateway_config 'connection=local_addrs = %any' 'connection=remote_addrs = %any' \
		'connection=pools = four, six' 'local=id = gw.example.com' 'child=remote_ts = dynamic' "$@"
	cat >> "$GATEWAY_DIR/swanctl.conf" <<-END
	pools {
		four {
			addrs = 10.40.0.0/24
			dns = 192.168.7.53
			subnet = 192.168.7.0/24
		}
		six {
			addrs = fd00:40::/112
		}
	}
	END
	gateway --load-pools --file "$GATEWAY_DIR/swanctl.conf" && gateway_load
}

strongswan()
{
	down
	gw_stop
	ip -n gw link add lan0 type dummy
	ip -n gw link set lan0 up
	ip -n gw addr add 192.168.7.1/24 dev lan0
	ip -n gw addr add fd00:7::1/64 dev lan0 nodad
	ip -n gw route add 10.40.0.0/24 via 192.0.2.2 src 192.168.7.1
	GATEWAY_LOG=/run/gateway.log
	gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk && strongswan_pools || return
	client 'interface=DNS = auto'
	up && has_address 10.40.0.1/32 && has_route 192.168.7.0/24 && no_default_route && answers &&
	shown 192.168.7.53
}

# The gateway offers everything: nothing is routed that was not written.
strongswan_everything()
{
	down
	strongswan_pools 'child=local_ts = 0.0.0.0/0' || return
	client
	up && has_route 192.168.7.0/24 && no_default_route && answers || return
	down
	client
	sed -i 's/^AllowedIPs = .*/AllowedIPs = 0.0.0.0\/0/' "$SITE_CONF"
	up && answers && on_site ip route get 203.0.113.1 | grep -q vpn0
}

nothing_left()
{
	down
	[ -z "$(on_site ip -o link show type espudp)" ] && [ -z "$(on_site ip rule show | grep -v '^\(0\|32766\|32767\):')" ]
}

own_network || { echo "Bail out! no network"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "our own pool: addresses, routes, name servers" own_server
check "the same identity gets the same address" own_sticky
check "another pool: the link follows" own_renumbered
check "a pool of one goes from hand to hand" own_exhausted
check "a pool is not for those who do not ask" fixed_address
check "strongSwan's pool: address, route of the subnet, name server" strongswan
check "everything is routed only if the file says so" strongswan_everything
check "nothing is left" nothing_left
