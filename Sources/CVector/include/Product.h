// Matrix products whose right side is read in rows, as it lies in memory: nothing is packed, so that products of few rows
// cost no more than their arithmetic.
#pragma once
#include "WideVector.h"

/// The result is computed in blocks that stay in registers: at most so many vectors wide, and so many rows high for a
/// width of `vectors`, that neither the loads nor the latency of an addition decide.
#if defined(__AVX512F__)
#define FACET_PRODUCT_VECTORS 4
#define FACET_PRODUCT_ROWS(vectors) ((vectors) == 4 ? 6 : (vectors) == 3 ? 8 : (vectors) == 2 ? 12 : 16)
#else
#define FACET_PRODUCT_VECTORS 2
#define FACET_PRODUCT_ROWS(vectors) ((vectors) == 2 ? 6 : 12)
#endif

/// The left side of a product, whose element [i, k] is values[i * row + k * column].
typedef struct {
    const float *_Nonnull values;
    long row, column;
} facet_left;

/// Where a product goes: row i begins at values + i * row or, with a list of rows, at rows[i] + offset. Rows of a list may
/// be the same one: they are written in their order. Where there are first values, one for each column, the product is
/// added to them instead of to what is there.
typedef struct {
    float *_Nullable values;
    long row;
    float *_Nonnull const *_Nullable rows;
    long offset;
    const float *_Nullable first;
} facet_target;

FACET_INLINE float *_Nonnull facet_target_row(facet_target c, long i) {
    return c.rows ? c.rows[i] + c.offset : c.values + i * c.row;
}

