/*
 * parse_int -- the reader of FEEL text: lex.c reads characters, words and names; names.c finds what
 * a name means; parse.c and parse_value.c read expressions; tree.c makes nodes; parse_type.c types.
 */
#pragma once
#include "rules/rules_int.h"

struct parser {
    const struct source *src;
    struct arena *a;
    str text;
    size_t at;
    size_t mark;     /* a byte offset and */
    u32 mark_column; /* its column */
    int depth;
    struct scope *scope;
    struct pool *pool;
    bool has_input; /* `?` may be used */
    bool used_input;
    bool want_tests; /* the next bracket may hold several unary tests */
    bool range_end;  /* a [ may be the end of a range */
};

/* lex.c */
bool is_space_point(u32 c);
size_t word_end(str text, size_t at);   /* end of the run of name characters from `at` */
size_t symbol_len(str text, size_t at); /* 1 if one of . / - ' + * stands there */
size_t space_end(str text, size_t at);  /* white space only */
u32 column_of(struct parser *p, size_t at);
fallible skip(struct parser *p);  /* white space and comments */
int peek(const struct parser *p); /* the byte at `at`, -1 at the end */
bool at_text(const struct parser *p, const char *text);
bool at_keyword(const struct parser *p, const char *word);
fallible take_keyword(struct parser *p, const char *word);
fallible take_byte(struct parser *p, char c);
bool skip_keyword(struct parser *p, const char *word, err *e);
bool is_keyword(str word);
fallible read_string(struct parser *p, str *out);
/* A name that ends before one of `ends` or the keyword `in`; normalised. */
fallible read_name(struct parser *p, const char *ends, str *out);
/* Does such a name and then `:` follow? */
bool name_and_colon(const struct parser *p);
fallible fail_at(struct parser *p, size_t at, const char *what);

/* names.c */
fallible parse_name(struct parser *p, const struct node **out);
/* Is there a known name here of more than `length` bytes? */
bool named_longer(const struct parser *p, size_t length);
fallible parse_member(struct parser *p, str *out); /* after a dot */

/* tree.c */
typedef VEC(const struct node *) node_list;
struct node *node_new(struct parser *p, u8 kind, size_t at, size_t kids);
fallible node_done(struct parser *p, struct node *n, const struct node **out);
fallible node_with(struct parser *p, u8 kind, size_t at, const node_list *kids, struct node **out);
fallible node_two(struct parser *p, u8 kind, size_t at, const struct node *a, const struct node *b,
                  const struct node **out);
fallible node_constant(struct parser *p, size_t at, feel value, const struct node **out);
void scope_open(struct parser *p);
void scope_close(struct parser *p);

/* parse.c: operators that bind at least so tightly. */
enum { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MUL, LEVEL_POW };
fallible parse_level(struct parser *p, int least, const struct node **out);

/* parse_value.c */
fallible parse_primary(struct parser *p, const struct node **out);
fallible parse_any(struct parser *p, const struct node **out);
fallible parse_test_or_value(struct parser *p, const struct node **out);
u8 operator_form(struct parser *p); /* takes «<=» and the like; 0 if there is none */
fallible parse_unary(struct parser *p, u8 form, size_t at, const struct node **out);

/* parse_type.c */
fallible parse_type_at(struct parser *p, const struct type **out);
