#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Rekeying against strongSwan, from both ends, under a ping in both directions of which nothing may be lost.

. "$(dirname "$0")/lib.sh"

# fresh CHILD-PROPOSALS SITE-LINE...: a new tunnel.
fresh()
{
	local proposals=$1
	shift
	down
	gateway_config "child=esp_proposals = $proposals"
	site_config "$@"
	up
}

# Only the pair that is in use remains, on both sides.
one_pair()
{
	[ "$(on_site espudp sa show -j | grep -c '"spi"')" -eq 2 ] &&
	[ "$(gateway --list-sas | grep -c 'INSTALLED, TUNNEL')" -eq 1 ] &&
	[ "$(gateway --list-sas | grep -c ESTABLISHED)" -eq 1 ]
}

we_rekey_child()
{
	local before
	before=$(field spi_out)
	on_site espudp rekey vpn0 child && wait_for 20 field_changed spi_out "$before"
}

we_rekey_ike()
{
	local before
	before=$(field spi_i)
	on_site espudp rekey vpn0 ike && wait_for 20 field_changed spi_i "$before"
}

gateway_rekeys_child()
{
	local before
	before=$(field spi_in)
	gateway --rekey --child lan && wait_for 20 field_changed spi_in "$before"
}

gateway_rekeys_ike()
{
	local before
	before=$(field spi_i)
	gateway --rekey --ike site && wait_for 20 field_changed spi_i "$before"
}

rekey() { lossless "$@" && wait_for 20 one_pair && pings; }

by_packets()
{
	fresh aes128gcm16 'peer=ChildPackets = 1000' || return
	local before
	before=$(field spi_out)
	on_site ping -n -q -c 1500 -i 0.002 -W 2 192.168.7.1 | tee "$work/ping" || return
	grep -q ' 0% packet loss' "$work/ping" && wait_for 30 field_changed spi_out "$before" && pings
}

by_time()
{
	fresh aes128gcm16 'peer=ChildLifetime = 10s' || return
	local before
	before=$(field spi_out)
	lossless wait_for 30 field_changed spi_out "$before" && pings
}

# Down after a rekey of either must take all with it.
down_after()
{
	down || return
	! on_site espudp sa show -j | grep -q '"spi"' && ! gateway --list-sas | grep -q ESTABLISHED
}

network || { echo "Bail out! no network"; exit 1; }
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "a tunnel with PFS offered" fresh aes128gcm16-x25519,aes128gcm16
check "child rekeyed by us, with PFS" rekey we_rekey_child
check "child rekeyed by the gateway, with PFS" rekey gateway_rekeys_child
check "IKE SA rekeyed by us" rekey we_rekey_ike
check "IKE SA rekeyed by the gateway" rekey gateway_rekeys_ike
check "child rekeyed by us on the new IKE SA" rekey we_rekey_child
check "child rekeyed by the gateway on the new IKE SA" rekey gateway_rekeys_child
check "down" down_after
check "a tunnel without PFS" fresh aes256gcm16
check "child rekeyed by us, without PFS" rekey we_rekey_child
check "child rekeyed by the gateway, without PFS" rekey gateway_rekeys_child
check "another group for PFS: INVALID_KE_PAYLOAD" fresh aes128gcm16-ecp384
check "child rekeyed by us with the gateway's group" rekey we_rekey_child
check "rekeyed when packets are used up" by_packets
check "rekeyed when time is over" by_time
check "down" down_after
