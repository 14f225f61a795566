// SPDX-License-Identifier: GPL-2.0
#include "keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "control.h"
#include "error.h"
#include "json.h"

#define ROW_MAX 2048

/*
 * What Wireshark calls an algorithm. Without a name it cannot decrypt what is protected by it; a row with
 * a name that it does not know would keep it from reading the whole table.
 */
struct algorithm {
	const char *name;
	const char *ike;
	const char *esp;
};

static const struct algorithm ciphers[] = {
	{ "AES_GCM_16-128", "AES-GCM-128 with 16 octet ICV [RFC5282]",
	  "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "AES_GCM_16-192", "AES-GCM-192 with 16 octet ICV [RFC5282]",
	  "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "AES_GCM_16-256", "AES-GCM-256 with 16 octet ICV [RFC5282]",
	  "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "AES_GCM_12-128", "AES-GCM-128 with 12 octet ICV [RFC5282]",
	  "AES-GCM with 12 octet ICV [RFC4106]" },
	{ "AES_GCM_12-192", "AES-GCM-192 with 12 octet ICV [RFC5282]",
	  "AES-GCM with 12 octet ICV [RFC4106]" },
	{ "AES_GCM_12-256", "AES-GCM-256 with 12 octet ICV [RFC5282]",
	  "AES-GCM with 12 octet ICV [RFC4106]" },
	{ "AES_GCM_8-128", "AES-GCM-128 with 8 octet ICV [RFC5282]",
	  "AES-GCM with 8 octet ICV [RFC4106]" },
	{ "AES_GCM_8-192", "AES-GCM-192 with 8 octet ICV [RFC5282]",
	  "AES-GCM with 8 octet ICV [RFC4106]" },
	{ "AES_GCM_8-256", "AES-GCM-256 with 8 octet ICV [RFC5282]",
	  "AES-GCM with 8 octet ICV [RFC4106]" },
	{ "AES_CBC-128", "AES-CBC-128 [RFC3602]", "AES-CBC [RFC3602]" },
	{ "AES_CBC-192", "AES-CBC-192 [RFC3602]", "AES-CBC [RFC3602]" },
	{ "AES_CBC-256", "AES-CBC-256 [RFC3602]", "AES-CBC [RFC3602]" },
};

static const struct algorithm integrities[] = {
	{ "", "NONE [RFC4306]", "NULL" },
	{ "HMAC_SHA2_256_128", "HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]" },
	{ "HMAC_SHA2_384_192", "HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]" },
	{ "HMAC_SHA2_512_256", "HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]" },
};

/**
 * struct keylog - the log
 * @control: the helper
 * @ike: descriptor of the table of IKE SAs
 * @esp: of that of ESP SAs
 */
struct keylog {
	struct control control;
	int ike;
	int esp;
};

