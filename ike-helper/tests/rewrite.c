// SPDX-License-Identifier: GPL-2.0
#include "tests/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "engine/objects.h"
#include "engine/protect.h"

void sim_replace(struct sim_datagram *d, struct bytes octets)
{
	uint8_t *data = malloc(octets.len + 1);

	memcpy(data, octets.data, octets.len);
	free(d->data);
	d->data = data;
	d->len = octets.len;
}

bool sim_answer_anew(struct sim *s, struct sim_datagram *d,
		     void (*fill)(struct builder *to, const struct message *m, void *arg), void *arg)
{
	static uint8_t buffer[MESSAGE_SIZE_MAX], inside[4096];
	static struct message m;
	struct ike_sa *a = sim_ike(&s->a), *b = sim_ike(&s->b);
	struct wire_error error;
	struct builder builder;
	struct bytes text;

	if (d->from != &s->b || !a || !b || !message_parse(&m, bytes_make(d->data, d->len), &error) ||
	    m.header.exchange != EXCHANGE_IKE_AUTH || !protect_open(a, &m, inside, &text) ||
	    !message_parse_inner(&m, message_protected(&m)->next, text, &error))
		return false;
	protect_begin(b, &builder, buffer, EXCHANGE_IKE_AUTH, true, 1);
	protect_hide(b, &builder);
	fill(&builder, &m, arg);
	sim_replace(d, protect_seal(b, &builder));
	return true;
}
