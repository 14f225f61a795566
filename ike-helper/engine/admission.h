/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may begin a handshake: cookies and limits (RFC 7296 2.6, RFC 8019 4.2).
 *
 * A stranger costs memory and a key exchange from the moment on that its IKE_SA_INIT is answered,
 * until IKE_AUTH proves that it is there. Such IKE SAs are half-open. When there are many of them,
 * in all or of one network, a stranger has to send back a cookie first, which shows that it
 * receives what is sent to its address; nothing is kept of it before. Above the ceilings even
 * that does not help.
 *
 * A network is what one customer commonly gets: an IPv4 /24, an IPv6 /64. They are counted by a keyed
 * hash in a table of fixed size, where a collision only makes a limit come earlier.
 *
 * The cookie is a counter of secrets and a MAC over the nonce, the address and the SPI of the
 * initiator. Its port is left out, since a NAT may change it between the two requests. A secret serves
 * for a minute, and is still known in the next.
 */
#ifndef ENGINE_ADMISSION_H
#define ENGINE_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/address.h"
#include "wire/message.h"

#define HALF_OPEN_MAX		1000	/* nobody gets in beyond that */
#define HALF_OPEN_COOKIES	64	/* from here on cookies are asked for */
#define NETWORK_MAX		250	/* the same of one network */
#define NETWORK_COOKIES		16
#define NETWORK_BUCKETS		1024
#define COOKIE_SECRET_SIZE	32
#define COOKIE_SECRET_TIME	60000	/* ms */
#define COOKIE_MAC_SIZE		32
#define COOKIE_SIZE		(1 + COOKIE_MAC_SIZE)

struct engine;
struct ike_sa;

/**
 * struct admission - the state of a responder
 * @half_open: IKE SAs that have answered IKE_SA_INIT and await IKE_AUTH
 * @by_network: the same, by hash of the network
 * @hash_key: of that hash
 * @hash_ready: it was drawn
 * @secrets: of cookies, the current one and the one before
 * @counter: which is current; the other is the one before
 * @renew_at: when the current one has served
 * @strict: cookies are asked of everybody, which was reported
 */
struct admission {
	size_t half_open;
	uint16_t by_network[NETWORK_BUCKETS];
	uint64_t hash_key;
	bool hash_ready;
	uint8_t secrets[2][COOKIE_SECRET_SIZE];
	uint8_t counter;
	uint64_t renew_at;
	bool strict;
};

/**
 * admission_check() - whether an IKE_SA_INIT request may be looked into
 * @e: engine; the request came by engine->path
 * @m: parsed request with a nonce
 *
 * Return: false if not; it was answered with a cookie, or is to be dropped.
 */
bool admission_check(struct engine *e, const struct message *m);

/* Count an IKE SA as half-open, and no longer. The latter may be done twice. */
void admission_enter(struct ike_sa *ike);
void admission_leave(struct ike_sa *ike);

#endif
