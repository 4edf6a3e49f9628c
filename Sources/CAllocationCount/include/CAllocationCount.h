#ifndef FACET_ALLOCATION_COUNT_H
#define FACET_ALLOCATION_COUNT_H

/// Calls of malloc, calloc, realloc, aligned_alloc, memalign and posix_memalign in this process so far.
long facet_allocation_count(void);

#endif
