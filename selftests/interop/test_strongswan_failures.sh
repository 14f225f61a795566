#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# What cannot come up against strongSwan: the reason is told with its cause and the remedy, in show, monitor and log,
# nothing is installed, and it comes up as soon as the cause is gone.

. "$(dirname "$0")/lib.sh"

wrong_psk()
{
	down
	gateway_config
	site_config 'peer=PSK = file:wrong.psk'
	refused auth-peer 'AUTHENTICATION_FAILED'
}

gateway_wrong_psk()
{
	down
	site_config 'peer=Start = no' 'peer=PSK = file:wrong.psk'
	up || return
	forget
	gateway --initiate --child lan --timeout 20 && return 1
	field reason
	field_has reason 'pre-shared key' && told psk
}

wrong_remote_id()
{
	down
	gateway_config 'local=id = gw.example.com'
	site_config 'peer=RemoteID = other.example.com'
	refused auth-peer 'gw.example.com\|other.example.com\|AUTHENTICATION_FAILED'
}

wrong_local_id()
{
	down
	gateway_config 'remote=id = somebody.example.com'
	site_config 'peer=LocalID = nobody.example.com'
	refused auth-peer 'AUTHENTICATION_FAILED'
}

no_ike_proposal()
{
	down
	gateway_config 'connection=proposals = aes192-sha1-modp2048'
	site_config
	refused proposal-ike-peer 'NO_PROPOSAL_CHOSEN'
}

no_esp_proposal()
{
	down
	gateway_config 'child=esp_proposals = aes256-sha1'
	site_config
	refused proposal-esp-peer 'NO_PROPOSAL_CHOSEN'
}

no_selectors()
{
	down
	gateway_config 'child=local_ts = 172.16.0.0/24'
	site_config
	refused selectors-peer 'TS_UNACCEPTABLE'
}

nobody_there()
{
	down
	site_config 'peer=Endpoint = 192.0.2.77' 'peer=RetransmitTimeout = 4s'
	refused no-answer 'answer'
}

# drops WORD...: what the gateway does not get, by a rule of nft.
drops()
{
	on_gw nft -f - <<-END
	table inet loss
	delete table inet loss
	table inet loss {
		chain in {
			type filter hook input priority 0;
			$* drop
		}
	}
	END
}

# path RULE...: it fails by what the path drops.
path()
{
	local status

	down
	gateway_config
	site_config 'peer=RetransmitTimeout = 4s'
	drops "$@" || return
	refused no-answer-4500 'IKE_AUTH'
	status=$?
	on_gw nft delete table inet loss
	return $status
}

recovers()
{
	down
	gateway_config 'connection=proposals = aes192-sha1-modp2048'
	site_config
	up 5
	gateway_config
	wait_for 60 is_up && pings v4
}

network || { echo "Bail out! no network"; exit 1; }
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }
listen

check "wrong secret, we initiate" wrong_psk
check "wrong secret, the gateway initiates" gateway_wrong_psk
check "the gateway has another identity" wrong_remote_id
check "the gateway wants another identity" wrong_local_id
check "no common IKE proposal" no_ike_proposal
check "no common ESP proposal" no_esp_proposal
check "no common selectors" no_selectors
check "nobody answers" nobody_there
check "UDP port 4500 is blocked" path udp dport 4500
check "long packets get lost" path udp dport 4500 meta length gt 200
check "it comes up by itself when the cause is gone" recovers
