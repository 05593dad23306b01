#include "tests/test.h"

#include "document/document.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- tools that read what we wrote -------------------------------------------------------- */

static void need(const char *tool)
{
    char command[200];

    (void)snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
    if (system(command) != 0) { /* NOLINT(cert-env33-c) */
        print_message("skipped for want of %s\n", tool);
        skip();
    }
}

static str output_of(struct arena *a, const char *command)
{
    struct buf b = buf_in(a);
    char bytes[4096];
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c) */
    size_t n;

    assert_non_null(f);
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        buf_add(&b, bytes, n);
    assert_int_equal(pclose(f), 0);
    return buf_text(&b);
}

static const char *saved(struct arena *a, str bytes, const char *name)
{
    const char *path = str_z(a, str_format(a, "%s/%s", test_folder(), name));
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
    return path;
}

static str extracted(struct arena *a, str pdf)
{
    const char *path = saved(a, pdf, "paper.pdf");

    return output_of(a, str_z(a, str_format(a, "pdftotext -raw -enc UTF-8 %s -", path)));
}

/* What is left when white space, which a layout moves, is taken out. */
static str bare(struct arena *a, str text)
{
    struct buf b = buf_in(a);
    size_t at = 0;

    while (at < text.len) {
        size_t from = at;
        u32 c = utf8_next(text, &at);
        if (c > ' ' && c != 0x3000 && c != 0xA0)
            buf_add(&b, text.ptr + from, at - from);
    }
    return buf_text(&b);
}

static int pages_of(struct arena *a, str pdf)
{
    const char *path = saved(a, pdf, "pages.pdf");
    str text = output_of(
        a, str_z(a, str_format(a, "pdfinfo %s | sed -n 's/^Pages: *//p' | tr -d '\\n'", path)));
    i64 pages = 0;

    assert_ok(str_i64(text, &pages));
    return (int)pages;
}

#define assert_holds(text, wanted)                                                                 \
    do {                                                                                           \
        str text_ = (text), wanted_ = (wanted);                                                    \
        if (str_find(text_, wanted_) < 0)                                                          \
            fail_msg("\"%.*s\" isn't in \"%.*s\"", STR(wanted_), STR(text_));                      \
    } while (0)

/* ---- samples ------------------------------------------------------------------------------ */

static struct document_case sample(void)
{
    return (struct document_case){.agency = S("民勤县水务局"),
                                  .number = S("民水许〔2026〕417号"),
                                  .case_no = S("62062120261123000417"),
                                  .matter = S("取水许可"),
                                  .applicant = S("马某某"),
                                  .day = date_ymd(2026, 11, 23),
                                  .made = {date_start(date_ymd(2026, 11, 23)).ms + 32700000},
                                  .verify = S("https://minqin.example.gov.cn/verify/1279034"),
                                  .phone = S("0935-4120000"),
                                  .lang = lang_of(S("zh-CN"))};
}

static struct document_decision refusal(void)
{
    return (struct document_decision){
        .about = sample(),
        .accepted = date_ymd(2026, 11, 3),
        .reason = S("取水口位于地下水禁采区内"),
        .statute = S("《取水许可和水资源费征收管理条例》第二十条第一款第一项"),
        .remedy = {S("民勤县人民政府"), S("民勤县人民法院")}};
}

static fallible plain_paper(struct buf *out, str text, int *pages)
{
    const struct document_block block = {.kind = DOCUMENT_PARAGRAPH, .text = text};
    const struct document d = {.title = S("测试"),
                               .made = {1795000000000},
                               .lang = lang_of(S("zh-CN")),
                               .blocks = &block,
                               .count = 1};

    return document_pdf(out, &d, pages);
}

/* ---- texts -------------------------------------------------------------------------------- */

