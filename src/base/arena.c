#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 8 << 10, LARGEST_STEP = 1 << 20, ALIGN = 16 };

struct block {
    struct block *before;
    size_t used, size;
    _Alignas(ALIGN) char bytes[];
};

struct arena {
    struct block *top;
    size_t total;
};

static void *must_malloc(size_t size)
{
    void *p = malloc(size);

    if (p == NULL) {
        (void)fputs("level=error event=memory.exhausted\n", stderr);
        abort();
    }
    return p;
}

static struct block *block_of(size_t size, struct block *before)
{
    struct block *b = must_malloc(sizeof *b + size);

    b->before = before;
    b->used = 0;
    b->size = size;
    return b;
}

struct arena *arena_open(void)
{
    struct arena *a = must_malloc(sizeof *a);

    a->top = block_of(FIRST_BLOCK, NULL);
    a->total = 0;
    return a;
}

void arena_close(struct arena *a)
{
    if (a == NULL)
        return;
    for (struct block *b = a->top, *before; b != NULL; b = before) {
        before = b->before;
        free(b);
    }
    free(a);
}

void arena_closep(struct arena **a)
{
    arena_close(*a);
}

void *arena_take(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    bool over = __builtin_mul_overflow(count, size, &bytes);

    assert(!over && bytes < SIZE_MAX / 4);
    bytes = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    if (bytes > a->top->size - a->top->used) {
        size_t next = a->top->size * 2 > LARGEST_STEP ? LARGEST_STEP : a->top->size * 2;

        a->top = block_of(bytes > next ? bytes : next, a->top);
    }
    void *p = a->top->bytes + a->top->used;
    a->top->used += bytes;
    a->total += bytes;
    return memset(p, 0, bytes);
}

size_t arena_used(const struct arena *a)
{
    return a->total;
}

arena_mark arena_here(struct arena *a)
{
    return (arena_mark){a->top, a->top->used, a->total};
}

void arena_back(struct arena *a, arena_mark mark)
{
    while (a->top != mark.block) {
        struct block *gone = a->top;

        assert(gone->before != NULL);
        a->top = gone->before;
        free(gone);
    }
    a->top->used = mark.used;
    a->total = mark.total;
}

void *vec_grow(struct arena *a, void *old, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 8;
    void *p = arena_take(a, more, size);

    if (*cap)
        memcpy(p, old, *cap * size);
    *cap = more;
    return p;
}
