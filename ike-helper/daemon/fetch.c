// SPDX-License-Identifier: GPL-2.0
#include "daemon/fetch.h"

#include <stdlib.h>

#include "daemon/tunnel.h"
#include "system/http.h"
#include "system/log.h"

/* One exchange. */
struct fetch {
	struct list link;		/* in the daemon */
	struct daemon *daemon;
	uint32_t id;
	struct http *http;
	struct timer failed;		/* it could not begin */
};

static void fetch_free(struct fetch *f)
{
	list_remove(&f->link);
	loop_cancel(&f->daemon->loop, &f->failed);
	free(f);
}

static void on_done(void *arg, struct bytes body, const char *error)
{
	struct fetch *f = arg;
	struct daemon *d = f->daemon;
	uint32_t id = f->id;

	fetch_free(f);
	engine_fetched(d->engine, id, body, error);
}

static void on_failed(void *owner)
{
	on_done(owner, bytes_make(NULL, 0), "too many such questions at once, or the URL is none");
}

static size_t count(const struct daemon *d)
{
	const struct fetch *f, *next;
	size_t n = 0;

	list_for_each(f, next, &d->fetches, struct fetch, link)
		n++;
	return n;
}

void fetch_start(void *ctx, const char *policy, uint32_t id, const char *url, struct bytes body)
{
	struct daemon *d = ctx;
	const struct tunnel *t = tunnel_find(d, policy);
	struct http_request request = {
		.url = url,
		.type = "application/ocsp-request",
		.body = body,
		.mark = t ? t->mark : 0,
	};
	struct fetch *f = calloc(1, sizeof(*f));

	if (!f) {
		/* The peer will try again. */
		log_warning(policy, "out of memory");
		return;
	}
	f->daemon = d;
	f->id = id;
	timer_init(&f->failed, on_failed, f);
	if (count(d) < FETCHES_MAX)
		f->http = http_start(&d->loop, &request, on_done, f);
	list_append(&d->fetches, &f->link);
	if (!f->http)
		loop_after(&d->loop, &f->failed, 0);
}

void fetch_stop(struct daemon *d)
{
	struct fetch *f;

	while ((f = list_first(&d->fetches, struct fetch, link))) {
		http_cancel(f->http);
		fetch_free(f);
	}
}
