#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 150
#
# espudp explain: what it says of strongSwan, of one that takes nothing of ours, of a path that loses port 4500, of a
# host that says nothing, and of one that has no IKE. Neither the module nor our daemon is needed.

. "$(dirname "$0")/lib.sh"

# explains STATUS HOST [-j]: into $work/explained, with that exit status.
explains()
{
	on_site espudp explain "${@:2}" > "$work/explained" 2>&1
	local status=$?
	cat "$work/explained"
	[ $status -eq "$1" ] || { echo "status $status, expected $1"; return 1; }
}

says() { grep -qE -- "$1" "$work/explained" || { echo "no line has: $1"; return 1; }; }
json() { jq -e "$1" "$work/explained" > "$work/jq" 2>&1 || { echo "not so: $1"; cat "$work/jq"; return 1; }; }

no_ike()
{
	explains 1 192.0.2.1 && says '^192\.0\.2\.1:500: the port is closed' && says '^192\.0\.2\.1:4500: the port is closed' &&
	says 'remedy: '
}

strongswan()
{
	explains 0 192.0.2.1 && says '^192\.0\.2\.1:500: answers, and takes .*/X25519; NAT: ' && says '^192\.0\.2\.1:4500: answers' &&
	says 'it says: .*IKEV2_FRAGMENTATION_SUPPORTED'
}

in_json()
{
	explains 0 192.0.2.1 -j && json '.host == "192.0.2.1" and (.ports | length == 2)' &&
	json 'all(.ports[]; .answers and .agrees and (.proposal | test("PRF_HMAC_SHA2")) and (has("reason") | not))'
}

one_port() { explains 0 192.0.2.1:4500 -j && json '.ports | length == 1' && json '.ports[0].remote == "192.0.2.1:4500"'; }
over_ipv6()
{
	gateway_config 'connection=local_addrs = 192.0.2.1, 2001:db8::1' 'connection=remote_addrs = %any' || return
	explains 0 2001:db8::1 -j && json 'all(.ports[]; .agrees and (.remote | startswith("[2001:db8::1]:")))'
}

takes_nothing()
{
	gateway_config 'connection=proposals = aes256-sha1-modp2048' || return
	explains 1 192.0.2.1:4500 -j && json '.ports[0] | .answers and (.agrees | not) and (.reason | test("NO_PROPOSAL_CHOSEN")) and .remedy'
}

another_group()
{
	gateway_config 'connection=proposals = aes256-sha256-ecp384' || return
	explains 0 192.0.2.1 && says '^192\.0\.2\.1:500: answers, and takes .*/ECP_384; NAT: '
}

# loses PORTS: what comes to the gateway at these.
loses()
{
	on_gw nft -f - <<-END
	table inet loss
	delete table inet loss
	table inet loss {
		chain in {
			type filter hook input priority 0;
			udp dport { $1 } drop
		}
	}
	END
}

no_4500()
{
	gateway_config && loses 4500 && explains 1 192.0.2.1 &&
	says '^192\.0\.2\.1:500: answers, and takes ' && says '^192\.0\.2\.1:4500: no answer in 8 seconds; remedy: .*UDP port 4500'
}

silent()
{
	loses '500, 4500' && explains 1 192.0.2.1:500 -j && json '.ports[0] | (.answers or .agrees | not) and .reason == "no answer in 8 seconds" and (.remedy | test("UDP port 500"))' &&
	on_gw nft delete table inet loss
}

refusals()
{
	explains 2 no-such-host.invalid && says 'cannot resolve no-such-host.invalid' && explains 2 192.0.2.1:70000 && says '70000'
}

network || { echo "Bail out! no network"; exit 1; }

check "a host without IKE" no_ike
# Half-open IKE SAs are all that strongSwan sees of us; it is to bear them.
cp -r "$top/tools/demo/gateway" "$work/gateway" &&
sed -i 's/^charon-systemd {/&\n\tdos_protection = no/' "$work/gateway/strongswan.conf"
gateway_start gw "$work/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
check "strongSwan: what it takes, and what it says" strongswan
check "the same in JSON" in_json
check "one port alone" one_port
check "over IPv6" over_ipv6
check "one that takes nothing of ours" takes_nothing
check "one that wants another key exchange" another_group
check "a path that loses port 4500" no_4500
check "a host that says nothing" silent
check "what is no host" refusals
