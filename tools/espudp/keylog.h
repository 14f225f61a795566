/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `espudp keylog`: the keys of all SAs as Wireshark's tables, so that it decrypts IKE and ESP.
 *
 * The helper hands the keys out as long as this is connected, to root only; the files are written here,
 * since the helper may write hardly anywhere.
 */
#ifndef TOOLS_KEYLOG_H
#define TOOLS_KEYLOG_H

#include "options.h"

/* Names of the tables in a profile of Wireshark. */
#define KEYLOG_IKE_TABLE	"ikev2_decryption_table"
#define KEYLOG_ESP_TABLE	"esp_sa"

/**
 * keylog - write keys until a signal comes, or the helper or the reader of standard output goes
 * @directory: of the tables, made if it is missing; nobody but its owner may write there
 * @options: of the command
 *
 * Return: exit status.
 */
int keylog(const char *directory, const struct options *options);

#endif
