# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What is tried with every peer, in both roles of ours; peers.sh has to be sourced first. A scenario is a function
# that succeeds, fails, or returns 77 after it has said why the peer has no part in it. $role is initiator or
# responder: ours.

# A line each: name, roles, function and its arguments. The first ones are what "basic" is.
scenarios()
{
	cat <<-END
	psk                 both      bring_up
	rekey-child-ours    both      rekeyed ours child
	rekey-ike-ours      both      rekeyed ours ike
	rekey-child-theirs  both      rekeyed theirs child
	rekey-ike-theirs    both      rekeyed theirs ike
	rekey-pfs           both      rekeyed_pfs
	cert-rsa            both      certificate rsa
	cert-p256           both      certificate p256
	cert-ed25519        both      certificate ed25519
	ke-x25519           both      ike x25519 aes256gcm - sha256 x25519
	ke-x448             both      ike x448 aes256gcm - sha256 x448
	ke-p256             both      ike ecp256 aes256gcm - sha256 ecp256
	ke-p384             both      ike ecp384 aes256gcm - sha384 ecp384
	ke-p521             both      ike ecp521 aes256gcm - sha512 ecp521
	ke-modp2048         both      ike modp2048 aes128 sha256 sha256 modp2048
	ke-modp3072         both      ike modp3072 aes256gcm - sha256 modp3072
	ke-modp4096         both      ike modp4096 aes256gcm - sha256 modp4096
	ike-aes128gcm       both      ike aead aes128gcm - sha256 x25519
	ike-chacha20        both      ike ike-chacha20 chacha20 - sha256 x25519
	ike-aes128-sha256   both      ike cbc aes128 sha256 sha256 ecp256
	ike-aes256-sha384   both      ike cbc aes256 sha384 sha384 ecp256
	ike-aes256-sha512   both      ike cbc aes256 sha512 sha512 ecp256
	esp-aes128gcm       both      esp esp-aead aes-gcm-16-128 aes128gcm -
	esp-aes256gcm       both      esp esp-aead aes-gcm-16-256 aes256gcm -
	esp-chacha20        both      esp esp-aead chacha20-poly1305 chacha20 -
	esp-aes128-sha256   both      esp esp-sha256 aes-cbc-128-sha256 aes128 sha256
	esp-aes256-sha512   both      esp esp-sha512 aes-cbc-256-sha512 aes256 sha512
	identities          both      identities
	selectors-narrowed  initiator narrowed
	dpd-ours            both      peer_dies
	dpd-theirs          both      peer_asks
	delete-ours         both      we_delete
	delete-theirs       both      they_delete
	nat-ours            both      nat_here
	nat-theirs          both      nat_there
	fragments           both      fragments
	mobike              both      mobike
	addresses           both      addresses
	cookies             both      cookies
	ppk                 both      ppk
	wrong-psk           both      wrong_psk
	wrong-id            both      wrong_id
	wrong-ike           both      wrong_ike
	wrong-esp           both      wrong_esp
	wrong-selectors     both      wrong_selectors
	wrong-ca            both      wrong_ca
	expired-ca          both      expired_ca
	revoked             both      revoked
	END
	# Whoever the peer is, it is our patience that counts: one will do.
	[ "${peer_name:-strongswan-5}" != strongswan-5 ] || cat <<-END
	loss-100-bring-ups  both      lossy bring_ups 100
	loss-100-rekeys     initiator lossy rekeys_of_all_kinds 100
	END
}

cannot()
{
	peer_cannot "$1" && return 77
	return 0
}

# ours [LINE]...: the site's configuration, for the one child that every peer can have.
ours()
{
	local lines=("$@")
	[[ "$*" == *Address* ]] || lines+=('interface=Address = 10.9.0.1/32')
	[[ "$*" == *AllowedIPs* ]] || lines+=('peer=AllowedIPs = 192.168.7.0/24')
	[[ "$*" == *LocalIPs* ]] || lines+=('peer=LocalIPs = 10.9.0.1/32')
	[ "$role" = initiator ] || lines+=('peer=Start = no')
	if [[ "$*" == *CA\ =* ]]; then
		site_signs "${lines[@]}"
	else
		site_config "${lines[@]}"
	fi
}

