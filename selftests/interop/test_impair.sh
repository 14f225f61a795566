#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1800
#
# Messages between us and strongSwan that are lost, come twice, are wrong, or lack something or have too much: every switch
# of ike-helper/tests/impair/impair.h at every exchange, requests and responses, whoever asks. What a network does is of no
# consequence; of the rest comes a tunnel all the same, or a reason that is told. When it is over, the tunnel works.
# The helper is built with sanitizers, and must not lose memory either.
#
# usage: test_impair.sh [PATTERN]	those parts only whose names match

. "$(dirname "$0")/lib.sh"

only=${1-*}
impaired=$top/build/impair/ike-helper
rules=/run/impair
exchanges='IKE_SA_INIT IKE_AUTH CREATE_CHILD_SA INFORMATIONAL'
role=initiator
mark=0

# impair [RULE]...: from now on, instead of those before.
impair()
{
	local IFS=';'
	mark=$(wc -l < "$SITE_LOG")
	echo "$*" > "$rules.new"
	mv "$rules.new" "$rules"
}

since() { tail -n "+$((mark + 1))" "$SITE_LOG"; }
was_applied() { since | grep -q -x "impaired: by rule ${1:-1}"; }

impaired_start()
{
	impair
	# With its rights, so that what is lost can be looked for at its end.
	IMPAIR=$rules ip netns exec site "$impaired" --no-sandbox -v >> "$SITE_LOG" 2>&1 &
	helper_pid=$!
	wait_for 30 helper_answers
}

is_alive() { kill -0 "$helper_pid" || { echo "ike-helper has ended"; return 1; }; }

# role_is initiator|responder: ours, from now on.
role_is()
{
	local more=()
	role=$1
	[ "$role" = initiator ] || more=('peer=Start = no')
	down 2> /dev/null
	site_config 'peer=RetransmitTimeout = 5s' 'peer=DPD = 3s' "${more[@]}"
	[ "$role" = initiator ] || up
}

# fresh: neither has anything of before.
fresh()
{
	down
	gateway --terminate --ike site --force
	[ "$role" = initiator ] || up
	wait_for 10 peer_forgot
}

# begin SECONDS: whoever does in this role.
begin()
{
	if [ "$role" = initiator ]; then
		up "$1"
	else
		gateway --initiate --child lan --timeout "$1" > "$work/initiated" && wait_for "$1" is_up
	fi
}

end()
{
	if [ "$role" = initiator ]; then
		down
	else
		gateway --terminate --ike site && wait_for 10 is_not_up
	fi
	wait_for 10 peer_forgot
}

rekey()
{
	case $role-$1 in
	initiator-*) on_site espudp rekey vpn0 "$1" ;;
	responder-child) gateway --rekey --child lan ;;
	responder-ike) gateway --rekey --ike site ;;
	esac
}

rekeyed()
{
	local name=spi_in before
	[ "$1" = child ] || name=spi_i
	before=$(field $name)
	rekey "$1" && wait_for 20 field_changed $name "$before"
}

# Those that have been agreed on since; old ones stay when nobody has deleted them.
spis() { on_site espudp sa show -j | grep -o '"spi": *"[^"]*"' | sort; }
has_others() { [ -n "$(comm -13 <(echo "$1") <(spis))" ]; }

# is_well: there is a tunnel, at once or again.
is_there() { is_up || begin 10; }
is_well() { is_there && pings v4; }

# directions: print those of requests and responses in this role.
directions()
{
	if [ "$role" = initiator ]; then
		printf '%s\n' 'send request' 'receive response'
	else
		printf '%s\n' 'receive request' 'send response'
	fi
}

# network_does SWITCH EXCHANGE...: it does it with both messages of each, and the life of a tunnel goes on.
network_does()
{
	local switch=$1 exchange where kind list=() n
	shift
	for exchange; do
		while read -r where kind; do
			list+=("$where $exchange $kind $switch")
		done < <(directions)
	done
	fresh
	impair "${list[@]}"
	begin 20 && rekeyed child && rekeyed ike && pings v4 && end && begin 20 && pings v4 || return
	for n in "${!list[@]}"; do
		was_applied $((n + 1)) || { echo "never: ${list[n]}"; return 1; }
	done
	impair
	is_alive
}

