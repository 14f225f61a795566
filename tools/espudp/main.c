// SPDX-License-Identifier: GPL-2.0
/*
 * espudp: the one command that a person types.
 */
#include "cli.h"

#include "error.h"

int main(int argc, char **argv)
{
	int status = cli_run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		complain("standard output could not be written");
		return status ? status : STATUS_FAILED;
	}
	return status;
}
