/* SPDX-License-Identifier: GPL-2.0 */
#include <endian.h>

#define cpu_to_be32(value)	htobe32(value)
#define cpu_to_be64(value)	htobe64(value)
#define be32_to_cpu(value)	be32toh(value)
#define be64_to_cpu(value)	be64toh(value)
