// SPDX-License-Identifier: GPL-2.0
/* The protection of messages (RFC 7296 3.14). */
#include "engine/protect.h"

#include "engine/fragment.h"
#include "engine/intermediate.h"

void protect_begin(const struct ike_sa *ike, struct builder *b, uint8_t *buffer, uint8_t exchange,
		   bool response, uint32_t id)
{
	struct ike_header h = {
		.spi_i = ike->spi_i,
		.spi_r = ike->spi_r,
		.exchange = exchange,
		.flags = (uint8_t)((ike->initiator ? FLAG_INITIATOR : 0) |
				   (response ? FLAG_RESPONSE : 0)),
		.message_id = id,
	};

	builder_init(b, buffer, MESSAGE_SIZE_MAX, &h);
}

void protect_hide(const struct ike_sa *ike, struct builder *b)
{
	builder_sk_begin(b, ike->sk.iv);
}

/* An AEAD needs an IV that never repeats under its key, CBC one that cannot be foretold. */
static bool protect_iv(struct ike_sa *ike, struct sk_frame *frame)
{
	if (!ike->sk.cipher->aead)
		return !ike->engine->ops->random(ike->engine->ctx, frame->iv, frame->iv_size);
	if (frame->iv_size != sizeof(uint64_t) || ike->iv == UINT64_MAX)
		return false;
	put_be64(frame->iv, ike->iv++);
	return true;
}

struct bytes protect_close(struct ike_sa *ike, struct builder *b)
{
	const struct bytes nothing = { NULL, 0 };
	struct sk_frame frame;
	struct bytes datagram;

	if (!builder_sk_end(b, ike->sk.block, ike->sk.icv, &frame))
		return nothing;
	datagram = builder_finish(b);
	if (!datagram.len || !protect_iv(ike, &frame))
		return nothing;
	if (sk_seal(&ike->sk, ike->initiator ? &ike->keys.ei : &ike->keys.er,
		    ike->initiator ? &ike->keys.ai : &ike->keys.ar, frame.aad, frame.iv, frame.text,
		    frame.text_size, frame.icv) != CRYPTO_OK)
		return nothing;
	return datagram;
}

struct bytes protect_seal(struct ike_sa *ike, struct builder *b)
{
	struct bytes text, set;
	uint8_t first;

	if (!builder_sk_text(b, &first, &text))
		return (struct bytes){ NULL, 0 };
	if (b->header.exchange == EXCHANGE_IKE_INTERMEDIATE &&
	    !intermediate_seen(ike, &b->header, first, text))
		return (struct bytes){ NULL, 0 };
	if (!(b->header.flags & FLAG_RESPONSE))
		fragment_keep(ike, &b->header, first, text);
	if (builder_sk_size(b, ike->sk.block, ike->sk.icv) <= fragment_limit(ike))
		return protect_close(ike, b);
	set = fragment_seal(ike, &b->header, first, text);
	crypto_wipe(b->w.data, b->w.len);
	return set;
}

bool protect_open(const struct ike_sa *ike, const struct message *m, uint8_t *out,
		  struct bytes *text)
{
	struct sk_view view;

	if (!ike->sk.cipher || !message_sk_view(m, ike->sk.iv, ike->sk.icv, &view))
		return false;
	if (sk_open(&ike->sk, ike->initiator ? &ike->keys.er : &ike->keys.ei,
		    ike->initiator ? &ike->keys.ar : &ike->keys.ai, view.aad, view.iv, view.text,
		    view.icv, out) != CRYPTO_OK)
		return false;
	*text = bytes_make(out, view.text.len);
	return sk_unpad(text);
}
