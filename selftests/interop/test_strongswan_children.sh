#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# Two children under one IKE SA with strongSwan, made by either side; what happens to the second one does not
# cost the first a packet.

. "$(dirname "$0")/lib.sh"

# Two networks behind the gateway, each of which is a child: "lan" and "second".
gateway_two()
{
	gateway_config 'child=remote_ts = 10.9.0.1/32' 'child=local_ts = 192.168.7.0/24' \
		'child=esp_proposals = aes128gcm16-x25519,aes128gcm16' \
		'child=}' 'child=second {' 'child=remote_ts = 10.9.0.1/32' \
		"child=local_ts = ${1:-192.168.8.0/24}" \
		'child=esp_proposals = aes128gcm16-x25519,aes128gcm16'
}

site_two()
{
	local line args=()
	for line; do args+=("peer=$line"); done
	site_config 'interface=Address = 10.9.0.1/32' 'peer=Endpoint = 192.0.2.1' 'peer=PSK = file:vpn0.psk' \
		'peer=AllowedIPs = 192.168.7.0/24' "${args[@]}" \
		'peer=[Child second]' 'peer=AllowedIPs = 192.168.8.0/24'
}

# Pings through the second child, both ways.
second()
{
	on_site ping -n -q -c 2 -i 0.2 -W 2 192.168.8.1 && on_gw ping -n -q -c 2 -i 0.2 -W 2 -I 192.168.8.1 10.9.0.1
}

# Both, on both sides, without a pair of SAs that nobody needs.
both()
{
	[ "$(on_site espudp sa show -j | grep -c '"spi"')" -eq 4 ] &&
	[ "$(gateway --list-sas | grep -c 'INSTALLED, TUNNEL')" -eq 2 ] &&
	[ "$(gateway --list-sas | grep -c ESTABLISHED)" -eq 1 ]
}

settled() { wait_for 20 both && pings v4 && second; }

# The inbound SPIs of the second child and of the first.
spis()
{
	on_site espudp show vpn0 -j | tr -d '\n ' | grep -o '"children":\[{[^]]*"spi_in".*' |
		grep -o '"name":"second"\|"spi_in":"[^"]*"' | tr '\n' ' '
}
changed() { [ "$(spis)" != "$1" ]; }

comes_up() { gateway_two && site_two && up && settled && on_site espudp show vpn0 | grep -q 'child .*second: '; }

we_rekey()
{
	local before
	before=$(spis)
	on_site espudp rekey vpn0 child && wait_for 20 changed "$before"
}

gateway_rekeys()
{
	local before
	before=$(spis)
	gateway --rekey --child second && wait_for 20 changed "$before"
}

gateway_rekeys_ike()
{
	local before
	before=$(field spi_i)
	gateway --rekey --ike site && wait_for 20 field_changed spi_i "$before"
}

# The gateway deletes the second one: we ask for it again.
gateway_deletes()
{
	local before
	before=$(spis)
	gateway --terminate --child second && wait_for 20 changed "$before" && wait_for 20 both
}

under_traffic() { lossless "$@" && settled; }

we_restart()
{
	local before
	before=$(spis)
	kill -9 "$helper_pid"
	wait "$helper_pid" 2> /dev/null
	helper_start "$SITE_CONF" && wait_for 20 is_up && wait_for 20 changed "$before" && wait_for 20 second
}

# The gateway does not want the second one.
refused()
{
	down && gateway_two 192.168.9.0/24 && up && pings v4 || return
	wait_for 10 shown TS_UNACCEPTABLE && on_site espudp show vpn0 | grep -A 1 'child .*second: ' |
		grep -q 'the peer refused the child SA: TS_UNACCEPTABLE' && pings v4
}

# The gateway initiates both.
gateway_initiates()
{
	down
	gateway_two && site_two 'Start = no' && on_site espudp up vpn0 || return
	gateway --initiate --child lan --timeout 20 && gateway --initiate --child second --timeout 20 && settled
}

# Packets for the second child bring up both.
by_traffic()
{
	down
	gateway_two && site_two 'Start = traffic' && on_site espudp up vpn0 || return
	on_site ping -n -q -c 5 -i 0.3 -W 5 192.168.8.1 && settled
}

nothing_left()
{
	down && [ -z "$(on_site ip -o link show type espudp)" ] && wait_for 10 peer_forgot &&
	! on_site espudp peer show -j | grep -q '"id"'
}

network || { echo "Bail out! no network"; exit 1; }
ip -n gw addr add 192.168.8.1/24 dev lan0
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "two children, made by us" comes_up
check "both are rekeyed by us" under_traffic we_rekey
check "the second is rekeyed by the gateway" under_traffic gateway_rekeys
check "the second is deleted by the gateway, and made again" under_traffic gateway_deletes
check "the IKE SA is rekeyed by the gateway: both are inherited" under_traffic gateway_rekeys_ike
check "the helper is killed and returns: both are taken over" we_restart
check "the second is refused: the first is not hurt, and the reason is told" refused
check "two children, made by the gateway" gateway_initiates
check "the second is rekeyed by the gateway that made it" under_traffic gateway_rekeys
check "the first packet for the second brings up both" by_traffic
check "nothing is left" nothing_left
