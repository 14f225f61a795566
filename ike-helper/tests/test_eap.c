// SPDX-License-Identifier: GPL-2.0
/* EAP and its methods: the examples of the RFCs, both ends against each other, and nonsense. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/eap.h"
#include "auth/eap_method.h"
#include "auth/mschapv2.h"
#include "crypto/crypto.h"
#include "crypto/legacy.h"
#include "tests/authority.h"
#include "tests/eap_people.h"
#include "tests/fault.h"
#include "tests/harness.h"
#include "tests/simulator.h"

#define LEAF(root, ...) authority_issue(&(struct cert_spec){ __VA_ARGS__ }, root)

/* RFC 2759 9.2 and RFC 3079 3.5.3 */
static void test_vectors(void)
{
	struct mschapv2 m = { .user = BYTES_LITERAL("User") };
	uint8_t response[MSCHAPV2_RESPONSE], proof[MSCHAPV2_AUTHENTICATOR], msk[MSCHAPV2_MSK];
	uint8_t out[8];
	static const uint8_t zero[8];

	test_hex(m.server_challenge, 16, "5B5D7C7D7B3F2F3E3C2C602132262628");
	test_hex(m.peer_challenge, 16, "21402324255E262A28295F2B3A337C7E");
	ok(!nt_hash(m.nt_hash, BYTES_LITERAL("clientPass")), "vectors: a hash");
	is_hex(BYTES_OF(m.nt_hash), "44EBBA8D5312B8D611474411F56989AE", "vectors: PasswordHash");
	is(mschapv2_response(&m, response), CRYPTO_OK, "vectors: a response");
	is_hex(BYTES_OF(response), "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF",
	       "vectors: NT-Response");
	is(mschapv2_authenticator(&m, response, proof), CRYPTO_OK, "vectors: a proof");
	is_hex(BYTES_OF(proof), "407A5589115FD0D6209F510FE9C04566932CDA56",
	       "vectors: AuthenticatorResponse");
	is(mschapv2_msk(&m, response, msk), CRYPTO_OK, "vectors: keys");
	is_hex(bytes_make(msk + 16, 16), "8B7CDC149B993A1BA118CB153F56DCCB",
	       "vectors: SendStartKey128 of RFC 3079");
	is_hex(bytes_make(msk + 32, 32), "0000000000000000000000000000000000000000000000000000000000000000",
	       "vectors: and zeroes");
	is(legacy_des(zero, zero, out), CRYPTO_OK, "vectors: DES");
	is_hex(BYTES_OF(out), "8CA64DE9C1B123A7", "vectors: DES of zeroes");
	is_text(crypto_equal(mschapv2_user(BYTES_LITERAL("A\\B\\me")), BYTES_LITERAL("me")) ?
		"me" : "", "me", "a name without its domain");
}

