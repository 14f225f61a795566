/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ESP packet (RFC 4303 2)
 *
 *	SPI | sequence number | IV | payload | padding | pad length | next header | ICV
 *
 * How long IV and ICV are, and to what the padding goes, is the suite's: its &struct
 * espudp_esp_layout. What is authenticated besides is SPI and sequence number, with ESN the upper
 * half between them; the kernel's transforms want the IV behind it as well.
 *
 * This file and esp.c are pure: they are also built in user space by tests/.
 */
#ifndef ESPUDP_ESP_H
#define ESPUDP_ESP_H

#include <linux/types.h>

/* The start of every packet on the wire; the IV follows. */
struct espudp_esp_header {
	__be32	spi;
	__be32	seq;
} __packed __aligned(4);

#define ESPUDP_ESP_HEADER_LEN	8
/* Pad length and next header. */
#define ESPUDP_ESP_TRAILER_LEN	2

/* The largest of all suites. */
#define ESPUDP_ESP_IV_MAX	16
#define ESPUDP_ESP_ICV_MAX	32
#define ESPUDP_ESP_ALIGN_MAX	16
#define ESPUDP_ESP_TRAILER_MAX	(ESPUDP_ESP_TRAILER_LEN + ESPUDP_ESP_ALIGN_MAX - 1)
/* SPI, upper and lower half of the sequence number, IV. */
#define ESPUDP_ESP_AAD_MAX	(12 + ESPUDP_ESP_IV_MAX)

/**
 * struct espudp_esp_layout - the sizes of a suite's packets, in bytes
 * @iv_len: explicit IV behind the header
 * @icv_len: integrity check value at the end
 * @align: payload and trailer together are a multiple of it: 4 (RFC 4303 2.4) or the cipher's block
 */
struct espudp_esp_layout {
	u8	iv_len;
	u8	icv_len;
	u8	align;
};

/* Next header (RFC 4303 2.6). */
#define ESPUDP_NEXT_IPV4	4
#define ESPUDP_NEXT_IPV6	41
#define ESPUDP_NEXT_DUMMY	59

/* What stands in an octet before an IKE message on the same port (RFC 3948 2.2). */
#define ESPUDP_NON_ESP_MARKER_LEN	4
/* The one octet of a NAT keepalive (RFC 3948 2.3). */
#define ESPUDP_KEEPALIVE		0xff

/* What precedes the payload. */
static inline unsigned int espudp_esp_head_len(const struct espudp_esp_layout *layout)
{
	return ESPUDP_ESP_HEADER_LEN + layout->iv_len;
}

unsigned int espudp_esp_trailer_len(const struct espudp_esp_layout *layout,
				    unsigned int payload_len);
void espudp_esp_trailer_build(u8 *tail, unsigned int trailer_len, u8 next_header);
bool espudp_esp_trailer_parse(const u8 *data, unsigned int len, unsigned int *payload_len,
			      u8 *next_header);
void espudp_esp_header_build(struct espudp_esp_header *header, __be32 spi, u64 seq);
unsigned int espudp_esp_aad_build(u8 *aad, __be32 spi, u64 seq, bool esn, const u8 *iv,
				  unsigned int iv_len);
bool espudp_esp_len_valid(const struct espudp_esp_layout *layout, unsigned int len);
unsigned int espudp_esp_payload_max(const struct espudp_esp_layout *layout,
				    unsigned int udp_payload_len);

#endif
