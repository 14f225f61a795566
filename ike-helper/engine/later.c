// SPDX-License-Identifier: GPL-2.0
#include "engine/later.h"

#include <stdlib.h>
#include <string.h>

#include "auth/revocation.h"
#include "engine/policy.h"
#include "engine/report.h"

struct later {
	struct list link;		/* in the engine */
	struct ike_sa *ike;
	struct path path;
	struct ike_header header;
	uint8_t first;
	uint8_t digest[32];
	size_t len;
	uint8_t text[];
};

bool later_keep(struct ike_sa *ike, const struct message *m, const struct opened *o)
{
	struct later *later = malloc(sizeof(*later) + o->text.len);

	if (!later)
		return false;
	later_forget(ike);
	list_append(&ike->engine->laters, &later->link);
	later->ike = ike;
	later->path = ike->engine->path;
	later->header = m->header;
	later->first = o->first;
	memcpy(later->digest, o->digest, sizeof(later->digest));
	later->len = o->text.len;
	memcpy(later->text, o->text.data, o->text.len);
	ike->later = later;
	return true;
}

struct ike_sa *later_first(const struct engine *e)
{
	const struct later *later = list_first(&e->laters, struct later, link);

	return later ? later->ike : NULL;
}

size_t later_count(const struct engine *e)
{
	const struct later *later, *next;
	size_t count = 0;

	list_for_each(later, next, &e->laters, struct later, link)
		count++;
	return count;
}

bool later_waits(const struct ike_sa *ike)
{
	return ike->later;
}

void later_take(struct ike_sa *ike, struct opened *o)
{
	struct later *later = ike->later;
	struct engine *e = ike->engine;
	struct message *m = &e->message;

	e->path = later->path;
	memset(m, 0, sizeof(*m));
	m->header = later->header;
	/* What tells that the others were encrypted. */
	m->payloads[m->count++] = (struct payload){ .type = PAYLOAD_SK, .known = true,
						    .next = later->first };
	memcpy(e->text, later->text, later->len);
	o->first = later->first;
	o->text = bytes_make(e->text, later->len);
	memcpy(o->digest, later->digest, sizeof(o->digest));
	later_forget(ike);
}

void later_forget(struct ike_sa *ike)
{
	if (!ike->later)
		return;
	list_remove(&ike->later->link);
	crypto_wipe(ike->later->text, ike->later->len);
	free(ike->later);
	ike->later = NULL;
}

void later_ask(struct engine *e, const char *policy)
{
	struct revocation_fetch fetch;

	while (revocations_next(e->revocations, &fetch)) {
		report_event(e, ENGINE_LOG_DEBUG, policy_find(e, policy), NULL, "asking %s whether a certificate "
			     "is revoked", fetch.url);
		e->ops->fetch(e->ctx, policy, fetch.id, fetch.url, fetch.body);
	}
}
