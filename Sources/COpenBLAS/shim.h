#pragma once
#include <cblas.h>

/// Every rank computes on one core: threads inside a matrix product would fight with the other ranks for theirs.
static inline void facet_use_one_thread(void) { openblas_set_num_threads(1); }

/// The processor that the library computes for, as it calls it.
static inline const char *facet_library_core(void) { return openblas_get_corename(); }