TEST(text_in_a_paper_can_be_read_out_again)
{
    static const char *const texts[] = {
        "甘肃省武威市民勤县",
        "㐀㐁䶵 喆堃犇骉 〇々〆",
        "Latin text, 数字 0123456789，标点：“”‘’《》〔〕、。；！？…—",
        "ＡＢＣ１２３（全角）",
        "a & b < c > d \"e\" 'f' \\ / %",
        "́é ñ ü € § ① ② Ⅳ ㎡ ℃ № ± × ÷ ≤ ≥",
    };
    need("pdftotext");

    for (size_t i = 0; i < COUNT(texts); i++) {
        scoped_arena a = arena_open();
        struct buf out = buf_in(a);
        assert_ok(plain_paper(&out, str_of(texts[i]), NULL));
        assert_holds(bare(a, extracted(a, buf_text(&out))), bare(a, str_of(texts[i])));
    }
}

TEST(characters_that_cannot_be_seen_are_shown_by_number)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {{"兰州市\xE2\x80\x8B城关区", "兰州市〔U+200B〕城关区"},
                {"\xEF\xBB\xBF甘肃", "〔U+FEFF〕甘肃"},
                {"a\x01z\x7F", "a〔U+0001〕z〔U+007F〕"},
                {"x\xE2\x80\xAEgpj", "x〔U+202E〕gpj"},
                {"\xEE\x80\x80", "〔U+E000〕"},
                {"\xF4\x8F\xBF\xBF", "〔U+10FFFF〕"},
                {"一\r\n二\t三", "一二三"}};
    need("pdftotext");

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        struct buf out = buf_in(a);
        assert_ok(plain_paper(&out, str_of(rows[i].text), NULL));
        assert_holds(bare(a, extracted(a, buf_text(&out))), str_of(rows[i].shown));
    }
}

/* Takes the foot of each page out of what was extracted. */
static str footless(struct arena *a, str text, int pages)
{
    struct buf b = buf_in(a);

    for (int i = 1; i <= pages; i++) {
        str foot = str_format(a, "第%d页，共%d页2026年11月18日", i, pages);
        ptrdiff_t at = str_find(text, foot);
        if (at < 0)
            fail_msg("no foot on page %d of %d", i, pages);
        buf_add(&b, text.ptr, (size_t)at);
        text = str_sub(text, (size_t)at + foot.len, text.len);
    }
    buf_str(&b, text);
    return buf_text(&b);
}

/* Is each character of `wanted` in `text`, in order, as itself or by its number? Arabic comes out
 * in the order of its drawing, so there only presence counts. */
static void assert_seen(struct arena *a, str text, str wanted)
{
    size_t at = 0, pos = 0;
    bool ordered = str_find(wanted, S("\xD9")) < 0;

    while (at < wanted.len) {
        size_t from = at;
        u32 c = utf8_next(wanted, &at);
        str self = str_sub(wanted, from, at), number = str_format(a, "〔U+%04X〕", c);
        str rest = str_sub(text, pos, text.len);
        bool here = ordered ? str_starts(rest, self) : str_find(text, self) >= 0;
        bool numbered = ordered ? str_starts(rest, number) : str_find(text, number) >= 0;
        if (!here && !numbered)
            fail_msg("U+%04X of \"%.*s\" isn't at %zu in \"%.*s\"", c, STR(wanted), pos, STR(text));
        pos += ordered ? (here ? self.len : number.len) : 0;
    }
}

static void check_naughty(struct arena *a, str text)
{
    struct buf out = buf_in(a);
    int pages = 0;

    assert_ok(plain_paper(&out, text, &pages));
    str all = footless(a, bare(a, extracted(a, buf_text(&out))), pages);
    assert_true(str_starts(all, S("测试")));
    assert_seen(a, str_sub(all, S("测试").len, all.len), bare(a, text));
}

