// Operations on vectors of sixteen floats that Swift's own SIMD types compile to calls of unspecialised functions.
// Swift imports the vector types as SIMD16<Float>, SIMD16<Int32> and so on, and inlines these bodies.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "Limit.h"
#include "Product.h"
#include "WideVector.h"
#if defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

#if defined(__clang__)
// How a vector that is wider than a register is passed does not matter where every function is inlined.
#pragma clang diagnostic ignored "-Wpsabi"
#endif

typedef float facet_floats __attribute__((ext_vector_type(16)));
typedef float facet_float8 __attribute__((ext_vector_type(8)));
typedef float facet_float4 __attribute__((ext_vector_type(4)));
typedef int32_t facet_ints __attribute__((ext_vector_type(16)));
typedef uint32_t facet_words __attribute__((ext_vector_type(16)));

#if defined(__AVX2__) && !defined(__AVX512F__)
typedef int32_t facet_int8 __attribute__((ext_vector_type(8)));
typedef long long facet_long4 __attribute__((ext_vector_type(4)));

/// Minus one in the first `count` lanes.
FACET_INLINE facet_int8 facet_first8(long count) {
    return (facet_int8){0, 1, 2, 3, 4, 5, 6, 7} < (facet_int8)(int32_t)count;
}
#endif

/// The first `count` floats, 0...16, the others those of `rest`; reads nothing beyond them.
FACET_INLINE facet_floats facet_load_first(const float *_Nonnull source, long count, facet_floats rest) {
#if defined(__AVX512F__)
    return __builtin_ia32_loadups512_mask(source, rest, (unsigned short)((1u << count) - 1));
#elif defined(__AVX2__)
    const facet_int8 low = facet_first8(count), high = facet_first8(count - 8);
    const facet_float8 first = __builtin_ia32_maskloadps256((const facet_float8 *)source, low);
    const facet_float8 second = __builtin_ia32_maskloadps256((const facet_float8 *)(source + 8), high);
    const facet_ints loads
        = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const facet_floats loaded
        = __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return (facet_floats)((loads & (facet_ints)loaded) | (~loads & (facet_ints)rest));
#else
    for (long lane = 0; lane < count; ++lane) rest[lane] = source[lane];
    return rest;
#endif
}

/// Writes the first `count` floats, 0...16, and nothing beyond them.
FACET_INLINE void facet_store_first(float *_Nonnull target, facet_floats x, long count) {
#if defined(__AVX512F__)
    __builtin_ia32_storeups512_mask(target, x, (unsigned short)((1u << count) - 1));
#elif defined(__AVX2__)
    __builtin_ia32_maskstoreps256((facet_float8 *)target, facet_first8(count), x.lo);
    __builtin_ia32_maskstoreps256((facet_float8 *)(target + 8), facet_first8(count - 8), x.hi);
#else
    for (long lane = 0; lane < count; ++lane) target[lane] = x[lane];
#endif
}

/// How the calling thread calculates: rounding, exceptions, and what becomes of subnormal numbers.
FACET_INLINE uint64_t facet_float_control(void) {
#if defined(__x86_64__)
    return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return control;
#else
    return 0;
#endif
}

/// Sets what facet_float_control returns.
FACET_INLINE void facet_set_float_control(uint64_t control) {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr((uint32_t)control);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(control) : "memory");
#endif
}

/// The same control with subnormal results and operands taken for 0.
FACET_INLINE uint64_t facet_flushing_subnormals(uint64_t control) {
#if defined(__x86_64__)
    return control | 0x8040;
#elif defined(__aarch64__)
    return control | (uint64_t)1 << 24;
#else
    return control;
#endif
}

/// Asks for the cache lines of `bytes` bytes that will be read soon.
FACET_INLINE void facet_prefetch(const void *_Nonnull start, long bytes) {
    for (long offset = 0; offset < bytes; offset += 64) __builtin_prefetch((const char *)start + offset);
}

FACET_INLINE facet_floats facet_sqrt(facet_floats x) { return __builtin_elementwise_sqrt(x); }
FACET_INLINE facet_floats facet_rint(facet_floats x) { return __builtin_elementwise_rint(x); }
FACET_INLINE facet_floats facet_max(facet_floats x, facet_floats y) { return __builtin_elementwise_max(x, y); }
FACET_INLINE facet_floats facet_abs(facet_floats x) { return __builtin_elementwise_abs(x); }

/// x * y + z, rounded once.
FACET_INLINE facet_floats facet_fma(facet_floats x, facet_floats y, facet_floats z) {
    return __builtin_elementwise_fma(x, y, z);
}

