// SPDX-License-Identifier: GPL-2.0
/* What the engine tells. */
#include "engine/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/policy.h"

#define STRANGERS_MAX	10
#define STRANGERS_TIME	(10 * SECOND)
#define REPORT_MESSAGE_MAX 256

/* An event without its text. */
static struct engine_event event_of(enum engine_event_kind kind, const struct policy *policy,
				    const struct address *remote)
{
	return (struct engine_event){
		.kind = kind,
		.policy = policy ? policy->c.name : NULL,
		.remote = remote && remote->family ? remote : NULL,
	};
}

static bool wanted(const struct engine *e, enum engine_event_kind kind)
{
	return !e->ops->event_wanted || e->ops->event_wanted(e->ctx, kind);
}

__attribute__((format(printf, 3, 0)))
static void report_va(struct engine *e, struct engine_event event, const char *format,
		      va_list args)
{
	char text[ENGINE_TEXT_MAX];
	size_t i;

	if (!wanted(e, event.kind))
		return;
	vsnprintf(text, sizeof(text), format, args);
	for (i = 0; text[i]; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
	event.text = text;
	e->ops->event(e->ctx, &event);
}

void report_event(struct engine *e, enum engine_event_kind kind, const struct policy *policy,
	       const struct address *remote, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_va(e, event_of(kind, policy, remote), format, args);
	va_end(args);
}

void report_ike(const struct ike_sa *ike, enum engine_event_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_va(ike->engine, event_of(kind, ike->policy, &ike->path.remote), format, args);
	va_end(args);
}

void report_received(const struct ike_sa *ike, const struct message *m)
{
	char line[REPORT_MESSAGE_MAX];

	if (wanted(ike->engine, ENGINE_LOG_DEBUG))
		report_ike(ike, ENGINE_LOG_DEBUG, "received %s", message_print(line, sizeof(line), m));
}

void report_sent(const struct ike_sa *ike, const struct builder *b)
{
	char line[REPORT_MESSAGE_MAX];

	if (wanted(ike->engine, ENGINE_LOG_DEBUG))
		report_ike(ike, ENGINE_LOG_DEBUG, "sent %s", builder_print(line, sizeof(line), b));
}

void report_child(const struct child *child, enum engine_event_kind kind, const char *format, ...)
{
	const struct connection *c = child->connection;
	struct engine_event event = event_of(kind, c->policy, &c->path.remote);
	va_list args;

	if (child->policy->name[0])
		event.child = child->policy->name;
	va_start(args, format);
	report_va(c->policy->engine, event, format, args);
	va_end(args);
}

void report_stranger(struct engine *e, enum engine_event_kind kind, const struct address *remote,
		  const char *format, ...)
{
	uint64_t now = engine_now(e);
	va_list args;

	if (now - e->strangers_at >= STRANGERS_TIME) {
		e->strangers_at = now;
		e->strangers = 0;
	}
	if (e->strangers++ >= STRANGERS_MAX)
		return;
	va_start(args, format);
	report_va(e, event_of(kind, NULL, remote), format, args);
	va_end(args);
}

void report_attempt(struct engine *e, const struct path *path, struct policy *policy,
		    const char *format, ...)
{
	char text[ENGINE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!policy)
		policy = policy_awaiting(e, path);
	if (policy)
		policy_excuse(policy, text);
	report_stranger(e, ENGINE_FAILED, &path->remote, "%s", text);
}

void report_refusal(const struct ike_sa *ike, enum engine_event_kind kind, const char *format, ...)
{
	char text[ENGINE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!policy_carries(ike->policy)) {
		policy_excuse(ike->policy, text);
		ike->policy->refusal = true;
	}
	report_ike(ike, kind, "%s", text);
}
