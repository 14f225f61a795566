#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# IKE fragmentation (RFC 7383) against strongSwan, over paths that carry no IP fragments and little else.

. "$(dirname "$0")/lib.sh"

# So many selectors that IKE_AUTH, in both directions, is longer than any datagram may be.
networks()
{
	local n list=$1
	for n in $(seq 30); do
		list+=", $2:$(printf %x "$n")::/64"
	done
	echo "$list"
}

long_config()
{
	# With all its proposals even IKE_SA_INIT is too long, and nothing can cut that.
	gateway_config "connection=fragmentation = $1" \
		"connection=proposals = aes128gcm16-prfsha256-x25519" \
		"child=local_ts = $(networks '192.168.7.0/24, fd00:7::/64' fd07:7)" \
		"child=remote_ts = $(networks '10.9.0.1/32, fd00:9::1/128' fd09:9)"
	site_config "peer=AllowedIPs = $(networks '192.168.7.0/24, fd00:7::/64' fd07:7)" \
		"peer=LocalIPs = $(networks '10.9.0.1/32, fd00:9::1/128' fd09:9)" "${@:2}"
}

# What the path drops, in both directions: IP fragments, and what is longer than an IP packet of $1 octets.
path()
{
	local ns
	for ns in site gw; do
		ip netns exec $ns nft -f - <<-END || return
			add table inet path
			delete table inet path
			table inet path {
				chain in {
					type filter hook prerouting priority -500;
					iifname "wan0" ip frag-off & 0x3fff != 0 counter drop
					iifname "wan0" exthdr frag exists counter drop
					iifname "wan0" meta l4proto udp meta length > $1 counter drop
				}
			}
		END
	done
}

open_path()
{
	local ns
	for ns in site gw; do
		ip netns exec $ns nft delete table inet path
	done
}

sniff()
{
	ip netns exec site timeout 120 tcpdump -n -i wan0 -U -w "$work/wire.pcap" 'udp port 4500 or ip[6:2] & 0x3fff != 0' 2> "$work/sniff" &
	sniffer=$!
	wait_for 10 grep -q listening "$work/sniff"
}

# No IP fragment, and IKE datagrams with SKF from both sides: 53 in the header behind the marker.
fragments_seen()
{
	kill $sniffer
	wait $sniffer 2> /dev/null
	! tcpdump -n -r "$work/wire.pcap" 'ip[6:2] & 0x3fff != 0' 2> /dev/null | grep . || return
	local side
	for side in 192.0.2.1 192.0.2.2; do
		tcpdump -n -r "$work/wire.pcap" "src $side and udp[8:4] = 0 and udp[28] = 53" 2> /dev/null | grep . || return
	done
}

initiator()
{
	down
	long_config "$1" "${@:3}"
	path "$2"
	sniff
	up 40 && pings && fragments_seen
}

responder()
{
	down
	long_config "$1" 'peer=Start = no' "${@:3}"
	path "$2"
	sniff
	up && gateway --initiate --child lan && wait_for 10 is_up && pings && fragments_seen
}

# Rekeyed both ways while only small datagrams pass.
rekeyed()
{
	local before
	before=$(field spi_i)
	on_site espudp rekey vpn0 ike && wait_for 10 field_changed spi_i "$before" || return
	before=$(field spi_in)
	gateway --rekey --child lan && wait_for 10 field_changed spi_in "$before" || return
	wait_for 10 pings && shown 'fragments of 576 octets'
}

# Who does not want them gets none, and then it depends on IP fragments.
without()
{
	down
	long_config "$1" "${@:2}"
	open_path
	up && pings && ! shown 'fragments of'
}

network || { echo "Bail out! no network"; exit 1; }
mkdir -p /run/gateway.d
cp "$top/tools/demo/gateway/"*.conf /run/gateway.d/
sed -i 's/^charon-systemd {/&\n\tfragment_size = 576/' /run/gateway.d/strongswan.conf
gateway_start gw /run/gateway.d /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start -v || { echo "Bail out! no ike-helper"; exit 1; }

check "initiator, path of 1280 octets without IP fragments" initiator yes 1280
check "initiator, path of 576 octets, found out" initiator yes 576
check "rekeyed from both sides over that path" rekeyed
check "initiator, path of 576 octets, configured" initiator yes 576 'peer=FragmentSize = 576'
check "responder, path of 1280 octets without IP fragments" responder yes 1280
check "responder, path of 576 octets" responder yes 576
check "responder, everything in fragments" responder force 576
check "strongSwan does not want them" without no
check "we do not want them" without yes 'peer=FragmentSize = off'