/// x, but at least lower and at most upper; not a number where x is none, unlike facet_max.
FACET_INLINE facet_floats facet_clamp(facet_floats x, float lower, float upper) {
    facet_floats low = (facet_floats)lower, high = (facet_floats)upper;
    facet_floats bounded = high < x ? high : x;
    return low > bounded ? low : bounded;
}

/// x * 2^n for whole numbers n in -126...127; not a number where x is none, whatever n is.
FACET_INLINE facet_floats facet_scale(facet_floats x, facet_floats n) {
    // Adding 1.5 * 2^23 leaves n in the low bits; a conversion of what is not a number would be undefined.
    facet_ints exponent = ((facet_ints)(n + 12582912.0f) + 127) << 23;
    return x * (facet_floats)exponent;
}

/// n such that x = m * 2^n with m in sqrt(1/2)...sqrt(2), for normal x > 0.
FACET_INLINE facet_floats facet_exponent(facet_floats x) {
    // 0x3f3504f3 are the bits of sqrt(1/2).
    return __builtin_convertvector(((facet_ints)x - 0x3f3504f3) >> 23, facet_floats);
}

/// The upper 24 bits of each word as a number in [0, 1).
FACET_INLINE facet_floats facet_fraction(facet_words words) {
    return __builtin_convertvector((facet_ints)(words >> 8), facet_floats) * 0x1p-24f;
}

/// x where bit 0 of the word is clear, otherwise y.
FACET_INLINE facet_floats facet_select_even(facet_words words, facet_floats x, facet_floats y) {
    facet_ints odd = -(facet_ints)(words & 1);
    return (facet_floats)((~odd & (facet_ints)x) | (odd & (facet_ints)y));
}

/// x, negated where bit 1 of the word is set.
FACET_INLINE facet_floats facet_negate_by_bit1(facet_words words, facet_floats x) {
    return (facet_floats)((facet_words)x ^ ((words & 2) << 30));
}

typedef uint64_t facet_long8 __attribute__((ext_vector_type(8)));

/// The products of the words with even numbers, as 64 bits each.
FACET_INLINE facet_long8 facet_even_products(facet_words x, uint32_t factor) {
    return ((facet_long8)x & (facet_long8)(uint64_t)0xffffffff) * (facet_long8)(uint64_t)factor;
}

/// The products of the words with odd numbers.
FACET_INLINE facet_long8 facet_odd_products(facet_words x, uint32_t factor) {
    return ((facet_long8)x >> 32) * (facet_long8)(uint64_t)factor;
}

/// The upper 32 bits of x * factor.
FACET_INLINE facet_words facet_multiply_high(facet_words x, uint32_t factor) {
    const facet_long8 upper = (facet_long8)(uint64_t)0xffffffff << 32;
    return (facet_words)(facet_even_products(x, factor) >> 32 | (facet_odd_products(x, factor) & upper));
}

/// The lower 32 bits of x * factor, of the same products.
FACET_INLINE facet_words facet_multiply_low(facet_words x, uint32_t factor) {
    const facet_long8 lower = (facet_long8)(uint64_t)0xffffffff;
    return (facet_words)((facet_even_products(x, factor) & lower) | facet_odd_products(x, factor) << 32);
}

/// x ^ y ^ z.
FACET_INLINE facet_words facet_xor(facet_words x, facet_words y, uint32_t z) { return x ^ y ^ (facet_words)z; }

/// x in the lanes whose bits are set, otherwise 0.
FACET_INLINE facet_floats facet_where_bits(uint32_t bits, facet_floats x) {
    const facet_ints lanes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
    facet_ints set = ((facet_ints)(int32_t)bits & lanes) != (facet_ints)0;
    return (facet_floats)(set & (facet_ints)x);
}

/// x where |magnitude| < limit, otherwise y.
FACET_INLINE facet_floats facet_select_below(
    facet_floats magnitude, float limit, facet_floats x, facet_floats y) {
    facet_ints below = magnitude < (facet_floats)limit;
    return (facet_floats)((below & (facet_ints)x) | (~below & (facet_ints)y));
}

/// x where gate > 0, otherwise 0.
FACET_INLINE facet_floats facet_where_positive(facet_floats gate, facet_floats x) {
    facet_ints positive = gate > (facet_floats)0.0f;
    return (facet_floats)(positive & (facet_ints)x);
}

/// x where gate is not below limit (or not a number), otherwise 0.
FACET_INLINE facet_floats facet_where_not_below(facet_floats gate, float limit, facet_floats x) {
    facet_ints below = gate < (facet_floats)limit;
    return (facet_floats)(~below & (facet_ints)x);
}

typedef _Bool facet_bools __attribute__((ext_vector_type(16)));

