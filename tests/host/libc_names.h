/*
 * tests/host/libc_names.h - gives our functions that are named like the C library's another name.
 *
 * Included in front of string.c and vsprintf.c by the compiler's -include; all other code is linked
 * with the C library's functions, whose callers the sanitizers check. A test that wants ours
 * includes tests/host/atoll_names.h.
 */
#define memcpy    atoll_memcpy
#define memmove   atoll_memmove
#define memset    atoll_memset
#define memcmp    atoll_memcmp
#define memchr    atoll_memchr
#define strlen    atoll_strlen
#define strnlen   atoll_strnlen
#define strcmp    atoll_strcmp
#define strncmp   atoll_strncmp
#define strchr    atoll_strchr
#define strrchr   atoll_strrchr
#define strstr    atoll_strstr
#define snprintf  atoll_snprintf
#define vsnprintf atoll_vsnprintf
