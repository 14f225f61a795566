#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# A configuration that is read again: the difference is applied, what did not change goes on, and a file that
# is wrong changes nothing. Both ends are ours.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/own.sh"

reload() { on_site espudp reload "$@" > "$work/reload" 2>&1; }
reloaded() { reload vpn0 && cat "$work/reload" && grep -qx "vpn0: $1" "$work/reload"; }
# The IKE SA is the one that it was.
remember() { before=$(field spi_i)/$(field spi_in); [ "$before" != / ]; }
same_sa() { [ "$(field spi_i)/$(field spi_in)" = "$before" ] && is_up && pings v4; }
has_route() { [ -n "$(on_site ip -4 route show table "${2:-main}" "$1" dev vpn0 2> /dev/null)" ]; }
has_no_route() { ! has_route "$@"; }

brings_up()
{
	site_config
	up && pings && remember
}

# Nothing was written: nothing happens.
unchanged() { reloaded 'nothing has changed' && same_sa; }

# A comment is no change that anything has to be done for.
comment() { echo '# a word' >> "$SITE_CONF" && reloaded 'changed, and up as before' && same_sa; }

# What only matters later, and what is on the link, changes while not a packet is lost.
keeps_sa()
{
	site_config 'peer=DPD = 7s' 'interface=MTU = 1301' 'interface=Address = 10.9.0.1/32, fd00:9::1/128, 10.9.0.77/32' \
		'peer=ChildLifetime = 30m' 'peer=AllowedIPs = 192.168.7.0/24, fd00:7::/64'
	lossless reloaded 'changed, and up as before: Address, MTU, ChildLifetime, DPD' && same_sa &&
	on_site ip addr show vpn0 | grep -q 10.9.0.77/32 &&
	on_site ip link show vpn0 | grep -q 'mtu 1301'
}

# And back to what there was without them.
goes_back()
{
	site_config && reloaded 'changed, and up as before: Address, MTU, ChildLifetime, DPD' && same_sa &&
	! on_site ip addr show vpn0 | grep -q 10.9.0.77 && ! on_site ip link show vpn0 | grep -q 'mtu 1301'
}

# Routes move to another table, away, and back, as Table says.
tables()
{
	site_config 'interface=Table = 77' && reloaded 'changed, and up as before: Table' &&
	has_route 192.168.7.0/24 77 && has_no_route 192.168.7.0/24 || return
	site_config 'interface=Table = off' && reloaded 'changed, and up as before: Table' &&
	has_no_route 192.168.7.0/24 77 && has_no_route 192.168.7.0/24 || return
	site_config && reloaded 'changed, and up as before: Table' && has_route 192.168.7.0/24 && same_sa
}

# A mark, and with it rules for what would lead everything into the tunnel.
marks()
{
	site_config 'interface=FwMark = 0x2a' && reloaded 'changed, and up as before: FwMark' &&
	on_site espudp link show vpn0 -j | tr -d ' \n' | grep -q '"mark":42' && same_sa || return
	site_config && reloaded 'changed, and up as before: FwMark' && same_sa
}

# A file that is wrong: said with the line, and all goes on. The same by a signal.
broken()
{
	site_config 'peer=DPD = a fortnight'
	! reload && cat "$work/reload" && grep -q 'not reloaded, all goes on as it was' "$work/reload" &&
	grep -q "$SITE_CONF:[0-9]*: DPD = a fortnight: expected a duration" "$work/reload" && same_sa || return
	rm "$SITE_CONF"
	! reload && grep -q 'No such file' "$work/reload" && same_sa || return
	site_config 'peer=AllowedIPs = 192.168.7.0/24' 'peer=LocalIPs = fd00::/8'
	kill -HUP "$helper_pid" && wait_for 20 grep -q 'vpn0: not reloaded, all goes on as it was: .*LocalIPs' "$SITE_LOG" && same_sa
}

# A signal does what the command does.
by_signal()
{
	site_config 'peer=DPD = 9s'
	kill -HUP "$helper_pid" && wait_for 20 grep -q 'vpn0: reloaded: DPD$' "$SITE_LOG" && same_sa &&
	site_config && reloaded 'changed, and up as before: DPD'
}

# Other networks are negotiated anew; the link stays.
networks()
{
	local index
	index=$(on_site ip -o link show vpn0 | cut -d: -f1)
	site_config 'peer=AllowedIPs = 192.168.7.0/24'
	reloaded 'changed; the peer is spoken to anew: AllowedIPs' && wait_for 30 new_sa && wait_for 20 pings v4 || return
	[ -z "$(on_site ip -6 route show fd00:7::/64 dev vpn0)" ] || return
	site_config && reloaded 'changed; the peer is spoken to anew: AllowedIPs' && wait_for 30 new_sa && wait_for 20 pings &&
	[ "$(on_site ip -o link show vpn0 | cut -d: -f1)" = "$index" ]
}

new_sa() { is_up && [ "$(field spi_i)/$(field spi_in)" != "$before" ]; }

# Another secret at one end: no tunnel until the other has it too.
secrets()
{
	site_config 'peer=PSK = file:wrong.psk'
	reloaded 'changed; the peer is spoken to anew: PSK' && wait_for 30 field_has reason AUTHENTICATION_FAILED || return
	gw_config 'peer=PSK = file:/etc/espudp/wrong.psk'
	on_gw_control espudp reload vpn0 && wait_for 60 is_up && pings
}

json() { on_site espudp reload -j | tr -d ' \n' | grep -q '"name":"vpn0","result":"unchanged","keys":""'; }
nobody() { ! on_site espudp reload vpn9 2> "$work/nobody" && grep -q "no tunnel 'vpn9' is up" "$work/nobody"; }

own_network || { echo "Bail out! no network"; exit 1; }
gw_config
gw_start || { echo "Bail out! no gateway"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "a tunnel is up" brings_up
check "a file that is as it was" unchanged
check "a comment" comment
check "timers, addresses and MTU: the same SAs, nothing lost" keeps_sa
check "and back again" goes_back
check "other tables for the routes" tables
check "a mark" marks
check "a file that is wrong leaves all as it was" broken
check "SIGHUP" by_signal
check "other networks: anew, on the same link" networks
check "another secret, at one end and at both" secrets
check "in JSON" json
check "a tunnel that is not there" nobody
