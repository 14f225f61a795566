// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket's client: framing, errors, deadlines, and connections that break.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../array.h"
#include "../clock.h"
#include "../control.h"
#include "../json.h"
#include "tap.h"

/* A connection whose other end is @peer. */
static void connect_pair(struct control *control, int *peer)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		exit(1);
	*control = (struct control){ .fd = fds[0] };
	*peer = fds[1];
}

static void say(int peer, const char *data, size_t len)
{
	if (write(peer, data, len) != (ssize_t)len)
		exit(1);
}

static void requests(void)
{
	static const char wanted[] = "{\"method\":\"monitor\",\"parameters\":{},\"more\":true}";
	struct json_object *parameters = json_object_new_object();
	static const char with[] = "{\"method\":\"down\",\"parameters\":{\"name\":\"vpn0\"}}";
	struct control control;
	char text[200] = "";
	struct error e;
	int peer;

	connect_pair(&control, &peer);
	ok(!control_send(&control, "monitor", NULL, true, &e), "send");
	is(read(peer, text, sizeof(text)), sizeof(wanted), "length with NUL");
	is_text(text, wanted, "request without parameters");
	json_add_text(parameters, "name", "vpn0");
	ok(!control_send(&control, "down", parameters, false, &e), "send");
	is(read(peer, text, sizeof(text)), sizeof(with), "length with NUL");
	is_text(text, with, "request with parameters");
	close(peer);
	ok(control_send(&control, "down", NULL, false, &e), "send to nobody");
	has_text(e.text, "broke", "is an error, not a signal");
	control_close(&control);
}

static void framing(void)
{
	static const char two[] = "{\"a\":1}\0{\"b\":2}";
	struct json_object *message;
	struct control control;
	struct error e;
	int64_t begun;
	int peer;

	connect_pair(&control, &peer);
	say(peer, two, sizeof(two));
	ok(!control_receive(&control, 1000, &message, &e) && message, "the first of two at once");
	is_text(json_object_to_json_string_ext(message, 0), "{\"a\":1}", "whole");
	json_object_put(message);
	ok(!control_receive(&control, 0, &message, &e) && message, "the second");
	is_text(json_object_to_json_string_ext(message, 0), "{\"b\":2}", "whole");
	json_object_put(message);
	ok(!control_receive(&control, 0, &message, &e) && !message, "no third");
	say(peer, "{\"c\"", 4);
	begun = clock_ms();
	ok(!control_receive(&control, 50, &message, &e) && !message, "half a message");
	ok(clock_ms() - begun >= 50, "is waited for");
	say(peer, ":3}", 4);
	ok(!control_receive(&control, 1000, &message, &e) && message, "and its other half");
	json_object_put(message);
	close(peer);
	ok(control_receive(&control, 1000, &message, &e) && !message, "the end");
	has_text(e.text, "closed", "is an error");
	control_close(&control);
}

static void large(void)
{
	const size_t len = 100000;
	char *text = malloc(len + 1);
	struct json_object *message;
	struct control control;
	size_t done = 0;
	struct error e;
	int peer;

	memset(text, 'x', len);
	memcpy(text, "{\"text\":\"", 9);
	memcpy(text + len - 2, "\"}", 3);
	connect_pair(&control, &peer);
	while (done <= len) {
		size_t part = len + 1 - done < 5000 ? len + 1 - done : 5000;

		say(peer, text + done, part);
		done += part;
		if (control_receive(&control, 0, &message, &e))
			break;
	}
	ok(message != NULL, "a message larger than any buffer");
	is((long long)strlen(json_text(message, "text") ? json_text(message, "text") : ""),
	   (long long)len - 11, "whole");
	json_object_put(message);
	close(peer);
	control_close(&control);
	free(text);
}

static void garbage(void)
{
	static const char *const texts[] = { "", "garbage", "[1,2]", "{\"a\":", "12", "null",
					     "{\"a\":1}x" };
	struct json_object *message;
	struct control control;
	struct error e;
	int peer;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		connect_pair(&control, &peer);
		say(peer, texts[i], strlen(texts[i]) + 1);
		ok(control_receive(&control, 1000, &message, &e) && !message,
		   "not a message: '%s'", texts[i]);
		has_text(e.text, "not understood", "and why");
		close(peer);
		control_close(&control);
	}
}

static void results(void)
{
	static const char good[] = "{\"parameters\":{\"x\":1}}";
	static const char refusal[] = "{\"error\":\"config\",\"parameters\":"
				      "{\"message\":\"vpn0.conf:3: no\"}}";
	static const char bare[] = "{\"error\":\"busy\"}";
	static const char empty[] = "{}";
	struct json_object *result = NULL;
	struct control control;
	struct error e;
	uint64_t x = 0;
	int peer;

	connect_pair(&control, &peer);
	say(peer, good, sizeof(good));
	ok(!control_call(&control, "show", NULL, 1000, &result, &e) &&
	   json_number(result, "x", &x) && x == 1, "parameters of a reply");
	json_object_put(result);
	say(peer, refusal, sizeof(refusal));
	ok(control_call(&control, "up", NULL, 1000, NULL, &e), "an error");
	is_text(e.text, "vpn0.conf:3: no", "its message");
	is_text(control.refusal, "config", "its name");
	say(peer, bare, sizeof(bare));
	ok(control_call(&control, "up", NULL, 1000, NULL, &e), "an error without a message");
	is_text(e.text, "busy", "is said by its name");
	say(peer, empty, sizeof(empty));
	ok(control_call(&control, "up", NULL, 1000, NULL, &e), "neither of both");
	ok(control_call(&control, "up", NULL, 20, NULL, &e), "no reply in time");
	has_text(e.text, "does not answer", "and why");
	close(peer);
	control_close(&control);
}

static void connections(void)
{
	char path[200];
	struct control control;
	struct error e;

	ok(control_open(&control, "/tmp/there-is-no-such-socket", &e) && errno == ENOENT,
	   "no socket");
	has_text(e.text, "ike-helper is not running", "and why");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ok(control_open(&control, path, &e) && errno == ENAMETOOLONG, "a path that is too long");
	control_close(&control);
	control_close(&control);
	ok(control.fd < 0, "closing twice");
}

int main(void)
{
	requests();
	framing();
	large();
	garbage();
	results();
	connections();
	return tap_end();
}
