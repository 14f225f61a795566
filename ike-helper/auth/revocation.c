// SPDX-License-Identifier: GPL-2.0
#include "auth/revocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds after which a question that nobody answered is asked again. */
#define ASKED_KEEP 60

enum entry_state {
	ENTRY_FREE,
	ENTRY_WANTED,
	ENTRY_ASKED,
	ENTRY_KNOWN,
	ENTRY_FAILED,
};

/* A question with its answer. */
struct entry {
	enum entry_state state;
	uint32_t id;
	int64_t until;			/* known or failed */
	char url[URL_SIZE];
	uint8_t request[OCSP_REQUEST_MAX];	/* of OCSP */
	size_t request_len;		/* 0: a list */
	uint8_t *response;		/* of OCSP */
	size_t response_len;
	struct crl *crl;
	char error[128];
};

struct revocations {
	uint32_t last_id;
	struct entry entries[REVOCATIONS_MAX];
};

struct revocations *revocations_new(void)
{
	return calloc(1, sizeof(struct revocations));
}

static void entry_clear(struct entry *e)
{
	free(e->response);
	crl_free(e->crl);
	memset(e, 0, sizeof(*e));
}

void revocations_free(struct revocations *r)
{
	size_t i;

	for (i = 0; r && i < REVOCATIONS_MAX; i++)
		entry_clear(&r->entries[i]);
	free(r);
}

static bool entry_is(const struct entry *e, const char *url, struct bytes request)
{
	return e->state != ENTRY_FREE && !strcmp(e->url, url) &&
	       bytes_equal(bytes_make(e->request, e->request_len), request);
}

/* Room for one more: a free one, or what is out of date first; never what is being fetched. */
static struct entry *entry_room(struct revocations *r)
{
	struct entry *oldest = NULL, *e;

	for (e = r->entries; e < r->entries + REVOCATIONS_MAX; e++) {
		if (e->state == ENTRY_FREE)
			return e;
		if (e->state >= ENTRY_KNOWN && (!oldest || e->until < oldest->until))
			oldest = e;
	}
	if (oldest)
		entry_clear(oldest);
	return oldest;
}

/* The entry of a question, made if need be; NULL if there is no room. */
static struct entry *entry_get(struct revocations *r, const char *url, struct bytes request,
			       int64_t now)
{
	struct entry *e;

	for (e = r->entries; e < r->entries + REVOCATIONS_MAX; e++) {
		if (!entry_is(e, url, request))
			continue;
		if (e->until > now)
			return e;
		entry_clear(e);
	}
	e = entry_room(r);
	if (!e)
		return NULL;
	e->state = ENTRY_WANTED;
	e->until = now + ASKED_KEEP;
	e->id = ++r->last_id;
	snprintf(e->url, sizeof(e->url), "%s", url);
	if (request.len)
		memcpy(e->request, request.data, request.len);
	e->request_len = request.len;
	return e;
}

/* What a place to ask knows of one certificate. */
struct opinion {
	enum revoked revoked;
	bool asked;
	char why[256];
};

static void unknown(struct opinion *o, const char *why)
{
	snprintf(o->why, sizeof(o->why), "%s", why);
}

static void from_files(struct opinion *o, const struct revocation_query *q, size_t index)
{
	const char *why;

	if (!q->n_crls)
		return;
	o->revoked = crl_check(q->crls, q->n_crls, q->trust, q->chain, index, q->now, &why);
	if (o->revoked == REVOKED_UNKNOWN)
		unknown(o, why);
}

static void from_peer(struct opinion *o, const struct revocation_query *q, size_t index)
{
	const char *why;
	int64_t until;
	size_t i;

	for (i = 0; o->revoked == REVOKED_UNKNOWN && i < q->n_stapled; i++)
		o->revoked = ocsp_check(q->stapled[i], q->trust, q->chain, index, q->now, &until,
					&why);
}

/* Ask the place of @url, unless it was asked. */
static void from_place(struct opinion *o, struct revocations *r, const struct revocation_query *q,
		       size_t index, const char *url, struct bytes request)
{
	struct entry *e = entry_get(r, url, request, q->now);
	const char *why = "too many questions about revocation are open";
	int64_t until = INT64_MAX;

	if (!e) {
		unknown(o, why);
		return;
	}
	if (e->state < ENTRY_KNOWN) {
		o->asked = true;
		return;
	}
	if (e->state == ENTRY_FAILED) {
		snprintf(o->why, sizeof(o->why), "%.120s: %s", e->url, e->error);
		return;
	}
	if (e->crl)
		o->revoked = crl_check(&e->crl, 1, q->trust, q->chain, index, q->now, &why);
	else
		o->revoked = ocsp_check(bytes_make(e->response, e->response_len), q->trust,
					q->chain, index, q->now, &until, &why);
	if (o->revoked == REVOKED_UNKNOWN) {
		snprintf(o->why, sizeof(o->why), "%.120s: %s", e->url, why);
		until = q->now + REVOCATION_FAILED_KEEP;
	}
	if (until < e->until)
		e->until = until;
}

