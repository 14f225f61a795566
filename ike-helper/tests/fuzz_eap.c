// SPDX-License-Identifier: GPL-2.0
/*
 * EAP and its methods, with another end that says anything.
 *
 * The first octet chooses the role, the methods, and how far two honest ends have come before; then one
 * of them hears packets of the input instead: length (two octets) and octets. Those that begin with the
 * right code get the right identifier and length, so that they reach the methods. Whatever it is,
 * nothing may crash or leak, and by EAP-MSCHAPv2 nobody may succeed, as the peer has a wrong password.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/eap.h"
#include "auth/eap_method.h"
#include "crypto/crypto.h"
#include "tests/authority.h"
#include "tests/eap_people.h"
#include "tests/seeds.h"
#include "tests/simulator.h"

#define PACKETS		12
#define PACKET_MAX	2048

enum choice {
	CHOICE_SERVER = 1,	/* the server hears it, else the peer */
	CHOICE_TLS = 2,
	CHOICE_ROUNDS = 0x0c,	/* in fours */
	CHOICE_ROUNDS_SHIFT = 2,
};

static struct credentials *peers[2], *servers[2];
static struct issued root, gw, user;
static uint8_t wire[2][PACKET_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct bytes keep(uint8_t out[PACKET_MAX], struct bytes data)
{
	/* What is empty may be nowhere. */
	if (data.len)
		memcpy(out, data.data, data.len);
	return bytes_make(out, data.len);
}

/* The next packet of the input, mended as far as that does not take its sense away. */
static struct bytes next(struct reader *r, const struct eap *to, uint8_t out[PACKET_MAX])
{
	uint16_t len = reader_u16(r);
	struct bytes packet = reader_take(r, len < reader_left(r) ? len : reader_left(r));

	if (packet.len > PACKET_MAX)
		packet.len = PACKET_MAX;
	packet = keep(out, packet);
	if (packet.len < EAP_HEADER_SIZE || out[0] != (to->server ? EAP_CODE_RESPONSE :
						       EAP_CODE_REQUEST))
		return packet;
	out[1] = to->server ? to->id : out[1];
	put_be16(out + 2, (uint16_t)packet.len);
	return packet;
}

/* Some rounds between honest ends; the peer does not know the password. */
static bool begin(struct eap *peer, struct eap *server, unsigned int rounds)
{
	struct bytes packet = keep(wire[0], eap_begin(server));

	while (rounds--) {
		if (eap_receive(peer, packet, &packet) != EAP_SEND)
			return false;
		packet = keep(wire[1], packet);
		if (eap_receive(server, packet, &packet) != EAP_SEND)
			return false;
		packet = keep(wire[0], packet);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eap *peer, *server, *to;
	struct bytes packet, reply;
	enum eap_result result;
	struct reader r;
	unsigned int i;
	bool tls;

	if (!size)
		return 0;
	tls = data[0] & CHOICE_TLS;
	eap_meet(peers[tls], servers[tls], &peer, &server);
	to = data[0] & CHOICE_SERVER ? server : peer;
	reader_init(&r, bytes_make(data + 1, size - 1));
	result = begin(peer, server, (data[0] & CHOICE_ROUNDS) >> CHOICE_ROUNDS_SHIFT) ?
		 EAP_SEND : EAP_FAILED;
	for (i = 0; i < PACKETS && result == EAP_SEND && reader_left(&r); i++) {
		packet = next(&r, to, wire[0]);
		result = eap_receive(to, packet, &reply);
		if (result == EAP_SUCCEEDED && !tls)
			abort();
		if (result == EAP_FAILED && !eap_why(to)[0])
			abort();
	}
	eap_free(peer);
	eap_free(server);
	return 0;
}

/* Every packet of an honest conversation is a seed, for who would hear it. */
static void seed_packet(uint8_t choice, unsigned int round, struct bytes packet)
{
	static uint8_t data[3 + PACKET_MAX];
	struct writer w;

	if (round > 3)
		return;
	writer_init(&w, data, sizeof(data));
	writer_u8(&w, (uint8_t)(choice | round << CHOICE_ROUNDS_SHIFT));
	writer_u16(&w, (uint16_t)packet.len);
	writer_bytes(&w, packet);
	seed_add(writer_view(&w));
}

static void seed_conversation(bool tls)
{
	uint8_t choice = tls ? CHOICE_TLS : 0;
	struct eap *peer, *server;
	struct bytes packet;
	unsigned int round;

	eap_meet(peers[tls], servers[tls], &peer, &server);
	packet = keep(wire[0], eap_begin(server));
	for (round = 0; ; round++) {
		seed_packet(choice, round, packet);
		if (eap_receive(peer, packet, &packet) != EAP_SEND)
			break;
		packet = keep(wire[1], packet);
		seed_packet(choice | CHOICE_SERVER, round, packet);
		if (eap_receive(server, packet, &packet) != EAP_SEND)
			break;
		packet = keep(wire[0], packet);
	}
	eap_free(peer);
	eap_free(server);
}

static void ignore(const struct seed_message *s)
{
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct issued *const user_chain[] = { &user }, *const gw_chain[] = { &gw };

	if (crypto_init() != CRYPTO_OK)
		abort();
	root = authority_root("CN=Root");
	gw = authority_leaf("CN=gw", "DNS:gw.example.com", &root);
	user = authority_leaf("CN=user", "email:user@example.com", &root);
	peers[0] = credentials_new();
	servers[0] = credentials_new();
	peers[1] = authority_credentials(user_chain, 1, &root);
	servers[1] = authority_credentials(gw_chain, 1, &root);
	eap_ours(peers[0], "alice", "not her password", EAP_TYPE_MSCHAPV2, 0);
	eap_ours(peers[1], "", NULL, EAP_TYPE_TLS, 0);
	eap_theirs(servers[0], EAP_TYPE_MSCHAPV2, EAP_TYPE_TLS);
	eap_theirs(servers[1], EAP_TYPE_TLS, EAP_TYPE_MSCHAPV2);
	if (!seeds_asked(ignore))
		return 0;
	seed_conversation(false);
	seed_conversation(true);
	exit(0);
}
