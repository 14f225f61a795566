// SPDX-License-Identifier: GPL-2.0
/*
 * Hand keying: words -> attributes -> JSON, and every kind of word that is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/espudp.h>
#include <linux/genetlink.h>

#include "../array.h"
#include "../decode.h"
#include "../json.h"
#include "../netlink.h"
#include "../request.h"
#include "../verb.h"
#include "tap.h"

#define WORDS_MAX 40

/* Cut a line into words and parse those behind object and verb. The request refers to the line. */
static int parse(struct request *request, char *line, struct error *e)
{
	char *words[WORDS_MAX];
	const struct verb *verb;
	int count = 0;

	for (char *word = strtok(line, " "); word && count < WORDS_MAX; word = strtok(NULL, " "))
		words[count++] = word;
	memset(request, 0, sizeof(*request));
	verb = verb_find(words[0], words[1], e);
	return verb ? request_parse(request, verb, count - 2, words + 2, e) : -1;
}

/* What the module would be told, as JSON, so that it can be compared. */
static char *encode(struct request *request)
{
	static const struct netlink nl = { .family = 33 };
	char buffer[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *message = espudp_message(&nl, buffer, request->verb->cmd);
	struct json_object *object;
	char *text;

	request_put(request, message);
	object = decode_message(message, request->verb->set, false);
	text = strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
						     JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return text;
}

static void good_words(void)
{
	static const struct {
		const char *line, *json;
	} cases[] = {
		{ "link show", "{}" },
		{ "link show vpn0", "{\"ifname\":\"vpn0\"}" },
		{ "link show dev vpn0 netnsid 3", "{\"ifname\":\"vpn0\",\"netnsid\":3}" },
		{ "link set vpn0 mark 0x51", "{\"ifname\":\"vpn0\",\"mark\":81}" },
		{ "link set vpn0 carrier sa", "{\"ifname\":\"vpn0\",\"carrier\":\"sa\"}" },
		{ "link set vpn0 df clear dscp-policy fixed dscp 46 ttl-policy fixed ttl 1 flow-label zero",
		  "{\"ifname\":\"vpn0\",\"df\":\"clear\",\"dscp_policy\":\"fixed\",\"dscp\":46,"
		  "\"ttl_policy\":\"fixed\",\"ttl\":1,\"flow_label\":\"zero\"}" },
		{ "link set vpn0 batch off", "{\"ifname\":\"vpn0\",\"batch\":\"off\"}" },
		{ "link set vpn0 parallel on", "{\"ifname\":\"vpn0\",\"parallel\":\"on\"}" },
		{ "link set dev mark mark 4294967295",
		  "{\"ifname\":\"mark\",\"mark\":4294967295}" },
		{ "transport add id 1", "{\"id\":1}" },
		{ "transport add id 1 local :: port 0 replace dev lo mark 7",
		  "{\"id\":1,\"replace\":true}" },
		{ "transport del 4294967295", "{\"id\":4294967295}" },
		{ "peer add id 1 dev lo transport 2",
		  "{\"id\":1,\"ifindex\":0,\"transport_id\":2}" },
		{ "peer set id 1 remote 192.0.2.1:4501 local any",
		  "{\"id\":1,\"local\":\"0.0.0.0\",\"remote\":\"192.0.2.1\","
		  "\"remote_port\":4501}" },
		{ "peer set id 1 remote [2001:db8::1]:4501 local 2001:db8::2",
		  "{\"id\":1,\"local\":\"2001:db8::2\",\"remote\":\"2001:db8::1\","
		  "\"remote_port\":4501}" },
		{ "peer set id 1 remote 192.0.2.1 port 1 endpoint-policy learn keepalive 20 idle 0",
		  "{\"id\":1,\"remote\":\"192.0.2.1\",\"remote_port\":1,"
		  "\"endpoint_policy\":\"learn\",\"keepalive\":20,\"idle\":0}" },
		{ "child add id 1 peer 2 local 10.0.0.0/24,2001:db8::/32[tcp/80-443] remote ::/0",
		  "{\"id\":1,\"peer_id\":2,\"local\":[\"10.0.0.0/24\","
		  "\"2001:db8::/32[tcp/80-443]\"],\"remote\":[\"::/0\"]}" },
		{ "child set id 1 remote 0.0.0.0/0[icmp/8(0)]",
		  "{\"id\":1,\"remote\":[\"0.0.0.0/0[icmp/8(0)]\"]}" },
		{ "child set id 1 remote ::/0[tcp/0-80],::/0[udp/80-65535]",
		  "{\"id\":1,\"remote\":[\"::/0[tcp/0-80]\",\"::/0[udp/80-65535]\"]}" },
		{ "child show 7", "{\"id\":7}" },
		{ "sa set id 1 soft-bytes 1 hard-bytes 18446744073709551615 soft-packets 0 "
		  "hard-packets 3 soft-time 4 hard-time 5 soft-sequence 6",
		  "{\"id\":1,\"soft_bytes\":1,\"hard_bytes\":18446744073709551615,"
		  "\"soft_packets\":0,\"hard_packets\":3,\"soft_time\":4,\"hard_time\":5,"
		  "\"soft_sequence\":6}" },
		{ "sa switch id 9", "{\"id\":9}" },
		{ "spi alloc", "{}" },
		{ "spi alloc first 0x1000 last 0xffff lifetime 3600",
		  "{\"first\":4096,\"last\":65535,\"lifetime\":3600}" },
		{ "spi free 0xC0FFEE", "{\"spi\":\"0x00c0ffee\"}" },
	};
	struct request request;
	struct error e;
	char line[300];
	char *json;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(line, cases[i].line);
		if (ok(!parse(&request, line, &e), "%s", cases[i].line)) {
			json = encode(&request);
			is_text(json, cases[i].json, "what is sent");
			free(json);
		} else {
			printf("# %s\n", e.text);
		}
		request_end(&request);
	}
}

