#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Bring-ups and take-downs in a loop, and nothing may be left of them: module references, slab objects.
# LOOPS in the environment, 10 by default.

. "$(dirname "$0")/lib.sh"

loops=${LOOPS:-10}

# objects: what the module has allocated from its own caches. What processors keep for themselves counts
# as allocated until the cache is shrunk.
objects()
{
	local cache
	for cache in /sys/kernel/slab/espudp_*; do
		echo 1 > "$cache/shrink"
	done
	awk '/^espudp/ { print $1, $2 }' /proc/slabinfo
}

references()
{
	cat /sys/module/espudp/refcnt
}

one_round()
{
	up 30 && on_site ping -n -q -c 1 -W 2 192.168.7.1 && down
}

loop()
{
	local i
	for i in $(seq "$loops"); do
		one_round || { echo "round $i failed"; return 1; }
	done
	echo "$loops rounds"
}

back_to_start()
{
	echo "references $1 -> $(references); objects before:"
	echo "$2"
	echo "after:"
	objects
	[ "$(references)" = "$1" ] && [ "$(objects | awk '{ n += $2 } END { print n + 0 }')" -le \
		"$(echo "$2" | awk '{ n += $2 } END { print n + 0 }')" ]
}

unloads()
{
	down
	helper_stop
	rmmod espudp
}

network || { echo "Bail out! no network"; exit 1; }
gateway_start gw "$top/tools/demo/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
helper_start || { echo "Bail out! no ike-helper"; exit 1; }
site_config
one_round > /dev/null 2>&1	# modules loaded, caches made
before_references=$(references)
before_objects=$(objects)

check "$loops bring-ups and take-downs" loop
check "references and objects are back where they were" wait_for 20 back_to_start "$before_references" "$before_objects"
check "the module unloads" unloads