TEST(every_naughty_string_comes_out_whole_or_by_number)
{
    const char *path = test_shared("naughty-own.json");
    scoped_arena file = arena_open();
    str all, line;
    size_t seen = 0;
    need("pdftotext");

    assert_ok(file_read(file, path, 1 << 20, &all));
    while (str_split(&all, '\n', &line)) {
        scoped_arena a = arena_open();
        struct buf out = buf_in(a);
        struct json *one;
        line = str_trim(line);
        if (line.len < 2)
            continue;
        if (str_ends(line, S(",")))
            line = str_sub(line, 0, line.len - 1);
        if (json_read(a, line, &one) != OK)
            assert_err(plain_paper(&out, S("a\0b"), NULL), ERR_TEXT);
        else
            check_naughty(a, one->text);
        seen++;
    }
    assert_true(seen > 30);
}

/* ---- pages -------------------------------------------------------------------------------- */

static str times(struct arena *a, const char *text, int n)
{
    struct buf b = buf_in(a);

    for (int i = 0; i < n; i++)
        buf_z(&b, text);
    return buf_text(&b);
}

TEST(a_paper_says_how_many_pages_it_has)
{
    static const struct {
        int lines, pages;
    } rows[] = {{1, 1}, {26, 1}, {59, 2}, {300, 10}};
    need("pdfinfo");

    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena a = arena_open();
        struct buf out = buf_in(a);
        int pages = 0;
        assert_ok(plain_paper(&out, times(a, "一行\n", rows[i].lines), &pages));
        assert_int_equal(pages, rows[i].pages);
        assert_int_equal(pages_of(a, buf_text(&out)), pages);
    }
}

static fallible table_paper(struct buf *out, struct arena *a, size_t rows, int *pages)
{
    static const int widths[] = {1, 5, 2};
    str *cells = NEW_N(a, (rows + 1) * 3, str);
    cells[0] = S("序号"), cells[1] = S("名称表头"), cells[2] = S("备注");
    for (size_t i = 1; i <= rows; i++) {
        cells[3 * i] = str_format(a, "%zu", i);
        cells[3 * i + 1] = times(a, "很长的名称", (int)(i % 17));
        cells[3 * i + 2] = S("");
    }
    const struct document_block block = {.kind = DOCUMENT_TABLE,
                                         .cells = cells,
                                         .count = (rows + 1) * 3,
                                         .columns = 3,
                                         .widths = widths};
    const struct document d = {.title = S("表"),
                               .lang = lang_of(S("zh-CN")),
                               .made = {1795000000000},
                               .blocks = &block,
                               .count = 1};
    return document_pdf(out, &d, pages);
}

TEST(a_long_table_repeats_its_head_on_each_page_and_loses_no_row)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    int pages = 0, heads = 0;
    need("pdftotext");

    assert_ok(table_paper(&out, a, 200, &pages));
    assert_true(pages > 5);
    str text = extracted(a, buf_text(&out));
    for (int i = 1; i <= 200; i++)
        assert_holds(text, str_format(a, "\n%d", i));
    for (str rest = text; str_find(rest, S("名称表头")) >= 0; heads++)
        rest = str_sub(rest, (size_t)str_find(rest, S("名称表头")) + 1, rest.len);
    assert_int_equal(heads, pages);
}

TEST(what_is_too_much_for_a_paper_is_refused_and_leaves_nothing)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    struct document_block block = {.kind = DOCUMENT_PARAGRAPH, .text = times(a, "\n", 6000)};
    struct document d = {
        .title = S("多"), .lang = lang_of(S("zh-CN")), .blocks = &block, .count = 1};

    buf_z(&out, "before");
    assert_err(plain_paper(&out, times(a, "x", DOCUMENT_TEXT + 1), NULL), ERR_LIMIT);
    assert_err(plain_paper(&out, times(a, "\n", 10000), NULL), ERR_LIMIT); /* pages */
    assert_err(plain_paper(&out, S("\xFF"), NULL), ERR_TEXT);
    assert_err(table_paper(&out, a, DOCUMENT_ROWS + 1, NULL), ERR_LIMIT);
    d.count = DOCUMENT_BLOCKS + 1;
    assert_err(document_pdf(&out, &d, NULL), ERR_LIMIT);
    block = (struct document_block){.kind = DOCUMENT_QR, .text = times(a, "x", 1001)};
    d.count = 1;
    assert_err(document_pdf(&out, &d, NULL), ERR_LIMIT);
    assert_err(document_qr_svg(&out, S("")), ERR_LIMIT);
    assert_str(buf_text(&out), S("before"));
}