static void bad_words(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "peer ad id 1", "unknown verb 'ad'; did you mean 'add'?" },
		{ "peer show idd 1", "id: 'idd' is not a number" },
		{ "peer set idd 1", "unknown word 'idd'; did you mean 'id'?" },
		{ "peer set id 1 transprot 3", "did you mean 'transport'?" },
		{ "peer set id 1 frobnicate 3", "unknown word 'frobnicate'" },
		{ "peer set id", "id needs a value: N" },
		{ "peer set id 1 id 2", "id is there twice" },
		{ "peer set id 0", "allowed are 1 to 4294967295" },
		{ "peer set id 4294967296", "allowed are 1 to 4294967295" },
		{ "peer set id 1 keepalive 86401", "allowed are 0 to 86400" },
		{ "peer set id 1 endpoint-policy lean", "did you mean 'learn'?; there are: fixed" },
		{ "peer set id 1 port 0", "allowed are 1 to 65535" },
		{ "peer set id 1 remote gw.example.com", "is not an IP address" },
		{ "peer add id 1", "missing: dev LINK transport N" },
		{ "peer add dev a-name-that-is-too-long id 1 transport 1", "1 to 15 characters" },
		{ "peer del", "missing: id N" },
		{ "peer del 1 2", "unknown word '2'" },
		{ "link set vpn0 carrier sometimes", "there are: always sa" },
		{ "link set mark 1", "missing: dev LINK" },
		{ "link set vpn0 dscp 64", "dscp" },
		{ "link set vpn0 ttl 0", "ttl" },
		{ "link set vpn0 df maybe", "df" },
		{ "link show dev a-name-that-is-too-long", "1 to 15 characters" },
		{ "link show dev vpn0 netnsid -1", "not a number" },
		{ "child add id 1 peer 1 local 10.0.0.0/24 remote 10.0.1.1/24",
		  "did you mean 10.0.1.0/24?" },
		{ "sa add id 1 child 1 dir inn spi 0x100 suite aes-gcm-16-128 key -",
		  "unknown direction 'inn'; did you mean 'in'?" },
		{ "sa add id 1 child 1 dir in spi 0x100 suite aes-gcm16-128 key -",
		  "did you mean 'aes-gcm-16-128'?; there are:" },
		{ "sa add id 1 child 1 dir in spi 0x100000000 suite aes-gcm-16-128 key -",
		  "allowed are 0 to 4294967295" },
		{ "sa add id 1 replay-window 16385", "allowed are 0 to 16384" },
		{ "sa set id 1 soft-bytes 1k", "not a number" },
		{ "sa set id 1 hard-bytes 18446744073709551616", "out of range" },
		{ "sa add id 1 esn esn", "esn is there twice" },
		{ "sa add id 1 key 0x0011", "can be read by every user" },
		{ "sa add id 1 key 00112233445566778899", "file:PATH" },
		{ "sa add id 1 key file:", "lacks the path" },
		{ "spi alloc first 255", "allowed are 256 to" },
		{ "spi alloc lifetime 3601", "allowed are 1 to 3600" },
		{ "spi free", "missing: spi 0x..." },
		{ "transport add id 1 port 65536", "allowed are 0 to 65535" },
		{ "transport add id 1 local 10.0.0.1:4500", "not an IP address" },
	};
	struct request request;
	struct error e;
	char line[300];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(line, cases[i].line);
		e.text[0] = '\0';
		ok(parse(&request, line, &e), "refused: %s", cases[i].line);
		has_text(e.text, cases[i].why, "and why");
		request_end(&request);
	}
}

