/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A handshake of TLS 1.2 or 1.3 without a socket, for EAP-TLS: octets in, octets out, a key at the end.
 *
 * It is libssl's, which comes in the same package as libcrypto. Both sides have certificates; that of the
 * other is checked by trust_check(), as those of IKE are, at the time that is given. There are no
 * tickets, no renegotiation and no data but the one octet of RFC 9190 2.5.
 */
#ifndef ESPUDP_CRYPTO_TLS_H
#define ESPUDP_CRYPTO_TLS_H

#include "crypto/sign.h"
#include "crypto/x509.h"

#define TLS_INPUT_MAX	65536		/* octets that a handshake takes in all */
#define TLS_EXPORT_SIZE	128

struct tls;

/**
 * struct tls_settings - what a handshake needs
 * @server: we are the server
 * @key: ours
 * @chain: ours, the leaf first
 * @n_chain: 1 or more
 * @trust: anchors of the other side
 * @now: seconds since 1970
 *
 * All of it must outlive the handshake.
 */
struct tls_settings {
	bool server;
	const struct sign_key *key;
	struct certificate *const *chain;
	size_t n_chain;
	const struct trust *trust;
	int64_t now;
};

enum tls_state {
	TLS_WAITS,		/* for more of the other side */
	TLS_FINISHED,		/* there are keys */
	TLS_FAILED,		/* see tls_why(); there may be an alert to be sent */
};

/* Begin a handshake; NULL without memory, or if the key is not that of the certificate. */
struct tls *tls_new(const struct tls_settings *s);

/* NULL is allowed. */
void tls_free(struct tls *t);

/* What came from the other side; false if it is too much. */
bool tls_feed(struct tls *t, struct bytes data);

/* Go on as far as can be. */
enum tls_state tls_step(struct tls *t);

/* What is to be sent; and that so much of it was. */
struct bytes tls_output(const struct tls *t);
void tls_sent(struct tls *t, size_t len);

/* Whether it is TLS 1.3, once finished. */
bool tls_is_13(const struct tls *t);

/* After TLS_FINISHED, with TLS 1.3: say, and hear, one octet of zero. */
bool tls_say_zero(struct tls *t);
bool tls_hear_zero(struct tls *t);

/**
 * tls_export - keys for EAP, RFC 5216 2.3 or RFC 9190 2.3
 * @t: after TLS_FINISHED
 * @type: of the method of EAP
 * @out: result
 *
 * Return: false if libssl cannot.
 */
bool tls_export(struct tls *t, uint8_t type, uint8_t out[TLS_EXPORT_SIZE]);

/* "TLSv1.3, TLS_AES_256_GCM_SHA384" */
void tls_print(const struct tls *t, char *out, size_t size);

/* The certificates of the other side as it sent them, the leaf first; good ones if TLS_FINISHED. */
struct certificate *const *tls_peer(const struct tls *t, size_t *count);

/* Why it failed. */
const char *tls_why(const struct tls *t);

#endif
