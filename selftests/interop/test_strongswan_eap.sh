#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# EAP within IKE_AUTH (RFC 7296 2.16) against strongSwan, in both roles: EAP-MSCHAPv2 and EAP-TLS, a wrong
# password, an unknown user, a method that the other side does not want, a stranger's certificate.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pki.sh"

PASSWORDS='alice:correct horse battery'

# secrets PASSWORD: of alice, at strongSwan.
secrets()
{
	printf 'secrets {\n\teap-alice {\n\t\tid = alice\n\t\tsecret = "%s"\n\t}\n}\n' "$1" \
		> "$GATEWAY_DIR/gateway.secret"
}

# strongSwan is the gateway, and asks for METHOD.
gateway_asks()
{
	gateway_has gw-p256 root
	gateway_config 'local=auth = pubkey' 'local=certs = gw.crt' 'local=id = gw.example.com' \
		"remote=auth = eap-$1" 'remote=eap_id = %any' "${@:2}"
}

# We are the client.
client()
{
	site_signs "peer=CA = $pki/root.crt" 'peer=RemoteID = gw.example.com' "$@"
}

with_password() { client 'interface=User = alice' 'interface=Password = file:alice.password'; }

with_certificate()
{
	client "interface=PrivateKey = file:$pki/$1.key" "interface=Certificate = $pki/$1.crt" \
		'interface=EAP = tls' 'peer=LocalID = site.example.com' "${@:2}"
}

client_mschapv2()
{
	down
	secrets "${PASSWORDS#*:}"
	gateway_asks mschapv2
	with_password
	up && field_has remote_auth 'CN=gw-p256' && pings && gateway --list-sas | grep "'alice'"
}

# fails WORDS: up fails for a reason that has WORDS.
fails()
{
	if up 15; then
		echo "it came up"
		return 1
	fi
	field reason
	field_has reason "$1"
}

client_wrong_password()
{
	down
	secrets "another password"
	gateway_asks mschapv2
	with_password
	fails 'error 691, wrong user name or password'
}

client_nak()
{
	down
	gateway_asks md5
	with_password
	fails 'it wants EAP-MD5, which is not among our methods'
}

client_tls()
{
	down
	gateway_asks tls 'remote=cacerts = ca.crt'
	with_certificate site-p256
	up && pings
}

# Who only answers, with whom strongSwan begins; LINE... are ours.
server()
{
	down
	gateway_has gw-p256 root
	site_signs "interface=PrivateKey = file:$pki/site-p256.key" "interface=Certificate = $pki/site-p256.crt" \
		'peer=LocalID = site.example.com' "$@"
	up
}

# strongSwan is the client.
caller()
{
	gateway_config 'remote=auth = pubkey' 'remote=id = site.example.com' 'remote=cacerts = ca.crt' "$@" &&
		gateway --initiate --child lan --timeout 15
}

server_mschapv2()
{
	secrets "${PASSWORDS#*:}"
	server 'peer=Users = file:users' || return
	caller 'local=auth = eap-mschapv2' 'local=eap_id = alice' 'local=id = laptop' &&
		wait_for 10 is_up && field_is remote_id alice && field_has remote_auth 'EAP-MSCHAPv2, user alice' && pings
}

server_wrong_password()
{
	secrets "another password"
	server 'peer=Users = file:users' || return
	! caller 'local=auth = eap-mschapv2' 'local=eap_id = alice' &&
		wait_for 10 field_has reason "wrong password of user 'alice'"
}

server_unknown_user()
{
	printf 'secrets {\n\teap-mallory {\n\t\tid = mallory\n\t\tsecret = "x"\n\t}\n}\n' > "$GATEWAY_DIR/gateway.secret"
	server 'peer=Users = file:users' || return
	! caller 'local=auth = eap-mschapv2' 'local=eap_id = mallory' &&
		wait_for 10 field_has reason "there is no user 'mallory'"
}

server_tls()
{
	server 'peer=EAP = tls' "peer=CA = $pki/root.crt" || return
	caller 'local=auth = eap-tls' 'local=certs = gw.crt' 'local=id = gw.example.com' &&
		wait_for 10 is_up && field_is remote_id gw.example.com && field_has remote_auth 'EAP-TLS' && pings
}

server_tls_stranger()
{
	server 'peer=EAP = tls' "peer=CA = $pki/other.crt" || return
	! caller 'local=auth = eap-tls' 'local=certs = gw.crt' 'local=id = gw.example.com' &&
		wait_for 10 field_has reason 'no anchor of ours'
}

network || { echo "Bail out! no network"; exit 1; }
if ! ls /usr/lib/ipsec/plugins/libstrongswan-eap-mschapv2.so > /dev/null 2>&1; then
	echo "1..0 # SKIP strongSwan has no EAP-MSCHAPv2 here"
	trap - EXIT
	exit 0
fi
rm -rf "$pki"
mkdir -p "$pki"
{ pki_ca root ecdsa 256 && pki_ca other ecdsa 256 && pki_pair p256 ecdsa 256; } ||
	{ echo "Bail out! no certificates"; exit 1; }
(umask 077 && echo "${PASSWORDS#*:}" > /etc/espudp/alice.password && echo "$PASSWORDS" > /etc/espudp/users)
mkdir -p /run/gateway.d
cp "$top/tools/demo/gateway/"*.conf /run/gateway.d/
sed -i -e 's/load = random nonce [a-z ]*openssl/& pem pkcs1 pkcs8 pubkey x509/' \
	-e 's/load = random nonce drbg.*/& constraints eap-identity eap-mschapv2 eap-md5 eap-tls/' \
	/run/gateway.d/strongswan.conf
export SWANCTL_DIR=$GATEWAY_DIR
gateway_start gw /run/gateway.d /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start -v || { echo "Bail out! no ike-helper"; exit 1; }

check "client, EAP-MSCHAPv2" client_mschapv2
check "client, wrong password: said why" client_wrong_password
check "client, a method that we do not have: said why" client_nak
check "client, EAP-TLS" client_tls
check "server, EAP-MSCHAPv2" server_mschapv2
check "server, wrong password: said why" server_wrong_password
check "server, unknown user: said why" server_unknown_user
check "server, EAP-TLS" server_tls
check "server, EAP-TLS, a stranger's certificate: said why" server_tls_stranger
