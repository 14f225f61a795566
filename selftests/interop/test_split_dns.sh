#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# Name servers and the domains that are theirs, between two of us and from strongSwan: what resolvectl and resolvconf are
# told, by programs of that name that write it down.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

TOLD=/run/split-dns.told
PROGRAMS=(/usr/bin/resolvectl /usr/sbin/resolvconf)

# Programs that write down what they are told, in the place of those of this machine.
programs()
{
	local program

	for program in "${PROGRAMS[@]}"; do
		[ ! -e "$program" ] || mv "$program" "$program.own" || return
		printf '#!/bin/sh\n{ echo "${0##*/} $*"; cat; } >> %s\n' $TOLD > "$program" && chmod 755 "$program" || return
	done
	: > $TOLD
	mkdir -p /run/systemd/resolve
}

programs_back()
{
	local status=$? program

	for program in "${PROGRAMS[@]}"; do
		rm -f "$program"
		[ ! -e "$program.own" ] || mv "$program.own" "$program"
	done
	rmdir /run/systemd/resolve 2> /dev/null
	(exit $status)
	own_finish
}

told() { grep -qxF -- "$1" $TOLD; }
forget() { : > $TOLD; }
# told_now LINE: the program runs while nobody waits for it.
told_now() { wait_for 20 told "$1"; }

client()
{
	site_config "$@" 'interface=Address = auto' 'interface=DNS = auto' 'peer=LocalID = site.example.com'
}

server()
{
	printf '[Interface]\nAddress = 192.168.7.1/32\n[Peer]\nLocalID = gw.example.com\n%s\n%s\n%s\n%s\n%s\n' \
		'PSK = file:/etc/espudp/vpn0.psk' 'LocalIPs = 192.168.7.0/24' 'Pool = 10.20.0.0/24' \
		'PushDNS = 192.168.7.53' 'PushDNSDomain = corp.example, lab.example' > "$GW_CONF"
	mkdir -p /run/espudp-leases
	STATE_DIRECTORY=/run/espudp-leases gw_start
}

pushed()
{
	server || return
	client 'peer=AllowedIPs = auto'
	up && told_now 'resolvectl dns vpn0 192.168.7.53' && told 'resolvectl default-route vpn0 no' &&
	told 'resolvectl domain vpn0 ~corp.example ~lab.example' && shown '"~lab.example"' &&
	on_site espudp show vpn0 | grep -q 'domains *~corp.example'
}

reloaded()
{
	local before

	before=$(field spi_i)
	forget
	client 'peer=AllowedIPs = auto' 'interface=DNSDomain = corp.example, ~7.168.192.in-addr.arpa'
	on_site espudp reload && told_now 'resolvectl dns vpn0 192.168.7.53' && told 'resolvectl revert vpn0' &&
	told 'resolvectl domain vpn0 corp.example ~7.168.192.in-addr.arpa' && field_is spi_i "$before" || return
	forget
	client 'peer=AllowedIPs = auto' 'interface=DNSDomain = off'
	on_site espudp reload && told_now 'resolvectl dns vpn0 192.168.7.53' && ! grep -q 'domain\|route' $TOLD || return
	forget
	client 'peer=AllowedIPs = auto'
	on_site espudp reload && told_now 'resolvectl dns vpn0 192.168.7.53' &&
	told 'resolvectl domain vpn0 ~corp.example ~lab.example' && field_is spi_i "$before"
}

# The tunnel came up without any.
added()
{
	down && told_now 'resolvectl revert vpn0' || return
	site_config 'interface=Address = auto' 'peer=LocalID = site.example.com' 'peer=AllowedIPs = auto'
	up || return
	forget
	site_config 'interface=Address = auto' 'peer=LocalID = site.example.com' 'peer=AllowedIPs = auto' \
		'interface=DNS = 192.168.7.54' 'interface=DNSDomain = corp.example'
	on_site espudp reload && told_now 'resolvectl dns vpn0 192.168.7.54' && told 'resolvectl domain vpn0 corp.example' || return
	forget
	site_config 'interface=Address = auto' 'peer=LocalID = site.example.com' 'peer=AllowedIPs = auto'
	on_site espudp reload && told_now 'resolvectl revert vpn0' && down || return
	client 'peer=AllowedIPs = auto'
	up && told_now 'resolvectl dns vpn0 192.168.7.53'
}

taken_away()
{
	forget
	down && told_now 'resolvectl revert vpn0'
}

# No name leaves past a default route because the peer would have it so.
default_route()
{
	forget
	client 'peer=AllowedIPs = 0.0.0.0/0'
	up && told_now 'resolvectl dns vpn0 192.168.7.53' && ! grep -q 'domain\|route' $TOLD && down
}

by_resolvconf()
{
	wait_for 20 told 'resolvectl revert vpn0' || return
	rmdir /run/systemd/resolve
	forget
	client 'peer=AllowedIPs = auto' 'interface=DNSDomain = corp.example, ~lab.example'
	up && told_now 'nameserver 192.168.7.53' && told 'search corp.example' && told 'resolvconf -a tun0.vpn0' || return
	forget
	down && told_now 'resolvconf -d tun0.vpn0'
	mkdir -p /run/systemd/resolve
}

# Attribute 25 of a pool (RFC 8598).
strongswan()
{
	gw_stop
	ip -n gw link add lan0 type dummy
	ip -n gw link set lan0 up
	ip -n gw addr add 192.168.7.1/24 dev lan0
	GATEWAY_LOG=/run/gateway.log
	gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || return
	gateway_config 'connection=local_addrs = %any' 'connection=remote_addrs = %any' 'connection=pools = four' \
		'local=id = gw.example.com' 'child=remote_ts = dynamic'
	printf 'pools {\n\tfour {\n\t\taddrs = 10.40.0.0/24\n\t\tdns = 192.168.7.53\n\t\tsubnet = 192.168.7.0/24\n\t\t25 = %s\n\t}\n}\n' \
		"$1" >> "$GATEWAY_DIR/swanctl.conf"
	gateway --load-pools --file "$GATEWAY_DIR/swanctl.conf" && gateway_load || return
	forget
	client 'peer=AllowedIPs = auto'
	up && told_now 'resolvectl dns vpn0 192.168.7.53' && told 'resolvectl domain vpn0 ~corp.example'
}

own_network || { echo "Bail out! no network"; exit 1; }
trap programs_back EXIT
programs || { echo "Bail out! no programs"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "domains that the peer names" pushed
check "domains of the file, by a reload that leaves the SAs alone" reloaded
check "servers that the file names only now" added
check "they are taken away with the tunnel" taken_away
check "with a default route the servers are asked about everything" default_route
check "resolvconf, where there is no systemd-resolved" by_resolvconf
check "strongSwan names a domain" strongswan corp.example