# clean: nothing of before is there.
clean()
{
	down
	on_site nft flush ruleset
	on_gw nft flush ruleset
	return 0
}

# start: whoever begins in this role does.
start()
{
	if [ "$role" = initiator ]; then
		up 60
		return
	fi
	up && peer_initiate && wait_for 60 is_up
}

# Some peers can only speak IKE here; then that has to do.
no_data() { peer_cannot data > /dev/null; }

reaches() { no_data || wait_for 20 on_site ping -n -q -c 2 -i 0.2 -W 5 192.168.7.1; }
reached_back() { no_data || wait_for 20 on_gw ping -n -q -c 2 -i 0.2 -W 5 10.9.0.1; }

# Who answers may be ready a moment later.
traffic() { reaches && reached_back; }

under_traffic()
{
	if no_data; then
		"$@"
	else
		lossless "$@"
	fi
}

bring_up()
{
	clean
	peer_config "$@" && ours && start && traffic
}

# there: a tunnel from before, or a new one.
there() { is_up && traffic || bring_up; }

# ---- rekeying

field_of() { case $1 in child) echo spi_in ;; ike) echo spi_i ;; esac; }

we_rekey() { on_site espudp rekey vpn0 "$1"; }
they_rekey() { "peer_rekey_$1"; }

# rekeys we_rekey|they_rekey child|ike [SECONDS]
rekeys()
{
	local before
	before=$(field "$(field_of "$2")")
	"$1" "$2" && wait_for "${3:-60}" field_changed "$(field_of "$2")" "$before"
}

# Packets that may be lost when we rekey a child: a peer that sends with the new keys before it has told that there are
# any leaves us no chance (RFC 7296 2.8). On a busy machine that may take us seconds.
EARLY=150

# rekeyed ours|theirs child|ike: without a lost packet, and one pair of SAs remains.
rekeyed()
{
	local who=we_rekey may_lose=0
	[ "$1 $2" != 'ours child' ] || ! peer_cannot wait-for-answer > /dev/null || may_lose=$EARLY
	if [ "$1" = theirs ]; then
		who=they_rekey
		! no_data || [ "$2" != child ] || cannot data || return
		if peer_cannot rekey-by-command > /dev/null; then
			clean
			peer_config "$2_life=20" && ours && start || return
		fi
	fi
	there && under_traffic rekeys $who "$2" && wait_for 30 one_pair && wait_for 60 peer_has_one_pair && traffic
}

one_pair() { [ "$(on_site espudp sa show -j | grep -c '"spi"')" -eq 2 ]; }

rekeyed_pfs()
{
	local may_lose=0 hash=sha256
	! peer_cannot wait-for-answer > /dev/null || may_lose=$EARLY
	! peer_cannot esp-sha256 > /dev/null || hash=sha512
	clean
	peer_config "esp=aes256 $hash ecp256" && ours 'peer=PFS = yes' && start && traffic &&
	under_traffic rekeys we_rekey child && wait_for 60 peer_has_one_pair && traffic
}

# ---- credentials

certificate()
{
	cannot "$1" || return
	clean
	peer_config "auth=$1" && signs "$1" && start && field remote_auth && field_has remote_auth "CN=gw-$1" && traffic
}

# signs KIND [LINE]...: the site has such a certificate.
signs()
{
	local kind=$1
	shift
	ours "interface=PrivateKey = file:$pki/site-$kind.key" "interface=Certificate = $pki/site-$kind.crt" \
		"peer=CA = $pki/ca-$kind.crt" 'peer=RemoteID = gw.example.com' "$@"
}

identities()
{
	clean
	peer_config peer_id=gw.example.com site_id=site.example.com &&
	ours 'peer=LocalID = site.example.com' 'peer=RemoteID = gw.example.com' && start && traffic
}

# ---- algorithms

