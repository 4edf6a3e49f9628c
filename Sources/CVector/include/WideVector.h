// The widest vector of floats that the instruction set has, and the start of one.
#pragma once
#include <string.h>

#define FACET_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
#define FACET_WIDTH 16
#else
#define FACET_WIDTH 8
#endif

typedef float facet_wide __attribute__((ext_vector_type(FACET_WIDTH)));

FACET_INLINE facet_wide facet_wide_load(const float *_Nonnull source) {
    facet_wide x;
    memcpy(&x, source, sizeof x);
    return x;
}

FACET_INLINE void facet_wide_store(float *_Nonnull target, facet_wide x) { memcpy(target, &x, sizeof x); }

/// The first `count` floats, 1...FACET_WIDTH - 1, the others 0; reads nothing beyond them.
FACET_INLINE facet_wide facet_wide_load_first(const float *_Nonnull source, long count) {
#if defined(__AVX512F__)
    return __builtin_ia32_loadups512_mask(source, (facet_wide)0.0f, (unsigned short)((1u << count) - 1));
#else
    facet_wide x = (facet_wide)0.0f;
    for (long lane = 0; lane < count; ++lane) x[lane] = source[lane];
    return x;
#endif
}

/// Writes the first `count` floats, 1...FACET_WIDTH - 1, and nothing beyond them.
FACET_INLINE void facet_wide_store_first(float *_Nonnull target, facet_wide x, long count) {
#if defined(__AVX512F__)
    __builtin_ia32_storeups512_mask(target, x, (unsigned short)((1u << count) - 1));
#else
    for (long lane = 0; lane < count; ++lane) target[lane] = x[lane];
#endif
}
