#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# espudp keylog: Wireshark decrypts IKE, and decrypts and verifies ESP, with the tables that it writes; who else wants
# keys gets none; and everybody is told.

. "$(dirname "$0")/lib.sh"

keys=$work/keys
capture=$work/keylog.pcap
keylog_pid=
sniffer=
ike=0 ike_read=0 auth=0 rekey=0 esp=0 esp_good=0 icmp=0 esp_other=0

has() { grep -q -- "$2" "$1"; }
holds() { [ "$(on_site espudp show -j | jq -r '.helper.keylog // false')" = "$1" ]; }

keylog_start()
{
	ip netns exec site espudp keylog "$keys" "$@" > "$work/keylog.out" 2> "$work/keylog.err" &
	keylog_pid=$!
	wait_for 30 holds true
}

keylog_stop()
{
	kill $keylog_pid
	wait $keylog_pid 2> /dev/null
	wait_for 30 holds false
}

sniff()
{
	rm -f "$capture" "$work/sniff"
	ip netns exec gw timeout 120 tcpdump -n -i wan0 -U -w "$capture" 'udp port 500 or udp port 4500' 2> "$work/sniff" &
	sniffer=$!
	wait_for 20 has "$work/sniff" listening
}

# The kernel hands over what it has captured in blocks, and who is stopped leaves the last one: so a packet is sent behind all
# others, and waited for.
sniff_stop()
{
	on_gw bash -c 'printf "\377" > /dev/udp/192.0.2.2/4500'
	wait_for 20 marked
	kill $sniffer
	wait $sniffer 2> /dev/null
	return 0
}

marked() { tcpdump -n -r "$capture" 'udp dst port 4500 and not src port 4500 and udp[4:2] = 9' 2> /dev/null | grep -q .; }

# shark: what tshark sees with the keys, into $work/shark, and how many packets of which kind there are:
#   ike        IKE messages that are encrypted       ike_read   those of them that it reads
#   auth       of those with an AUTH payload         rekey      of those in a CREATE_CHILD_SA, with a nonce
#   esp        ESP packets                           esp_good   those whose ICV is right
#   icmp       with ICMP inside                      esp_other  with anything else inside, or nothing to be seen
shark()
{
	WIRESHARK_CONFIG_DIR=$keys tshark -n -r "$capture" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -T fields -E separator=/t -E occurrence=f \
		-e isakmp.exchangetype -e isakmp.enc.decrypted -e isakmp.auth.method -e isakmp.nonce -e esp.spi \
		-e esp.icv_good -e icmp.type -e icmpv6.type > "$work/shark" 2> "$work/shark.err"
	sed 's/^/tshark: /' "$work/shark.err"
	eval "$(awk -F '\t' '
	BEGIN { n = split("ike ike_read auth rekey esp esp_good icmp esp_other", name, " ") }
	$5 == "" && $1 > 34 { c["ike"]++; if ($2 != "") c["ike_read"]++; if ($3 != "") c["auth"]++; if ($1 == 36 && $4 != "") c["rekey"]++ }
	$5 != "" { c["esp"]++; if ($6 == "1" || $6 == "True") c["esp_good"]++; if ($7 $8 != "") c["icmp"]++; else c["esp_other"]++ }
	END { for (i = 1; i <= n; i++) printf "%s=%d\n", name[i], c[name[i]] }' "$work/shark" | tee "$work/counts")"
	tr '\n' ' ' < "$work/counts"
}

# Every IKE message but the first two is readable, and so is every ESP packet, whose ICV is right.
readable()
{
	shark
	[ "$ike" -ge 2 ] && [ "$ike_read" -eq "$ike" ] && [ "$auth" -ge 2 ] &&
	[ "$esp" -ge 4 ] && [ "$esp_good" -eq "$esp" ] && [ "$icmp" -ge 4 ] && [ "$esp_other" -eq 0 ]
}

# suite IKE ESP IKE ESP: as swanctl.conf has them, and as we do.
suite()
{
	down
	gateway_config "connection=proposals = $1" "child=esp_proposals = $2"
	site_config "peer=IKE = $3" "peer=ESP = $4"
	sniff && up && pings
	local rc=$?
	sniff_stop
	cat "$work/keylog.out"
	[ $rc -eq 0 ] && readable
}