# payload SWITCH EXCHANGE: one that does something there. Not all can be noticed: ESN that only one side has chosen, or
# another public value, are keys that do not fit.
payload()
{
	case $1-$2 in
	add-*) echo 200 ;;
	*-INFORMATIONAL) echo D ;;
	omit-IKE_SA_INIT) echo KE ;;
	omit-IKE_AUTH) echo TSi ;;
	omit-*|empty-IKE_SA_INIT) echo NONCE ;;
	empty-IKE_AUTH|corrupt-IKE_AUTH) echo AUTH ;;
	corrupt-CREATE_CHILD_SA) echo TSr ;;
	*) echo SA ;;
	esac
}

# told: why there is no tunnel, or no other keys; of a response that is wrong only the gateway knows at once.
told()
{
	field reason | grep . && return
	since | grep -v '^impaired' |
		grep -m 1 'INVALID\|FAILED\|dropped\|malformed\|did not\|does not\|not offered\|without' && return
	[ "$role $where" = 'responder send' ] && grep -A 5 failed "$work/initiated"
}

# attempt EXCHANGE: one that comes to that exchange. A tunnel or other keys are what it is for, or a reason.
attempt()
{
	local before
	case $1 in
	IKE_SA_INIT|IKE_AUTH)
		! is_up || fresh
		begin 8
		is_up || told
		;;
	*)
		# It may be going away just now.
		wait_for 30 is_there || return
		before=$(spis)
		rekey child
		wait_for 5 has_others "$before" || told
		;;
	esac
}

# sender_does EXCHANGE WHERE KIND: each thing to one message; then it stops. Who does not get on tries again of itself,
# which may be what the next thing is done to.
sender_does()
{
	local switch list=() n=0 tries=0
	for switch in omit empty repeat add corrupt; do
		n=$((n + 1))
		list+=("$2 $1 $3 $switch $(payload $switch "$1") $n")
	done
	case $1 in CREATE_CHILD_SA|INFORMATIONAL) wait_for 30 is_well || return ;; esac
	impair "${list[@]}"
	for n in "${!list[@]}"; do
		until was_applied $((n + 1)); do
			tries=$((tries + 1))
			[ $tries -le 10 ] || { echo "never: ${list[n]}"; return 1; }
			attempt "$1" || { echo "neither what was wanted nor a reason, about ${list[n]}"; return 1; }
			is_alive || return
		done
	done
	impair
	# Who has not been told of a deletion may go on sending by what the other has deleted, up to the next rekeying.
	[ "$1" != INFORMATIONAL ] || { wait_for 30 is_there && rekey child; } || return
	wait_for 20 is_well
}

# part NAME COMMAND...: if that is wanted.
part()
{
	# shellcheck disable=SC2053 # a pattern
	[[ $1 != $only ]] || check "$@" < /dev/null
}

# clean_end: it says nothing of memory, of its own or lost.
clean_end()
{
	down
	kill "$helper_pid"
	wait "$helper_pid"
	local status=$?
	helper_pid=
	! grep -q 'Sanitizer\|runtime error' "$SITE_LOG" && [ $status -eq 0 ] && return
	echo "status $status"
	grep -m 1 -A 30 'Sanitizer\|runtime error' "$SITE_LOG"
	return 1
}

[ -x "$impaired" ] || { echo "1..0 # SKIP no build/impair/ike-helper: make impair"; exit 0; }
network || { echo "Bail out! no network"; exit 1; }
cp -r "$top/tools/demo/gateway" "$work/gateway"
printf 'charon-systemd {\n\tretransmit_timeout = 1\n\tretransmit_tries = 2\n\thalf_open_timeout = 10\n}\n' \
	>> "$work/gateway/strongswan.conf"
gateway_start gw "$work/gateway" /etc/espudp/vpn0.psk || { echo "Bail out! no strongSwan"; exit 1; }
impaired_start || { echo "Bail out! no ike-helper"; exit 1; }

for role in initiator responder; do
	role_is $role
	for switch in 'drop 1' duplicate replay; do
		# shellcheck disable=SC2086 # words
		part "we are $role: $switch" network_does "$switch" $exchanges
	done
	# In clear, a wrong bit is believed until IKE_AUTH.
	part "we are $role: corrupt 1" network_does 'corrupt 1' IKE_AUTH CREATE_CHILD_SA INFORMATIONAL
	for exchange in $exchanges; do
		while read -r where kind; do
			part "we are $role: $where $exchange $kind" sender_does "$exchange" "$where" "$kind"
		done < <(directions)
	done
done
check "nothing is lost or overrun" clean_end
