/*
 * banned.h - functions that nobody here may call; included into every source file by the build.
 *
 * Each has a better one: buf_printf, arena_printf, snprintf, str_cut, str_to_u64, gmtime_r,
 * localtime_r, proc_run.
 */
#ifndef OFFGRID_BASE_BANNED_H
#define OFFGRID_BASE_BANNED_H

/* The system's headers come first: only uses after this point are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__has_include)
#if __has_include(<alloca.h>)
#include <alloca.h>
#endif
#endif
#undef alloca

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol gets localtime gmtime system    \
	alloca

#endif
