#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# Additional key exchanges (RFC 9242, RFC 9370) against strongSwan 6, which runs from a root of its own
# (selftests/interop/root makes it).

. "$(dirname "$0")/lib.sh"

# The gateway's programs are those of the other root; what they write is the same /run.
programs()
{
	local root=$1 name
	mount -t proc proc "$root/proc" && mount --bind /sys "$root/sys" && mount --bind /dev "$root/dev" &&
		mount --bind /run "$root/run" || return
	mkdir -p "$work/bin"
	for name in charon-systemd swanctl; do
		printf '#!/bin/sh\nexec chroot %s /usr/sbin/%s "$@"\n' "$root" "$name" > "$work/bin/$name"
		chmod +x "$work/bin/$name"
	done
	PATH=$work/bin:$PATH
}

initiator()
{
	down
	gateway_config "connection=proposals = $1" ${4:+"child=esp_proposals = $4"}
	site_config "peer=IKE = $2" ${5:+"peer=ESP = $5"}
	up && field proposal && field_has proposal "$3" && pings
}

responder()
{
	down
	gateway_config "connection=proposals = $1"
	site_config 'peer=Start = no' "peer=IKE = $2"
	up && gateway --initiate --child lan && wait_for 10 is_up && field_has proposal "$3" && pings
}

rekey_ike_here()
{
	local before
	before=$(field spi_i)
	lossless on_site espudp rekey vpn0 ike && wait_for 10 field_changed spi_i "$before" &&
		field_has proposal "$1" && pings
}

rekey_ike_there()
{
	local before
	before=$(field spi_i)
	lossless gateway --rekey --ike site && wait_for 10 field_changed spi_i "$before" &&
		field_has proposal "$1" && pings
}

rekey_child_here()
{
	local before
	before=$(field spi_in)
	lossless on_site espudp rekey vpn0 && wait_for 10 field_changed spi_in "$before" &&
		pings && shown "$1"
}

rekey_child_there()
{
	local before
	before=$(field spi_in)
	lossless gateway --rekey --child lan && wait_for 10 field_changed spi_in "$before" &&
		pings && shown "$1"
}

refused()
{
	down
	gateway_config "connection=proposals = $1"
	site_config "peer=IKE = $2"
	! up 10 && field_has reason NO_PROPOSAL_CHOSEN
}

root=$("$(dirname "$0")/root" --if-there trixie-strongswan) || { echo "1..0 # SKIP no strongSwan 6: run selftests/interop/root --all"; exit 4; }
network || { echo "Bail out! no network"; exit 1; }
programs "$root" || { echo "Bail out! no root"; exit 1; }
mkdir -p /run/gateway.d
cp "$top/tools/demo/gateway/"*.conf /run/gateway.d/
gateway_start gw /run/gateway.d /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start -v || { echo "Bail out! no ike-helper"; exit 1; }

G=aes256gcm16-prfsha256-x25519
O=AES_GCM_16-256/PRF_HMAC_SHA2_256/X25519
check "initiator, one additional key exchange" initiator $G-ke1_ecp256 $O/KE1_ECP_256 X25519/KE1_ECP_256
check "IKE SA rekeyed by us" rekey_ike_here KE1_ECP_256
check "IKE SA rekeyed by strongSwan" rekey_ike_there KE1_ECP_256
check "initiator, three of them" initiator $G-ke1_ecp384-ke2_modp3072-ke5_ecp521 \
	$O/KE1_ECP_384/KE2_MODP_3072/KE5_ECP_521 KE1_ECP_384/KE2_MODP_3072/KE5_ECP_521
check "initiator, strongSwan chooses none" initiator $G-ke1_none $O/KE1_ECP_384/KE1_NONE X25519
check "responder, one additional key exchange" responder $G-ke1_ecp384 $O/KE1_ECP_384 X25519/KE1_ECP_384
check "responder, two of them" responder $G-ke1_ecp384-ke3_modp2048 $O/KE1_ECP_384/KE3_MODP_2048 KE1_ECP_384/KE3_MODP_2048
check "responder's IKE SA rekeyed by strongSwan" rekey_ike_there KE1_ECP_384/KE3_MODP_2048
check "responder's IKE SA rekeyed by us" rekey_ike_here KE1_ECP_384/KE3_MODP_2048
check "a child with additional key exchanges" initiator $G-ke1_ecp256 $O/KE1_ECP_256 KE1_ECP_256 \
	aes128gcm16-x25519-ke1_ecp256-ke2_ecp384 AES_GCM_16-128/X25519/KE1_ECP_256/KE2_ECP_384
check "child rekeyed by us" rekey_child_here X25519/KE1_ECP_256/KE2_ECP_384
check "child rekeyed by strongSwan" rekey_child_there X25519/KE1_ECP_256/KE2_ECP_384
check "one of us insists, the other has none" refused $G $O/KE1_ECP_256
