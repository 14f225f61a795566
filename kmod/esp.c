// SPDX-License-Identifier: GPL-2.0
/* The ESP packet: header, IV, padding, trailer */

#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "esp.h"

/**
 * espudp_esp_trailer_len() - padding, pad length and next header together
 * @layout: of the suite
 * @payload_len: bytes of the inner packet
 *
 * Return: bytes that bring the plaintext to a multiple of the alignment (RFC 4303 2.4)
 */
unsigned int espudp_esp_trailer_len(const struct espudp_esp_layout *layout,
				    unsigned int payload_len)
{
	return ESPUDP_ESP_TRAILER_LEN +
	       (-(payload_len + ESPUDP_ESP_TRAILER_LEN) & (layout->align - 1));
}

/**
 * espudp_esp_trailer_build() - write what espudp_esp_trailer_len() has made room for
 * @tail: first octet behind the payload
 * @trailer_len: its length
 * @next_header: of the inner packet
 */
void espudp_esp_trailer_build(u8 *tail, unsigned int trailer_len, u8 next_header)
{
	unsigned int padding = trailer_len - ESPUDP_ESP_TRAILER_LEN;
	unsigned int i;

	for (i = 0; i < padding; i++)
		tail[i] = i + 1;
	tail[padding] = padding;
	tail[padding + 1] = next_header;
}

/**
 * espudp_esp_trailer_parse() - find the end of the payload
 * @data: decrypted payload and trailer, without the ICV
 * @len: its length
 * @payload_len: set to the length before the padding
 * @next_header: set to what the trailer says
 *
 * The values of the padding octets are authenticated, and nothing depends on them.
 *
 * Return: false if the pad length does not fit
 */
bool espudp_esp_trailer_parse(const u8 *data, unsigned int len, unsigned int *payload_len,
			      u8 *next_header)
{
	unsigned int padding;

	if (len < ESPUDP_ESP_TRAILER_LEN)
		return false;
	padding = data[len - 2];
	if (padding > len - ESPUDP_ESP_TRAILER_LEN)
		return false;
	*payload_len = len - ESPUDP_ESP_TRAILER_LEN - padding;
	*next_header = data[len - 1];
	return true;
}

/**
 * espudp_esp_header_build() - write SPI and sequence number
 * @header: where to
 * @spi: the receiver's
 * @seq: the whole sequence number
 */
void espudp_esp_header_build(struct espudp_esp_header *header, __be32 spi, u64 seq)
{
	header->spi = spi;
	header->seq = cpu_to_be32((u32)seq);
}

/**
 * espudp_esp_aad_build() - associated data as the kernel's IPsec transforms take it
 * @aad: room for %ESPUDP_ESP_AAD_MAX bytes
 * @spi: of the packet
 * @seq: the whole sequence number
 * @esn: whether its upper half is authenticated (RFC 4106 5)
 * @iv: of the packet
 * @iv_len: its length, at most %ESPUDP_ESP_IV_MAX
 *
 * Return: bytes written, the IV included
 */
unsigned int espudp_esp_aad_build(u8 *aad, __be32 spi, u64 seq, bool esn, const u8 *iv,
				  unsigned int iv_len)
{
	__be32 high = cpu_to_be32((u32)(seq >> 32));
	__be32 low = cpu_to_be32((u32)seq);
	u8 *p = aad;

	memcpy(p, &spi, sizeof(spi));
	p += sizeof(spi);
	if (esn) {
		memcpy(p, &high, sizeof(high));
		p += sizeof(high);
	}
	memcpy(p, &low, sizeof(low));
	p += sizeof(low);
	memcpy(p, iv, iv_len);
	p += iv_len;
	return p - aad;
}

/**
 * espudp_esp_len_valid() - whether a packet can be one of a suite
 * @layout: of the suite
 * @len: from the ESP header to the end of the ICV
 *
 * Return: whether there is room for a trailer, and the ciphertext is as long as the alignment asks
 */
bool espudp_esp_len_valid(const struct espudp_esp_layout *layout, unsigned int len)
{
	unsigned int overhead = espudp_esp_head_len(layout) + layout->icv_len;

	return len >= overhead + layout->align && !((len - overhead) & (layout->align - 1));
}

/**
 * espudp_esp_payload_max() - largest inner packet for a size of datagram
 * @layout: of the suite
 * @udp_payload_len: what the path carries behind the UDP header
 *
 * Return: bytes, 0 if there is no room at all
 */
unsigned int espudp_esp_payload_max(const struct espudp_esp_layout *layout,
				    unsigned int udp_payload_len)
{
	unsigned int overhead = espudp_esp_head_len(layout) + layout->icv_len;
	unsigned int room;

	if (udp_payload_len < overhead + layout->align)
		return 0;
	room = udp_payload_len - overhead;
	return (room & ~(layout->align - 1U)) - ESPUDP_ESP_TRAILER_LEN;
}
