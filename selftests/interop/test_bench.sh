#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# espudp bench: every suite that it knows is measured on a kernel that has them all, and the way to a host behind a tunnel is
# told from one that is not.

. "$(dirname "$0")/lib.sh"

said=$work/bench
is_true() { jq -e "$@" "$said"; }

ciphers()
{
	modprobe algif_aead && on_site espudp bench -t 6 -j > "$said" || return
	cat "$said"
	is_true '.ciphers | length >= 7 and all(has("reason") | not) and all(.packets > 0 and .bits > 0 and .bulk_bits > 0)'
}

ciphers_text()
{
	on_site espudp bench -t 2 > "$said" || return
	cat "$said"
	grep -Eq '^aes-gcm-16-128 +[0-9.]+( [kM])? +[0-9.]+ [kMG]?bit/s +[0-9.]+ [kMG]?bit/s$' "$said"
}

# way ADDRESS LINK
way()
{
	on_site espudp bench "$1" -t 2 -j > "$said" || return
	cat "$said"
	is_true --arg link "$2" '(.link // "") == $link and .round_trips.sent > 0 and .round_trips.lost == 0 and
		.round_trips.least > 0 and .round_trips.least <= .round_trips.average and
		.round_trips.average <= .round_trips.most and .throughput.bits > 0 and .throughput.sent > 0'
}

nobody()
{
	! on_site espudp bench 192.168.7.99 -t 1 > "$said" 2>&1 && cat "$said" && grep -q '^espudp: bench: ' "$said"
}

network || exit
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || exit
site_config
helper_start || exit
check "every suite" ciphers
check "every suite, in words" ciphers_text
check "a tunnel" up
check "the way through it, IPv4" way 192.168.7.1 vpn0
check "IPv6" way fd00:7::1 vpn0
check "the way beside it" way 192.0.2.1 ''
check "nobody answers" nobody
