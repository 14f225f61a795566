// SPDX-License-Identifier: GPL-2.0
/* IKE_INTERMEDIATE (RFC 9242) and the additional key exchanges in it (RFC 9370). */
#include "engine/intermediate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "engine/create.h"
#include "engine/fragment.h"
#include "engine/ike_auth.h"
#include "engine/ike_sa.h"
#include "engine/report.h"

#define LENGTH_AT	24	/* in the IKE header */

static bool intermediate_build(struct task *task, struct builder *b);

const struct task_kind intermediate_task = {
	.name = "IKE_INTERMEDIATE",
	.exchange = EXCHANGE_IKE_INTERMEDIATE,
	.encrypted = true,
	.silence = "do UDP port 4500 and long messages get through?",
	.build = intermediate_build,
};

bool intermediate_announce(struct ike_sa *ike, struct builder *b)
{
	struct offer offer;
	struct suite any = { 0 };
	size_t i, k;

	/* A responder echoes it; an initiator says it if it offers what needs it. */
	if (ike->initiator) {
		offer_ike(&offer, &ike->policy->c.ike, true);
		for (i = 0; i < offer.count; i++)
			for (k = 0; k < offer.proposals[i].count; k++)
				any.addke[0] |= offer.proposals[i].transforms[k].type >=
						TRANSFORM_ADDKE1;
		if (!suite_addke(&any))
			return true;
	} else if (!ike->intermediate) {
		return true;
	}
	return builder_notify(b, NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED,
			      (struct bytes){ NULL, 0 });
}

void intermediate_announced(struct ike_sa *ike, const struct payload_notify *n)
{
	ike->intermediate = true;
}

uint16_t intermediate_due(const struct ike_sa *ike)
{
	return suite_next_addke(&ike->suite, ike->n_intermediate);
}

/* IntAuth */

bool intermediate_seen(struct ike_sa *ike, const struct ike_header *h, uint8_t first,
		       struct bytes text)
{
	bool initiator = ike_header_from_initiator(h);
	size_t size = prf_size(ike->suite.prf);
	uint8_t *chain = ike->handshake->int_auth[!initiator], next[CRYPTO_HASH_MAX];
	uint8_t head[IKE_HEADER_SIZE + PAYLOAD_HEADER_SIZE] = { 0 };
	struct bytes pieces[] = {
		bytes_make(chain, ike->n_intermediate ? size : 0), BYTES_OF(head), text,
	};
	enum crypto_status status;

	/* The headers as if it were neither encrypted nor cut (RFC 9242 3.3.2). */
	put_be64(head, h->spi_i);
	put_be64(head + 8, h->spi_r);
	head[16] = PAYLOAD_SK;
	head[17] = IKE_MAJOR_VERSION << 4 | IKE_MINOR_VERSION;
	head[18] = h->exchange;
	head[19] = h->flags;
	put_be32(head + 20, h->message_id);
	put_be32(head + LENGTH_AT, (uint32_t)(sizeof(head) + text.len));
	head[IKE_HEADER_SIZE] = first;
	put_be16(head + IKE_HEADER_SIZE + 2, (uint16_t)(PAYLOAD_HEADER_SIZE + text.len));
	status = prf_compute(ike->suite.prf, key_bytes(initiator ? &ike->keys.pi : &ike->keys.pr),
			     pieces, 3, next);
	if (status == CRYPTO_OK)
		memcpy(chain, next, size);
	return status == CRYPTO_OK;
}

struct bytes intermediate_auth(const struct ike_sa *ike)
{
	size_t size = prf_size(ike->suite.prf);

	return bytes_make(ike->handshake->int_auth_text, ike->n_intermediate ? 2 * size + 4 : 0);
}

/* IntAuth_i | IntAuth_r | message id of IKE_AUTH, which follows the last IKE_INTERMEDIATE. */
static void write_auth(struct ike_sa *ike)
{
	size_t size = prf_size(ike->suite.prf);

	memcpy(ike->handshake->int_auth_text, ike->handshake->int_auth[0], size);
	memcpy(ike->handshake->int_auth_text + size, ike->handshake->int_auth[1], size);
	put_be32(ike->handshake->int_auth_text + 2 * size, 1 + ike->n_intermediate);
}

static void keys_free(struct ike_keys **keys)
{
	if (*keys)
		ike_keys_wipe(*keys);
	free(*keys);
	*keys = NULL;
}

void intermediate_forget(struct ike_sa *ike)
{
	keys_free(&ike->next_keys);
	keys_free(&ike->old_keys);
}

/* Keys */

