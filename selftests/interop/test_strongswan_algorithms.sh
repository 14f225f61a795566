#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Every algorithm once against strongSwan, INVALID_KE_PAYLOAD in both roles, and COOKIE.

. "$(dirname "$0")/lib.sh"

# ike PROPOSAL EXPECTED [KE]: the gateway takes nothing but that proposal for the IKE SA; we offer that method.
ike()
{
	down
	gateway_config "connection=proposals = $1"
	site_config ${3:+"peer=IKE = $3"}
	up && field proposal && field_has proposal "$2" && on_site ping -n -q -c 1 192.168.7.1
}

# The gateway begins, with a group for its KE that we do not take first.
ike_answered()
{
	down
	gateway_config "connection=proposals = $1"
	site_config 'peer=Start = no' ${3:+"peer=IKE = $3"}
	up && gateway --initiate --child lan && wait_for 10 is_up && field_has proposal "$2" &&
		on_site ping -n -q -c 1 192.168.7.1
}

# esp PROPOSAL SUITE ESN [OURS]: the same for the child; OURS is what we name.
esp()
{
	down
	gateway_config "child=esp_proposals = $1"
	site_config ${4:+"peer=ESP = $4"}
	up || return
	on_site espudp sa show -j
	on_site espudp sa show -j | grep -q "\"suite\": *\"$2\"" || return
	on_site espudp sa show -j | grep -q "\"esn\": *$3" || return
	pings
}

has_packets() { tcpdump -n -r "$1" 2> /dev/null | grep -q isakmp; }

# One half-open SA, left by a stranger, makes the gateway ask everybody for a cookie.
cookie()
{
	down
	gateway_config
	ip netns exec site timeout 60 tcpdump -n -i wan0 -U -w "$work/init.pcap" 'udp dst port 500 and src 192.0.2.2' 2> "$work/sniff" &
	local sniffer=$!
	wait_for 10 grep -q listening "$work/sniff"
	site_config
	up || return
	wait_for 10 has_packets "$work/init.pcap"
	kill $sniffer
	wait $sniffer 2> /dev/null
	down || return
	on_site /usr/bin/python3 - "$work/init.pcap" <<-'PYTHON' || return
	import os, socket, struct, sys
	data = open(sys.argv[1], "rb").read()[24:]
	length = struct.unpack("<I", data[8:12])[0]
	init = data[16 + 14 + 20 + 8:16 + length]
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("192.0.2.2", 50500))
	for _ in range(3):
	    s.sendto(os.urandom(8) + init[8:], ("192.0.2.1", 500))
	s.settimeout(5)
	s.recv(4096)
	PYTHON
	gateway --stats
	up && grep -c -i cookie "$SITE_LOG" && gateway --stats && on_site ping -n -q -c 1 192.168.7.1
}

# Twenty half-open SAs of its network, and the gateway itself is asked for a cookie. After "cookie", which left a
# request to be repeated.
cookie_asked()
{
	down
	gateway_config
	site_config 'peer=Start = no'
	up || return
	on_gw /usr/bin/python3 - "$work/init.pcap" <<-'PYTHON' || return
	import os, socket, struct, sys
	data = open(sys.argv[1], "rb").read()[24:]
	length = struct.unpack("<I", data[8:12])[0]
	init = data[16 + 14 + 20 + 8:16 + length]
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("192.0.2.1", 50500))
	s.settimeout(5)
	for _ in range(20):
	    s.sendto(os.urandom(8) + init[8:], ("192.0.2.2", 500))
	    s.recv(4096)
	PYTHON
	gateway --initiate --child lan > "$work/initiated"
	cat "$work/initiated"
	grep -q 'N(COOKIE)' "$work/initiated" && wait_for 10 is_up && on_site ping -n -q -c 1 192.168.7.1
}

