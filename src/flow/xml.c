#include "flow/flow_int.h"

#include <libxml/SAX2.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void bpmn_xml_freep(xmlDocPtr *doc)
{
    if (*doc != NULL)
        xmlFreeDoc(*doc);
}

static void context_freep(xmlParserCtxtPtr *context)
{
    xmlFreeParserCtxt(*context);
}
#define scoped_context __attribute__((cleanup(context_freep))) xmlParserCtxtPtr

/* A DOCTYPE could name entities, and those files or bombs: nothing after it is read. */
static void refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
    xmlParserCtxtPtr context = ctx;

    (void)name;
    (void)id;
    (void)system;
    *(bool *)context->_private = true;
    xmlStopParser(context);
}

static void be_silent(void *ctx, const char *format, ...)
{
    (void)ctx;
    (void)format;
}

static err syntax_error(xmlParserCtxtPtr context)
{
    const xmlError *e = xmlCtxtGetLastError(context);

    if (e == NULL || e->message == NULL)
        return err_raise(ERR_SYNTAX, __FILE__, __LINE__, "not well-formed XML");
    str message = str_trim(str_of(e->message));
    return err_raise(ERR_SYNTAX, __FILE__, __LINE__, "line %d: %.*s", e->line, STR(message));
}

/* UTF-16 by its byte order mark: the only text with NUL bytes. */
static bool wide(str text)
{
    return str_starts(text, S("\xFE\xFF")) || str_starts(text, S("\xFF\xFE"));
}

fallible bpmn_xml_open(str text, xmlDocPtr *out)
{
    scoped_context context = xmlNewParserCtxt();
    bool doctype = false;

    REQUIRE(context != NULL, ERR_LIMIT, "no memory for an XML parser");
    REQUIRE(text.len <= FLOW_MOST_BYTES, ERR_TOO_LARGE, "more than %d bytes", FLOW_MOST_BYTES);
    REQUIRE(wide(text) || memchr(text.ptr, 0, text.len) == NULL, ERR_SYNTAX, "a NUL in the text");
    context->_private = &doctype;
    xmlSetGenericErrorFunc(NULL, be_silent); /* what has no context; the setting is the thread's */
    context->sax->internalSubset = refuse_doctype;
    context->sax->error = be_silent;
    context->sax->warning = be_silent;

    xmlDocPtr doc = xmlCtxtReadMemory(context, text.ptr, (int)text.len, "model.bpmn", NULL,
                                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (doctype) {
        bpmn_xml_freep(&doc);
        FAIL(ERR_SYNTAX, "a DOCTYPE is not allowed");
    }
    if (doc == NULL)
        return syntax_error(context);
    *out = doc;
    return OK;
}

const xmlNode *bpmn_xml_next(const xmlNode *e)
{
    for (e = e->next; e != NULL && e->type != XML_ELEMENT_NODE;)
        e = e->next;
    return e;
}

const xmlNode *bpmn_xml_first(const xmlNode *parent)
{
    const xmlNode *e = parent->children;

    return e == NULL || e->type == XML_ELEMENT_NODE ? e : bpmn_xml_next(e);
}

bool bpmn_xml_is(const xmlNode *e, const char *name)
{
    return strcmp((const char *)e->name, name) == 0;
}

bool bpmn_xml_same_space(const xmlNode *a, const xmlNode *b)
{
    if (a->ns == NULL || b->ns == NULL)
        return a->ns == b->ns;
    return xmlStrEqual(a->ns->href, b->ns->href);
}

/* An attribute's or element's text is a list of nodes; ours come from no entity. */
static void add_text(struct buf *b, const xmlNode *n)
{
    for (; n != NULL; n = n->next)
        if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content != NULL)
            buf_z(b, (const char *)n->content);
}

static str attribute_text(struct arena *a, const xmlAttr *attribute)
{
    struct buf b = buf_in(a);

    add_text(&b, attribute->children);
    return str_trim(buf_text(&b));
}

/* `space`: NULL none, "*" any. */
static const xmlAttr *find(const xmlNode *e, const char *name, const char *space)
{
    for (const xmlAttr *p = e->properties; p != NULL; p = p->next) {
        if (strcmp((const char *)p->name, name) != 0)
            continue;
        if (space == NULL
                ? p->ns == NULL
                : *space == '*' || (p->ns != NULL && strcmp((const char *)p->ns->href, space) == 0))
            return p;
    }
    return NULL;
}

static str attribute_in(struct arena *a, const xmlNode *e, const char *name, const char *space)
{
    const xmlAttr *p = find(e, name, space);

    return p ? attribute_text(a, p) : S("");
}

str bpmn_xml_attribute(struct arena *a, const xmlNode *e, const char *name)
{
    return attribute_in(a, e, name, NULL);
}

str bpmn_xml_ours(struct arena *a, const xmlNode *e, const char *name)
{
    return attribute_in(a, e, name, FLOW_NAMESPACE);
}

str bpmn_xml_any(struct arena *a, const xmlNode *e, const char *name)
{
    return attribute_in(a, e, name, "*");
}

bool bpmn_xml_has(const xmlNode *e, const char *name)
{
    return find(e, name, NULL) != NULL;
}

static const char *raw(const xmlNode *e, const char *name)
{
    const xmlAttr *p = find(e, name, NULL);

    if (p == NULL || p->children == NULL || p->children->content == NULL)
        return "";
    return (const char *)p->children->content;
}

bool bpmn_xml_true(const xmlNode *e, const char *name, bool otherwise)
{
    const char *text = raw(e, name);

    if (*text == '\0')
        return otherwise;
    return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

/* A coordinate: what isn't a number of a sane size is 0. */
double bpmn_xml_number(const xmlNode *e, const char *name)
{
    double v = strtod(raw(e, name), NULL);

    return isfinite(v) && fabs(v) < 1e6 ? v : 0;
}

str bpmn_xml_text(struct arena *a, const xmlNode *e)
{
    struct buf b = buf_in(a);

    add_text(&b, e->children);
    return str_trim(buf_text(&b));
}
