// Operations on vectors of eight floats that Swift's own SIMD types compile to calls of unspecialised functions.
// Swift imports the vector type as SIMD8<Float> and inlines these bodies.
#pragma once
#include <stdint.h>

typedef float facet_float8 __attribute__((ext_vector_type(8), aligned(4)));
