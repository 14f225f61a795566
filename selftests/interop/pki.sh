# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Keys and certificates for the tests against strongSwan; lib.sh has to be sourced first. All is made anew
# below $pki by strongSwan's pki(1): a root, two certificates of each kind of key for gw.example.com and
# site.example.com, and those that are wrong in some way.

pki=/run/pki
PKI_HTTP=http://192.0.2.1:8080
http_pid=
ocsp_pid=

# pki_key FILE TYPE [BITS]
pki_key()
{
	(umask 077 && pki --gen --type "$2" ${3:+--size "$3"} --outform pem > "$1")
}

# pki_ca NAME TYPE [BITS]: NAME.key and NAME.crt, self-signed.
pki_ca()
{
	pki_key "$pki/$1.key" "${@:2}" &&
	pki --self --ca --type priv --in "$pki/$1.key" --dn "CN=$1" --lifetime 100 --outform pem > "$pki/$1.crt"
}

# pki_issue NAME CA OPTION...: NAME.crt for the existing NAME.key.
pki_issue()
{
	local name=$1 ca=$2
	shift 2
	pki --pub --type priv --in "$pki/$name.key" |
		pki --issue --cacert "$pki/$ca.crt" --cakey "$pki/$ca.key" --lifetime 50 --outform pem "$@" > "$pki/$name.crt"
}

# pki_pair KIND TYPE [BITS]: gw-KIND and site-KIND.
pki_pair()
{
	local who
	for who in gw site; do
		pki_key "$pki/$who-$1.key" "${@:2}" &&
		pki_issue "$who-$1" root --dn "C=CH, O=Test, CN=$who-$1" --san "$who.example.com" || return
	done
}

# pki_crl FILE OPTION...: a list of the root, as DER.
pki_crl()
{
	local file=$1
	shift
	pki --signcrl --cacert "$pki/root.crt" --cakey "$pki/root.key" --lifetime 10 "$@" > "$file"
}

# pki_wrong: certificates of the gateway that are not to be believed, all with the key of gw-ed25519.
pki_wrong()
{
	local name
	for name in expired early id revoked asks code; do
		cp "$pki/gw-ed25519.key" "$pki/gw-$name.key" || return
	done
	pki_issue gw-expired root --dn CN=expired --san gw.example.com --not-before '01.01.20 00:00:00' --not-after '01.01.21 00:00:00' &&
	pki_issue gw-early root --dn CN=early --san gw.example.com --not-before '01.01.48 00:00:00' --not-after '01.01.49 00:00:00' &&
	pki_issue gw-id root --dn CN=gw.example.com --san other.example.com &&
	pki_issue gw-revoked root --dn CN=revoked --san gw.example.com --crl "$PKI_HTTP/root.crl" &&
	pki_issue gw-asks root --dn CN=asks --san gw.example.com --ocsp http://192.0.2.1:8081/ &&
	pki_issue gw-code root --dn CN=code --san gw.example.com --flag ocspSigning
}

pki_make()
{
	rm -rf "$pki"
	mkdir -p "$pki/http"
	pki_ca root ed25519 && pki_ca other ed25519 &&
	pki_pair rsa rsa 2048 && pki_pair p256 ecdsa 256 && pki_pair p384 ecdsa 384 &&
	pki_pair ed25519 ed25519 && pki_wrong || return
	# One step down.
	pki_key "$pki/sub.key" ecdsa 256 && pki_issue sub root --ca --dn CN=sub || return
	local who
	for who in gw site; do
		pki_key "$pki/$who-deep.key" ed25519 &&
		pki_issue "$who-deep" sub --dn "CN=$who-deep" --san "$who.example.com" &&
		cat "$pki/$who-deep.crt" "$pki/sub.crt" > "$pki/$who-chain.crt" || return
	done
	cp "$pki/site-deep.key" "$pki/site-chain.key"
	pki_crl "$pki/http/root.crl" --reason key-compromise --cert "$pki/gw-revoked.crt" &&
	pki_crl "$pki/good.crl"
}

# http_start, ocsp_start V|R: servers of the gateway; the second one says that gw-asks is valid or revoked.
http_start()
{
	ip netns exec gw /usr/bin/python3 -m http.server 8080 --bind 192.0.2.1 --directory "$pki/http" > /dev/null 2>&1 &
	http_pid=$!
	wait_for 10 on_gw /usr/bin/python3 -c 'import socket; socket.create_connection(("192.0.2.1", 8080))'
}

http_stop()
{
	[ -n "$http_pid" ] || return 0
	kill "$http_pid" 2> /dev/null
	wait "$http_pid" 2> /dev/null
	http_pid=
}

ocsp_start()
{
	local serial
	serial=$(openssl x509 -in "$pki/gw-asks.crt" -noout -serial)
	printf '%s\t491231235959Z\t%s\t%s\tunknown\t/CN=asks\n' "$1" "${2-}" "${serial#*=}" > "$pki/index.txt"
	ip netns exec gw openssl ocsp -index "$pki/index.txt" -port 8081 -rsigner "$pki/root.crt" -rkey "$pki/root.key" -CA "$pki/root.crt" -nmin 60 > /run/ocsp.log 2>&1 &
	ocsp_pid=$!
	wait_for 10 grep -q -i 'wait\|accept' /run/ocsp.log
}

ocsp_stop()
{
	[ -n "$ocsp_pid" ] || return 0
	kill "$ocsp_pid" 2> /dev/null
	wait "$ocsp_pid" 2> /dev/null
	ocsp_pid=
}

# The gateway's strongSwan with what certificates need beside.
pki_gateway_start()
{
	mkdir -p /run/gateway.d
	cp "$top/tools/demo/gateway/"*.conf /run/gateway.d/
	sed -i 's/load = \(random nonce [a-z ]*openssl\)/load = \1 pem pkcs1 pkcs8 pubkey x509 revocation constraints/' /run/gateway.d/strongswan.conf
	[ $# -eq 0 ] || sed -i "s/^charon-systemd {/&\n\t$1/" /run/gateway.d/strongswan.conf
	export SWANCTL_DIR=$GATEWAY_DIR
	gateway_start gw /run/gateway.d /etc/espudp/vpn0.psk
}

# gateway_has CERTIFICATE ANCHOR: its key and certificates, and whom it believes. swanctl looks for them in
# directories of fixed names.
gateway_has()
{
	local dir
	for dir in x509 x509ca private pubkey; do
		rm -rf "${GATEWAY_DIR:?}/$dir"
		mkdir -p "$GATEWAY_DIR/$dir"
	done
	cp "$pki/$1.crt" "$GATEWAY_DIR/x509/gw.crt"
	cp "$pki/$1.key" "$GATEWAY_DIR/private/gw.key"
	cp "$pki/$2.crt" "$GATEWAY_DIR/x509ca/ca.crt"
	[ -z "${3-}" ] || cp "$pki/$3.crt" "$GATEWAY_DIR/x509ca/sub.crt"
}

# shellcheck disable=SC2034 # link_config is given its name
signing_lines=('interface=Address = 10.9.0.1/32, fd00:9::1/128' 'peer=Endpoint = 192.0.2.1'
	'peer=AllowedIPs = 192.168.7.0/24, fd00:7::/64')

# site_signs [interface=LINE]... [peer=LINE]...: as site_config, without PSK.
site_signs() { link_config "$SITE_CONF" signing_lines "$@"; }
