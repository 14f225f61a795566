// SPDX-License-Identifier: GPL-2.0
/*
 * memscan: count the places in all of the machine's memory, the kernel's and everybody's, that hold some bytes.
 *
 *   memscan HEX...		16 bytes each, at addresses that 4 divides; prints a number for each, in a line
 *
 * It reads /proc/kcore. What it looks for is kept inverted, so that it does not find itself.
 *
 * Exit status: 0 if all could be read, 2 for a usage error, 4 if there is no such file.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH		16
#define WANTED		32
#define BLOCK		(1 << 20)
#define SEGMENTS	256
/* Where the kernel's own text and modules begin, and what is too large to be memory: areas of addresses. */
#define TEXT		0xffffffff80000000ULL
#define NO_MEMORY	(1ULL << 40)

struct wanted {
	uint32_t	inverted[LENGTH / 4];
	unsigned int	found;
};

static struct wanted wanted[WANTED];
static unsigned int n_wanted;
static uint32_t buffer[(BLOCK + LENGTH) / 4];
/* By the lower half of a word: whether something wanted may begin with it. */
static bool begins[1 << 16];

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "memscan: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool read_hex(const char *text, struct wanted *to)
{
	uint8_t *bytes = (uint8_t *)to->inverted;
	unsigned int byte;

	if (strlen(text) != 2 * LENGTH)
		return false;
	for (size_t i = 0; i < LENGTH; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = (uint8_t)~byte;
	}
	begins[(uint16_t)~to->inverted[0]] = true;
	return true;
}

static bool is_here(const uint32_t *data, const struct wanted *it)
{
	for (size_t i = 0; i < LENGTH / 4; i++)
		if (data[i] != ~it->inverted[i])
			return false;
	return true;
}

/* What begins in the first @n words of a buffer; behind them are as many as one may need to see all of it. */
static void scan(const uint32_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned int w = 0; begins[(uint16_t)data[i]] && w < n_wanted; w++)
			if (data[i] == ~wanted[w].inverted[0] && is_here(data + i, &wanted[w]))
				wanted[w].found++;
}

/* Memory that may not be read is read as zeros, or not at all, and then it is passed over. */
static uint64_t scan_segment(int fd, const Elf64_Phdr *segment)
{
	uint64_t at = 0, seen = 0;

	while (at < segment->p_memsz) {
		ssize_t n = pread(fd, buffer, sizeof(buffer), (off_t)(segment->p_offset + at));

		if (n > 0) {
			memset((uint8_t *)buffer + n, 0, sizeof(buffer) - (size_t)n);
			scan(buffer, (n < BLOCK ? (size_t)n : BLOCK) / 4);
			seen += n < BLOCK ? (uint64_t)n : BLOCK;
		}
		at += BLOCK;
	}
	return seen;
}

/* What was read last stays behind, here and in a page of the kernel's: let that be its text, which is no secret. */
static void forget(int fd, const Elf64_Phdr *text)
{
	if (pread(fd, buffer, 4096, (off_t)text->p_offset) < 0)
		fprintf(stderr, "memscan: the kernel's text: %s\n", strerror(errno));
	explicit_bzero(buffer, sizeof(buffer));
}

static bool is_memory(const Elf64_Phdr *segment)
{
	return segment->p_type == PT_LOAD && segment->p_vaddr < TEXT && segment->p_memsz < NO_MEMORY;
}

int main(int argc, char **argv)
{
	Elf64_Phdr segments[SEGMENTS];
	uint64_t seen = 0;
	Elf64_Ehdr header;
	int fd;

	while (n_wanted + 1 < (unsigned int)argc && n_wanted < WANTED &&
	       read_hex(argv[n_wanted + 1], &wanted[n_wanted]))
		n_wanted++;
	if (!n_wanted || n_wanted + 1 < (unsigned int)argc) {
		fprintf(stderr, "usage: memscan HEX...\n");
		return 2;
	}
	fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 4;
	if (fd < 0)
		fail("/proc/kcore");
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) || header.e_phnum > SEGMENTS ||
	    pread(fd, segments, header.e_phnum * sizeof(*segments), (off_t)header.e_phoff) < 0)
		fail("its headers");
	for (unsigned int i = 0; i < header.e_phnum; i++)
		if (is_memory(&segments[i]))
			seen += scan_segment(fd, &segments[i]);
	for (unsigned int i = 0; i < header.e_phnum; i++)
		if (segments[i].p_type == PT_LOAD && segments[i].p_vaddr >= TEXT)
			forget(fd, &segments[i]);
	for (unsigned int w = 0; w < n_wanted; w++)
		printf("%u%c", wanted[w].found, w + 1 < n_wanted ? ' ' : '\n');
	fprintf(stderr, "memscan: %llu MB\n", (unsigned long long)seen >> 20);
	return seen ? 0 : 1;
}