network || { echo "Bail out! no network"; exit 1; }
mkdir -p /run/gateway.d
cp "$top/tools/demo/gateway/"*.conf /run/gateway.d/
sed -i 's/^charon-systemd {/&\n\tcookie_threshold = 1\n\tblock_threshold = 100/' /run/gateway.d/strongswan.conf
gateway_start gw /run/gateway.d /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start -v || { echo "Bail out! no ike-helper"; exit 1; }

check "KE X25519" ike aes256gcm16-prfsha256-x25519 X25519
check "KE P-256, by INVALID_KE_PAYLOAD" ike aes256gcm16-prfsha256-ecp256 256
check "KE P-384, by INVALID_KE_PAYLOAD" ike aes256gcm16-prfsha384-ecp384 384
check "KE MODP-3072, by INVALID_KE_PAYLOAD" ike aes128gcm16-prfsha256-modp3072 3072
check "KE P-521" ike aes256gcm16-prfsha512-ecp521 ECP_521 ECP_521
check "KE X448" ike aes256gcm16-prfsha512-x448 X448 X448
check "KE MODP-2048" ike aes128gcm16-prfsha256-modp2048 2048 MODP_2048
check "KE MODP-4096" ike aes128gcm16-prfsha256-modp4096 4096 MODP_4096
check "IKE AES-GCM-128, PRF SHA2-512" ike aes128gcm16-prfsha512-x25519 AES_GCM_16-128
check "IKE ChaCha20-Poly1305" ike chacha20poly1305-prfsha256-x25519 CHACHA20
check "IKE AES-CBC-256, HMAC-SHA2-256" ike aes256-sha256-x25519 AES_CBC-256
check "IKE AES-CBC-128, HMAC-SHA2-384" ike aes128-sha384-x25519 AES_CBC-128
check "IKE AES-CBC-256, HMAC-SHA2-512" ike aes256-sha512-modp3072 AES_CBC-256
check "responder: KE that the initiator guessed" ike_answered aes256gcm16-prfsha256-ecp384 384
check "responder: INVALID_KE_PAYLOAD" ike_answered aes256gcm16-prfsha256-modp2048-x25519 X25519 'AES_GCM_16-256, PRF_HMAC_SHA2_256, X25519'
check "ESP AES-GCM-128 with ESN" esp aes128gcm16-esn aes-gcm-16-128 true
check "ESP AES-GCM-128, 32-bit numbers" esp aes128gcm16-noesn aes-gcm-16-128 false
check "ESP AES-GCM-256 with ESN" esp aes256gcm16-esn aes-gcm-16-256 true
check "ESP AES-GCM-256, 32-bit numbers" esp aes256gcm16-noesn aes-gcm-16-256 false
check "ESP ChaCha20-Poly1305 with ESN" esp chacha20poly1305-esn chacha20-poly1305 true
check "ESP ChaCha20-Poly1305, 32-bit numbers" esp chacha20poly1305-noesn chacha20-poly1305 false
check "ESP AES-CBC-128 with HMAC-SHA2-256" esp aes128-sha256-noesn aes-cbc-128-sha256 false \
	'AES_CBC-128, HMAC_SHA2_256_128'
check "ESP AES-CBC-256 with HMAC-SHA2-512, ESN, which is in the default" esp aes256-sha512-esn aes-cbc-256-sha512 true
check "ESP AES-CBC-192 with HMAC-SHA2-384" esp aes192-sha384-esn aes-cbc-192-sha384 true 'AES_CBC-192 HMAC_SHA2_384_192'
check "ESP AES-CCM-128, ICV of 16" esp aes128ccm16-esn aes-ccm-16-128 true AES_CCM_16-128
check "ESP AES-CCM-256, ICV of 8" esp aes256ccm8-noesn aes-ccm-8-256 false AES_CCM_8-256
check "ESP AES-GCM-192, ICV of 12" esp aes192gcm12-esn aes-gcm-12-192 true AES_GCM_12-192
check "COOKIE answered" cookie
check "COOKIE asked for" cookie_asked
