/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verbs of hand keying do. Each says what went wrong, and returns an exit status.
 */
#ifndef TOOLS_HAND_H
#define TOOLS_HAND_H

#include "options.h"
#include "request.h"

/**
 * hand_request - send a request that has no answer
 * @request: parsed; its key, if any, is read here
 * @options: not used
 *
 * Return: exit status.
 */
int hand_request(struct request *request, const struct options *options);

/**
 * hand_peer - make or change a peer
 * @request: parsed
 * @options: not used
 *
 * Return: exit status.
 */
int hand_peer(struct request *request, const struct options *options);

/**
 * hand_transport_add - open a UDP socket and give it to the module, which keeps it
 * @request: parsed
 * @options: not used
 *
 * Return: exit status.
 */
int hand_transport_add(struct request *request, const struct options *options);

/**
 * hand_spi_alloc - reserve an SPI and print it
 * @request: parsed
 * @options: JSON or text
 *
 * Return: exit status.
 */
int hand_spi_alloc(struct request *request, const struct options *options);

/**
 * hand_show - print one object, or all of a kind
 * @request: parsed
 * @options: JSON or text
 *
 * Return: exit status.
 */
int hand_show(struct request *request, const struct options *options);

#endif
