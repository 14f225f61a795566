// SPDX-License-Identifier: GPL-2.0
#include "daemon/keylog.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/sk.h"
#include "daemon/world.h"
#include "system/log.h"
#include "wire/numbers.h"

#define LOCKDOWN	"/sys/kernel/security/lockdown"
#define MESSAGE_MAX	2048	/* four keys in hexadecimal, and what is said of them */

/* Whether the kernel is to keep its secrets from root: "none integrity [confidentiality]". */
static bool confidential(void)
{
	FILE *file = fopen(LOCKDOWN, "re");
	char text[128] = "";
	bool found;

	if (!file)
		return false;
	found = fgets(text, sizeof(text), file) && strstr(text, "[confidentiality]");
	fclose(file);
	return found;
}

static bool is_on(const struct daemon *d)
{
	return d->control && control_streams(d->control, CONTROL_KEYS);
}

static void add_hex(struct text *t, const char *name, struct bytes key)
{
	text_add(t, ",\"%s\":\"", name);
	for (size_t i = 0; i < key.len; i++)
		text_add(t, "%02x", key.data[i]);
	text_add(t, "\"");
}

static void add_algorithms(struct text *t, uint16_t encr, uint16_t bits, uint16_t integ)
{
	char name[NUMBER_NAME_SIZE];

	text_add(t, ",\"encr\":\"%s", number_name(name, NUMBER_ENCR, encr));
	if (bits)
		text_add(t, "-%u", bits);
	text_add(t, "\",\"integ\":\"%s\"", integ ? number_name(name, NUMBER_INTEG, integ) : "");
}

/* What json-c does not get to see, it cannot leave in memory. */
static void emit(struct daemon *d, struct text *t, char message[MESSAGE_MAX])
{
	text_add(t, "},\"continues\":true}");
	control_emit_text(d->control, CONTROL_KEYS, message, t->len);
	crypto_wipe(message, MESSAGE_MAX);
}

void keylog_ike(void *ctx, const struct engine_ike_keys *keys)
{
	struct daemon *d = ctx;
	char message[MESSAGE_MAX];
	struct text t;

	if (!is_on(d))
		return;
	text_init(&t, message, sizeof(message));
	text_add(&t, "{\"parameters\":{\"event\":\"ike_keys\"");
	text_add(&t, ",\"spi_i\":\"%016llx\",\"spi_r\":\"%016llx\"",
		 (unsigned long long)keys->spi_i, (unsigned long long)keys->spi_r);
	add_algorithms(&t, keys->encr, keys->encr_bits, keys->integ);
	add_hex(&t, "sk_ei", keys->ei);
	add_hex(&t, "sk_er", keys->er);
	add_hex(&t, "sk_ai", keys->ai);
	add_hex(&t, "sk_ar", keys->ar);
	emit(d, &t, message);
}

void keylog_sa(struct daemon *d, const struct engine_sa *sa)
{
	const struct cipher *cipher = cipher_find(sa->encr, sa->encr_bits);
	size_t encr_len = cipher ? (size_t)cipher->key + cipher->salt : 0;
	char message[MESSAGE_MAX];
	struct text t;

	if (!is_on(d) || !cipher || encr_len > sa->key.len)
		return;
	text_init(&t, message, sizeof(message));
	text_add(&t, "{\"parameters\":{\"event\":\"esp_keys\",\"spi\":\"0x%08x\",\"direction\":\"%s\"",
		 sa->spi, sa->inbound ? "in" : "out");
	text_add(&t, ",\"esn\":%s", sa->esn ? "true" : "false");
	add_algorithms(&t, sa->encr, sa->encr_bits, sa->integ);
	add_hex(&t, "key", bytes_make(sa->key.data, encr_len));
	add_hex(&t, "integ_key", bytes_make(sa->key.data + encr_len, sa->key.len - encr_len));
	emit(d, &t, message);
}

void keylog_start(struct daemon *d, control_call call)
{
	char message[MESSAGE_MAX];
	struct text t;
	size_t pairs;

	if (confidential()) {
		control_error(d->control, call, "denied",
			      "the kernel is locked down for confidentiality: root gets no keys");
		return;
	}
	control_stream(d->control, call, CONTROL_KEYS);
	world_report_all(d, "keylog_on", "KEYLOG IS ON: the keys of all SAs are handed out, "
			 "and who has them reads all traffic");
	pairs = engine_tell_keys(d->engine);
	text_init(&t, message, sizeof(message));
	text_add(&t, "{\"parameters\":{\"event\":\"keylog\",\"older_pairs\":%zu", pairs);
	emit(d, &t, message);
}

void keylog_ended(void *arg, enum control_topic topic)
{
	struct daemon *d = arg;

	if (topic != CONTROL_KEYS)
		return;
	if (is_on(d))
		log_warning(NULL, "the keylog is still on: another client takes the keys");
	else
		world_report_all(d, "keylog_off", "the keylog is off; keys that were handed out stay valid "
				 "until the SAs are rekeyed");
}