/// Bit i is the sign of lane i of a mask of zeros and minus ones.
FACET_INLINE uint32_t facet_bits(facet_ints mask) {
    union {
        facet_bools lanes;
        uint16_t bits;
    } packed = {.lanes = __builtin_convertvector(mask, facet_bools)};
    return packed.bits;
}

/// The words of eight blocks of Philox 4x32-10, one behind the other, as bits: whether word i is not below `threshold`.
/// The counters are (site << 24 | (first + block) & 0xffffff, sample, step, purpose), the keys k0 and k1.
FACET_INLINE uint32_t facet_philox_bits(
    uint32_t site, uint32_t first, uint32_t sample, uint32_t step, uint32_t purpose, uint32_t k0, uint32_t k1,
    uint32_t threshold) {
    typedef uint64_t long8 __attribute__((ext_vector_type(8)));
    const long8 low = (long8)(uint64_t)0xffffffff;
    long8 c0 = (((long8)(uint64_t)first + (long8){0, 1, 2, 3, 4, 5, 6, 7}) & 0xffffff) | (uint64_t)site << 24;
    long8 c1 = (long8)(uint64_t)sample, c2 = (long8)(uint64_t)step, c3 = (long8)(uint64_t)purpose;
    // The upper halves may hold anything: products do not look at them.
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; ++round) {
        const long8 p0 = (c0 & low) * (uint64_t)0xd2511f53, p1 = (c2 & low) * (uint64_t)0xcd9e8d57;
        c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
        c1 = p1;
        c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
        c3 = p0;
        k0 += 0x9e3779b9;
        k1 += 0xbb67ae85;
    }
    const long8 a = (c0 & low) | c1 << 32, b = (c2 & low) | c3 << 32;
    const facet_words lower = (facet_words)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    const facet_words upper = (facet_words)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    return facet_bits(lower >= (facet_words)threshold) | facet_bits(upper >= (facet_words)threshold) << 16;
}

/// Whether a and b have the same bits, and c and d.
FACET_INLINE _Bool facet_are_same(facet_floats a, facet_floats b, facet_floats c, facet_floats d) {
    const facet_words changes = ((facet_words)a ^ (facet_words)b) | ((facet_words)c ^ (facet_words)d);
#if defined(__AVX2__) && !defined(__AVX512F__)
    const facet_long4 low = (facet_long4)__builtin_shufflevector(changes, changes, 0, 1, 2, 3, 4, 5, 6, 7);
    const facet_long4 high = (facet_long4)__builtin_shufflevector(changes, changes, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_ia32_ptestz256(low | high, low | high);
#else
    return __builtin_reduce_or(changes) == 0;
#endif
}

/// mask, where x is also below limit; not where one of them is not a number.
FACET_INLINE facet_ints facet_and_below(facet_ints mask, facet_floats x, facet_floats limit) {
    return mask & (x < limit);
}

/// The larger one of each lane, not a number where one of them is none.
FACET_INLINE facet_floats facet_larger(facet_floats x, facet_floats y) {
    facet_ints keeps = (y <= x) | (x != x);
    return (facet_floats)((keeps & (facet_ints)x) | (~keeps & (facet_ints)y));
}

/// x where it is greater than y, otherwise y: also where one of them is not a number.
FACET_INLINE facet_floats facet_greater(facet_floats x, facet_floats y) {
    facet_ints isGreater = x > y;
    return (facet_floats)((isGreater & (facet_ints)x) | (~isGreater & (facet_ints)y));
}

/// The sum of eight lanes, ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)): the order of facet_sum4.
FACET_INLINE float facet_sum8(facet_float8 x) {
    facet_float4 pairs = __builtin_shufflevector(x, x, 0, 2, 4, 6) + __builtin_shufflevector(x, x, 1, 3, 5, 7);
    return (pairs[0] + pairs[1]) + (pairs[2] + pairs[3]);
}

/// The sum of the lanes: lane i + lane i + 8 first, then those eight in the order of facet_sum8.
FACET_INLINE float facet_sum(facet_floats x) { return facet_sum8(x.lo + x.hi); }

/// The sums of the lanes of four vectors, in the order of the arguments, each with the bits of facet_sum.
FACET_INLINE facet_float4 facet_sum4(facet_floats w, facet_floats x, facet_floats y, facet_floats z) {
    facet_float8 a = w.lo + w.hi, b = x.lo + x.hi, c = y.lo + y.hi, d = z.lo + z.hi;
    facet_float8 ab = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
        + __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    facet_float8 cd = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14)
        + __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);
    facet_float8 abcd = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13)
        + __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
    return abcd.lo + abcd.hi;
}

