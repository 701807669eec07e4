/*
 * kernel/version.h - what this kernel calls itself.
 */
#ifndef KERNEL_VERSION_H
#define KERNEL_VERSION_H

#define ATOLL_VERSION "0.1.0"

#ifdef __clang__
#define COMPILER_NAME __VERSION__ /* "Clang 14.0.6", the vendor in front */
#else
#define COMPILER_NAME "gcc version " __VERSION__
#endif

#ifdef CONFIG_DEBUG
#define BUILD_FLAVOUR " DEBUG"
#elif defined(CONFIG_UBSAN)
#define BUILD_FLAVOUR " UBSAN"
#else
#define BUILD_FLAVOUR ""
#endif

/* The first log line and /proc/version, in the shape of Linux's. */
#define VERSION_BANNER "Atoll version " ATOLL_VERSION " (" COMPILER_NAME ") #1" BUILD_FLAVOUR

#endif
