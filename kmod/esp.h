/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ESP packet of an AEAD suite (RFC 4303 2, RFC 4106 3 and 5, RFC 7634 2)
 *
 *	SPI | sequence number | IV | payload | padding | pad length | next header | ICV
 *
 * The IV is the 64-bit sequence number, so it cannot repeat while the number does not. The
 * associated data is SPI and sequence number, with ESN the upper half between them; the kernel's
 * transforms want the IV behind it as well.
 *
 * This file and esp.c are pure: they are also built in user space by tests/.
 */
#ifndef ESPUDP_ESP_H
#define ESPUDP_ESP_H

#include <linux/types.h>

/* The start of every packet on the wire. */
struct espudp_esp_header {
	__be32	spi;
	__be32	seq;
	__be64	iv;
} __packed __aligned(4);

#define ESPUDP_ESP_HEADER_LEN	16
#define ESPUDP_ESP_IV_LEN	8
#define ESPUDP_ESP_ALIGN	4
/* Pad length and next header. */
#define ESPUDP_ESP_TRAILER_LEN	2
#define ESPUDP_ESP_TRAILER_MAX	(ESPUDP_ESP_TRAILER_LEN + ESPUDP_ESP_ALIGN - 1)
/* SPI, upper and lower half of the sequence number, IV. */
#define ESPUDP_ESP_AAD_MAX	20

/* Next header (RFC 4303 2.6). */
#define ESPUDP_NEXT_IPV4	4
#define ESPUDP_NEXT_IPV6	41
#define ESPUDP_NEXT_DUMMY	59

/* What stands in an octet before an IKE message on the same port (RFC 3948 2.2). */
#define ESPUDP_NON_ESP_MARKER_LEN	4
/* The one octet of a NAT keepalive (RFC 3948 2.3). */
#define ESPUDP_KEEPALIVE		0xff

unsigned int espudp_esp_trailer_len(unsigned int payload_len);
void espudp_esp_trailer_build(u8 *tail, unsigned int trailer_len, u8 next_header);
bool espudp_esp_trailer_parse(const u8 *data, unsigned int len, unsigned int *payload_len,
			      u8 *next_header);
void espudp_esp_header_build(struct espudp_esp_header *header, __be32 spi, u64 seq);
unsigned int espudp_esp_aad_build(u8 *aad, __be32 spi, u64 seq, bool esn, __be64 iv);
unsigned int espudp_esp_payload_max(unsigned int udp_payload_len, unsigned int icv_len);

#endif
