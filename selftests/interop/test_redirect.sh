#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# strongSwan sends us to another address of the gateway (RFC 5685).

. "$(dirname "$0")/lib.sh"

is_up_at() { is_up && field_is remote "$1:4500"; }

redirected()
{
	ip -n gw addr add 192.0.2.11/24 dev wan0
	gateway_config 'connection=local_addrs = %any' 'connection=remote_addrs = %any' 'local=id = gw.example.com'
	site_config 'peer=DPD = 2s' 'peer=RetransmitTimeout = 6s'
	up && pings v4 || return
	gateway --redirect --ike site --gateway 192.0.2.11 || return
	wait_for 20 is_up_at 192.0.2.11 && wait_for 20 pings v4
}

# The other gateway goes away: back to the one of the file.
back_again()
{
	ip -n gw addr del 192.0.2.11/24 dev wan0
	on_site espudp rekey vpn0 ike
	wait_for 90 is_up_at 192.0.2.1 && pings v4
}

not_wanted()
{
	down
	ip -n gw addr add 192.0.2.11/24 dev wan0
	site_config 'peer=Redirect = no'
	up || return
	gateway --redirect --ike site --gateway 192.0.2.11
	wait_for 4 false > /dev/null
	is_up_at 192.0.2.1
}

network || { echo "Bail out! no network"; exit 1; }
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "the gateway sends us to another address" redirected
check "it goes away: back to the one of the file" back_again
check "not if the file says no" not_wanted