declare -A our_word=([x448]=X448 [ecp521]=ECP_521 [modp2048]=MODP_2048 [modp4096]=MODP_4096)
declare -A shown_ke=([x25519]=X25519 [x448]=X448 [ecp256]=256 [ecp384]=384 [ecp521]=521 [modp2048]=2048
	[modp3072]=3072 [modp4096]=4096)
declare -A shown_enc=([aes128gcm]=AES_GCM_16-128 [aes256gcm]=AES_GCM_16-256 [chacha20]=CHACHA20 [aes128]=AES_CBC-128
	[aes256]=AES_CBC-256)

# ike WORD ENCRYPTION INTEGRITY PRF KE: the peer takes nothing else.
ike()
{
	local word=$1
	shift
	cannot "$word" || return
	clean
	peer_config "ike=$*" && ours ${our_word[$4]:+"peer=IKE = ${our_word[$4]}"} && start && field proposal &&
	field_has proposal "${shown_enc[$1]}" && field_has proposal "${shown_ke[$4]}" && traffic
}

# esp WORD SUITE ENCRYPTION INTEGRITY
esp()
{
	local word=$1 suite=$2
	shift 2
	cannot "$word" || return
	clean
	peer_config "esp=$*" && ours && start || return
	on_site espudp sa show -j | grep -q "\"suite\": *\"$suite\"" && traffic
}

# ---- selectors and addresses

# We ask for everything and get what the peer has.
narrowed()
{
	clean
	peer_config peer_ts=192.168.7.0/26 && ours && start && shown 192.168.7.0/26 && traffic
}

# The peer's pool, or ours.
addresses()
{
	clean
	if [ "$role" = initiator ]; then
		ip -n gw route replace 10.40.0.0/24 via 192.0.2.2 src 192.168.7.1
		peer_config pool=10.40.0.0/24 && ours 'interface=Address = auto' 'interface=DNS = auto' 'peer=LocalIPs = 0.0.0.0/0' &&
		start && on_site ip -o addr show dev vpn0 | grep -q ' 10\.40\.0\.' && shown 192.168.7.53 && reaches
		return
	fi
	peer_config client=1 peer_ts=10.20.0.0/24 site_ts=10.9.0.0/24 || return
	ours 'peer=AllowedIPs = 10.20.0.0/24' 'peer=LocalIPs = 10.9.0.0/24'
	sed -i '/^AllowedIPs/d; /^\[Peer\]/a Pool = 10.20.0.0/24' "$SITE_CONF"
	start && shown '"pool_in_use": *1'
}

# ---- liveness and deletion

flush_peer()
{
	on_gw ip xfrm state flush
	on_gw ip xfrm policy flush
}

# It says nothing more; it is found out, and all comes up again when it is back.
peer_dies()
{
	clean
	peer_config && ours 'peer=DPD = 2s' 'peer=RetransmitTimeout = 5s' && start && traffic || return
	peer_kill KILL
	flush_peer
	wait_for 40 is_not_up && { field reason; [ -n "$(field reason)" ]; } && wait_for 10 no_sa
	local status=$?
	peer_stop
	peer_start && peer_load || return
	[ $status -eq 0 ] || return
	if [ "$role" = initiator ]; then
		wait_for 60 is_up && traffic
	else
		peer_initiate && wait_for 30 is_up && traffic
	fi
}

no_sa() { ! on_site espudp sa show -j | grep -q '"spi"'; }

# It asks for signs of life and gets them.
peer_asks()
{
	local spi
	cannot dpd || return
	clean
	peer_config dpd=2 && ours 'peer=DPD = off' && start && traffic || return
	spi=$(field spi_i)
	on_site timeout 60 tcpdump -n -i wan0 -U -w "$work/dpd.pcap" \
		'udp port 4500 and udp[8:4] = 0 and udp[30] = 37' 2> "$work/sniff" &
	local sniffer=$!
	wait_for 10 grep -q listening "$work/sniff"
	wait_for 40 asked_and_answered
	local status=$?
	kill $sniffer
	wait $sniffer 2> /dev/null
	[ $status -eq 0 ] && field_is spi_i "$spi" && traffic
}

