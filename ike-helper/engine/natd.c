// SPDX-License-Identifier: GPL-2.0
/* NAT detection (RFC 7296 2.23). */
#include "engine/natd.h"

#include <string.h>

#define NATD_SIZE 20

static bool natd_hash(uint8_t out[NATD_SIZE], uint64_t spi_i, uint64_t spi_r,
		      const struct address *a)
{
	uint8_t spis[2 * IKE_SPI_SIZE], port[2];
	struct bytes pieces[3] = { BYTES_OF(spis), address_bytes(a), BYTES_OF(port) };

	put_be64(spis, spi_i);
	put_be64(spis + IKE_SPI_SIZE, spi_r);
	put_be16(port, a->port);
	return crypto_hash(HASH_SHA1, pieces, 3, out) == CRYPTO_OK;
}

bool natd_add(struct engine *e, struct builder *b, uint64_t spi_i, uint64_t spi_r,
	      const struct path *path)
{
	uint8_t source[NATD_SIZE], destination[NATD_SIZE];

	if (e->ops->random(e->ctx, source, sizeof(source)) ||
	    !natd_hash(destination, spi_i, spi_r, &path->remote))
		return false;
	builder_notify(b, NOTIFY_NAT_DETECTION_SOURCE_IP, BYTES_OF(source));
	builder_notify(b, NOTIFY_NAT_DETECTION_DESTINATION_IP, BYTES_OF(destination));
	return true;
}

bool natd_check(const struct message *m, const struct path *path, bool *behind_nat,
		bool *peer_behind_nat)
{
	uint8_t local[NATD_SIZE], remote[NATD_SIZE];
	bool source = false, destination = false;
	const struct payload_notify *n;
	size_t i;

	*behind_nat = true;
	*peer_behind_nat = true;
	if (!natd_hash(local, m->header.spi_i, m->header.spi_r, &path->local) ||
	    !natd_hash(remote, m->header.spi_i, m->header.spi_r, &path->remote))
		return false;
	for (i = 0; i < m->count; i++) {
		n = &m->payloads[i].notify;
		if (m->payloads[i].type != PAYLOAD_NOTIFY)
			continue;
		if (n->type == NOTIFY_NAT_DETECTION_SOURCE_IP) {
			source = true;
			if (bytes_equal(n->data, BYTES_OF(remote)))
				*peer_behind_nat = false;
		} else if (n->type == NOTIFY_NAT_DETECTION_DESTINATION_IP) {
			destination = true;
			if (bytes_equal(n->data, BYTES_OF(local)))
				*behind_nat = false;
		}
	}
	if (address_is_any(&path->local))
		*behind_nat = false;
	return source && destination;
}

bool natd_seen(const struct payload_notify *n, struct natd_hash *seen)
{
	if (!n || n->data.len != sizeof(seen->value))
		return false;
	memcpy(seen->value, n->data.data, sizeof(seen->value));
	seen->known = true;
	return true;
}
