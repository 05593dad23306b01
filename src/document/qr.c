#include "document/document_int.h"

#include <qrencode.h>

static void code_end(QRcode **code)
{
    QRcode_free(*code);
}

static void row_runs(const QRcode *code, int y, struct qr_runs runs)
{
    const unsigned char *row = code->data + y * code->width;

    for (int x = 0, length; x < code->width; x += length) {
        for (length = 1; x + length < code->width && ((row[x] ^ row[x + length]) & 1) == 0;)
            length++;
        if (row[x] & 1)
            runs.run(runs.state, x, y, length);
    }
}

fallible qr_each(str text, struct qr_runs runs, int *width)
{
    REQUIRE(text.len > 0 && text.len <= DOCUMENT_QR_BYTES, ERR_LIMIT, "a QR code of %zu bytes",
            text.len);
    __attribute__((cleanup(code_end))) QRcode *code =
        QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_M);
    REQUIRE(code != NULL, ERR_LIMIT, "no QR code for %zu bytes", text.len);

    for (int y = 0; runs.run != NULL && y < code->width; y++)
        row_runs(code, y, runs);
    *width = code->width;
    return OK;
}

static void svg_run(void *state, int x, int y, int length)
{
    buf_format(state, "M%d %dh%dv1H%dz", x + 4, y + 4, length, x + 4);
}

fallible document_qr_svg(struct buf *out, str text)
{
    struct buf path = buf_in(out->arena);
    int width = 0;

    TRY(qr_each(text, (struct qr_runs){&path, svg_run}, &width));
    buf_format(out, "<svg class=\"qr\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", width + 8,
               width + 8);
    out_attr(out, text);
    buf_format(out, "\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"", width + 8, width + 8);
    buf_str(out, buf_text(&path));
    buf_z(out, "\"/></svg>");
    return OK;
}
