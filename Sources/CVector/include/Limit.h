// What a core can do at best: multiplications and additions in registers, without a look at memory.
#pragma once
#include "WideVector.h"

/// So many independent chains as a product has sums in registers: more than the latency of an addition hides.
#if defined(__AVX512F__)
#define FACET_LIMIT_CHAINS 24
#else
#define FACET_LIMIT_CHAINS 12
#endif

/// Operations of one round of facet_limit: a multiplication and an addition in every lane of every chain.
static inline long facet_limit_operations(void) { return 2L * FACET_LIMIT_CHAINS * FACET_WIDTH; }

/// Runs `rounds` rounds of fused multiplications and additions over all chains. Returns their sum, which nobody needs and
/// no compiler may leave out.
static inline float facet_limit(long rounds, float factor, float term) {
    facet_wide sums[FACET_LIMIT_CHAINS];
    const facet_wide multiplier = (facet_wide)factor, addend = (facet_wide)term;
#pragma clang loop unroll(full)
    for (long i = 0; i < FACET_LIMIT_CHAINS; ++i) sums[i] = (facet_wide)(float)i;
    for (long round = 0; round < rounds; ++round) {
#pragma clang loop unroll(full)
        for (long i = 0; i < FACET_LIMIT_CHAINS; ++i) {
            sums[i] = __builtin_elementwise_fma(sums[i], multiplier, addend);
        }
    }
    facet_wide total = sums[0];
#pragma clang loop unroll(full)
    for (long i = 1; i < FACET_LIMIT_CHAINS; ++i) total += sums[i];
    return total[0];
}