/* ---- papers ------------------------------------------------------------------------------- */

/* LAW: 行政许可法 38 */
TEST(a_refusal_gives_its_reason_and_where_one_may_go_against_it)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    struct document_decision r = refusal();
    need("pdftotext");

    assert_ok(document_decision(&out, &r));
    str text = bare(a, extracted(a, buf_text(&out)));
    assert_holds(text, S("不予行政许可决定书"));
    assert_holds(text, r.reason);
    assert_holds(text, r.statute);
    assert_holds(text, S("60日内向民勤县人民政府申请行政复议"));
    assert_holds(text, S("6个月内直接向民勤县人民法院提起行政诉讼"));
    assert_holds(text, S("（印章位置：民勤县水务局的电子印章）2026年11月23日"));
    assert_holds(text, r.about.number);
    assert_holds(text, r.about.case_no);

    r.reason = S("");
    assert_err(document_decision(&out, &r), ERR_INPUT);
    r = refusal(), r.statute = S("");
    assert_err(document_decision(&out, &r), ERR_INPUT);
    r = refusal(), r.remedy.court = S("");
    assert_err(document_decision(&out, &r), ERR_INPUT);
}

/* LAW: 行政许可法 32 */
TEST(a_notice_of_correction_lists_everything_that_is_missing)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    struct document_defect defects[40];
    struct document_correction r = {.about = sample(),
                                    .received = date_ymd(2026, 11, 20),
                                    .defects = defects,
                                    .defect_count = COUNT(defects)};
    need("pdftotext");

    for (size_t i = 0; i < COUNT(defects); i++)
        defects[i] =
            (struct document_defect){str_format(a, "材料甲%zu", i), str_format(a, "缺页乙%zu", i),
                                     str_format(a, "补交丙%zu", i)};
    assert_ok(document_correction(&out, &r));
    str text = bare(a, extracted(a, buf_text(&out)));
    assert_holds(text, S("一次告知如下，共40项"));
    for (size_t i = 0; i < COUNT(defects); i++) {
        assert_holds(text, str_format(a, "%zu%.*s%.*s%.*s", i + 1, STR(defects[i].material),
                                      STR(defects[i].fault), STR(defects[i].fix)));
    }
    r.defect_count = 0;
    assert_err(document_correction(&out, &r), ERR_INPUT);
}

/* LAW: 行政许可法 29, 32, 42, 44, 45 */
TEST(the_other_papers_say_what_they_were_told)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    struct document_material one = {S("取水许可申请书"), S("原件"), 2};
    need("pdftotext");

    assert_ok(
        document_receipt(&out, &(struct document_receipt){.about = sample(),
                                                          .received = sample().made,
                                                          .channel = S("网上"),
                                                          .materials = &one,
                                                          .material_count = 1,
                                                          .answer_by = date_ymd(2026, 11, 30)}));
    str text = bare(a, extracted(a, buf_text(&out)));
    assert_holds(text, S("收到时间2026年11月23日9:05"));
    assert_holds(text, S("1取水许可申请书原件2"));
    assert_holds(text, S("最晚在2026年11月30日告诉您是否受理"));

    out = buf_in(a);
    assert_ok(document_acceptance(
        &out, &(struct document_acceptance){.about = sample(),
                                            .accepted = date_ymd(2026, 11, 23),
                                            .decide_by = date_ymd(2026, 12, 21),
                                            .working_days = 20,
                                            .statute = S("《行政许可法》第四十二条"),
                                            .uncounted = S("专家评审")}));
    text = bare(a, extracted(a, buf_text(&out)));
    assert_holds(text, S("办结期限20个工作日，最晚2026年12月21日星期一"));
    assert_holds(text, S("不计入期限专家评审"));

    out = buf_in(a);
    assert_ok(document_non_acceptance(
        &out,
        &(struct document_non_acceptance){.about = sample(),
                                          .received = date_ymd(2026, 11, 20),
                                          .reason = S("不属于本机关职权范围"),
                                          .statute = S("《行政许可法》第三十二条第一款第二项"),
                                          .elsewhere = S("武威市水务局"),
                                          .remedy = refusal().remedy}));
    text = bare(a, extracted(a, buf_text(&out)));
    assert_holds(text, S("这件事由武威市水务局办理"));
    assert_holds(text, S("理由不属于本机关职权范围"));

    out = buf_in(a);
    assert_ok(document_delivery(&out, &(struct document_delivery){.about = sample(),
                                                                  .paper = S("准予行政许可决定书"),
                                                                  .way = S("电子送达"),
                                                                  .at = sample().made,
                                                                  .receiver = S("马某某")}));
    assert_holds(bare(a, extracted(a, buf_text(&out))), S("送达方式电子送达"));
}

