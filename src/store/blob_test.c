/* Files named by their content: whole or not there, streamed both ways, swept when nobody's. */
#include "store/store.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *new_folder(struct arena *a)
{
    char *path = str_z(a, S("/tmp/yangguan-blobs-XXXXXX"));

    assert_non_null(mkdtemp(path));
    return path;
}

static void remove_folder(struct arena *a, const char *folder)
{
    assert_int_equal(system(str_format(a, "rm -rf '%s'", folder).ptr), 0);
}

static str put(struct arena *a, const char *folder, str bytes)
{
    struct blob_writer *w;
    digest name;

    assert_ok(blob_begin(a, folder, &w));
    assert_ok(blob_add(w, str_sub(bytes, 0, bytes.len / 3)));
    assert_ok(blob_add(w, str_sub(bytes, bytes.len / 3, bytes.len)));
    assert_ok(blob_end(w, &name));
    return hex_of(a, name.at, sizeof name.at);
}

static char *path_of(struct arena *a, const char *folder, str name)
{
    return str_z(a, str_format(a, "%s/%.2s/%.*s", folder, name.ptr, STR(name)));
}

static fallible count_one(void *ctx, str name, i64 size, i64 changed_ms)
{
    (void)name, (void)size, (void)changed_ms;
    ++*(size_t *)ctx;
    return OK;
}

static size_t count(const char *folder)
{
    size_t n = 0;

    assert_ok(blob_list(folder, count_one, &n));
    return n;
}

TEST(a_blob_is_named_by_its_content_and_comes_back_whole)
{
    scoped_arena a = arena_open();
    const char *folder = new_folder(a);
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1 << 20};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *bytes = arena_take(a, sizes[i] + 1, 1), *back = arena_take(a, sizes[i] + 1, 1);
        struct blob_reader *r;
        size_t len = 0, got;
        digest d;

        random_fill(bytes, sizes[i]);
        str name = put(a, folder, (str){bytes, sizes[i]});
        sm3((str){bytes, sizes[i]}, &d);
        assert_true(str_eq(name, hex_of(a, d.at, 32)));
        assert_ok(blob_check(folder, name));
        assert_ok(blob_open(a, folder, name, &r));
        assert_int_equal(blob_size(r), sizes[i]);
        do {
            assert_ok(blob_read(r, back + len, sizes[i] + 1 - len, &got));
            len += got;
        } while (got > 0);
        blob_close(r);
        assert_int_equal(len, sizes[i]);
        assert_memory_equal(bytes, back, len);
    }
    assert_int_equal(count(folder), COUNT(sizes));
    remove_folder(a, folder);
}

TEST(the_same_content_twice_is_one_blob_and_a_dropped_stream_none)
{
    scoped_arena a = arena_open();
    const char *folder = new_folder(a);
    struct blob_writer *w;

    assert_true(str_eq(put(a, folder, S("附件")), put(a, folder, S("附件"))));
    assert_ok(blob_begin(a, folder, &w));
    assert_ok(blob_add(w, S("half")));
    blob_drop(w);
    assert_int_equal(count(folder), 1);
    remove_folder(a, folder);
}

TEST(an_altered_blob_and_a_missing_one_and_a_wrong_name_are_told_apart)
{
    scoped_arena a = arena_open();
    const char *folder = new_folder(a);
    str name = put(a, folder, S("公告"));
    FILE *f = fopen(path_of(a, folder, name), "r+b");

    assert_non_null(f);
    assert_int_equal(fputc('x', f), 'x');
    assert_int_equal(fclose(f), 0);
    assert_err(blob_check(folder, name), ERR_CORRUPT);
    assert_int_equal(unlink(path_of(a, folder, name)), 0);
    assert_err(blob_check(folder, name), ERR_NOT_FOUND);
    assert_err(blob_check(folder, S("../../etc/passwd")), ERR_INPUT);
    assert_err(blob_check(folder, str_format(a, "%064d/", 0)), ERR_INPUT);
    remove_folder(a, folder);
}

static bool is_kept(void *ctx, str name)
{
    return str_eq(name, *(str *)ctx);
}

TEST(a_sweep_removes_what_nobody_names_and_spares_the_young)
{
    scoped_arena a = arena_open();
    const char *folder = new_folder(a);
    str kept = put(a, folder, S("kept"));
    struct blob_writer *w;
    size_t removed;

    (void)put(a, folder, S("nobody's"));
    assert_ok(blob_begin(a, folder, &w)); /* a stream that a crash left */
    struct blob_sweep sweep = {is_kept, &kept, {system_now().ms - 86400000}};
    assert_ok(blob_sweep(folder, &sweep, &removed));
    assert_int_equal(removed, 0);
    sweep.before.ms = system_now().ms + 60000;
    assert_ok(blob_sweep(folder, &sweep, &removed));
    assert_int_equal(removed, 2);
    assert_ok(blob_check(folder, kept));
    blob_drop(w);
    remove_folder(a, folder);
}
