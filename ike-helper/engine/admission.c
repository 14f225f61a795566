// SPDX-License-Identifier: GPL-2.0
/* Who may begin a handshake: cookies and limits (RFC 7296 2.6). */
#include "engine/admission.h"

#include <string.h>
#include <sys/socket.h>

#include "crypto/prf.h"
#include "engine/init.h"
#include "engine/objects.h"
#include "engine/report.h"

/* The bits of an address that name its network. */
static uint64_t network_of(const struct address *a)
{
	return a->family == AF_INET6 ? get_be64(a->ip) : get_be32(a->ip) & 0xffffff00;
}

/* The key keeps strangers from choosing networks that collide with somebody else's. */
static uint16_t network_bucket(struct engine *e, const struct address *a)
{
	struct admission *ad = &e->admission;
	uint64_t x;

	if (!ad->hash_ready)
		ad->hash_ready = !e->ops->random(e->ctx, &ad->hash_key, sizeof(ad->hash_key));
	/* Two rounds of multiply and fold, as in splitmix64. */
	x = network_of(a) ^ ad->hash_key;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL + ad->hash_key;
	return (uint16_t)((x ^ x >> 31) % NETWORK_BUCKETS);
}

/* Draw a new secret when the old one has served; false without randomness. */
static bool renew(struct engine *e)
{
	struct admission *ad = &e->admission;
	uint64_t now = engine_now(e);

	if (now < ad->renew_at)
		return true;
	/* The first time, and after long idleness, there is none before it that is fit for use. */
	if ((!ad->renew_at || now >= ad->renew_at + COOKIE_SECRET_TIME) &&
	    e->ops->random(e->ctx, ad->secrets[ad->counter & 1], COOKIE_SECRET_SIZE))
		return false;
	if (e->ops->random(e->ctx, ad->secrets[(ad->counter + 1) & 1], COOKIE_SECRET_SIZE))
		return false;
	ad->counter++;
	ad->renew_at = now + COOKIE_SECRET_TIME;
	return true;
}

static bool make_cookie(struct engine *e, const struct message *m, uint8_t counter,
			uint8_t out[COOKIE_SIZE])
{
	const struct address *from = &e->path.remote;
	uint8_t spi[IKE_SPI_SIZE];
	const struct bytes pieces[] = {
		message_find(m, PAYLOAD_NONCE, false)->nonce.data,
		bytes_make(from->ip, address_size(from->family)),
		BYTES_OF(spi),
	};

	put_be64(spi, m->header.spi_i);
	out[0] = counter;
	return prf_compute(PRF_HMAC_SHA2_256,
			   bytes_make(e->admission.secrets[counter & 1], COOKIE_SECRET_SIZE),
			   pieces, 3, out + 1) == CRYPTO_OK;
}

/* Whether the request brings a cookie that we made for it. */
static bool cookie_right(struct engine *e, const struct message *m)
{
	const struct payload_notify *n = message_find_notify(m, NOTIFY_COOKIE, false);
	uint8_t expected[COOKIE_SIZE], counter = e->admission.counter;

	if (!n || n->data.len != COOKIE_SIZE)
		return false;
	if (n->data.data[0] != counter && n->data.data[0] != (uint8_t)(counter - 1))
		return false;
	return make_cookie(e, m, n->data.data[0], expected) &&
	       crypto_equal(n->data, BYTES_OF(expected));
}

static void demand(struct engine *e, const struct message *m)
{
	uint8_t cookie[COOKIE_SIZE];

	if (make_cookie(e, m, e->admission.counter, cookie))
		init_refuse(e, &m->header, NOTIFY_COOKIE, BYTES_OF(cookie));
}

/* Tell when cookies begin and cease to be asked of everybody. */
static bool strict(struct engine *e)
{
	struct admission *ad = &e->admission;
	bool now = ad->half_open >= HALF_OPEN_COOKIES;

	if (now && !ad->strict)
		report_event(e, ENGINE_LOG_WARNING, NULL, NULL,
			     "%zu half-open IKE SAs; cookies are asked for from now on",
			     ad->half_open);
	else if (ad->strict && ad->half_open < HALF_OPEN_COOKIES / 2)
		report_event(e, ENGINE_LOG_INFO, NULL, NULL,
			     "few half-open IKE SAs; cookies are asked for no longer");
	else
		return now;
	ad->strict = now;
	return now;
}

bool admission_check(struct engine *e, const struct message *m)
{
	struct admission *ad = &e->admission;
	uint16_t of_network = ad->by_network[network_bucket(e, &e->path.remote)];

	if ((strict(e) || of_network >= NETWORK_COOKIES)) {
		if (!renew(e))
			return false;
		if (!cookie_right(e, m)) {
			demand(e, m);
			return false;
		}
	}
	if (ad->half_open < HALF_OPEN_MAX && of_network < NETWORK_MAX)
		return true;
	report_stranger(e, ENGINE_LOG_WARNING, &e->path.remote,
			"%zu half-open IKE SAs, %u of its network; a request was dropped",
			ad->half_open, of_network);
	return false;
}

void admission_enter(struct ike_sa *ike)
{
	struct engine *e = ike->engine;

	ike->half_open = true;
	ike->network = network_bucket(e, &ike->path.remote);
	e->admission.half_open++;
	e->admission.by_network[ike->network]++;
}

void admission_leave(struct ike_sa *ike)
{
	struct admission *ad = &ike->engine->admission;

	if (!ike->half_open)
		return;
	ike->half_open = false;
	ad->half_open--;
	ad->by_network[ike->network]--;
}
