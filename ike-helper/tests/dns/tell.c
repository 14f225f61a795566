// SPDX-License-Identifier: GPL-2.0
/*
 * For tools/packaging/check-resolvconf: tell who resolves names here, as the daemon does, and take it back.
 *
 * usage: tell LINK DOMAINS SERVER...
 *
 * Prints what dns_set() has said; takes it back when its standard input ends.
 */
#include <stdio.h>
#include <unistd.h>

#include "daemon/dns.h"

int main(int argc, char **argv)
{
	struct address servers[ENGINE_DNS_MAX];
	size_t count = 0;
	char byte;

	for (int i = 3; i < argc && count < ENGINE_DNS_MAX; i++)
		if (!address_parse(&servers[count++], argv[i]))
			return 2;
	if (!count || dns_open())
		return 2;
	printf("%d\n", dns_set(argv[1], servers, count, argv[2]));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return dns_set(argv[1], servers, 0, "") ? 1 : 0;
}
