// SPDX-License-Identifier: GPL-2.0
#include "crypto/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "crypto/kept_pkey.h"
#include "crypto/pkey.h"

#define CIPHERS_12 "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:!aNULL:!PSK:!SRP"

struct tls {
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out;			/* of @ssl */
	const struct trust *trust;
	int64_t now;
	size_t taken;
	struct certificate *peer[CHAIN_MAX];
	size_t n_peer;
	bool failed;
	char why[X509_WHY_MAX];
};

/* Keep what the other side sent; false if it is too much. */
static bool take_peer(struct tls *t, X509_STORE_CTX *store)
{
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
	int i, n = sk_X509_num(sent);
	X509 *x;

	for (i = 0; i < n; i++) {
		x = sk_X509_value(sent, i);
		if (t->n_peer == CHAIN_MAX || X509_up_ref(x) != 1)
			return false;
		t->peer[t->n_peer] = certificate_wrap(x);
		if (!t->peer[t->n_peer])
			return false;
		t->n_peer++;
	}
	return t->n_peer;
}

/* Takes the place of libssl's check. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	struct tls *t = arg;
	struct chain chain;

	/* Once only: there is no renegotiation. */
	if (t->n_peer || !take_peer(t, store)) {
		snprintf(t->why, sizeof(t->why), "it sent no certificate that can be read, or more "
			 "than %d", CHAIN_MAX);
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
		return 0;
	}
	if (!trust_check(t->trust, t->peer, t->n_peer, t->now, &chain, t->why)) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
		return 0;
	}
	chain_clear(&chain);
	t->why[0] = '\0';
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

/* Our private key, be it here or with who keeps keys. */
static bool set_key(struct tls *t, const struct sign_key *key)
{
	EVP_PKEY *kept;
	bool done;

	if (!sign_key_is_kept(key))
		return SSL_CTX_use_PrivateKey(t->context, sign_key_pkey(key)) == 1;
	kept = kept_pkey(key);
	done = kept && SSL_CTX_use_PrivateKey(t->context, kept) == 1;
	EVP_PKEY_free(kept);
	return done;
}

static bool set_own(struct tls *t, const struct tls_settings *s)
{
	size_t i;

	if (SSL_CTX_use_certificate(t->context, certificate_x509(s->chain[0])) != 1 ||
	    !set_key(t, s->key))
		return false;
	for (i = 1; i < s->n_chain; i++)
		if (SSL_CTX_add1_chain_cert(t->context, certificate_x509(s->chain[i])) != 1)
			return false;
	return true;
}

static bool set_context(struct tls *t, const struct tls_settings *s)
{
	t->context = SSL_CTX_new(s->server ? TLS_server_method() : TLS_client_method());
	if (!t->context)
		return false;
	/*
	 * Some (strongSwan 5.9) do not know RFC 5746. What that is against, a beginning of somebody
	 * else's, cannot be where nothing is renegotiated and the key is bound to the IKE SA.
	 */
	SSL_CTX_set_options(t->context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
			    SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(t->context, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(t->context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(t->context, verify, t);
	return SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(t->context, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_num_tickets(t->context, 0) == 1 &&
	       SSL_CTX_set_cipher_list(t->context, CIPHERS_12) == 1 && set_own(t, s);
}

static bool set_connection(struct tls *t, bool server)
{
	t->ssl = SSL_new(t->context);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out) {
		BIO_free(t->in);
		BIO_free(t->out);
		return false;
	}
	/* What is not there yet is no end. */
	BIO_set_mem_eof_return(t->in, -1);
	SSL_set_bio(t->ssl, t->in, t->out);
	if (server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	return true;
}

struct tls *tls_new(const struct tls_settings *s)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->trust = s->trust;
	t->now = s->now;
	if (set_context(t, s) && set_connection(t, s->server))
		return t;
	tls_free(t);
	ERR_clear_error();
	return NULL;
}

void tls_free(struct tls *t)
{
	size_t i;

	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->context);
	for (i = 0; i < t->n_peer; i++)
		certificate_free(t->peer[i]);
	free(t);
}

bool tls_feed(struct tls *t, struct bytes data)
{
	if (data.len > TLS_INPUT_MAX - t->taken)
		return false;
	t->taken += data.len;
	return !data.len || BIO_write(t->in, data.data, (int)data.len) == (int)data.len;
}

/* In the words of libssl, unless a certificate was the reason. */
static enum tls_state fail(struct tls *t)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	const char *alert = reason ? strstr(reason, "alert ") : NULL;

	if (!t->why[0] && alert)
		snprintf(t->why, sizeof(t->why), "it refuses us by the %s", alert);
	if (!t->why[0])
		snprintf(t->why, sizeof(t->why), "%s", reason ? reason : "libssl failed");
	ERR_clear_error();
	t->failed = true;
	return TLS_FAILED;
}

enum tls_state tls_step(struct tls *t)
{
	int result;

	if (t->failed)
		return TLS_FAILED;
	ERR_clear_error();
	result = SSL_do_handshake(t->ssl);
	if (result == 1)
		return TLS_FINISHED;
	if (SSL_get_error(t->ssl, result) == SSL_ERROR_WANT_READ)
		return TLS_WAITS;
	return fail(t);
}

struct bytes tls_output(const struct tls *t)
{
	char *data = NULL;
	long len = BIO_get_mem_data(t->out, &data);

	return bytes_make(data, len > 0 ? (size_t)len : 0);
}

void tls_sent(struct tls *t, size_t len)
{
	uint8_t gone[256];
	int n;

	for (; len; len -= (size_t)n) {
		n = BIO_read(t->out, gone, (int)(len < sizeof(gone) ? len : sizeof(gone)));
		if (n <= 0)
			return;
	}
}

bool tls_is_13(const struct tls *t)
{
	return SSL_version(t->ssl) == TLS1_3_VERSION;
}

bool tls_say_zero(struct tls *t)
{
	static const uint8_t zero;

	ERR_clear_error();
	return SSL_write(t->ssl, &zero, 1) == 1;
}

bool tls_hear_zero(struct tls *t)
{
	uint8_t octet = 1;

	ERR_clear_error();
	if (SSL_read(t->ssl, &octet, 1) == 1)
		return octet == 0;
	/* An alert, which comes after the handshake where the other side refuses our certificate. */
	if (ERR_peek_error())
		fail(t);
	return false;
}

bool tls_export(struct tls *t, uint8_t type, uint8_t out[TLS_EXPORT_SIZE])
{
	static const char tls12[] = "client EAP encryption";
	static const char tls13[] = "EXPORTER_EAP_TLS_Key_Material";
	const char *label = tls_is_13(t) ? tls13 : tls12;

	if (SSL_export_keying_material(t->ssl, out, TLS_EXPORT_SIZE, label, strlen(label), &type,
				       1, tls_is_13(t)) == 1)
		return true;
	crypto_wipe(out, TLS_EXPORT_SIZE);
	ERR_clear_error();
	return false;
}

void tls_print(const struct tls *t, char *out, size_t size)
{
	snprintf(out, size, "%s, %s", SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl));
}

struct certificate *const *tls_peer(const struct tls *t, size_t *count)
{
	*count = t->n_peer;
	return t->peer;
}

const char *tls_why(const struct tls *t)
{
	return t->why;
}
