#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Certificates, raw public keys and mixed methods against strongSwan in both roles, and every reason for
# which a certificate is refused.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pki.sh"

# gateway_signs [connection=LINE]...: the gateway authenticates by certificate and wants one.
gateway_signs()
{
	gateway_config 'local=auth = pubkey' 'local=certs = gw.crt' 'local=id = gw.example.com' \
		'remote=auth = pubkey' 'remote=cacerts = ca.crt' 'remote=id = site.example.com' "$@"
}

# site_has CERTIFICATE ANCHOR [LINE...]: the site does.
site_has()
{
	local certificate=$1 anchor=$2
	shift 2
	site_signs "interface=PrivateKey = file:$pki/$certificate.key" "interface=Certificate = $pki/$certificate.crt" \
		"peer=CA = $pki/$anchor.crt" 'peer=RemoteID = gw.example.com' "$@"
}

proven() { field remote_auth && field_has remote_auth "$1"; }

# both GATEWAY-CERTIFICATE SITE-CERTIFICATE PROOF [LINE]...: up, and up again when the gateway begins.
both()
{
	local gw=$1 site=$2 proof=$3
	shift 3
	down
	gateway_has "$gw" root
	gateway_signs || return
	site_has "$site" root "$@"
	up && proven "$proof" && pings v4 || return
	down
	site_has "$site" root 'peer=Start = no' "$@"
	up && gateway --initiate --child lan && wait_for 10 is_up && proven "$proof" && pings v4
}

chains()
{
	down
	gateway_has gw-deep root sub
	gateway_signs || return
	site_has site-chain root
	up && proven 'CN=gw-deep' && pings v4
}

# The identity is the subject, on both sides.
by_subject()
{
	down
	gateway_has gw-p256 root
	gateway_signs 'local=id = "C=CH, O=Test, CN=gw-p256"' 'remote=id = "C=CH, O=Test, CN=site-p256"' || return
	site_signs "interface=PrivateKey = file:$pki/site-p256.key" "interface=Certificate = $pki/site-p256.crt" \
		"peer=CA = $pki/root.crt" 'peer=RemoteID = C=CH, O=Test, CN=gw-p256' 'peer=LocalID = C=CH, O=Test, CN=site-p256'
	up && field_has remote_id 'CN=gw-p256' && pings v4
}