/// The largest of the lanes.
FACET_INLINE float facet_largest(facet_floats x) {
    facet_float8 a = __builtin_elementwise_max(x.lo, x.hi);
    facet_float4 b = __builtin_elementwise_max(a.lo, a.hi);
    float c = b[0] > b[2] ? b[0] : b[2], d = b[1] > b[3] ? b[1] : b[3];
    return c > d ? c : d;
}

/// What the kernels were compiled for: names of the instruction sets, and whether this processor has them.
FACET_INLINE const char *_Nonnull facet_built_for(void) {
#if defined(__AVX512F__)
    return "AVX-512";
#elif defined(__AVX2__) && defined(__FMA__)
    return "AVX2";
#elif defined(__AVX2__)
    return "AVX2 without FMA";
#elif defined(__x86_64__)
    return "SSE2";
#else
    return "the base instruction set";
#endif
}

/// The largest instruction set of facet_built_for that this processor has.
FACET_INLINE const char *_Nonnull facet_processor_set(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return "AVX-512";
    if (__builtin_cpu_supports("avx2")) return __builtin_cpu_supports("fma") ? "AVX2" : "AVX2 without FMA";
    return "SSE2";
#else
    return "the base instruction set";
#endif
}

FACET_INLINE int facet_processor_suffices(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
#if defined(__AVX512F__)
    if (!__builtin_cpu_supports("avx512f")) return 0;
#endif
#if defined(__AVX512VL__)
    if (!__builtin_cpu_supports("avx512vl")) return 0;
#endif
#if defined(__AVX512BW__)
    if (!__builtin_cpu_supports("avx512bw")) return 0;
#endif
#if defined(__AVX2__)
    if (!__builtin_cpu_supports("avx2")) return 0;
#endif
#if defined(__FMA__)
    if (!__builtin_cpu_supports("fma")) return 0;
#endif
#endif
    return 1;
}

/// The CRC-32C register after `count` more bytes: one instruction for eight bytes where the processor has it.
FACET_INLINE uint32_t facet_crc32c(uint32_t state, const void *_Nonnull bytes, size_t count) {
    const uint8_t *next = (const uint8_t *)bytes;
#if defined(__SSE4_2__) && defined(__x86_64__)
    uint64_t wide = state;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    state = (uint32_t)wide;
    for (; count > 0; --count, ++next) state = __builtin_ia32_crc32qi(state, *next);
#elif defined(__ARM_FEATURE_CRC32)
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = __crc32cd(state, word);
    }
    for (; count > 0; --count, ++next) state = __crc32cb(state, *next);
#else
    for (; count > 0; --count, ++next) {
        state ^= *next;
        for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ (0x82f63b78u & (0u - (state & 1)));
    }
#endif
    return state;
}

/// The CRC-32C register after three blocks of `length` bytes, a multiple of 8, one behind the other. Each block has a
/// register of its own, since an instruction waits for the one before it on the same register; `shift` has what `length`
/// zeros make of a register, as the exclusive or of its entries `256 * k + byte k`.
FACET_INLINE uint32_t facet_crc32c_of_three(
    uint32_t state, const void *_Nonnull bytes, size_t length, const uint32_t *_Nonnull shift) {
#if defined(__SSE4_2__) && defined(__x86_64__) || defined(__ARM_FEATURE_CRC32)
    const uint8_t *next = (const uint8_t *)bytes;
    uint64_t first = state, second = 0, third = 0;
    for (size_t index = 0; index < length; index += 8) {
        uint64_t a, b, c;
        memcpy(&a, next + index, 8);
        memcpy(&b, next + length + index, 8);
        memcpy(&c, next + 2 * length + index, 8);
#if defined(__x86_64__)
        first = __builtin_ia32_crc32di(first, a);
        second = __builtin_ia32_crc32di(second, b);
        third = __builtin_ia32_crc32di(third, c);
#else
        first = __crc32cd((uint32_t)first, a);
        second = __crc32cd((uint32_t)second, b);
        third = __crc32cd((uint32_t)third, c);
#endif
    }
    uint32_t sum = (uint32_t)first;
    sum = shift[sum & 255] ^ shift[256 + (sum >> 8 & 255)] ^ shift[512 + (sum >> 16 & 255)] ^ shift[768 + (sum >> 24)];
    sum ^= (uint32_t)second;
    sum = shift[sum & 255] ^ shift[256 + (sum >> 8 & 255)] ^ shift[512 + (sum >> 16 & 255)] ^ shift[768 + (sum >> 24)];
    return sum ^ (uint32_t)third;
#else
    return facet_crc32c(state, bytes, 3 * length);
#endif
}