static const struct algorithm *find(const struct algorithm *rows, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* A member in hexadecimal, NULL if it is none. */
static const char *hex(const struct json_object *event, const char *name)
{
	const char *text = json_text(event, name);

	return text && !text[strspn(text, "0123456789abcdef")] ? text : NULL;
}

static int ike_row(char row[ROW_MAX], const struct json_object *event, const struct algorithm *cipher,
		   const struct algorithm *integ)
{
	const char *values[] = {
		hex(event, "spi_i"), hex(event, "spi_r"), hex(event, "sk_ei"), hex(event, "sk_er"),
		hex(event, "sk_ai"), hex(event, "sk_ar"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (!values[i])
			return -1;
	return snprintf(row, ROW_MAX, "%s,%s,%s,%s,\"%s\",%s,%s,\"%s\"\n", values[0], values[1],
			values[2], values[3], cipher->ike, values[4], values[5], integ->ike);
}

/* Whatever the addresses are: they change with NATs and moves, and an SPI is random. */
static int esp_row(char row[ROW_MAX], const struct json_object *event, const struct algorithm *cipher,
		   const struct algorithm *integ)
{
	static const char *const families[] = { "IPv4", "IPv6" };
	const char *spi = json_text(event, "spi"), *key = hex(event, "key");
	const char *integ_key = hex(event, "integ_key");
	int len = 0;

	if (!spi || strncmp(spi, "0x", 2) || !key || !integ_key)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		len += snprintf(row + len, (size_t)(ROW_MAX - len),
				"\"%s\",\"*\",\"*\",\"%s\",\"%s\",\"0x%s\",\"%s\",\"%s%s\"\n",
				families[i], spi, cipher->esp, key, integ->esp, *integ_key ? "0x" : "",
				integ_key);
	return len;
}

static const struct {
	const char *event;
	int (*row)(char row[ROW_MAX], const struct json_object *event, const struct algorithm *cipher,
		   const struct algorithm *integ);
	bool ike;
} tables[] = {
	{ "ike_keys", ike_row, true },
	{ "esp_keys", esp_row, false },
};

/* What a row is about, without its keys. */
static void print_event(const struct json_object *event, bool written, bool json)
{
	static const char *const members[] = {
		"event", "spi_i", "spi_r", "spi", "direction", "encr", "integ"
	};
	const char *text[ARRAY_SIZE(members)];
	struct json_object *said;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		text[i] = json_text(event, members[i]);
	if (json) {
		said = json_object_new_object();
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			json_add_text(said, members[i], text[i]);
		json_add_bool(said, "written", written);
		json_print(said, true);
		json_object_put(said);
	} else {
		if (text[1])
			printf("IKE SA %s %s: ", text[1], text[2]);
		else
			printf("ESP SA %s %s: ", text[3], text[4]);
		printf("%s%s%s%s\n", text[5], *text[6] ? "/" : "", text[6],
		       written ? "" : ": not written, Wireshark has no name for this");
	}
	fflush(stdout);
}

static int write_row(int fd, const char *file, const char *row, size_t len, struct error *e)
{
	ssize_t n = write(fd, row, len);

	if (n == (ssize_t)len)
		return 0;
	return error_set(e, "%s: %s", file, n < 0 ? strerror(errno) : "cut short");
}

/* Keys came. Return: 0, or -1 if they cannot be written. */
static int take_keys(struct keylog *k, const struct json_object *event, size_t i, bool json,
		     struct error *e)
{
	const struct algorithm *cipher = find(ciphers, ARRAY_SIZE(ciphers), json_text(event, "encr"));
	const struct algorithm *integ = find(integrities, ARRAY_SIZE(integrities),
					     json_text(event, "integ"));
	const char *file = tables[i].ike ? KEYLOG_IKE_TABLE : KEYLOG_ESP_TABLE;
	char row[ROW_MAX];
	int err = 0, len;

	if (!json_text(event, "encr") || !json_text(event, "integ") ||
	    !json_text(event, tables[i].ike ? "spi_i" : "spi") ||
	    !json_text(event, tables[i].ike ? "spi_r" : "direction"))
		return error_set(e, "ike-helper's answer is not understood");
	if (cipher && integ) {
		len = tables[i].row(row, event, cipher, integ);
		if (len < 0 || len >= ROW_MAX)
			err = error_set(e, "ike-helper's answer is not understood");
		else
			err = write_row(tables[i].ike ? k->ike : k->esp, file, row, (size_t)len, e);
		explicit_bzero(row, sizeof(row));
	}
	if (!err)
		print_event(event, cipher && integ, json);
	return err;
}

/* SAs that are older than the log can only be decrypted once they have new keys. */
static void note_older(const struct json_object *event)
{
	uint64_t pairs;

	if (json_number(event, "older_pairs", &pairs) && pairs)
		complain("%u pair%s of child SAs %s older than this log, and their keys are not known any "
			 "more: espudp rekey NAME", (unsigned int)pairs, pairs > 1 ? "s" : "",
			 pairs > 1 ? "are" : "is");
}

static int take_event(struct keylog *k, struct json_object *message, bool json, struct error *e)
{
	struct json_object *event = control_result(&k->control, message, e);
	const char *name;
	int err = 0;

	if (!event)
		return -1;
	name = json_text(event, "event");
	if (name && !strcmp(name, "keylog"))
		note_older(event);
	for (size_t i = 0; name && !err && i < ARRAY_SIZE(tables); i++)
		if (!strcmp(name, tables[i].event))
			err = take_keys(k, event, i, json, e);
	json_object_object_foreach(event, member, value) {
		(void)member;
		if (json_object_is_type(value, json_type_string))
			explicit_bzero((char *)json_object_get_string(value),
				       (size_t)json_object_get_string_len(value));
	}
	return err;
}

/* Open one of the tables, to append to. Return: descriptor, or -1. */
static int open_table(int directory, const char *name, struct error *e)
{
	static const char head[] = "# keys of SAs, written by espudp keylog\n";
	int fd = openat(directory, name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		error_set(e, "%s: %s", name, strerror(errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid()) {
		error_set(e, "%s: is not a file of yours with one name", name);
		goto fail;
	}
	if (st.st_mode & 077) {
		error_set(e, "%s: other users can read or write it (mode %04o); chmod 600 it", name,
			  st.st_mode & 07777);
		goto fail;
	}
	if (!st.st_size && write_row(fd, name, head, sizeof(head) - 1, e))
		goto fail;
	return fd;
fail:
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_directory(const char *path, struct error *e)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST)
		return error_set(e, "%s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		error_set(e, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (st.st_uid == geteuid() && !(st.st_mode & 022))
		return fd;
	error_set(e, "%s: other users can write there (uid %u, mode %04o); give a directory of your own",
		  path, st.st_uid, st.st_mode & 07777);
fail:
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_tables(struct keylog *k, const char *path, struct error *e)
{
	int directory = open_directory(path, e);

	if (directory < 0)
		return -1;
	k->ike = open_table(directory, KEYLOG_IKE_TABLE, e);
	if (k->ike >= 0)
		k->esp = open_table(directory, KEYLOG_ESP_TABLE, e);
	close(directory);
	return k->esp < 0 ? error_prefix(e, "%s", path) : 0;
}

/* Take what comes until somebody goes. Return: 0 if that is the reader of standard output. */
static int run(struct keylog *k, bool json, struct error *e)
{
	struct pollfd fds[2] = { { .fd = k->control.fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	struct json_object *message;
	int err;

	for (;;) {
		do {
			if (control_receive(&k->control, 0, &message, e))
				return -1;
			err = message ? take_event(k, message, json, e) : 0;
			json_object_put(message);
			if (err)
				return -1;
		} while (message);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_set(e, "poll: %s", strerror(errno));
		if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL) || ferror(stdout))
			return 0;
	}
}

int keylog(const char *directory, const struct options *options)
{
	struct keylog k = { .control = { .fd = -1 }, .ike = -1, .esp = -1 };
	struct error e;
	int err;

	if (geteuid()) {
		complain("keylog: only root may have keys");
		return STATUS_FAILED;
	}
	err = control_open(&k.control, options->control, &e) || open_tables(&k, directory, &e) ||
	      control_send(&k.control, "keylog", NULL, true, &e);
	if (!err)
		err = run(&k, options->json, &e);
	if (err)
		complain("keylog: %s", e.text);
	control_close(&k.control);
	if (k.ike >= 0)
		close(k.ike);
	if (k.esp >= 0)
		close(k.esp);
	return err ? STATUS_FAILED : STATUS_OK;
}
