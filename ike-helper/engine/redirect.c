// SPDX-License-Identifier: GPL-2.0
#include "engine/redirect.h"

#include <stdio.h>
#include <string.h>

#include "engine/ike_sa.h"
#include "engine/report.h"

/* Gateway identities, RFC 5685 6.2 */
enum gateway_type {
	GATEWAY_IPV4 = 1,
	GATEWAY_IPV6 = 2,
	GATEWAY_FQDN = 3,
};

#define HEAD 2			/* octets: type and length */

static bool wants(const struct ike_sa *ike)
{
	/* Who only answers is no client. */
	return ike->policy && ike->policy->c.remote.family && !ike->policy->c.redirect_off &&
	       (ike->initiator || ike->state == IKE_ESTABLISHED) && ike->engine->ops->redirected;
}

bool redirect_announce(struct ike_sa *ike, struct builder *b)
{
	const struct engine_redirect *from = &ike->policy->c.redirected_from;
	uint8_t data[HEAD + ENGINE_HOST_MAX];
	size_t len;

	if (!wants(ike))
		return true;
	if (!from->address.family && !from->host[0])
		return builder_notify(b, NOTIFY_REDIRECT_SUPPORTED, (struct bytes){ NULL, 0 });
	if (from->address.family) {
		len = address_size(from->address.family);
		data[0] = from->address.family == AF_INET ? GATEWAY_IPV4 : GATEWAY_IPV6;
		memcpy(data + HEAD, from->address.ip, len);
	} else {
		len = strlen(from->host);
		data[0] = GATEWAY_FQDN;
		memcpy(data + HEAD, from->host, len);
	}
	data[1] = (uint8_t)len;
	return builder_notify(b, NOTIFY_REDIRECTED_FROM, bytes_make(data, HEAD + len));
}

/* A host name as DNS has them, since it goes to a resolver and into logs. */
static bool take_host(char out[ENGINE_HOST_MAX], struct bytes name)
{
	size_t i;

	if (!name.len || name.len >= ENGINE_HOST_MAX)
		return false;
	for (i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.' && c != '_')
			return false;
		out[i] = (char)c;
	}
	out[i] = '\0';
	return out[0] != '-' && out[0] != '.';
}

/* Read where to; what follows the identity is set to @rest. */
static bool parse(struct engine_redirect *to, struct bytes data, struct bytes *rest)
{
	struct bytes identity;

	*to = (struct engine_redirect){ .host = "" };
	if (data.len < HEAD || data.len - HEAD < data.data[1])
		return false;
	identity = bytes_make(data.data + HEAD, data.data[1]);
	*rest = bytes_make(identity.data + identity.len, data.len - HEAD - identity.len);
	switch (data.data[0]) {
	case GATEWAY_IPV4:
		return identity.len == 4 && address_from_bytes(&to->address, identity) &&
		       !address_is_any(&to->address);
	case GATEWAY_IPV6:
		return identity.len == 16 && address_from_bytes(&to->address, identity) &&
		       !address_is_any(&to->address);
	case GATEWAY_FQDN:
		return take_host(to->host, identity);
	default:
		return false;
	}
}

/* Go there, if that makes sense. @nonce: what has to be repeated, empty if nothing. */
static bool follow(struct ike_sa *ike, const struct payload_notify *n, struct bytes nonce,
		   char where[ENGINE_HOST_MAX])
{
	struct engine *e = ike->engine;
	struct engine_redirect to;
	char text[ADDRESS_TEXT_SIZE];
	struct bytes rest;

	if (!n || !wants(ike))
		return false;
	if (!parse(&to, n->data, &rest) || !bytes_equal(rest, nonce)) {
		report_ike(ike, ENGINE_LOG_WARNING, "a REDIRECT that is no good is ignored");
		return false;
	}
	snprintf(where, ENGINE_HOST_MAX, "%s", to.address.family ?
		 address_print(text, &to.address) : to.host);
	if (e->ops->redirected(e->ctx, ike->policy->c.name, &to)) {
		report_ike(ike, ENGINE_LOG_WARNING, "sent to %s; that happens too often", where);
		return false;
	}
	report_ike(ike, ENGINE_MOVED, "the peer sends us to %s", where);
	return true;
}

bool redirect_init(struct ike_sa *ike, const struct message *m)
{
	const struct payload_notify *n = message_find_notify(m, NOTIFY_REDIRECT, false);
	char where[ENGINE_HOST_MAX];

	if (!follow(ike, n, bytes_make(ike->handshake->ni, ike->handshake->ni_len), where))
		return false;
	/* It is no failure, and whoever was told comes with another policy. */
	ike->silent = true;
	ike_sa_gone(ike, "redirected to %s", where);
	return true;
}

bool redirect_authentic(struct ike_sa *ike, const struct message *m)
{
	const struct payload_notify *n = message_find_notify(m, NOTIFY_REDIRECT, true);
	char where[ENGINE_HOST_MAX];

	if (!follow(ike, n, (struct bytes){ NULL, 0 }, where))
		return false;
	ike_sa_close(ike, 0, "redirected to %s", where);
	return true;
}

bool redirect_request(struct ike_sa *ike, const struct message *m)
{
	return ike->state == IKE_ESTABLISHED && redirect_authentic(ike, m);
}
