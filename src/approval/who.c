/* Who acts, and whose a task is. */
#include "approval/approval_int.h"

static const struct approval_who *plugged;
static const struct calendar *the_calendar;

void approval_use(const struct approval_who *w, const struct calendar *calendar)
{
    plugged = w;
    the_calendar = calendar;
}

const struct approval_who *who(void)
{
    assert(plugged != NULL);
    return plugged;
}

const struct calendar *calendar_now(void)
{
    assert(the_calendar != NULL);
    return the_calendar;
}

static bool has_duty(str duties, str duty)
{
    str piece;

    while (str_split(&duties, ' ', &piece))
        if (str_eq(piece, duty))
            return true;
    return false;
}

/* The window of a hall takes for all bodies of its division and below. */
bool post_may(const struct acting *a, str task_post, i64 body, str division_path)
{
    static const struct {
        const char *name, *duty;
        bool own_body;
    } posts[] = {
#define POST(name, duty, own) {name, duty, own},
#include "approval/posts.def"
#undef POST
    };

    if (!str_starts(division_path, a->division_path))
        return false;
    for (size_t i = 0; i < COUNT(posts); i++)
        if (str_eq(task_post, str_of(posts[i].name)) && has_duty(a->duties, str_of(posts[i].duty)))
            return !posts[i].own_body || a->body == body;
    return a->body == body && str_eq(a->name, task_post);
}

fallible acting_now(struct tx *tx, struct acting *out)
{
    REQUIRE(tx->by.post != 0, ERR_FORBIDDEN, "nobody acts in a post");
    return who()->acting(tx->arena, tx->db, tx->by.actor, tx->by.post, out);
}
