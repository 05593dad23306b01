/* Reading XML: no network, no entities, no document type. */
#include "rules/dmn_int.h"

#include <libxml/parser.h>

__attribute__((constructor)) static void xml_start(void)
{
    xmlInitParser();
}

static void context_close(xmlParserCtxtPtr *c)
{
    xmlFreeParserCtxt(*c);
}

fallible xml_open(str text, const char *name, xmlDoc **out)
{
    __attribute__((cleanup(context_close))) xmlParserCtxtPtr c = xmlNewParserCtxt();

    REQUIRE(text.len <= RULES_LARGEST_MODEL, ERR_TOO_LARGE, "%s: over %d bytes", name,
            RULES_LARGEST_MODEL);
    REQUIRE(utf8_valid(text), ERR_TEXT, "%s: not valid UTF-8", name);
    REQUIRE(str_find(text, S("<!DOCTYPE")) < 0 && str_find(text, S("<!ENTITY")) < 0, ERR_SYNTAX,
            "%s: a document type isn't accepted", name);
    REQUIRE(c != NULL, ERR_LIMIT, "%s: no memory", name);
    xmlDoc *doc = xmlCtxtReadMemory(c, text.ptr ? text.ptr : "", (int)text.len, NULL, "UTF-8",
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                        XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES);
    if (doc == NULL) {
        const char *why = c->lastError.message != NULL ? c->lastError.message : "malformed";
        int len = (int)strcspn(why, "\n");

        FAIL(ERR_SYNTAX, "%s: line %d: %.*s", name, c->lastError.line, len, why);
    }
    *out = doc;
    return OK;
}

bool xml_is(const xmlNode *n, const char *name)
{
    return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

static xmlNode *element_from(xmlNode *n)
{
    while (n != NULL && n->type != XML_ELEMENT_NODE)
        n = n->next;
    return n;
}

xmlNode *xml_first(const xmlNode *n)
{
    return n == NULL ? NULL : element_from(n->children);
}

xmlNode *xml_next(const xmlNode *n)
{
    return element_from(n->next);
}

xmlNode *xml_child(const xmlNode *n, const char *name)
{
    xmlNode *child = xml_first(n);

    while (child != NULL && !xml_is(child, name))
        child = xml_next(child);
    return child;
}

static str taken(struct arena *a, xmlChar *text)
{
    str s = text != NULL ? str_copy(a, str_of((const char *)text)) : S("");

    xmlFree(text);
    return s;
}

str xml_attribute(struct arena *a, const xmlNode *n, const char *name)
{
    return taken(a, xmlGetNoNsProp(n, (const xmlChar *)name));
}

str xml_text(struct arena *a, const xmlNode *n)
{
    return n == NULL ? S("") : taken(a, xmlNodeGetContent(n));
}

str xml_name(struct arena *a, str name)
{
    str normal;

    return name_read(a, name, &normal) ? normal : str_trim(name);
}
