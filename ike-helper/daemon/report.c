// SPDX-License-Identifier: GPL-2.0
/* Events: to the log, and to whoever watches on the control socket. */
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#include "daemon/tunnel.h"
#include "daemon/world.h"
#include "engine/advice.h"
#include "system/log.h"

/*
 * What each event of the engine is called, which words stand before its text in the log, and how
 * bad it is. Without a name it is for the log only.
 */
static const struct {
	const char *name;
	const char *words;
	enum log_level level;
} kinds[] = {
	[ENGINE_LOG_DEBUG] = { NULL, "", LOG_LEVEL_DEBUG },
	[ENGINE_LOG_INFO] = { "log", "", LOG_LEVEL_INFO },
	[ENGINE_LOG_WARNING] = { "log", "", LOG_LEVEL_WARNING },
	[ENGINE_TRYING] = { "trying", "", LOG_LEVEL_INFO },
	[ENGINE_IKE_UP] = { "ike_up", "IKE SA up: ", LOG_LEVEL_INFO },
	[ENGINE_IKE_REKEYED] = { "ike_rekeyed", "IKE SA rekeyed: ", LOG_LEVEL_INFO },
	[ENGINE_IKE_DOWN] = { "ike_down", "IKE SA down: ", LOG_LEVEL_INFO },
	[ENGINE_CHILD_UP] = { "child_up", "child SA up: ", LOG_LEVEL_INFO },
	[ENGINE_CHILD_REKEYED] = { "child_rekeyed", "child SA rekeyed: ", LOG_LEVEL_INFO },
	[ENGINE_CHILD_DOWN] = { "child_down", "child SA down: ", LOG_LEVEL_INFO },
	[ENGINE_CHILD_FAILED] = { "child_failed", "child SA failed: ", LOG_LEVEL_WARNING },
	[ENGINE_MOVED] = { "moved", "moved: ", LOG_LEVEL_INFO },
	[ENGINE_FAILED] = { "failed", "failed: ", LOG_LEVEL_WARNING },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *world_event_name(size_t kind)
{
	return kind < KINDS && kind != ENGINE_LOG_INFO && kind != ENGINE_LOG_WARNING ?
	       kinds[kind].name : NULL;
}

/* "2026-01-02T03:04:05.678Z" */
static struct json_object *time_now(void)
{
	struct timeval now;
	struct tm utc;
	char text[64];
	size_t len;

	gettimeofday(&now, NULL);
	gmtime_r(&now.tv_sec, &utc);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, sizeof(text) - len, ".%03ldZ", (long)now.tv_usec / 1000);
	return json_object_new_string(text);
}

static void emit(struct daemon *d, const char *kind, const struct engine_event *about,
		 const struct advice *advice)
{
	char endpoint[ADDRESS_TEXT_SIZE];
	struct json_object *event;

	if (!d->control || !control_streams(d->control, CONTROL_EVENTS))
		return;
	event = json_object_new_object();
	json_object_object_add(event, "event", json_object_new_string(kind));
	if (about->policy)
		json_object_object_add(event, "link", json_object_new_string(about->policy));
	if (about->child)
		json_object_object_add(event, "child", json_object_new_string(about->child));
	if (about->remote && about->remote->family)
		json_object_object_add(event, "remote", json_object_new_string(
				       address_print_endpoint(endpoint, about->remote)));
	json_object_object_add(event, "text", json_object_new_string(about->text));
	if (advice) {
		json_object_object_add(event, "cause", json_object_new_string(advice->cause));
		json_object_object_add(event, "remedy", json_object_new_string(advice->remedy));
	}
	json_object_object_add(event, "time", time_now());
	control_emit(d->control, event);
}

void world_report(struct daemon *d, const struct engine_event *event)
{
	bool failed = event->kind == ENGINE_FAILED || event->kind == ENGINE_CHILD_FAILED;
	char where[ADDRESS_TEXT_SIZE + ENGINE_NAME_MAX + 16] = "", remote[ADDRESS_TEXT_SIZE];
	const struct advice *advice = failed ? advice_for(event->text) : NULL;
	struct text text;

	if ((size_t)event->kind >= KINDS)
		return;
	text_init(&text, where, sizeof(where));
	if (event->remote && event->remote->family)
		text_add(&text, "%s: ", address_print_endpoint(remote, event->remote));
	if (event->child)
		text_add(&text, "child %s: ", event->child);
	log_event(kinds[event->kind].level, event->policy, kinds[event->kind].name,
		  "%s%s%s%s%s", where, kinds[event->kind].words, event->text,
		  advice ? "; remedy: " : "", advice ? advice->remedy : "");
	if (kinds[event->kind].name)
		emit(d, kinds[event->kind].name, event, advice);
}

bool world_report_wanted(enum engine_event_kind kind)
{
	return (size_t)kind < KINDS &&
	       (kinds[kind].name || kinds[kind].level != LOG_LEVEL_DEBUG || log_verbose());
}

void world_report_all(struct daemon *d, const char *kind, const char *text)
{
	log_event(LOG_LEVEL_WARNING, NULL, kind, "%s", text);
	emit(d, kind, &(struct engine_event){ .text = text }, NULL);
}

void world_report_link(struct daemon *d, const char *kind, const char *name, const char *text)
{
	log_event(LOG_LEVEL_INFO, name, kind, "%s", text);
	emit(d, kind, &(struct engine_event){ .policy = name, .text = text }, NULL);
}