/* UTF-8 into UTF-16: what there is, and what is none. */
static void test_passwords(void)
{
	static const struct { const char *utf8, *hash; } good[] = {
		{ "", "31D6CFE0D16AE931B73C59D7E0C089C0" },
		{ "password", "8846F7EAEE8FB117AD06BDD830B7586C" },
	};
	static const char *const bad[] = { "\xff", "\xc3", "\xc3(", "\xc0\x80", "\xed\xa0\x80",
					   "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\xe2\x82" };
	static const char *const fine[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
	uint8_t hash[NT_HASH_SIZE];
	char longest[300];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ok(!nt_hash(hash, bytes_make(good[i].utf8, strlen(good[i].utf8))), "a password");
		is_hex(BYTES_OF(hash), good[i].hash, "password '%s'", good[i].utf8);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(nt_hash(hash, bytes_make(bad[i], strlen(bad[i]))), "no UTF-8: %zu", i);
	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		ok(!nt_hash(hash, bytes_make(fine[i], strlen(fine[i]))), "UTF-8: %zu", i);
	memset(longest, 'x', sizeof(longest));
	ok(!nt_hash(hash, bytes_make(longest, 255)) && nt_hash(hash, bytes_make(longest, 256)),
	   "255 characters, and no more");
}

/* Two ends */

static struct eap *peer, *server;
static uint8_t wire[2][EAP_SIZE_MAX];
static unsigned int packets;

static void begin(struct credentials *p, struct credentials *s)
{
	eap_meet(p, s, &peer, &server);
	credentials_put(p);
	credentials_put(s);
	packets = 0;
}

static void end(void)
{
	eap_free(peer);
	eap_free(server);
}

static struct bytes keep(uint8_t out[EAP_SIZE_MAX], struct bytes data)
{
	if (data.len)
		memcpy(out, data.data, data.len);
	return bytes_make(out, data.len);
}

/* Both to the end; what the server and the peer came to. */
static void talk(enum eap_result *at_server, enum eap_result *at_peer)
{
	struct bytes packet = keep(wire[0], eap_begin(server));

	*at_server = EAP_SEND;
	for (;;) {
		packets++;
		*at_peer = eap_receive(peer, packet, &packet);
		if (*at_peer != EAP_SEND || *at_server != EAP_SEND || !packet.len)
			return;
		packet = keep(wire[1], packet);
		*at_server = eap_receive(server, packet, &packet);
		packet = keep(wire[0], packet);
	}
}

static void succeeds(const char *how, const char *what)
{
	enum eap_result s, p;

	talk(&s, &p);
	is(s, EAP_SUCCEEDED, "%s: server: %s", what, eap_why(server));
	is(p, EAP_SUCCEEDED, "%s: peer: %s", what, eap_why(peer));
	is_bytes(eap_msk(peer), eap_msk(server), "%s: one key", what);
	ok(strstr(eap_how(server), how), "%s: %s", what, eap_how(server));
	ok(packets <= 40, "%s: %u packets", what, packets);
}

static void fails(const char *at_server, const char *at_peer, const char *what)
{
	enum eap_result s, p;

	talk(&s, &p);
	ok(s != EAP_SUCCEEDED && p == EAP_FAILED, "%s: no success", what);
	ok(strstr(eap_why(server), at_server), "%s: server: %s", what, eap_why(server));
	ok(strstr(eap_why(peer), at_peer), "%s: peer: %s", what, eap_why(peer));
}

static struct credentials *client(const char *user, const char *password)
{
	struct credentials *c = credentials_new();

	eap_ours(c, user, password, EAP_TYPE_MSCHAPV2, 0);
	return c;
}

static struct credentials *gateway(uint8_t first, uint8_t second)
{
	struct credentials *c = credentials_new();

	eap_theirs(c, first, second);
	return c;
}

static void test_mschapv2(void)
{
	begin(client("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	succeeds("EAP-MSCHAPv2, user alice", "mschapv2");
	is(eap_peer(server)->type, ID_FQDN, "mschapv2: an identity");
	end();
	begin(client("HOME\\zoe@example.com", "eoz"), gateway(EAP_TYPE_MSCHAPV2, 0));
	succeeds("user zoe@example.com", "mschapv2, a domain in front");
	is(eap_peer(server)->type, ID_RFC822_ADDR, "mschapv2: a mail address");
	end();
	begin(client("alice", "alice"), gateway(EAP_TYPE_MSCHAPV2, 0));
	fails("wrong password of user 'alice'", "error 691, wrong user name or password",
	      "wrong password");
	end();
	begin(client("mallory", ""), gateway(EAP_TYPE_MSCHAPV2, 0));
	fails("there is no user 'mallory'", "error 691", "unknown user");
	end();
}

static void test_nak(void)
{
	begin(client("alice", "ecila"), gateway(EAP_TYPE_MD5, EAP_TYPE_MSCHAPV2));
	server->c->eap.theirs.types[0] = EAP_TYPE_TLS;
	fails("libssl does not take our key", "EAP-Failure", "a server that cannot");
	end();
	begin(client("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	peer->c->eap.ours.types[0] = EAP_TYPE_TLS;
	fails("'alice' wants EAP-TLS, which is not among our methods",
	      "it wants EAP-MSCHAPv2, which is not among our methods", "nothing in common");
	end();
}

/* EAP-TLS */

static struct issued root, other, gw, user, expired, big[3];

static struct credentials *tls(struct credentials *c, bool theirs)
{
	if (theirs)
		eap_theirs(c, EAP_TYPE_TLS, EAP_TYPE_MSCHAPV2);
	else
		eap_ours(c, "", NULL, EAP_TYPE_TLS, 0);
	return c;
}

#define CREDENTIALS(anchor, ...) \
	authority_credentials((const struct issued *const []){ __VA_ARGS__ }, \
		sizeof((const struct issued *const []){ __VA_ARGS__ }) / sizeof(void *), anchor)

static void test_tls(void)
{
	begin(tls(CREDENTIALS(&root, &user), false), tls(CREDENTIALS(&root, &gw), true));
	succeeds("EAP-TLS (TLSv1.3, TLS_AES_256_GCM_SHA384), certificate CN=user", "tls");
	is(eap_peer(server)->type, ID_RFC822_ADDR, "tls: the identity of the certificate");
	end();
	begin(tls(CREDENTIALS(&root, &expired), false), tls(CREDENTIALS(&root, &gw), true));
	fails("EAP-TLS: certificate 0 (CN=expired): it has expired", "alert", "tls, expired");
	end();
	begin(tls(CREDENTIALS(&other, &user), false), tls(CREDENTIALS(&root, &gw), true));
	fails("alert", "certificate 0 (CN=gw): the certificate of its issuer is missing",
	      "tls, wrong server");
	end();
	begin(tls(CREDENTIALS(&root, &user), false), tls(CREDENTIALS(&other, &gw), true));
	fails("certificate 0 (CN=user): the certificate of its issuer is missing", "alert",
	      "tls, wrong client");
	end();
	begin(tls(CREDENTIALS(&root, &big[0], &big[1], &big[2]), false),
	      tls(CREDENTIALS(&root, &big[0], &big[1], &big[2]), true));
	succeeds("CN=big", "tls, long chains");
	ok(packets >= 10, "tls: in %u packets", packets);
	end();
	begin(client("alice", "ecila"), tls(CREDENTIALS(&root, &gw), true));
	succeeds("EAP-MSCHAPv2, user alice", "a Nak leads to the next method");
	end();
}

/* libcrypto that fails */

static void begin_tls(void)
{
	begin(tls(CREDENTIALS(&root, &user), false), tls(CREDENTIALS(&root, &gw), true));
}

static void begin_password(void)
{
	begin(client("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
}

/* Each of our calls in a conversation fails in turn: nobody succeeds with another key than the other side. */
static void fail_each(void (*meet)(void), const char *what)
{
	unsigned long total, call, came = 0, wrong = 0;
	enum eap_result s, p;

	meet();
	fault_at(0);
	talk(&s, &p);
	total = fault_calls();
	end();
	for (call = 1; call <= total; call++) {
		meet();
		fault_at(call);
		talk(&s, &p);
		came += fault_came();
		fault_at(0);
		wrong += s == EAP_SUCCEEDED && p == EAP_SUCCEEDED &&
			 !bytes_equal(eap_msk(peer), eap_msk(server));
		end();
	}
	is(came, total, "%s: each of %lu calls failed once", what, total);
	is(wrong, 0, "%s: both had one key, or there was no success", what);
}

static void test_failures(void)
{
	fail_each(begin_tls, "tls, libcrypto fails");
	fail_each(begin_password, "mschapv2, libcrypto fails");
}

/* Nonsense */

/* A conversation in which packet @at of one side is changed by @change. */
static void disturb(bool to_server, unsigned int at, unsigned int change, enum eap_result *s,
		    enum eap_result *p)
{
	struct bytes packet = keep(wire[0], eap_begin(server));
	unsigned int n = 0;

	*s = *p = EAP_SEND;
	for (;;) {
		if (!to_server && n == at && packet.len)
			wire[0][change % packet.len] ^= (uint8_t)(1 + change / packet.len);
		*p = eap_receive(peer, packet, &packet);
		if (*p != EAP_SEND || *s != EAP_SEND)
			return;
		packet = keep(wire[1], packet);
		if (to_server && n == at)
			wire[1][change % packet.len] ^= (uint8_t)(1 + change / packet.len);
		*s = eap_receive(server, packet, &packet);
		packet = keep(wire[0], packet);
		n++;
	}
}

/* Whatever is changed on the way, the ends agree or do not come to a success. */
static void test_changes(void)
{
	unsigned int at, change, differ = 0, runs = 0;
	enum eap_result s, p;
	bool to_server;

	for (at = 0; at < 4; at++)
		for (change = 0; change < 400; change++) {
			to_server = change & 1;
			begin(client("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
			disturb(to_server, at, change / 2, &s, &p);
			if (s == EAP_SUCCEEDED && p == EAP_SUCCEEDED &&
			    !bytes_equal(eap_msk(peer), eap_msk(server)))
				differ++;
			runs++;
			end();
		}
	is(differ, 0, "changes: %u runs", runs);
}

/* To a peer: a packet, and what it makes of it. */
struct turn {
	const char *hex;
	enum eap_result result;
};

static void turns(const char *what, const char *why, const struct turn *list)
{
	uint8_t data[2048];
	struct bytes reply;
	bool right = true;

	begin(client("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	for (; list->hex && right; list++)
		right = eap_receive(peer, test_hex(data, sizeof(data), list->hex), &reply) ==
			list->result;
	ok(right && strstr(eap_why(peer), why), "%s: %s", what, eap_why(peer));
	end();
}

#define FORTY "30303030303030303030303030303030303030303030303030303030303030303030303030303030"
#define CHALLENGE "0102001f1a 0101001a 10 000102030405060708090a0b0c0d0e0f 6573707564"

static void test_peer_out_of_turn(void)
{
	turns("must 38: Success at once", "before the method has come to its end",
	      (const struct turn[]){ { "03010004", EAP_FAILED }, { NULL } });
	turns("must 38: Success after the identity", "before the method has come to its end",
	      (const struct turn[]){ { "0101000501", EAP_SEND }, { "03010004", EAP_FAILED },
				     { NULL } });
	turns("must 38: Success after our response", "before the method has come to its end",
	      (const struct turn[]){ { CHALLENGE, EAP_SEND }, { "03020004", EAP_FAILED },
				     { NULL } });
	turns("a proof before the challenge", "not due",
	      (const struct turn[]){ { "010200331a 0301002e 533d " FORTY, EAP_FAILED }, { NULL } });
	turns("a wrong proof", "does not know our password",
	      (const struct turn[]){ { CHALLENGE, EAP_SEND }, { "010300091a 03010004", EAP_FAILED },
				     { NULL } });
	turns("the challenge twice", "not due",
	      (const struct turn[]){ { CHALLENGE, EAP_SEND }, { CHALLENGE, EAP_FAILED }, { NULL } });
	turns("a short challenge", "too short",
	      (const struct turn[]){ { "0102000c1a 01010007 10 0001", EAP_FAILED }, { NULL } });
	turns("a failure without words", "error 0",
	      (const struct turn[]){ { CHALLENGE, EAP_SEND }, { "010300091a 04010004", EAP_SEND },
				     { "04030004", EAP_FAILED }, { NULL } });
	turns("EAP-MD5 and EAP-GTC", "it wants EAP-GTC, which is not among our methods",
	      (const struct turn[]){ { "01010006 04 00", EAP_SEND }, { "01010006 06 00", EAP_SEND },
				     { "04030004", EAP_FAILED }, { NULL } });
	turns("a notification, and a failure", "it says EAP-Failure to our name",
	      (const struct turn[]){ { "01010006 02 41", EAP_SEND }, { "04010004", EAP_FAILED },
				     { NULL } });
	turns("another method midway", "changed the method",
	      (const struct turn[]){ { CHALLENGE, EAP_SEND }, { "010300060d20", EAP_FAILED },
				     { NULL } });
	turns("a response", "a request is expected",
	      (const struct turn[]){ { "0201000501", EAP_FAILED }, { NULL } });
	turns("a wrong length", "malformed",
	      (const struct turn[]){ { "0101000601", EAP_FAILED }, { NULL } });
	turns("no type", "without a type",
	      (const struct turn[]){ { "01010004", EAP_FAILED }, { NULL } });
	turns("a Nak", "the peer's to send",
	      (const struct turn[]){ { "0101000503", EAP_FAILED }, { NULL } });
}

/* The identifier of a response is that of the request, and a server insists on it. */
static void test_identifiers(void)
{
	struct bytes reply;
	uint8_t data[64];
	unsigned int id;

	begin(client("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	for (id = 7; id < 30; id += 11) {
		data[0] = EAP_CODE_REQUEST;
		data[1] = (uint8_t)id;
		data[2] = 0;
		data[3] = 5;
		data[4] = EAP_TYPE_IDENTITY;
		is(eap_receive(peer, bytes_make(data, 5), &reply), EAP_SEND, "must 39: answered");
		is(reply.data[1], id, "must 39: by the same identifier");
	}
	reply = eap_begin(server);
	id = reply.data[1];
	memcpy(data, "\2\0\0\6\1x", 6);
	data[1] = (uint8_t)(id + 1);
	is(eap_receive(server, bytes_make(data, 6), &reply), EAP_FAILED, "must 39: another one");
	ok(reply.len == 4 && reply.data[0] == EAP_CODE_FAILURE &&
	   strstr(eap_why(server), "identifier"), "must 39: %s", eap_why(server));
	end();
}

/* Who goes on for ever is stopped. */
static void test_endless(void)
{
	static const uint8_t request[] = { 1, 1, 0, 5, 1 };
	struct bytes reply;
	int i;

	begin(client("alice", "ecila"), gateway(EAP_TYPE_MSCHAPV2, 0));
	for (i = 0; i < 1000 && eap_receive(peer, BYTES_OF(request), &reply) == EAP_SEND; i++)
		;
	is(i, EAP_ROUNDS_MAX, "endless: so many packets");
	ok(strstr(eap_why(peer), "did not come to an end"), "endless: %s", eap_why(peer));
	end();
}

/* TLS that is cut wrongly, or never ends. */
static void test_tls_bounds(void)
{
	static const struct { const char *name, *hex, *why; } cases[] = {
		{ "no Start", "010100060d00", "Start is missing" },
		{ "too long", "0101000a0da0 00ffffff", "announces more" },
		{ "no length", "010100070d80 00", "too short" },
		{ "empty", "010100050d", "too short" },
	};
	uint8_t data[1100] = { 1, 1, 1100 >> 8, 1100 & 255, EAP_TYPE_TLS, 0x40 };
	struct bytes reply;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(tls(CREDENTIALS(&root, &user), false), tls(CREDENTIALS(&root, &gw), true));
		ok(eap_receive(peer, test_hex(data + 6, 64, cases[i].hex), &reply) == EAP_FAILED &&
		   strstr(eap_why(peer), cases[i].why), "tls, %s: %s", cases[i].name,
		   eap_why(peer));
		end();
	}
	begin(tls(CREDENTIALS(&root, &user), false), tls(CREDENTIALS(&root, &gw), true));
	memset(data + 6, 0x16, sizeof(data) - 6);
	eap_receive(peer, test_hex(data + 100, 64, "010100060d20"), &reply);
	while (reply.len > 1000)
		eap_receive(peer, test_hex(data + 100, 64, "010100060d00"), &reply);
	memset(data + 6, 0x16, sizeof(data) - 6);
	for (i = 0; i < 100 && eap_receive(peer, BYTES_OF(data), &reply) == EAP_SEND; i++)
		;
	ok(i < EAP_ROUNDS_MAX && strstr(eap_why(peer), "more than 65536"), "tls, endless: %zu, %s",
	   i, eap_why(peer));
	end();
	for (i = 0; i < 300; i++) {
		enum eap_result s, p;

		begin(tls(CREDENTIALS(&root, &user), false), tls(CREDENTIALS(&root, &gw), true));
		disturb(i & 1, (unsigned int)i % 5, (unsigned int)i * 13, &s, &p);
		if (s == EAP_SUCCEEDED && p == EAP_SUCCEEDED &&
		    !bytes_equal(eap_msk(peer), eap_msk(server)))
			ok(false, "tls, changed: %zu", i);
		end();
	}
}

int main(void)
{
	char names[4096] = "";
	int i;

	crypto_init();
	root = authority_root("CN=Root");
	other = authority_root("CN=Other");
	gw = LEAF(&root, .subject = "CN=gw", .san = "DNS:gw.example.com", .key = "P-256");
	user = LEAF(&root, .subject = "CN=user", .san = "email:user@example.com", .key = "P-256");
	expired = LEAF(&root, .subject = "CN=expired", .san = "DNS:x", .from = -20, .until = -10);
	for (i = 0; i < 60; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%sDNS:a-long-name-%d"
			 ".of-the-network.example.com", i ? "," : "", i);
	big[2] = LEAF(&root, .subject = "CN=Middle 2", .ca = true, .san = names);
	big[1] = LEAF(&big[2], .subject = "CN=Middle 1", .ca = true, .san = names);
	big[0] = LEAF(&big[1], .subject = "CN=big", .san = names, .key = "P-256");
	test_vectors();
	test_passwords();
	test_mschapv2();
	test_nak();
	test_tls();
	test_changes();
	test_peer_out_of_turn();
	test_identifiers();
	test_endless();
	test_tls_bounds();
	test_failures();
	authority_free(&root);
	authority_free(&other);
	authority_free(&gw);
	authority_free(&user);
	authority_free(&expired);
	authority_free(&big[0]);
	authority_free(&big[1]);
	authority_free(&big[2]);
	crypto_exit();
	return test_done();
}
