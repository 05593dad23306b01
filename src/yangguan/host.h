/*
 * host -- a node that serves: the writer's thread, readers for the pages, the site.
 *
 * Requests are answered by web's workers. An unsafe one waits in the writer's queue until its batch
 * is committed; a page reads from a reader of its own. The writer's thread also lets clocks fall
 * due and signs heads, so that both happen without being called by anyone.
 *
 * Invariants  nobody is told "done" before the commit; a batch that can't be committed ends with
 * the node opened anew, and those who waited are told that they may ask again. Threads host_open
 * and host_close by one thread; all else runs on the host's own.
 */
#pragma once
#include "ledger/ledger.h"
#include "web/web.h"
#include "yangguan/instance.h"

struct host_config {
    struct instance
        *instance;         /* opened for writing with a manual checkpoint; its node is ours now */
    struct web_config web; /* ops, sessions and state are completed by the host */
    /* Sets whose name a request's command runs in; NULL: person and post of the session. */
    fallible (*authority)(struct request *q, struct authority *by);
    /* Lets fall due what is due; called by the writer's thread until *done is 0. */
    fallible (*tick)(struct node *n, instant now, size_t *done);
    unsigned readers; /* 0: 16 */
};

struct host;

fallible host_open(const struct host_config *config, struct host **out);
u16 host_port(const struct host *h);
void host_close(struct host *h);

/* Run one command through the writer's queue and wait for its end. ERR_BUSY with a full queue. */
fallible host_run(struct host *h, struct command *c);

/* What the log and /health tell. */
struct host_figures {
    i64 entries, batches, commands, refused, reopened;
    i64 head_size;
};
struct host_figures host_figures(struct host *h);