# INFORMATIONAL exchanges: two requests of the peer, and two answers.
asked_and_answered()
{
	[ "$(tcpdump -n -r "$work/dpd.pcap" 'src 192.0.2.1' 2> /dev/null | wc -l)" -ge 2 ] &&
	[ "$(tcpdump -n -r "$work/dpd.pcap" 'src 192.0.2.2' 2> /dev/null | wc -l)" -ge 2 ]
}

we_delete()
{
	there && down && wait_for 20 peer_has_no_sa
}

they_delete()
{
	local before
	bring_up || return
	before=$(field spi_i)
	peer_delete || return
	if [ "$role" = responder ]; then
		wait_for 20 gone_or_new "$before"
		return
	fi
	# Start = yes: it comes back by itself.
	wait_for 30 field_changed spi_i "$before" && wait_for 30 is_up && traffic
}

gone_or_new() { is_not_up || field_changed spi_i "$1"; }

# ---- paths

# nat NAMESPACE: what comes from there has other ports.
nat()
{
	ip netns exec "$1" nft -f - <<-END
	table ip tnat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname wan0 udp sport { 500, 4500 } masquerade to :20000-30000
		}
	}
	END
}

# reached NAMESPACE ADDRESS: there, 192.0.2.9 stands for that address.
reached()
{
	ip -n "$1" addr replace 192.0.2.9/24 dev wan0
	ip netns exec "$1" nft -f - <<-END
	table ip tnat {
		chain pre {
			type nat hook prerouting priority dstnat;
			ip daddr 192.0.2.9 dnat to $2
		}
	}
	END
}

nat_here()
{
	clean
	if [ "$role" = initiator ]; then
		nat site
		peer_config site_addr=%any && ours 'peer=LocalID = 192.0.2.2' && start && traffic
	else
		reached site 192.0.2.2
		peer_config site_addr=192.0.2.9 && ours 'peer=LocalID = 192.0.2.2' && start && traffic
	fi
	un_nat site $?
}

nat_there()
{
	clean
	if [ "$role" = initiator ]; then
		reached gw 192.0.2.1
		peer_config && ours 'peer=Endpoint = 192.0.2.9' && start && traffic
	else
		nat gw
		peer_config && ours && start && traffic
	fi
	un_nat gw $?
}

un_nat()
{
	ip netns exec "$1" nft flush ruleset
	ip -n "$1" addr del 192.0.2.9/24 dev wan0 2> /dev/null
	return "$2"
}

# IP fragments do not pass, nor datagrams longer than Ethernet's.
no_ip_fragments()
{
	local ns
	for ns in site gw; do
		ip netns exec $ns nft -f - <<-END || return
		table inet path {
			chain in {
				type filter hook prerouting priority -500;
				iifname "wan0" ip frag-off & 0x3fff != 0 counter drop
				iifname "wan0" meta l4proto udp meta length > 1400 counter drop
			}
		}
		END
	done
}

fragments()
{
	clean
	no_ip_fragments
	peer_config auth=big && signs big && start && traffic
	local status=$?
	clean
	return $status
}

# Who initiated gets another address; the tunnel stays.
mobike()
{
	local theirs=initiator
	[ "$role" = responder ] || theirs=responder
	cannot mobike-$theirs || return
	clean
	local spi status
	if [ "$role" = initiator ]; then
		peer_config mobike=1 site_addr=%any && ours 'peer=LocalID = 192.0.2.2' 'peer=DPD = 2s' || return
	else
		peer_config mobike=1 peer_addr=%defaultroute && ours 'peer=DPD = 2s' || return
	fi
	start && traffic || return
	spi=$(field spi_i)
	if [ "$role" = initiator ]; then
		moves site 192.0.2.2 192.0.2.12 && wait_for 20 field_has local 192.0.2.12
	else
		moves gw 192.0.2.1 192.0.2.11 && wait_for 20 field_has remote 192.0.2.11
	fi && wait_for 20 traffic && field_is spi_i "$spi"
	status=$?
	down
	ip -n site addr replace 192.0.2.2/24 dev wan0
	ip -n site addr del 192.0.2.12/24 dev wan0 2> /dev/null
	ip -n gw addr replace 192.0.2.1/24 dev wan0
	ip -n gw addr del 192.0.2.11/24 dev wan0 2> /dev/null
	ip -n gw route replace 10.9.0.1/32 via 192.0.2.2 src 192.168.7.1
	return $status
}

