// SPDX-License-Identifier: GPL-2.0
/* What the engine tells. */
#include "engine/report.h"

#include <stdarg.h>
#include <stdio.h>

#define STRANGERS_MAX	10
#define STRANGERS_TIME	(10 * SECOND)

__attribute__((format(printf, 5, 0)))
static void report_va(struct engine *e, enum engine_event_kind kind, const struct policy *policy,
		   const struct address *remote, const char *format, va_list args)
{
	struct engine_event event = {
		.kind = kind,
		.policy = policy ? policy->c.name : NULL,
		.remote = remote && remote->family ? remote : NULL,
	};
	char text[ENGINE_TEXT_MAX];
	size_t i;

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
	report_va(e, kind, policy, remote, format, args);
	va_end(args);
}

void report_ike(const struct ike_sa *ike, enum engine_event_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_va(ike->engine, kind, ike->policy, &ike->path.remote, format, args);
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
	report_va(e, kind, NULL, remote, format, args);
	va_end(args);
}