on_six_lines()
{
	site_config
	keylog_start && sniff && up && pings && on_site espudp rekey vpn0 ike && wait_for 30 rekeyed 'ike_rekeyed' &&
	on_site espudp rekey vpn0 && wait_for 30 rekeyed 'child_rekeyed' && pings
	local rc=$?
	sniff_stop
	cat "$work/keylog.out" "$work/keylog.err"
	[ $rc -eq 0 ] && readable && [ "$rekey" -ge 4 ] &&
	[ "$(grep -c '^IKE SA ' "$work/keylog.out")" -eq 2 ] && [ "$(grep -c '^ESP SA ' "$work/keylog.out")" -eq 4 ]
}

rekeyed() { on_site espudp show vpn0 -j | jq -e ".links[0].events.$1 >= 1"; }

# The keys are in the files and nowhere else.
modes()
{
	local secret
	[ "$(stat -c %a "$keys" "$keys/esp_sa" "$keys/ikev2_decryption_table" | tr '\n' ' ')" = "700 600 600 " ] || return
	secret=$(sed -n '2s/.*"0x\([0-9a-f]\{32\}\).*/\1/p' "$keys/esp_sa")
	[ ${#secret} -eq 32 ] && ! grep -q "$secret" "$SITE_LOG" "$work/keylog.out" "$work/keylog.err"
}

told()
{
	on_site espudp show | grep -q '^KEYLOG IS ON' && grep -q 'KEYLOG IS ON' "$SITE_LOG"
}

# Until monitor has seen it: it may have come too late for the first time.
off_and_on() { keylog_stop && keylog_start && has "$work/events" '"event": "keylog_off"'; }

told_by_monitor()
{
	ip netns exec site espudp monitor -j > "$work/events" 2>&1 &
	local monitor=$!
	wait_for 60 off_and_on && wait_for 20 has "$work/events" '"event": "keylog_on"' && has "$SITE_LOG" 'keylog is off' &&
	keylog_stop && ! on_site espudp show | grep KEYLOG && keylog_start
	local rc=$?
	kill $monitor
	wait $monitor 2> /dev/null
	cat "$work/events"
	return $rc
}

# A second one, begun while the tunnel is up: it has the IKE SA's keys, and says what it lacks.
later()
{
	keylog_stop || return
	rm -r "$keys"
	keylog_start -j && wait_for 20 has "$work/keylog.err" "older than this log" &&
	wait_for 20 has "$work/keylog.out" '"event": "ike_keys".*"written": true' || return
	sniff && on_site espudp rekey vpn0 && wait_for 20 has "$work/keylog.out" '"event": "esp_keys".*"direction": "out"' &&
	pings v4
	local rc=$?
	sniff_stop
	cat "$work/keylog.out" "$work/keylog.err"
	[ $rc -eq 0 ] && shark && [ "$esp_good" -ge 2 ] && [ "$icmp" -ge 2 ] && [ "$rekey" -ge 2 ] && [ "$ike" -eq "$ike_read" ]
}

no_name()
{
	down
	gateway_config "connection=proposals = chacha20poly1305-prfsha256-x25519" "child=esp_proposals = chacha20poly1305"
	site_config "peer=IKE = CHACHA20_POLY1305/PRF_HMAC_SHA2_256/X25519" "peer=ESP = CHACHA20_POLY1305"
	up && wait_for 20 has "$work/keylog.out" '^ESP SA .* out: CHACHA20_POLY1305: not written, Wireshark has no name' &&
	! grep -qi chacha "$keys/esp_sa" "$keys/ikev2_decryption_table"
}

# refused WORDS -- COMMAND...: it fails and says that.
refused()
{
	local said=$1
	shift 2
	"$@" > "$work/refused" 2>&1 && return 1
	cat "$work/refused"
	grep -q -- "$said" "$work/refused"
}

refusals()
{
	keylog_stop || return
	install -d -m 777 "$work/open" && install -d -m 700 "$work/own" "$work/link" && : > "$work/own/esp_sa" &&
	chmod 644 "$work/own/esp_sa" && ln -s /etc/passwd "$work/link/esp_sa" || return
	refused 'into which directory' -- on_site espudp keylog || return
	refused 'one directory at a time' -- on_site espudp keylog a b || return
	refused 'Not a directory' -- on_site espudp keylog "$SITE_CONF" || return
	refused 'No such file' -- on_site espudp keylog /nowhere/at/all || return
	refused 'other users can write there' -- on_site espudp keylog "$work/open" || return
	refused 'esp_sa: other users can read or write it (mode 0644)' -- on_site espudp keylog "$work/own" || return
	refused 'esp_sa: Too many levels' -- on_site espudp keylog "$work/link" || return
	chmod 711 "$work" && install -m 755 "$(command -v espudp)" "$work/espudp" &&
	refused 'only root may' -- on_site setpriv --reuid 65534 --clear-groups "$work/espudp" keylog "$work/other"
}

# ask METHOD: as another user, past the command.
ask()
{
	on_site python3 - "$ESPUDP_CONTROL" "$1" "$2" <<-'END'
	import json, os, socket, sys
	os.setgroups([]); os.setgid(65534); os.setuid(int(sys.argv[3]))
	s = socket.socket(socket.AF_UNIX)
	s.settimeout(30)
	s.connect(sys.argv[1])
	s.sendall(json.dumps({"method": sys.argv[2]}).encode() + b"\0")
	print(s.recv(65536).decode())
	END
}

# Another user, even where the mode of the socket is wrong.
strangers()
{
	! ask version 65534 || return
	chmod 666 "$ESPUDP_CONTROL"
	ask version 65534 2> /dev/null | tee "$work/asked"
	! grep -q . "$work/asked" 2> /dev/null || grep -qx '' "$work/asked"
}

# The daemon's own user may bring tunnels up, but gets no keys.
daemons_user()
{
	helper_stop
	chmod 755 "${ESPUDP_CONTROL%/*}"
	install -d -o 65534 -m 700 "$work/run"
	local before=$ESPUDP_CONTROL
	export ESPUDP_CONTROL=$work/run/control
	ip netns exec site setpriv --reuid 65534 --clear-groups --inh-caps +net_admin,+net_bind_service \
		--ambient-caps +net_admin,+net_bind_service "$(command -v ike-helper)" >> "$SITE_LOG" 2>&1 &
	helper_pid=$!
	wait_for 20 helper_answers && ask version 65534 | tee "$work/asked" && grep -q '"version"' "$work/asked" &&
	ask keylog 65534 | tee "$work/asked" && grep -q '"error":"denied".*only root may' "$work/asked"
	local rc=$?
	helper_stop
	export ESPUDP_CONTROL=$before
	return $rc
}

# A kernel that is locked down for confidentiality, or so it seems to the helper.
locked_down()
{
	ip netns exec site sh -c 'mount -t tmpfs none /sys/kernel/security &&
		echo "none integrity [confidentiality]" > /sys/kernel/security/lockdown && exec ike-helper' >> "$SITE_LOG" 2>&1 &
	helper_pid=$!
	wait_for 20 helper_answers && refused 'locked down for confidentiality' -- on_site espudp keylog "$keys"
}

network || { echo "Bail out! no network"; exit 1; }
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }

check "tshark reads IKE and ESP, through rekeying" on_six_lines
check "the keys are in files of their own, mode 0600" modes
check "log and show say that it is on" told
check "AES-GCM-256" suite aes256gcm16-prfsha384-ecp384 aes256gcm16 \
	AES_GCM_16-256/PRF_HMAC_SHA2_384/ECP_384 AES_GCM_16-256
check "AES-CBC with HMAC-SHA-512" suite aes256-sha512-prfsha512-x25519 aes256-sha512 \
	AES_CBC-256/HMAC_SHA2_512_256/PRF_HMAC_SHA2_512/X25519 AES_CBC-256/HMAC_SHA2_512_256
check "begun while a tunnel is up" later
check "monitor tells when it goes off and on" told_by_monitor
check "what Wireshark has no name for is said, and not written" no_name
check "what is refused" refusals
check "another user gets nothing" strangers
check "the daemon's own user gets no keys" daemons_user
check "nor does root where the kernel is locked down" locked_down
