/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tunnels that the helper keys: up, down, rekey, check. All print what happened.
 */
#ifndef TOOLS_TUNNEL_H
#define TOOLS_TUNNEL_H

#include <limits.h>
#include <net/if.h>

#include "error.h"
#include "options.h"

#define CONFIG_DIRECTORY "/etc/espudp"

/**
 * struct tunnel_name - which tunnel is meant
 * @name: of the link
 * @file: absolute path of its configuration file
 */
struct tunnel_name {
	char name[IF_NAMESIZE];
	char file[PATH_MAX];
};

/**
 * tunnel_resolve - find out which tunnel is meant
 * @word: name of a link, or path of a configuration file: with a / or ending in .conf
 * @tunnel: filled on success; the file may not exist
 * @e: filled on failure
 *
 * Return: 0, or -1.
 */
int tunnel_resolve(const char *word, struct tunnel_name *tunnel, struct error *e);

/**
 * tunnel_up - bring a tunnel up; start the helper if none is running
 * @word: name or file
 * @seconds: to wait until it is up
 * @options: path of the control socket
 *
 * Return: exit status; STATUS_FAILED also if the helper goes on trying.
 */
int tunnel_up(const char *word, unsigned int seconds, const struct options *options);

/**
 * tunnel_down - take a tunnel down
 * @word: name or file
 * @options: path of the control socket
 *
 * Return: exit status.
 */
int tunnel_down(const char *word, const struct options *options);

/**
 * tunnel_rekey - start a rekey
 * @word: name or file
 * @what: "ike" or "child"
 * @options: path of the control socket
 *
 * Return: exit status.
 */
int tunnel_rekey(const char *word, const char *what, const struct options *options);

/**
 * tunnel_reload - let the helper read configurations again
 * @word: name or file; NULL: all that are up
 * @options: path of the control socket; whether in JSON
 *
 * Return: exit status.
 */
int tunnel_reload(const char *word, const struct options *options);

/**
 * tunnel_check - let the helper check configuration files
 * @count: of @words
 * @words: names or files
 * @options: whether in JSON
 *
 * Return: exit status.
 */
int tunnel_check(int count, char **words, const struct options *options);

/**
 * tunnel_explain - let the helper ask a host what it would take
 * @host: name or address, perhaps with a port
 * @options: whether in JSON
 *
 * Return: exit status.
 */
int tunnel_explain(const char *host, const struct options *options);

/**
 * tunnel_keys - let the helper print keys of a configuration
 * @count: of @words
 * @words: names of keys; none means all
 * @options: whether in JSON
 *
 * Return: exit status.
 */
int tunnel_keys(int count, char **words, const struct options *options);

/**
 * tunnel_export - print the file of the other end, as another program wants it
 * @format: name of the format
 * @word: NAME or FILE
 * @at: where the other end finds us, or NULL
 * @psk: with the pre-shared key
 *
 * Return: exit status.
 */
int tunnel_export(const char *format, const char *word, const char *at, bool psk);

#endif