# moves NAMESPACE FROM TO
moves()
{
	ip netns exec "$1" sysctl -qw net.ipv4.conf.all.promote_secondaries=1 net.ipv4.conf.wan0.promote_secondaries=1
	ip -n "$1" addr add "$3/24" dev wan0 && ip -n "$1" addr del "$2/24" dev wan0 || return
	[ "$1" != site ] || ip -n gw route replace 10.9.0.1/32 via "$3" src 192.168.7.1
	[ "$1" != gw ] || ip -n gw route replace 10.9.0.1/32 via 192.0.2.2 src 192.168.7.1
}

# lossy COMMAND...: while three packets of ten are lost, in both directions.
lossy()
{
	local ns status
	bring_up || return
	for ns in site gw; do
		tc -n $ns qdisc replace dev wan0 root netem loss 30% || return
	done
	"$@"
	status=$?
	for ns in site gw; do
		tc -n $ns qdisc del dev wan0 root
	done
	[ $status -eq 0 ] && wait_for 60 traffic
}

bring_ups()
{
	local n
	for n in $(seq "$1"); do
		down
		if [ "$role" = initiator ]; then
			up 160
		else
			up && peer_initiate 160 > /dev/null && wait_for 160 is_up
		fi || { echo "number $n does not come up"; return 1; }
	done
	echo "$n came up"
}

# Most are ours, and most are of children; none may take the tunnel down.
rekeys_of_all_kinds()
{
	local n what
	for n in $(seq "$1"); do
		case $((n % 6)) in
		0) what='they_rekey child' ;;
		3) what='they_rekey ike' ;;
		2) what='we_rekey ike' ;;
		*) what='we_rekey child' ;;
		esac
		# shellcheck disable=SC2086 # two words
		rekeys $what 160 > /dev/null || { echo "rekey $n, $what, fails"; return 1; }
	done
	echo "$n rekeyed"
	! on_site espudp show vpn0 -j | grep -q '"state": *"down"'
}

# strangers COUNT NAMESPACE FROM TO: so many IKE SAs are begun there and not gone on with.
strangers()
{
	ip netns exec "$2" /usr/bin/python3 - "$1" "$3" "$4" <<-'PYTHON'
	import os, socket, struct, sys

	def payload(following, body):
	    return struct.pack("!BBH", following, 0, len(body) + 4) + body

	def transform(last, kind, number, attribute=b""):
	    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attribute), kind, 0, number) + attribute

	# AES-GCM-16 with 256 bits, PRF_HMAC_SHA2_256, X25519
	transforms = [transform(False, 1, 20, struct.pack("!HH", 0x800e, 256)), transform(False, 2, 5), transform(True, 4, 31)]
	proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(b"".join(transforms)), 1, 1, 0, len(transforms)) + b"".join(transforms)
	body = payload(34, proposal) + payload(40, struct.pack("!HH", 31, 0) + os.urandom(32)) + payload(41, os.urandom(32))
	# NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP
	body += payload(41, struct.pack("!BBH", 0, 0, 16388) + os.urandom(20)) + payload(0, struct.pack("!BBH", 0, 0, 16389) + os.urandom(20))
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind((sys.argv[2], 50500))
	s.settimeout(10)
	for _ in range(int(sys.argv[1])):
	    header = os.urandom(8) + bytes(8) + struct.pack("!BBBBII", 33, 0x20, 34, 8, 0, 28 + len(body))
	    s.sendto(header + body, (sys.argv[3], 500))
	    s.recv(4096)
	PYTHON
}