/* Write a key file; its path is kept in @path, and the request that reads it in @line. */
static void key_file(const char *text, mode_t mode, char *path, char *line, const char *suite)
{
	int fd;

	strcpy(path, "/tmp/espudp-test-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode))
		exit(1);
	close(fd);
	sprintf(line, "sa add id 1 child 1 dir out spi 0x100 suite %s key file:%s", suite, path);
}

static void keys(void)
{
	static const char good[] = "0x000102030405060708090a0b0c0d0e0f\n  10111213\n";
	static const struct {
		const char *text, *suite, *why;
		mode_t mode;
	} bad[] = {
		{ good, "aes-gcm-16-256", "takes 36 bytes", 0600 },
		{ good, "aes-gcm-16-128", "can be read by other users (mode 0640)", 0640 },
		{ "", "aes-gcm-16-128", "no key in it", 0600 },
		{ "0x", "aes-gcm-16-128", "no key in it", 0600 },
		{ "00112", "aes-gcm-16-128", "odd number", 0600 },
		{ "secret", "aes-gcm-16-128", "no hexadecimal digit", 0600 },
	};
	static const struct secret blank;
	struct request request;
	char path[40], line[200];
	struct error e;

	key_file(good, 0600, path, line, "aes-gcm-16-128");
	ok(!parse(&request, line, &e) && !request_read_secret(&request, &e) &&
	   request.secret.len == 20 && request.secret.data[19] == 0x13, "a key from a file");
	request_end(&request);
	ok(!memcmp(&request.secret, &blank, sizeof(blank)), "which is wiped");
	unlink(path);
	key_file(good, 0600, path, line, "aes-gcm-16-128");
	unlink(path);
	ok(!parse(&request, line, &e) && request_read_secret(&request, &e), "no such file");
	has_text(e.text, "No such file", "and why");
	request_end(&request);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		key_file(bad[i].text, bad[i].mode, path, line, bad[i].suite);
		ok(!parse(&request, line, &e) && request_read_secret(&request, &e),
		   "a bad key file: %s", bad[i].why);
		has_text(e.text, bad[i].why, "and why");
		request_end(&request);
		unlink(path);
	}
}

static void long_keys(void)
{
	char text[300], path[40], line[200], *full = malloc(5000);
	struct request request;
	struct error e;

	memset(text, 'a', sizeof(text));
	text[258] = '\0';
	key_file(text, 0600, path, line, "aes-gcm-16-128");
	ok(!parse(&request, line, &e) && request_read_secret(&request, &e), "129 bytes of key");
	has_text(e.text, "longer than 128 bytes", "and why");
	request_end(&request);
	unlink(path);
	memset(full, ' ', 5000);
	full[4999] = '\0';
	key_file(full, 0600, path, line, "aes-gcm-16-128");
	ok(!parse(&request, line, &e) && request_read_secret(&request, &e), "a file without end");
	request_end(&request);
	unlink(path);
	free(full);
}

static void tables(void)
{
	for (const struct verb *v = verbs; v->object; v++) {
		size_t n = 0;

		while (v->keys[n].name)
			n++;
		ok(n <= REQUEST_KEYS_MAX && object_find(v->object), "%s %s has %zu keys",
		   v->object, v->name, n);
	}
}

int main(void)
{
	good_words();
	bad_words();
	keys();
	long_keys();
	tables();
	return tap_end();
}