# raw KIND: each knows the other's public key; six lines.
raw()
{
	local kind=$1
	down
	gateway_has "gw-$kind" root
	rm -f "$GATEWAY_DIR"/x509*/*
	pki --pub --type priv --in "$pki/gw-$kind.key" --outform pem > "$GATEWAY_DIR/pubkey/gw.pub"
	espudp pubkey pem < "$pki/site-$kind.key" > "$GATEWAY_DIR/pubkey/site.pub"
	gateway_config 'local=auth = pubkey' 'local=pubkeys = gw.pub' 'local=id = gw.example.com' \
		'remote=auth = pubkey' 'remote=pubkeys = site.pub' 'remote=id = 192.0.2.2' || return
	cp "$pki/site-$kind.key" /etc/espudp/vpn0.key
	site_signs "peer=PublicKey = $(espudp pubkey < "$pki/gw-$kind.key")"
	[ "$(grep -c . "$SITE_CONF")" -eq 6 ] || return
	up && proven 'public key' && pings v4 || return
	down
	site_signs "peer=PublicKey = $(espudp pubkey < "$pki/gw-$kind.key")" 'peer=Start = no'
	up && gateway --initiate --child lan && wait_for 10 is_up && proven 'public key' && pings v4
}

# The gateway has a certificate, the site the secret.
certificate_and_secret()
{
	down
	gateway_has gw-rsa root
	gateway_config 'local=auth = pubkey' 'local=certs = gw.crt' 'local=id = gw.example.com' || return
	site_config "peer=CA = $pki/root.crt" 'peer=RemoteID = gw.example.com'
	up && proven 'CN=gw-rsa' && pings v4
}

secret_and_certificate()
{
	down
	gateway_has gw-rsa root
	gateway_config 'remote=auth = pubkey' 'remote=cacerts = ca.crt' 'remote=id = site.example.com' || return
	site_config "interface=PrivateKey = file:$pki/site-rsa.key" "interface=Certificate = $pki/site-rsa.crt"
	up && proven 'pre-shared key' && gateway --list-sas | grep site.example.com && pings v4
}

# refused WORDS: up fails, and says a reason that has WORDS (a regular expression).
# wrong CERTIFICATE CAUSE WORDS [LINE]...: the gateway has it, and the site says why it is refused.
wrong()
{
	local certificate=$1 cause=$2 words=$3
	shift 3
	down
	gateway_has "$certificate" root
	gateway_signs || return
	site_has site-ed25519 root "$@"
	refused "$cause" "$words"
}

# The same when the gateway begins.
wrong_answered()
{
	down
	gateway_has "$1" root
	gateway_signs || return
	site_has site-ed25519 root 'peer=Start = no'
	up || return
	forget
	gateway --initiate --child lan --timeout 20 && return 1
	field reason
	field_has reason "$3" && told "$2"
}

wrong_ca()
{
	down
	gateway_has gw-ed25519 root
	gateway_signs || return
	site_has site-ed25519 other
	refused certificate-issuer 'certificate 0 (.*CN=gw-ed25519): the certificate of its issuer is missing, or no anchor of ours'
}

# The gateway signs with SHA-1; the site has a key that can sign without RFC 7427.
sha1_refused()
{
	down
	gateway_has gw-rsa root
	gateway_signs || return
	site_has site-p256 root
	refused auth 'SHA-1 is broken'
}

gateway_wants_other_ca()
{
	down
	gateway_has gw-ed25519 other
	gateway_signs || return
	site_has site-ed25519 root
	refused auth-peer 'AUTHENTICATION_FAILED'
}

wrong_raw()
{
	raw ed25519 || return
	down
	site_signs "peer=PublicKey = $(espudp pubkey < "$pki/gw-p256.key")"
	refused auth 'none of those that we know\|of another kind than its key\|does not fit its key'
}

secret_only()
{
	down
	gateway_has gw-rsa root
	gateway_config || return
	site_config "peer=CA = $pki/root.crt" 'peer=RemoteID = any'
	refused auth 'with a pre-shared key, a certificate is expected'
}

# comes CERTIFICATE [LINE]...
comes()
{
	local certificate=$1
	shift
	down
	gateway_has "$certificate" root
	gateway_signs || return
	site_has site-ed25519 root "$@"
	up && pings v4
}

fetched()
{
	http_start || return
	wrong gw-revoked certificate-revoked 'CN=revoked): it is revoked' 'peer=Revocation = soft'
	local status=$?
	http_stop
	return $status
}

# The cache is the daemon's; a new one has nothing.
renew()
{
	down
	helper_stop
	helper_start -v && listen
}

ocsp_good()
{
	renew && ocsp_start V && comes gw-asks 'peer=Revocation = hard'
	local status=$?
	ocsp_stop
	return $status
}

ocsp_revoked()
{
	renew && ocsp_start R 260101000000Z && wrong gw-asks certificate-revoked 'CN=asks): it is revoked'
	local status=$?
	ocsp_stop
	return $status
}

nobody_to_ask()
{
	renew && wrong gw-asks revocation-unknown 'whether it is revoked is not known: http://192.0.2.1:8081/: cannot reach' 'peer=Revocation = hard' &&
	comes gw-asks 'peer=Revocation = soft'
}

# A server that takes connections and says nothing, for a while: it comes up when patience is over.
tarpit()
{
	renew || return
	ip netns exec gw timeout 60 /usr/bin/python3 -c '
import socket, time
s = socket.create_server(("192.0.2.1", 8081))
open("/run/tarpit", "w")
time.sleep(60)' &
	local pid=$! status
	wait_for 10 test -e /run/tarpit
	down
	gateway_has gw-asks root
	gateway_signs && site_has site-ed25519 root
	on_site espudp up vpn0 --wait 0
	# Meanwhile the daemon answers at once.
	wait_for 20 grep -q 'asking http://192.0.2.1:8081/' "$SITE_LOG" && timeout 10 ip netns exec site espudp show vpn0 &&
		is_not_up && wait_for 20 is_up && pings v4
	status=$?
	kill $pid
	return $status
}

# What peers do that do not know RFC 7427.
old_peer()
{
	down
	gateway_stop
	pki_gateway_start 'signature_authentication = no'
}

quit()
{
	local status=$?
	http_stop
	ocsp_stop
	(exit $status)
	finish
}

network || { echo "Bail out! no network"; exit 1; }
trap quit EXIT
pki_make > "$work/said" 2>&1 || { cat "$work/said"; echo "Bail out! no certificates"; exit 1; }
pki_gateway_start || { echo "Bail out! no strongSwan"; exit 1; }
helper_start -v || { echo "Bail out! no ike-helper"; exit 1; }
listen

check "certificates with RSA, both roles" both gw-rsa site-rsa 'RSA.*certificate C=CH, O=Test, CN=gw-rsa'
check "RSA, we sign by PKCS#1" both gw-rsa site-rsa RSA 'interface=Signature = pkcs1'
check "certificates with P-256, both roles" both gw-p256 site-p256 'ECDSA with SHA2-256'
check "certificates with P-384, both roles" both gw-p384 site-p384 'ECDSA with SHA2-384'
check "certificates with Ed25519, both roles" both gw-ed25519 site-ed25519 'Ed25519'
check "different kinds of keys" both gw-rsa site-ed25519 RSA
check "intermediate CAs, both ways" chains
check "identities are subjects" by_subject
check "raw public keys, RSA, both roles" raw rsa
check "raw public keys, P-256, both roles" raw p256
check "raw public keys, Ed25519, six lines, both roles" raw ed25519
check "the gateway has a certificate, we the secret" certificate_and_secret
check "the gateway has the secret, we a certificate" secret_and_certificate
check "wrong CA" wrong_ca
check "the gateway wants another CA" gateway_wants_other_ca
check "another public key" wrong_raw
check "a secret where a certificate is expected" secret_only
check "expired" wrong gw-expired certificate-expired 'CN=expired): it has expired: until 2021-01-01 00:00:00, and our clock says'
check "expired, the gateway begins" wrong_answered gw-expired certificate-expired 'CN=expired): it has expired'
check "not yet valid" wrong gw-early certificate-early 'CN=early): it is not yet valid: from 2048-01-01 00:00:00'
check "identity not in the certificate" wrong gw-id certificate-identity 'CN=gw.example.com, other.example.com'
check "wrong purpose" wrong gw-code certificate 'its extended key usage has none of'
check "revoked, list from a file" wrong gw-revoked certificate-revoked 'CN=revoked): it is revoked' "peer=CRL = $pki/http/root.crl"
check "not on the list from a file" comes gw-ed25519 "peer=CRL = $pki/good.crl" 'peer=Revocation = hard'
check "no list, and none is wanted" comes gw-revoked 'peer=Revocation = off'
check "revoked, list by HTTP" fetched
check "OCSP: good" ocsp_good
check "OCSP: revoked" ocsp_revoked
check "nobody to ask: hard refuses, soft does not" nobody_to_ask
check "a server that does not answer holds nobody up" tarpit
check "a peer without RFC 7427" old_peer
check "ECDSA-256 (method 9), both roles" both gw-p256 site-p256 'ECDSA-256'
check "ECDSA-384 (method 10), both roles" both gw-p384 site-p384 'ECDSA-384'
check "RSA with SHA-1 (method 1) if it is allowed, both roles" both gw-rsa site-rsa 'RSA (method 1) with SHA-1' 'interface=Signature = sha1'
check "RSA with SHA-1 (method 1) is refused otherwise" sha1_refused
