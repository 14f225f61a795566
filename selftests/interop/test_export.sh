#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 200
#
# espudp export strongswan: strongSwan loads what is printed, and the tunnel is there.

. "$(dirname "$0")/lib.sh"

# exported WORD...: the file of the other end becomes strongSwan's.
exported()
{
	on_site espudp export strongswan vpn0 "$@" > "$GATEWAY_DIR/swanctl.conf" || return
	cat "$GATEWAY_DIR/swanctl.conf"
	gateway --terminate --ike vpn0 --force > /dev/null 2>&1
	gateway_load
}

secret_only_when_asked()
{
	site_config
	on_site espudp export strongswan vpn0 > "$work/without" && on_site espudp export strongswan vpn0 psk > "$work/with" &&
	! grep -qF "$(head -n 1 /etc/espudp/vpn0.psk)" "$work/without" && grep -qF "$(head -n 1 /etc/espudp/vpn0.psk)" "$work/with"
}

we_call()
{
	site_config 'peer=LocalID = site.example.com' 'peer=RemoteID = gw.example.com'
	exported psk && up && pings && shown gw.example.com
}

it_calls()
{
	down
	site_config 'peer=Start = no' 'peer=LocalID = site@example.com' 'peer=RemoteID = keyid:the-gateway' \
		'peer=IKE = AES_CBC-256/HMAC_SHA2_512_256/PRF_HMAC_SHA2_512/ECP_384' 'peer=ESP = AES_CBC-256/HMAC_SHA2_256_128/ECP_256' \
		'peer=PFS = yes'
	exported at 192.0.2.2 psk && up 0
	# What loading begins may have come before there was anybody to answer.
	gateway --initiate --child vpn0 > /dev/null 2>&1
	wait_for 30 is_up && pings && shown AES_CBC-256
}

two_children()
{
	down
	site_config 'peer=AllowedIPs = 192.168.7.0/24'
	printf '[Child six]\nAllowedIPs = fd00:7::/64\n' >> "$SITE_CONF"
	exported psk && up && wait_for 30 pings both
}

# A secret that is not one to write in quotes.
odd_secret()
{
	down
	(umask 077 && printf 'a "b" #{} \\ and 17 more?\n' > /etc/espudp/odd.psk)
	site_config 'peer=PSK = file:odd.psk'
	exported psk && up && pings v4
}

# A client with an address of our pool; it finds us by what is said.
client()
{
	down
	printf '[Interface]\nAddress = 10.9.0.1/32\n[Peer]\nLocalID = site.example.com\nPSK = file:vpn0.psk\nPool = 10.77.0.0/24\nLocalIPs = 10.9.0.0/24\n' > "$SITE_CONF"
	local virtual
	exported at 192.0.2.2 psk && up 0
	gateway --initiate --child vpn0 > /dev/null 2>&1
	wait_for 30 is_up && virtual=$(on_gw ip -4 -o addr show | sed -n 's/.* inet \(10\.77\.0\.[0-9]*\).*/\1/p') &&
	[ -n "$virtual" ] && wait_for 20 on_gw ping -n -q -c 1 -W 2 -I "$virtual" 10.9.0.1
}

network || { echo "Bail out! no network"; exit 1; }
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "the PSK is written when it is asked for only" secret_only_when_asked
check "site to site, names as identities" we_call
check "the other end calls; other identities and algorithms" it_calls
check "two children" two_children
check "a secret with all kinds of characters" odd_secret
check "a client with an address of the pool" client