TEST(no_person_is_named_in_the_files_own_words)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    struct document_decision r = refusal();
    need("pdfinfo");

    r.about.applicant = S("Person Personovich");
    assert_ok(document_decision(&out, &r));
    const char *path = saved(a, buf_text(&out), "info.pdf");
    str info = output_of(a, str_z(a, str_format(a, "TZ=UTC pdfinfo -isodates %s", path)));
    assert_true(str_find(info, S("Person")) < 0);
    assert_holds(info, S("不予行政许可决定书"));
    assert_holds(info, S("CreationDate:    2026-11-23T01:05:00"));
}

/* ---- QR codes ----------------------------------------------------------------------------- */

TEST(the_code_on_a_paper_opens_its_address)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    struct document_decision r = refusal();
    need("zbarimg");
    need("pdftoppm");

    assert_ok(document_decision(&out, &r));
    const char *path = saved(a, buf_text(&out), "qr.pdf");
    str got = output_of(
        a, str_z(a, str_format(a, "pdftoppm -r 150 -png %s %s && zbarimg -q --raw %s-*.png", path,
                               path, path)));
    assert_str(str_trim(got), r.about.verify);
}

TEST(the_code_of_a_page_is_one_path_named_by_its_payload)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);

    assert_ok(document_qr_svg(&out, S("https://x/?a=1&b=\"<2>")));
    str svg = buf_text(&out);
    assert_holds(svg, S("role=\"img\" aria-label=\"https://x/?a=1&amp;b=&quot;&lt;2&gt;\""));
    assert_true(str_find(svg, S("style")) < 0);
    assert_true(str_ends(svg, S("\"/></svg>")));
}

/* ---- sameness, threads, fonts ------------------------------------------------------------- */

struct copy {
    pthread_t thread;
    str expected;
    bool same;
};

static void *draw_again(void *state)
{
    struct copy *c = state;
    struct document_decision r = refusal();

    c->same = true;
    for (int i = 0; i < 3; i++) {
        scoped_arena a = arena_open();
        struct buf out = buf_in(a);
        c->same &= document_decision(&out, &r) == OK && str_eq(buf_text(&out), c->expected);
    }
    return NULL;
}

TEST(eight_threads_at_once_draw_the_same_bytes)
{
    scoped_arena a = arena_open();
    struct buf out = buf_in(a);
    struct document_decision r = refusal();
    struct copy copies[8];

    assert_ok(document_decision(&out, &r));
    for (size_t i = 0; i < COUNT(copies); i++) {
        copies[i].expected = buf_text(&out);
        assert_int_equal(pthread_create(&copies[i].thread, NULL, draw_again, &copies[i]), 0);
    }
    for (size_t i = 0; i < COUNT(copies); i++) {
        assert_int_equal(pthread_join(copies[i].thread, NULL), 0);
        assert_true(copies[i].same);
    }
    assert_true(out.len < 60 * 1024);
}