# Who is asked has too many IKE SAs that are half open, and wants to see whether who asks is there; who asks says so.
cookies()
{
	local before status log=$SITE_LOG
	clean
	[ "$role" = initiator ] || log=$PEER_LOG
	before=$(grep -c -i cookie "$log")
	if [ "$role" = initiator ]; then
		cannot cookies || return
		peer_config && peer_busy && strangers 3 site 192.0.2.2 192.0.2.1 && ours && start
		status=$?
		peer_calm
	else
		peer_config && ours && up && strangers 20 gw 192.0.2.1 192.0.2.2 && start
		status=$?
	fi
	[ $status -eq 0 ] && [ "$(grep -c -i cookie "$log")" -gt "$before" ] && traffic
}

ppk()
{
	cannot ppk || return
	clean
	(umask 077 && espudp genpsk > /etc/espudp/ppk.psk)
	peer_config ppk=/etc/espudp/ppk.psk && ours 'peer=PPK = file:ppk.psk' 'peer=PPKID = site.key' && start && shown PPK && traffic
}

# ---- what must not come up, and the reason that we give

# refused INITIATOR-WORDS RESPONDER-WORDS: regular expressions.
refused()
{
	local words=$1
	if [ "$role" = initiator ]; then
		! up 8 || return
	else
		words=$2
		up || return
		peer_initiate > /dev/null 2>&1
		wait_for 30 field_has reason "$words"
	fi
	field reason
	field_has reason "$words" && no_sa
}

wrong_psk()
{
	clean
	peer_config psk=/etc/espudp/wrong.psk && ours && refused AUTHENTICATION_FAILED 'pre-shared key\|AUTHENTICATION_FAILED'
}

wrong_id()
{
	clean
	peer_config peer_id=gw.example.com && ours 'peer=RemoteID = other.example.com' &&
	refused 'gw.example.com\|AUTHENTICATION_FAILED' 'gw.example.com\|other.example.com\|AUTHENTICATION_FAILED'
}

wrong_ike()
{
	clean
	peer_config 'ike=aes256 sha256 sha256 modp2048' && ours 'peer=IKE = AES_GCM_16-256, X25519' &&
	refused NO_PROPOSAL_CHOSEN 'proposal\|NO_PROPOSAL_CHOSEN'
}

wrong_esp()
{
	clean
	peer_config 'esp=aes256 sha256' && ours 'peer=ESP = AES_GCM_16-256' && refused NO_PROPOSAL_CHOSEN 'proposal\|NO_PROPOSAL_CHOSEN'
}

# Instead of refusing them, openiked answers with its own.
wrong_selectors()
{
	clean
	peer_config peer_ts=172.16.0.0/24 && ours &&
	refused 'TS_UNACCEPTABLE\|selectors .* are not within ours' 'selector\|TS_UNACCEPTABLE'
}

# The peer has a certificate of another CA than the one that we know.
wrong_ca()
{
	clean
	peer_pki rsa && peer_config auth=p256 && signs p256 && sed -i "s,^CA = .*,CA = $pki/ca-rsa.crt," "$SITE_CONF" &&
	refused issuer issuer
}

# Of the same CA, when its own certificate is too old.
expired_ca()
{
	clean
	peer_config auth=p256 && signs p256 &&
	pki --self --ca --type priv --in "$pki/ca-p256.key" --dn CN=ca-p256 --not-before '01.01.20 00:00:00' \
		--not-after '01.01.21 00:00:00' --outform pem > "$pki/ca-old.crt" &&
	sed -i "s,^CA = .*,CA = $pki/ca-old.crt," "$SITE_CONF" && refused expired expired
}

revoked()
{
	clean
	peer_config auth=p256 && pki --signcrl --cacert "$pki/ca-p256.crt" --cakey "$pki/ca-p256.key" --lifetime 10 \
		--cert "$pki/gw-p256.crt" > "$pki/revoked.crl" &&
	signs p256 "peer=CRL = $pki/revoked.crl" && refused 'it is revoked' 'it is revoked'
}
