/*
 * tests/host/watermark_linux.h - what Linux 6.1 shows in /proc/zoneinfo on some machines.
 *
 * Made by tests/host/make_watermark_linux.py. One CPU a node. Included once.
 */
/* clang-format off */
static const struct linux_zone one_96_zones[] = {
    {0, ZONE_DMA, 3840, 63, 78, 93, {0, 31, 31, 31, 31}, 78, 1},
    {0, ZONE_DMA32, 7943, 131, 163, 195, {0, 0, 0, 0, 0}, 163, 1},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone one_256_zones[] = {
    {0, ZONE_DMA, 3840, 32, 40, 48, {0, 188, 188, 188, 188}, 40, 1},
    {0, ZONE_DMA32, 48343, 413, 516, 619, {0, 0, 0, 0, 0}, 516, 15},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone two_128_zones[] = {
    {0, ZONE_DMA, 3840, 32, 40, 48, {0, 109, 109, 109, 109}, 40, 1},
    {0, ZONE_DMA32, 28050, 239, 298, 357, {0, 0, 0, 0, 0}, 298, 7},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA32, 20283, 173, 216, 259, {0, 0, 0, 0, 0}, 216, 3},
    {1, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone odd_zones[] = {
    {0, ZONE_DMA, 3840, 18, 22, 26, {0, 77, 77, 77, 77}, 22, 1},
    {0, ZONE_DMA32, 19858, 96, 120, 144, {0, 0, 0, 0, 0}, 120, 3},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA32, 117600, 573, 716, 859, {0, 0, 0, 0, 0}, 716, 31},
    {1, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DMA32, 23409, 114, 142, 170, {0, 0, 0, 0, 0}, 142, 3},
    {2, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone four_zones[] = {
    {0, ZONE_DMA, 3840, 15, 18, 21, {0, 45, 45, 45, 45}, 18, 1},
    {0, ZONE_DMA32, 11666, 46, 57, 68, {0, 0, 0, 0, 0}, 57, 1},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA32, 101728, 407, 508, 609, {0, 0, 0, 0, 0}, 508, 31},
    {1, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DMA32, 64406, 257, 321, 385, {0, 0, 0, 0, 0}, 321, 15},
    {2, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {3, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {3, ZONE_DMA32, 63857, 255, 318, 381, {0, 0, 0, 0, 0}, 318, 15},
    {3, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {3, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {3, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone two_1g_zones[] = {
    {0, ZONE_DMA, 3840, 10, 13, 16, {0, 947, 947, 947, 947}, 13, 1},
    {0, ZONE_DMA32, 242524, 679, 921, 1163, {0, 0, 0, 0, 0}, 921, 63},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA32, 257393, 721, 978, 1235, {0, 0, 0, 0, 0}, 978, 63},
    {1, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone three_4g_zones[] = {
    {0, ZONE_DMA, 3840, 6, 9, 12, {0, 991, 991, 991, 991}, 9, 1},
    {0, ZONE_DMA32, 253842, 410, 663, 916, {0, 0, 0, 0, 0}, 663, 63},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA32, 245728, 397, 642, 887, {0, 0, 2963, 2963, 2963}, 642, 63},
    {1, ZONE_NORMAL, 758624, 1227, 1985, 2743, {0, 0, 0, 0, 0}, 1985, 63},
    {1, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DMA32, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_NORMAL, 257233, 416, 673, 930, {0, 0, 0, 0, 0}, 673, 63},
    {2, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {2, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone big_12g_zones[] = {
    {0, ZONE_DMA, 3840, 4, 7, 10, {0, 1891, 1891, 1891, 1891}, 7, 1},
    {0, ZONE_DMA32, 484156, 551, 1035, 1519, {0, 0, 0, 0, 0}, 1035, 63},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA32, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_NORMAL, 2579662, 2939, 5518, 8097, {0, 0, 0, 0, 0}, 5518, 63},
    {1, ZONE_MOVABLE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_zone mov_zones[] = {
    {0, ZONE_DMA, 3840, 9, 12, 15, {0, 756, 756, 991, 991}, 12, 1},
    {0, ZONE_DMA32, 193536, 472, 665, 858, {0, 0, 0, 235, 235}, 665, 63},
    {0, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {0, ZONE_MOVABLE, 60306, 147, 207, 267, {0, 0, 0, 0, 0}, 207, 15},
    {0, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_DMA32, 185290, 452, 637, 822, {0, 0, 0, 237, 237}, 637, 63},
    {1, ZONE_NORMAL, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
    {1, ZONE_MOVABLE, 60785, 148, 208, 268, {0, 0, 0, 0, 0}, 208, 15},
    {1, ZONE_DEVICE, 0, 0, 0, 0, {0, 0, 0, 0, 0}, 0, 0},
};
static const struct linux_machine linux_machines[] = {
    {"one_96", 780, one_96_zones, ARRAY_SIZE(one_96_zones)},
    {"one_256", 1787, one_256_zones, ARRAY_SIZE(one_256_zones)},
    {"two_128", 1787, two_128_zones, ARRAY_SIZE(two_128_zones)},
    {"odd", 3212, odd_zones, ARRAY_SIZE(odd_zones)},
    {"four", 3933, four_zones, ARRAY_SIZE(four_zones)},
    {"two_1g", 5651, two_1g_zones, ARRAY_SIZE(two_1g_zones)},
    {"three_4g", 9835, three_4g_zones, ARRAY_SIZE(three_4g_zones)},
    {"big_12g", 13984, big_12g_zones, ARRAY_SIZE(big_12g_zones)},
    {"mov", 4924, mov_zones, ARRAY_SIZE(mov_zones)},
};
/* clang-format on */
