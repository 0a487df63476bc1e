/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The only file that knows where the library is built: Linux kernel, bare metal or a hosted system.
 *
 * It supplies the fixed-width types, the four mem functions (declared, never defined), the memory barrier and, for the
 * hand-over subset, the way a register is reached without any pointer to code.
 */
#ifndef FSW_ENV_H
#define FSW_ENV_H

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "libfsw formats are little-endian and are used in place: build for a little-endian target"
#endif

#if defined(__KERNEL__)
#include <linux/string.h>
#include <linux/types.h>
#define FSW_ENV_DIRECT 1
#elif !defined(__STDC_HOSTED__) || __STDC_HOSTED__ == 0
#include <stddef.h>
#include <stdint.h>
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
#define FSW_ENV_DIRECT 1
#else
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define FSW_ENV_DIRECT 0
#endif

#ifdef __cplusplus
#define FSW_BEGIN_DECLS extern "C" {
#define FSW_END_DECLS }
#define FSW_ASSERT(what, why) static_assert(what, why)
#else
#define FSW_BEGIN_DECLS
#define FSW_END_DECLS
#define FSW_ASSERT(what, why) _Static_assert(what, why)
#endif

/*
 * Whole-map passes touch every section: where size is not what counts, sixteen at a time. GCC takes the pragma at -Os too, hence
 * the condition; clang unrolls by itself.
 */
#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE_SIZE__)
#define FSW_UNROLL _Pragma("GCC unroll 16")
#else
#define FSW_UNROLL
#endif

/* A word of a record, whatever the types of the members it holds: records are copied and summed by words. */
#if defined(__GNUC__)
typedef uint32_t __attribute__((__may_alias__)) fsw_word;
#else
typedef uint32_t fsw_word;
#endif

/* FSW_HANDOVER marks the sources that run with MMU and caches off: there, outside a host, no call goes through a pointer. */
#if defined(FSW_HANDOVER) && FSW_ENV_DIRECT
#define FSW_PORT_DIRECT 1
#else
#define FSW_PORT_DIRECT 0
#endif

/* Orders all stores before it against all after it, as seen by every observer of the memory system. */
static inline void fsw_env_barrier(void)
{
#if defined(__aarch64__)
	__asm__ volatile("dsb sy" ::: "memory");
#elif defined(__arm__) && __ARM_ARCH >= 7
	__asm__ volatile("dsb" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

/* One aligned access of 1, 2 or 4 bytes to a register at its physical (or identity-mapped) address. */
static inline uint32_t fsw_env_read(uint64_t address, uint32_t width)
{
	uintptr_t at = (uintptr_t)address;

	if (width == 4)
		return *(const volatile uint32_t *)at;
	if (width == 2)
		return *(const volatile uint16_t *)at;
	return *(const volatile uint8_t *)at;
}

static inline void fsw_env_write(uint64_t address, uint32_t width, uint32_t value)
{
	uintptr_t at = (uintptr_t)address;

	if (width == 4)
		*(volatile uint32_t *)at = value;
	else if (width == 2)
		*(volatile uint16_t *)at = (uint16_t)value;
	else
		*(volatile uint8_t *)at = (uint8_t)value;
}

#endif
