/*
 * clock.h - time: a steady clock for spans, the wall clock for stamps.
 */
#ifndef OFFGRID_BASE_CLOCK_H
#define OFFGRID_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_us(void);      /* steady, microseconds since an arbitrary start */
int64_t clock_ms(void);      /* the same in milliseconds */
int64_t clock_cpu_us(void);  /* processor time of all threads of this process */
int64_t clock_unix_ms(void); /* milliseconds since 1970-01-01 UTC */

enum { CLOCK_TEXT_BYTES = 32 };

/* "2026-11-22T14:30:05Z" into out. */
void clock_utc_text(int64_t unix_ms, char out[CLOCK_TEXT_BYTES]);
/* "2026-11-22 15:30:05" in the local time zone, for people. */
void clock_local_text(int64_t unix_ms, char out[CLOCK_TEXT_BYTES]);

#endif
