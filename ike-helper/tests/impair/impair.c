// SPDX-License-Identifier: GPL-2.0
#include "tests/impair/impair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/objects.h"
#include "wire/builder.h"
#include "wire/message.h"

#define ENGINES_MAX	8
#define ITEMS_MAX	(MESSAGE_PAYLOADS + 1)
#define ANY		0
#define ALWAYS		1000000u

enum what {
	DROP, DUPLICATE, REPLAY, CORRUPT, OMIT, EMPTY, REPEAT, ADD,
};

static const char *const whats[] = {
	"drop", "duplicate", "replay", "corrupt", "omit", "empty", "repeat", "add",
};

#define WHATS (sizeof(whats) / sizeof(whats[0]))

/**
 * struct rule - one rule
 * @exchange: or ANY
 * @requests: it is about these, and about @responses
 * @payload: type; ANY: the rule is about the datagram
 * @notify: of a payload of that type, or ANY
 * @seen: how many messages matched, and how many of them were @hits
 * @kept: the first that did, for REPLAY
 * @number: to be told of each time; 0: it is not
 */
struct rule {
	bool receive, requests, responses;
	uint8_t exchange, payload;
	uint16_t notify;
	enum what what;
	unsigned int first, last, seen, hits;
	uint8_t *kept;
	size_t kept_len;
	struct path kept_path;
	unsigned int number;
};

/**
 * struct impaired - an engine, by what it was given; rules may come before the engine
 * @path: file of the rules, or NULL
 * @seen: that file when it was read last
 */
static struct impaired {
	void *ctx;
	struct engine *engine;
	const struct engine_ops *real;
	struct engine_ops ops;
	struct rule rules[IMPAIR_RULES_MAX];
	unsigned int n_rules;
	const char *path;
	struct stat seen;
} all[ENGINES_MAX];

struct engine *__real_engine_new(const struct engine_ops *ops, void *ctx);
struct engine *__wrap_engine_new(const struct engine_ops *ops, void *ctx);
void __real_engine_receive(struct engine *e, const struct path *path, struct bytes datagram);
void __wrap_engine_receive(struct engine *e, const struct path *path, struct bytes datagram);
struct bytes __real_protect_seal(struct ike_sa *ike, struct builder *b);
struct bytes __wrap_protect_seal(struct ike_sa *ike, struct builder *b);
struct bytes __real_builder_finish(struct builder *b);
struct bytes __wrap_builder_finish(struct builder *b);
bool __real_message_parse_inner(struct message *m, uint8_t first, struct bytes text,
				struct wire_error *error);
bool __wrap_message_parse_inner(struct message *m, uint8_t first, struct bytes text,
				struct wire_error *error);

/* Rules */

static bool parse_number(const char *text, unsigned int max, unsigned int *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	*number = (unsigned int)value;
	return end != text && !*end && value <= max;
}

static bool parse_exchange(struct rule *r, const char *word)
{
	int found = number_find(NUMBER_EXCHANGE, word);
	unsigned int number = found < 0 ? 0 : (unsigned int)found;

	if (found < 0 && strcmp(word, "any") && (!parse_number(word, 255, &number) || !number))
		return false;
	r->exchange = (uint8_t)number;
	return true;
}

static bool parse_kind(struct rule *r, const char *word)
{
	r->requests = !strcmp(word, "request") || !strcmp(word, "any");
	r->responses = !strcmp(word, "response") || !strcmp(word, "any");
	return r->requests || r->responses;
}

static bool parse_payload(struct rule *r, const char *word)
{
	int found = number_find(NUMBER_PAYLOAD, word);
	unsigned int number = found < 0 ? 0 : (unsigned int)found;

	if (found < 0 && !parse_number(word, 255, &number)) {
		found = number_find(NUMBER_NOTIFY, word);
		if (found <= 0)
			return false;
		number = PAYLOAD_NOTIFY;
		r->notify = (uint16_t)found;
	}
	r->payload = (uint8_t)number;
	return number;
}