/// A block of `rows` x `vectors` of the result; the last vector has `last` lanes, FACET_WIDTH or fewer.
FACET_INLINE void facet_product_block(
    const long rows, const long vectors, const long last, facet_left a, const float *_Nonnull b, long b_row,
    facet_target c, long inner, int adds) {
    facet_wide sums[16][FACET_PRODUCT_VECTORS];
#pragma clang loop unroll(full)
    for (long i = 0; i < rows; ++i) {
#pragma clang loop unroll(full)
        for (long v = 0; v < vectors; ++v) sums[i][v] = (facet_wide)0.0f;
    }
    const float *left = a.values;
    for (long k = 0; k < inner; ++k, left += a.column, b += b_row) {
        facet_wide right[FACET_PRODUCT_VECTORS];
#pragma clang loop unroll(full)
        for (long v = 0; v < vectors; ++v) {
            const int isWhole = v < vectors - 1 || last == FACET_WIDTH;
            right[v] = isWhole ? facet_wide_load(b + v * FACET_WIDTH) : facet_wide_load_first(b + v * FACET_WIDTH, last);
        }
#pragma clang loop unroll(full)
        for (long i = 0; i < rows; ++i) {
            const facet_wide factor = (facet_wide)left[i * a.row];
#pragma clang loop unroll(full)
            for (long v = 0; v < vectors; ++v) {
                sums[i][v] = __builtin_elementwise_fma(factor, right[v], sums[i][v]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (long i = 0; i < rows; ++i) {
#pragma clang loop unroll(full)
        for (long v = 0; v < vectors; ++v) {
            float *target = facet_target_row(c, i) + v * FACET_WIDTH;
            const float *before = c.first ? c.first + v * FACET_WIDTH : target;
            if (v < vectors - 1 || last == FACET_WIDTH) {
                facet_wide_store(target, adds ? facet_wide_load(before) + sums[i][v] : sums[i][v]);
            } else {
                facet_wide_store_first(
                    target, adds ? facet_wide_load_first(before, last) + sums[i][v] : sums[i][v], last);
            }
        }
    }
}

/// All rows of `vectors` vectors of the result; the last vector has `last` lanes, FACET_WIDTH or fewer.
FACET_INLINE void facet_product_panel(
    const long vectors, const long last, facet_left a, const float *_Nonnull b, long b_row, facet_target c, long rows,
    long inner, int adds) {
#define FACET_BLOCK(height) \
    facet_product_block(height, vectors, last, a, b, b_row, c, inner, adds); \
    a.values += (height) * a.row; \
    if (c.rows) c.rows += (height); \
    else c.values += (height) * c.row; \
    rows -= (height);
    while (rows >= FACET_PRODUCT_ROWS(vectors)) { FACET_BLOCK(FACET_PRODUCT_ROWS(vectors)) }
    while (rows >= 6) { FACET_BLOCK(6) }
    if (rows >= 4) { FACET_BLOCK(4) }
    if (rows >= 2) { FACET_BLOCK(2) }
    if (rows >= 1) { FACET_BLOCK(1) }
#undef FACET_BLOCK
}

FACET_INLINE void facet_product_into(
    facet_left a, const float *_Nonnull b, long b_row, facet_target c, long rows, long columns, long inner, int adds) {
    const long panel = FACET_PRODUCT_VECTORS * FACET_WIDTH;
    for (; columns >= panel; columns -= panel, b += panel) {
        facet_product_panel(FACET_PRODUCT_VECTORS, FACET_WIDTH, a, b, b_row, c, rows, inner, adds);
        if (c.rows) c.offset += panel;
        else c.values += panel;
        if (c.first) c.first += panel;
    }
    if (columns == 0) return;
    const long vectors = (columns + FACET_WIDTH - 1) / FACET_WIDTH;
    const long last = columns - (vectors - 1) * FACET_WIDTH;
    switch (vectors) {
    case 1: facet_product_panel(1, last, a, b, b_row, c, rows, inner, adds); break;
    case 2: facet_product_panel(2, last, a, b, b_row, c, rows, inner, adds); break;
#if FACET_PRODUCT_VECTORS > 2
    case 3: facet_product_panel(3, last, a, b, b_row, c, rows, inner, adds); break;
    case 4: facet_product_panel(4, last, a, b, b_row, c, rows, inner, adds); break;
#endif
    default: break;
    }
}

/// c[i, j] = sum_k a[i, k] b[k, j], or c[i, j] += ..., for `rows` x `columns` elements of c. Each sum is a chain of fused
/// multiplications and additions in the order of k, whatever the number of rows and columns.
static inline void facet_product(
    facet_left a, const float *_Nonnull b, long b_row, float *_Nonnull c, long c_row, long rows, long columns,
    long inner, int adds) {
    facet_target target = {c, c_row, NULL, 0, NULL};
    facet_product_into(a, b, b_row, target, rows, columns, inner, adds);
}

/// c[i, j] = first[j] + sum_k a[i, k] b[k, j].
static inline void facet_product_from(
    facet_left a, const float *_Nonnull b, long b_row, const float *_Nonnull first, float *_Nonnull c, long c_row,
    long rows, long columns, long inner) {
    facet_target target = {c, c_row, NULL, 0, first};
    facet_product_into(a, b, b_row, target, rows, columns, inner, 1);
}

/// c[i][j] += sum_k a[i, k] b[k, j], with rows of c that may lie anywhere and may repeat.
static inline void facet_product_to_rows(
    facet_left a, const float *_Nonnull b, long b_row, float *_Nonnull const *_Nonnull c, long rows, long columns,
    long inner) {
    facet_target target = {NULL, 0, c, 0, NULL};
    facet_product_into(a, b, b_row, target, rows, columns, inner, 1);
}

/// `target[j, i] = source[i, j]` for `rows` x `columns` elements of the source.
static inline void facet_transpose(const float *_Nonnull source, long rows, long columns, float *_Nonnull target) {
    typedef float float8 __attribute__((ext_vector_type(8)));
    const long whole_rows = rows & ~7L, whole_columns = columns & ~7L;
    for (long column = 0; column < whole_columns; column += 8) {
        for (long row = 0; row < whole_rows; row += 8) {
            float8 x[8], y[8];
#pragma clang loop unroll(full)
            for (int i = 0; i < 8; ++i) memcpy(&x[i], source + (row + i) * columns + column, sizeof x[i]);
            // Pairs of rows, then pairs of pairs, then halves.
#pragma clang loop unroll(full)
            for (int i = 0; i < 8; i += 2) {
                y[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
                y[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
            }
#pragma clang loop unroll(full)
            for (int i = 0; i < 8; i += 4) {
                x[i] = __builtin_shufflevector(y[i], y[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
                x[i + 1] = __builtin_shufflevector(y[i], y[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
                x[i + 2] = __builtin_shufflevector(y[i + 1], y[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
                x[i + 3] = __builtin_shufflevector(y[i + 1], y[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
            }
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; ++i) {
                float8 low = __builtin_shufflevector(x[i], x[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
                float8 high = __builtin_shufflevector(x[i], x[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
                memcpy(target + (column + i) * rows + row, &low, sizeof low);
                memcpy(target + (column + i + 4) * rows + row, &high, sizeof high);
            }
        }
        for (long row = whole_rows; row < rows; ++row) {
            for (long i = column; i < column + 8; ++i) target[i * rows + row] = source[row * columns + i];
        }
    }
    for (long column = whole_columns; column < columns; ++column) {
        for (long row = 0; row < rows; ++row) target[column * rows + row] = source[row * columns + column];
    }
}