/* All keys anew: SKEYSEED(n) = prf(SK_d(n - 1), SK(n) | Ni | Nr). */
static bool mix(const struct ike_sa *ike, const struct secret *secret, struct ike_keys *keys)
{
	struct bytes ni = bytes_make(ike->handshake->ni, ike->handshake->ni_len), nr = bytes_make(ike->handshake->nr, ike->handshake->nr_len);
	struct key skeyseed;
	bool done;

	done = ike_skeyseed_rekey(&skeyseed, ike->suite.prf, &ike->keys.d, secret_bytes(secret),
				  ni, nr) == CRYPTO_OK &&
	       ike_keys_derive(keys, ike->suite.prf, &ike->sk, &skeyseed, ni, nr, ike->spi_i,
			       ike->spi_r) == CRYPTO_OK;
	key_wipe(&skeyseed);
	return done;
}

/* Exchange the keys in use for those before them. */
static void swap_keys(struct ike_sa *ike)
{
	struct ike_keys keys = ike->keys;

	ike->keys = *ike->old_keys;
	*ike->old_keys = keys;
	ike_keys_wipe(&keys);
}

/* The initiator */

bool intermediate_start(struct ike_sa *ike)
{
	struct task *task = task_new(ike, intermediate_due(ike) ? &intermediate_task : &auth_task,
				     NULL);

	if (task)
		request_queue(ike, task);
	return task;
}

static bool intermediate_build(struct task *task, struct builder *b)
{
	struct payload p = { .type = PAYLOAD_KE };
	uint16_t method = intermediate_due(task->ike);

	if (!task_ke(task, method))
		return false;
	p.ke = (struct payload_ke){ method, ke_public(task->ke) };
	return builder_add(b, &p);
}

enum task_result intermediate_answered(struct task *task, const struct message *m)
{
	const struct payload_ke *ke = &message_find(m, PAYLOAD_KE, true)->ke;
	struct ike_sa *ike = task->ike;
	char name[NUMBER_NAME_SIZE];
	struct ike_keys keys;
	struct secret secret;
	bool done = false;

	if (ke->group == ke_group(task->ke) && ke_finish(task->ke, ke->data, &secret) == CRYPTO_OK) {
		done = mix(ike, &secret, &keys);
		secret_wipe(&secret);
	}
	if (done) {
		ike->keys = keys;
		ike_keys_wipe(&keys);
		ike_sa_tell_keys(ike, &ike->keys);
		ike->n_intermediate++;
		write_auth(ike);
		done = intermediate_start(ike);
	}
	if (!done)
		ike_sa_gone(ike, "the additional key exchange %s failed",
			    number_name(name, NUMBER_KE, ke_group(task->ke)));
	return TASK_DONE;
}

enum task_result intermediate_refused(struct task *task, const struct message *m)
{
	uint16_t error = message_error(m);
	char name[NUMBER_NAME_SIZE];

	ike_sa_gone(task->ike, "the peer answers %s to IKE_INTERMEDIATE",
		    error ? number_name(name, NUMBER_NOTIFY, error) : "nothing that can be used");
	return TASK_DONE;
}

/* The responder */

static enum request_result refuse(struct ike_sa *ike, struct builder *b, const char *why)
{
	builder_notify(b, NOTIFY_INVALID_SYNTAX, (struct bytes){ NULL, 0 });
	ike_sa_hint(ike, "IKE_INTERMEDIATE was refused: %s", why);
	return REQUEST_END;
}

enum request_result intermediate_request(struct ike_sa *ike, const struct message *m,
					 struct builder *b)
{
	const struct payload_ke *peer = &message_find(m, PAYLOAD_KE, true)->ke;
	struct payload p = { .type = PAYLOAD_KE };
	struct secret secret;
	struct ke *ke;
	bool done;

	if (peer->group != intermediate_due(ike))
		return refuse(ike, b, "its key exchange is not the one that is due");
	if (!create_respond_ke(ike->engine, peer, &ke, &secret))
		return refuse(ike, b, "its public value is invalid");
	p.ke = (struct payload_ke){ peer->group, ke_public(ke) };
	builder_add(b, &p);
	ke_free(ke);
	ike->next_keys = calloc(1, sizeof(*ike->next_keys));
	done = ike->next_keys && mix(ike, &secret, ike->next_keys);
	secret_wipe(&secret);
	return done ? REQUEST_ANSWER : refuse(ike, b, "out of memory");
}

void intermediate_sealed(struct ike_sa *ike)
{
	if (!ike->next_keys)
		return;
	keys_free(&ike->old_keys);
	ike->old_keys = ike->next_keys;
	ike->next_keys = NULL;
	swap_keys(ike);
	ike_sa_tell_keys(ike, &ike->keys);
	ike->n_intermediate++;
	write_auth(ike);
	if (!intermediate_due(ike))
		ike->state = IKE_INIT_ANSWERED;
}

bool intermediate_repeats(struct ike_sa *ike, const struct message *m)
{
	bool repeats;

	if (!ike->old_keys)
		return false;
	swap_keys(ike);
	repeats = fragment_repeats(ike, m);
	swap_keys(ike);
	return repeats;
}