static bool parse_range(struct rule *r, const char *word)
{
	char first[16];
	const char *dash = strchr(word, '-');

	snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - word) : (int)strlen(word), word);
	return parse_number(first, ALWAYS, &r->first) && r->first &&
	       parse_number(dash ? dash + 1 : first, ALWAYS, &r->last) && r->last >= r->first;
}

static bool parse_what(struct rule *r, const char *word)
{
	size_t i;

	for (i = 0; i < WHATS && strcmp(whats[i], word); i++)
		;
	r->what = (enum what)i;
	return i < WHATS;
}

static bool is_range(const char *word)
{
	return word && !word[strspn(word, "0123456789-")] && !strchr("-", word[0]);
}

/* Return: the word that is wrong, or NULL. */
static const char *parse_rule(struct rule *r, char *text)
{
	char *words[7] = { NULL }, *save;
	size_t n = 0;

	memset(r, 0, sizeof(*r));
	r->first = 1;
	r->last = ALWAYS;
	for (char *w = strtok_r(text, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		if (n == 6)
			return w;
		words[n++] = w;
	}
	if (n < 4)
		return "fewer than four words";
	r->receive = !strcmp(words[0], "receive");
	if (!r->receive && strcmp(words[0], "send"))
		return words[0];
	if (!parse_exchange(r, words[1]))
		return words[1];
	if (!parse_kind(r, words[2]))
		return words[2];
	if (!parse_what(r, words[3]))
		return words[3];
	n = 4;
	/* A number behind what needs a payload is its type. */
	if (words[n] && (r->what >= OMIT || (r->what == CORRUPT && !is_range(words[n]))) &&
	    !parse_payload(r, words[n++]))
		return words[n - 1];
	if (r->what >= OMIT && !r->payload)
		return "no payload";
	if (words[n] && !parse_range(r, words[n++]))
		return words[n - 1];
	return words[n];
}

static struct impaired *find(const void *ctx)
{
	for (size_t i = 0; i < ENGINES_MAX; i++)
		if (all[i].ctx == ctx)
			return &all[i];
	return NULL;
}

static void forget_rules(struct impaired *im)
{
	while (im->n_rules)
		free(im->rules[--im->n_rules].kept);
}

bool impair_engine(const void *ctx, const char *rules, char why[IMPAIR_WHY_MAX])
{
	struct impaired *im = find(ctx);
	char *text = strdup(rules), *save, *one;
	const char *wrong = NULL;

	if (!im)
		im = find(NULL);
	if (!im || !text)
		abort();
	im->ctx = (void *)ctx;
	forget_rules(im);
	for (one = strtok_r(text, ";", &save); one && !wrong; one = strtok_r(NULL, ";", &save)) {
		if (!one[strspn(one, " \t\n")])
			continue;
		wrong = im->n_rules == IMPAIR_RULES_MAX ? "too many rules" :
							  parse_rule(&im->rules[im->n_rules], one);
		im->n_rules += !wrong;
	}
	if (wrong) {
		snprintf(why, IMPAIR_WHY_MAX, "rule %u: '%.64s'", im->n_rules + 1, wrong);
		forget_rules(im);
	}
	free(text);
	return !wrong;
}

unsigned int impair_hits(const void *ctx, unsigned int rule)
{
	const struct impaired *im = find(ctx);

	return im && rule < im->n_rules ? im->rules[rule].hits : 0;
}

/* What the environment wants is told; it must be right. */
static void take_rules(void *ctx, const char *rules)
{
	char why[IMPAIR_WHY_MAX];
	struct impaired *im;

	if (!impair_engine(ctx, rules, why)) {
		fprintf(stderr, "IMPAIR: %s\n", why);
		exit(2);
	}
	im = find(ctx);
	for (unsigned int i = 0; i < im->n_rules; i++)
		im->rules[i].number = i + 1;
	fprintf(stderr, "impaired: %s\n", rules);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_again(struct impaired *im)
{
	char text[2048];
	struct stat now;
	size_t len;
	FILE *file;

	if (!im || !im->path || stat(im->path, &now) || is_same(&now, &im->seen))
		return;
	im->seen = now;
	file = fopen(im->path, "r");
	if (!file)
		return;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	take_rules(im->ctx, text);
}

/* Whether a rule is about a message; then it is counted. */
static bool applies(struct rule *r, bool receive, bool payloads, uint8_t exchange, bool response)
{
	if (r->receive != receive || (r->payload != ANY) != payloads ||
	    (r->exchange && r->exchange != exchange) || !(response ? r->responses : r->requests))
		return false;
	r->seen++;
	if (r->seen < r->first || r->seen > r->last)
		return false;
	r->hits++;
	if (r->number)
		fprintf(stderr, "impaired: by rule %u\n", r->number);
	return true;
}

/* Payloads */

struct item {
	uint8_t type;
	uint8_t flags;
	struct bytes body;
};

struct items {
	struct item list[ITEMS_MAX];
	size_t count;
};

static bool split(struct items *items, uint8_t first, struct bytes text)
{
	struct reader r;
	struct item *item;
	uint16_t len;

	items->count = 0;
	reader_init(&r, text);
	while (first != PAYLOAD_NONE) {
		if (items->count == MESSAGE_PAYLOADS || reader_left(&r) < PAYLOAD_HEADER_SIZE)
			return false;
		item = &items->list[items->count++];
		item->type = first;
		first = reader_u8(&r);
		item->flags = reader_u8(&r);
		len = reader_u16(&r);
		if (len < PAYLOAD_HEADER_SIZE || (size_t)len > PAYLOAD_HEADER_SIZE + reader_left(&r))
			return false;
		item->body = reader_take(&r, len - PAYLOAD_HEADER_SIZE);
	}
	return true;
}

static struct bytes join(const struct items *items, uint8_t *first, uint8_t *out, size_t size)
{
	struct writer w;

	writer_init(&w, out, size);
	*first = items->count ? items->list[0].type : PAYLOAD_NONE;
	for (size_t i = 0; i < items->count; i++) {
		writer_u8(&w, i + 1 < items->count ? items->list[i + 1].type : PAYLOAD_NONE);
		writer_u8(&w, items->list[i].flags);
		writer_u16(&w, (uint16_t)(items->list[i].body.len + PAYLOAD_HEADER_SIZE));
		writer_bytes(&w, items->list[i].body);
	}
	return writer_view(&w);
}

static bool is_meant(const struct rule *r, const struct item *item)
{
	return item->type == r->payload &&
	       (!r->notify || (item->body.len >= 4 && get_be16(item->body.data + 2) == r->notify));
}

/* Whether there is anything to do; something more can always be added. */
static bool has_meant(const struct rule *r, const struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		if (is_meant(r, &items->list[i]))
			return true;
	return r->what == ADD;
}

static void add(struct items *items, const struct item *item)
{
	if (items->count < ITEMS_MAX)
		items->list[items->count++] = *item;
}

/* A payload with a wrong bit; the octets are copied, as they may be somebody's. */
static void corrupt_body(struct item *item)
{
	static uint8_t copy[MESSAGE_SIZE_MAX];
	size_t len = item->body.len;

	if (!len || len > sizeof(copy))
		return;
	memcpy(copy, item->body.data, len);
	copy[len - 1] ^= 1;
	item->body.data = copy;
}

static void change_items(const struct rule *r, struct items *items)
{
	static uint8_t body[8];
	struct items before = *items;
	struct item extra = { .type = r->payload, .body = BYTES_OF(body) };
	struct item *item;

	memset(body, 0, sizeof(body));
	put_be16(body + 2, r->notify);
	items->count = 0;
	for (size_t i = 0; i < before.count; i++) {
		item = &before.list[i];
		if (!is_meant(r, item)) {
			add(items, item);
			continue;
		}
		if (r->what == EMPTY)
			item->body.len = 0;
		if (r->what == CORRUPT)
			corrupt_body(item);
		if (r->what != OMIT)
			add(items, item);
		if (r->what == REPEAT)
			add(items, item);
	}
	if (r->what == ADD)
		add(items, &extra);
}

/**
 * change_payloads() - apply the rules for payloads
 * @first: type of the first one; changed
 * @text: all of them
 * @out: where the changed ones are; they are not larger than @size
 *
 * Return: whether there is anything changed in @out; then @text is that.
 */
static bool change_payloads(struct impaired *im, bool receive, const struct ike_header *h,
			    uint8_t *first, struct bytes *text, uint8_t *out, size_t size)
{
	static uint8_t buffer[2][MESSAGE_SIZE_MAX];
	bool changed = false;
	struct items items;
	struct bytes now;

	read_again(im);
	for (unsigned int i = 0; im && i < im->n_rules; i++) {
		struct rule *r = &im->rules[i];

		if (!r->payload || !split(&items, *first, *text) || !has_meant(r, &items) ||
		    !applies(r, receive, true, h->exchange, ike_header_is_response(h)))
			continue;
		change_items(r, &items);
		now = join(&items, first, buffer[i & 1], sizeof(buffer[0]));
		*text = now;
		changed = true;
	}
	if (!changed || text->len > size)
		return false;
	if (text->len)
		memcpy(out, text->data, text->len);
	*text = bytes_make(out, text->len);
	return true;
}

static struct impaired *find_engine(const struct engine *e)
{
	return e ? find(e->ctx) : NULL;
}

/* The engine that a message is made in, by where its buffer is. */
static struct impaired *find_buffer(const uint8_t *data)
{
	for (size_t i = 0; i < ENGINES_MAX; i++) {
		const uint8_t *e = (const uint8_t *)all[i].engine;

		if (e && data >= e && data < e + sizeof(struct engine))
			return &all[i];
	}
	return NULL;
}

struct bytes __wrap_protect_seal(struct ike_sa *ike, struct builder *b)
{
	struct bytes text;
	uint8_t first;
	size_t at;

	if (builder_sk_text(b, &first, &text)) {
		at = (size_t)(text.data - b->w.data);
		if (change_payloads(find_engine(ike->engine), false, &b->header, &first, &text, b->w.data + at,
				    b->w.size - at)) {
			b->w.len = at + text.len;
			b->w.data[b->sk_at] = first;
		}
	}
	return __real_protect_seal(ike, b);
}

/* Of what goes in clear it is here that the sender has made it. */
struct bytes __wrap_builder_finish(struct builder *b)
{
	struct impaired *im = b->w.failed || b->sk_at ? NULL : find_buffer(b->w.data);
	struct bytes text = bytes_make(b->w.data + IKE_HEADER_SIZE, b->w.len - IKE_HEADER_SIZE);
	uint8_t first = b->w.data[16];

	if (im && change_payloads(im, false, &b->header, &first, &text, b->w.data + IKE_HEADER_SIZE,
				  b->w.size - IKE_HEADER_SIZE)) {
		b->w.len = IKE_HEADER_SIZE + text.len;
		b->w.data[16] = first;
	}
	return __real_builder_finish(b);
}

bool __wrap_message_parse_inner(struct message *m, uint8_t first, struct bytes text,
				struct wire_error *error)
{
	static uint8_t changed[MESSAGE_SIZE_MAX];
	/* The engine's only message is in it. */
	struct impaired *im = find_buffer((const uint8_t *)m);

	change_payloads(im, true, &m->header, &first, &text, changed, sizeof(changed));
	return __real_message_parse_inner(m, first, text, error);
}

/* Datagrams */

/**
 * struct outlet - where datagrams go: to the peer, or to the engine
 * @receive: to the engine
 */
struct outlet {
	struct impaired *im;
	bool receive;
	const struct path *path;
};

static void emit(const struct outlet *to, const struct path *path, struct bytes datagram)
{
	if (to->receive)
		__real_engine_receive(to->im->engine, path, datagram);
	else
		to->im->real->send(to->im->ctx, path, datagram);
}

static void keep(struct rule *r, const struct path *path, struct bytes datagram)
{
	r->kept = malloc(datagram.len + 1);
	if (!r->kept)
		abort();
	if (datagram.len)
		memcpy(r->kept, datagram.data, datagram.len);
	r->kept_len = datagram.len;
	r->kept_path = *path;
}

/* One rule; @datagram is its own copy. Return: how often it goes out. */
static unsigned int change_datagram(struct rule *r, const struct outlet *to, struct bytes *datagram,
				    uint8_t *copy)
{
	switch (r->what) {
	case DROP:
		return 0;
	case DUPLICATE:
		return 2;
	case CORRUPT:
		copy[datagram->len - 1] ^= 1;
		return 1;
	case REPLAY:
		if (!r->kept)
			keep(r, to->path, *datagram);
		return 1;
	default:
		return 1;
	}
}

static void pass(const struct outlet *to, struct bytes datagram)
{
	unsigned int times = 1, replays = 0;
	struct rule *replay[IMPAIR_RULES_MAX];
	struct impaired *im = to->im;
	struct wire_error error;
	struct ike_header h;
	uint8_t *copy;

	read_again(im);
	if (!im || !im->n_rules || !ike_header_parse(&h, datagram, &error)) {
		emit(to, to->path, datagram);
		return;
	}
	copy = malloc(datagram.len);
	if (!copy)
		abort();
	memcpy(copy, datagram.data, datagram.len);
	datagram.data = copy;
	for (unsigned int i = 0; i < im->n_rules; i++) {
		struct rule *r = &im->rules[i];
		bool had = r->kept;

		if (!applies(r, to->receive, false, h.exchange, ike_header_is_response(&h)))
			continue;
		times *= change_datagram(r, to, &datagram, copy);
		if (had)
			replay[replays++] = r;
	}
	while (times--)
		emit(to, to->path, datagram);
	free(copy);
	for (unsigned int i = 0; i < replays; i++)
		emit(to, &replay[i]->kept_path, bytes_make(replay[i]->kept, replay[i]->kept_len));
}

/* What is in clear is changed on its way. */
static bool change_clear(struct impaired *im, struct bytes *datagram, uint8_t *out)
{
	struct bytes text = bytes_make(datagram->data + IKE_HEADER_SIZE, datagram->len - IKE_HEADER_SIZE);
	struct wire_error error;
	struct ike_header h;
	uint8_t first;

	if (!im || !ike_header_parse(&h, *datagram, &error) || h.exchange != EXCHANGE_IKE_SA_INIT)
		return false;
	first = datagram->data[16];
	memcpy(out, datagram->data, IKE_HEADER_SIZE);
	if (!change_payloads(im, true, &h, &first, &text, out + IKE_HEADER_SIZE,
			     MESSAGE_SIZE_MAX - IKE_HEADER_SIZE))
		return false;
	out[16] = first;
	put_be32(out + 24, (uint32_t)(IKE_HEADER_SIZE + text.len));
	*datagram = bytes_make(out, IKE_HEADER_SIZE + text.len);
	return true;
}

void __wrap_engine_receive(struct engine *e, const struct path *path, struct bytes datagram)
{
	static uint8_t changed[MESSAGE_SIZE_MAX];
	const struct outlet to = { find_engine(e), true, path };

	if (!to.im) {
		__real_engine_receive(e, path, datagram);
		return;
	}
	if (datagram.len >= IKE_HEADER_SIZE)
		change_clear(to.im, &datagram, changed);
	pass(&to, datagram);
}

static void on_send(void *ctx, const struct path *path, struct bytes datagram)
{
	const struct outlet to = { find(ctx), false, path };

	pass(&to, datagram);
}

/* Rules of the environment are for every engine that has none. */
static void take_environment(void *ctx)
{
	const char *rules = getenv("IMPAIR");

	if (find(ctx) || !ctx || !rules)
		return;
	take_rules(ctx, *rules == '/' ? "" : rules);
	if (*rules == '/')
		find(ctx)->path = rules;
}

struct engine *__wrap_engine_new(const struct engine_ops *ops, void *ctx)
{
	struct impaired *im;

	take_environment(ctx);
	im = ctx ? find(ctx) : NULL;
	if (!im)
		return __real_engine_new(ops, ctx);
	im->real = ops;
	im->ops = *ops;
	im->ops.send = on_send;
	im->engine = __real_engine_new(&im->ops, ctx);
	return im->engine;
}
