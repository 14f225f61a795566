#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# Private keys that a TPM has made and never gives out, found by a provider of OpenSSL and used by the daemon's signing
# process in its sandbox, through the kernel's driver; strongSwan is the peer. The TPM is swtpm's.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pki.sh"

CONF=/etc/espudp/openssl.cnf

# tpm_key HANDLE KIND NAME: make a key there, and a certificate for it.
tpm_key()
{
	local handle=$1 kind=$2 name=$3 use='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'

	# A TPM signs with an RSA key whose scheme is left open only if it may decrypt as well.
	[ "$kind" = ecc ] || use+='|decrypt'
	tpm2_createprimary -Q -C o -c "$work/primary" &&
	tpm2_create -Q -C "$work/primary" -G "$kind" -a "$use" -u "$work/key.pub" -r "$work/key.priv" &&
	tpm2_load -Q -C "$work/primary" -u "$work/key.pub" -r "$work/key.priv" -c "$work/key" &&
	tpm2_evictcontrol -Q -C o -c "$work/key" "$handle" &&
	tpm2_readpublic -Q -c "$handle" -f pem -o "$pki/$name.pub" &&
	pki --issue --type pub --in "$pki/$name.pub" --cacert "$pki/root.crt" --cakey "$pki/root.key" --lifetime 50 \
		--dn "C=CH, O=Test, CN=$name" --san site.example.com --outform pem > "$pki/$name.crt"
}

# As in ike-helper(8).
configuration()
{
	cat > $CONF <<-'END'
	openssl_conf = init
	[init]
	providers = providers
	[providers]
	default = own
	tpm2 = tpm
	[own]
	activate = 1
	[tpm]
	activate = 1
	END
}

keys()
{
	tpm_key 0x81000001 ecc site-tpm && tpm_key 0x81000002 rsa2048 site-tpm-rsa && configuration
}

# site_has HANDLE CERTIFICATE [LINE]...
site_has()
{
	site_signs "interface=PrivateKey = handle:$1" "interface=Certificate = $pki/$2.crt" "peer=CA = $pki/root.crt" \
		'peer=RemoteID = gw.example.com' "${@:3}"
}

gateway_signs()
{
	gateway_has gw-p256 root
	gateway_config 'local=auth = pubkey' 'local=certs = gw.crt' 'local=id = gw.example.com' \
		'remote=auth = pubkey' 'remote=cacerts = ca.crt' 'remote=id = site.example.com'
}

# certified HANDLE CERTIFICATE SCHEME: each of both begins once; the gateway knows the scheme by strongSwan's name.
certified()
{
	down
	gateway_signs || return
	site_has "$1" "$2"
	: > "$GATEWAY_LOG"
	up && grep "authentication of 'site.example.com' with $3 successful" "$GATEWAY_LOG" && pings || return
	down
	site_has "$1" "$2" 'peer=Start = no'
	up && gateway --initiate --child lan && wait_for 10 is_up && pings
}

raw()
{
	down
	gateway_has gw-p256 root
	rm -f "$GATEWAY_DIR"/x509*/*
	cp "$pki/site-tpm.pub" "$GATEWAY_DIR/pubkey/site.pub"
	pki --pub --type priv --in "$pki/gw-p256.key" --outform pem > "$GATEWAY_DIR/pubkey/gw.pub"
	gateway_config 'local=auth = pubkey' 'local=pubkeys = gw.pub' 'local=id = gw.example.com' \
		'remote=auth = pubkey' 'remote=pubkeys = site.pub' 'remote=id = 192.0.2.2' || return
	site_signs 'interface=PrivateKey = handle:0x81000001' "peer=PublicKey = $(espudp pubkey < "$pki/gw-p256.key")"
	up && field_has remote_auth 'public key' && pings
}

nothing_there()
{
	down
	site_has 0x8100000f site-tpm
	! up && grep -q 'handle:...: there is no private key at this URI' "$work/said"
}

not_its_certificate()
{
	down
	site_has 0x81000002 site-tpm
	! up && grep -qi 'certificate.*key\|key.*certificate' "$work/said"
}

if [ ! -c /dev/tpmrm0 ]; then
	echo 'ok 1 # SKIP no TPM in this machine: tools/vm/run -T'
	echo '1..1'
	exit 0
fi
network || exit
pki_make
check "keys that are made in the TPM" keys
pki_gateway_start || exit
OPENSSL_CONF=$CONF helper_start || exit
check "P-256, by certificate" certified 0x81000001 site-tpm ECDSA_WITH_SHA256_DER
check "RSA-2048, by certificate" certified 0x81000002 site-tpm-rsa 'RSA_EMSA_PSS.*'
check "a raw public key" raw
check "no key at the handle" nothing_there
check "another key's certificate" not_its_certificate
