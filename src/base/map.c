#include "base/base.h"

struct map map_in(struct arena *a)
{
    return (struct map){.arena = a};
}

/* The slot of the key, or the free one where it belongs; slots hold entry index + 1. */
static u32 *slot_of(const struct map *m, str key)
{
    size_t mask = m->slot_count - 1;

    for (size_t i = (size_t)str_hash(key) & mask;; i = (i + 1) & mask)
        if (m->slots[i] == 0 || str_eq(m->entries[m->slots[i] - 1].key, key))
            return &m->slots[i];
}

static void rehash(struct map *m)
{
    m->slot_count = m->slot_count ? m->slot_count * 2 : 16;
    m->slots = NEW_N(m->arena, m->slot_count, u32);
    for (size_t i = 0; i < m->count; i++)
        *slot_of(m, m->entries[i].key) = (u32)(i + 1);
}

void *map_get(const struct map *m, str key)
{
    if (m->slot_count == 0)
        return NULL;
    u32 slot = *slot_of(m, key);

    return slot ? m->entries[slot - 1].value : NULL;
}

void map_set(struct map *m, str key, void *value)
{
    if (m->count * 2 >= m->slot_count)
        rehash(m);
    u32 *slot = slot_of(m, key);

    if (*slot) {
        m->entries[*slot - 1].value = value;
        return;
    }
    if (m->count == m->cap)
        m->entries = vec_grow(m->arena, m->entries, &m->cap, sizeof *m->entries);
    m->entries[m->count++] = (struct map_entry){key, value};
    *slot = (u32)m->count;
}