static void from_network(struct opinion *o, struct revocations *r,
			 const struct revocation_query *q, size_t index)
{
	const struct certificate *cert = q->chain->certs[index];
	uint8_t request[OCSP_REQUEST_MAX];
	char url[URL_SIZE];
	size_t len;

	if (certificate_url(cert, URL_OCSP, url)) {
		len = ocsp_request(request, q->chain, index);
		if (len)
			from_place(o, r, q, index, url, bytes_make(request, len));
	}
	if (o->revoked != REVOKED_UNKNOWN || o->asked)
		return;
	if (certificate_url(cert, URL_CRL, url))
		from_place(o, r, q, index, url, bytes_make(NULL, 0));
}

static struct opinion check_one(struct revocations *r, const struct revocation_query *q,
				size_t index)
{
	struct opinion o = {
		.revoked = REVOKED_UNKNOWN,
		.why = "there is no revocation list, and the certificate does not say where to ask",
	};

	from_files(&o, q, index);
	if (o.revoked == REVOKED_UNKNOWN)
		from_peer(&o, q, index);
	if (o.revoked == REVOKED_UNKNOWN)
		from_network(&o, r, q, index);
	return o;
}

static enum revocation_answer refuse(char why[X509_WHY_MAX], const struct revocation_query *q,
				     size_t index, const char *format, const char *reason)
{
	char name[DN_TEXT_SIZE];
	int n = snprintf(why, X509_WHY_MAX, "certificate %zu (%.200s): ", index,
			 certificate_print(name, q->chain->certs[index]));

	snprintf(why + n, X509_WHY_MAX - (size_t)n, "%s%s", format, reason);
	return REVOCATION_REFUSED;
}

enum revocation_answer revocations_check(struct revocations *r,
					 const struct revocation_query *query,
					 char why[X509_WHY_MAX])
{
	enum revocation_answer answer = REVOCATION_GOOD;
	bool asked = false;
	struct opinion o;
	size_t i;

	for (i = 0; i + 1 < query->chain->count; i++) {
		o = check_one(r, query, i);
		if (o.revoked == REVOKED_YES)
			return refuse(why, query, i, "it is revoked", "");
		asked |= o.asked;
		if (o.revoked == REVOKED_UNKNOWN && !o.asked && query->hard)
			answer = refuse(why, query, i, "whether it is revoked is not known: ",
					o.why);
	}
	return answer == REVOCATION_GOOD && asked ? REVOCATION_ASKED : answer;
}

bool revocations_next(struct revocations *r, struct revocation_fetch *fetch)
{
	struct entry *e;

	for (e = r->entries; e < r->entries + REVOCATIONS_MAX; e++) {
		if (e->state != ENTRY_WANTED)
			continue;
		e->state = ENTRY_ASKED;
		*fetch = (struct revocation_fetch){
			e->id, e->url, bytes_make(e->request, e->request_len),
		};
		return true;
	}
	return false;
}

/* Keep what came; NULL, or why it is of no use. */
static const char *entry_fill(struct entry *e, struct bytes data, int64_t now)
{
	const char *why;
	int64_t next;

	e->until = now + REVOCATION_KEEP_MAX;
	if (e->request_len) {
		e->response = malloc(data.len);
		if (!e->response)
			return "out of memory";
		memcpy(e->response, data.data, data.len);
		e->response_len = data.len;
		return NULL;
	}
	if (crl_parse(&e->crl, data, &why) != CRYPTO_OK)
		return why;
	next = crl_next_update(e->crl);
	if (next && next < e->until)
		e->until = next;
	/* One that is out of date already is not asked for again and again. */
	if (e->until < now + REVOCATION_FAILED_KEEP)
		e->until = now + REVOCATION_FAILED_KEEP;
	return NULL;
}

void revocations_done(struct revocations *r, uint32_t id, struct bytes data, const char *error,
		      int64_t now)
{
	struct entry *e;

	for (e = r->entries; e < r->entries + REVOCATIONS_MAX; e++)
		if (e->state == ENTRY_ASKED && e->id == id)
			break;
	if (e == r->entries + REVOCATIONS_MAX)
		return;
	e->state = ENTRY_KNOWN;
	if (data.len && data.len <= REVOCATION_SIZE_MAX)
		error = entry_fill(e, data, now);
	else if (data.len)
		error = "the answer is too large";
	if (!error)
		return;
	e->state = ENTRY_FAILED;
	e->until = now + REVOCATION_FAILED_KEEP;
	snprintf(e->error, sizeof(e->error), "%s", error);
}
