#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# Post-quantum pre-shared keys (RFC 8784) against strongSwan, in both roles.

. "$(dirname "$0")/lib.sh"

PPK_LINES=('peer=PPK = file:ppk.psk' 'peer=PPKID = site.key')

# secrets [ID FILE]: the gateway's PSK, and a PPK of that name.
secrets()
{
	{
		printf 'secrets {\n\tike-gateway {\n\t\tsecret = "%s"\n\t}\n' "$(cat /etc/espudp/vpn0.psk)"
		[ -z "${1-}" ] || printf '\tppk-site {\n\t\tid = %s\n\t\tsecret = "%s"\n\t}\n' "$1" "$(cat "$2")"
		echo '}'
	} > "$GATEWAY_DIR/gateway.secret"
}

# We begin. ppk EXTENSION GATEWAY-LINES... -- OUR-LINES...
initiator()
{
	local gateway=() used=$1
	shift
	while [ "$1" != -- ]; do gateway+=("$1"); shift; done
	shift
	down
	gateway_config "${gateway[@]}"
	site_config "$@"
	up && pings && shown "$used"
}

# The gateway begins.
responder()
{
	local gateway=() used=$1
	shift
	while [ "$1" != -- ]; do gateway+=("$1"); shift; done
	shift
	down
	gateway_config "${gateway[@]}"
	site_config 'peer=Start = no' "$@"
	up && gateway --initiate --child lan && wait_for 10 is_up && pings && shown "$used"
}

rekeyed()
{
	local before
	before=$(field spi_i)
	on_site espudp rekey vpn0 ike && wait_for 10 field_changed spi_i "$before" || return
	before=$(field spi_in)
	gateway --rekey --child lan && wait_for 10 field_changed spi_in "$before" || return
	before=$(field spi_i)
	gateway --rekey --ike site && wait_for 10 field_changed spi_i "$before" || return
	wait_for 10 pings && shown PPK
}

fails()
{
	down
	gateway_config 'connection=ppk_id = site.key'
	site_config "${@:2}"
	! up 10 && field_has reason "$1"
}

network || { echo "Bail out! no network"; exit 1; }
mkdir -p /run/gateway.d
(umask 077 && espudp genpsk > /etc/espudp/ppk.psk && espudp genpsk > /etc/espudp/other.psk)
cp "$top/tools/demo/gateway/"*.conf /run/gateway.d/
gateway_start gw /run/gateway.d /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start -v || { echo "Bail out! no ike-helper"; exit 1; }

secrets site.key /etc/espudp/ppk.psk
check "initiator, required by both" initiator PPK 'connection=ppk_id = site.key' 'connection=ppk_required = yes' -- "${PPK_LINES[@]}"
check "rekeyed from both sides" rekeyed
check "initiator, required by nobody" initiator PPK 'connection=ppk_id = site.key' -- "${PPK_LINES[@]}" 'peer=PPKRequired = no'
check "responder, required by both" responder PPK 'connection=ppk_id = site.key' 'connection=ppk_required = yes' -- "${PPK_LINES[@]}"
check "responder, required by nobody" responder PPK 'connection=ppk_id = site.key' -- "${PPK_LINES[@]}" 'peer=PPKRequired = no'
check "initiator has none, strongSwan can do without" initiator '"up"' 'connection=ppk_id = site.key' --
check "responder has none, strongSwan can do without" responder '"up"' 'connection=ppk_id = site.key' --
secrets site.key /etc/espudp/other.psk
check "another secret of the same name" fails 'AUTHENTICATION_FAILED' "${PPK_LINES[@]}"
secrets
check "strongSwan has none, we insist" fails 'AUTHENTICATION_FAILED\|PPK' "${PPK_LINES[@]}"
check "strongSwan has none, we can do without" initiator '"up"' -- "${PPK_LINES[@]}" 'peer=PPKRequired = no'
check "responder: strongSwan has none, we can do without" responder '"up"' -- "${PPK_LINES[@]}" 'peer=PPKRequired = no'
