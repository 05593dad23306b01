/* The papers of an application, in the order in which a case meets them. */
#include "document/document_int.h"

/* A paper that is being put together: its blocks, and the arena of the caller's buf. */
struct letter {
    struct buf text; /* of formats */
    const struct document_case *about;
    VEC(struct document_block) blocks;
};

static struct letter letter_of(struct buf *out, const struct document_case *about)
{
    return (struct letter){.text = buf_in(out->arena), .about = about};
}

static void add(struct letter *l, struct document_block block)
{
    vec_push(l->text.arena, &l->blocks, block);
}

static const char *in(const struct letter *l, const char *key)
{
    return message(l->about->lang, key);
}

static struct argument text_of(const char *name, str value)
{
    return (struct argument){name, {value, false}};
}

static struct argument day_of(struct letter *l, const char *name, date d)
{
    return text_of(name, format_day(&l->text, l->about->lang, d));
}

static str say(struct letter *l, const char *key, const struct argument *args, size_t count)
{
    return words(l->text.arena, l->about->lang, key, args, count);
}
#define SAY(l, key, ...)                                                                           \
    say((l), (key), (const struct argument[]){__VA_ARGS__},                                        \
        sizeof((const struct argument[]){__VA_ARGS__}) / sizeof(struct argument))

static void paragraph(struct letter *l, str text)
{
    if (text.len > 0)
        add(l, (struct document_block){.kind = DOCUMENT_PARAGRAPH, .text = text});
}

static void note(struct letter *l, const char *key)
{
    paragraph(l, str_of(in(l, key)));
}

static void heading(struct letter *l, const char *key)
{
    add(l, (struct document_block){.kind = DOCUMENT_HEADING, .text = str_of(in(l, key))});
}

/* Label and value, for those pairs that have a value. */
typedef VEC(str) cells;

static void pair(struct letter *l, cells *to, const char *label, str value)
{
    if (value.len == 0)
        return;
    vec_push(l->text.arena, to, str_of(in(l, label)));
    vec_push(l->text.arena, to, value);
}

static void pairs_end(struct letter *l, const cells *all)
{
    add(l, (struct document_block){.kind = DOCUMENT_PAIRS, .cells = all->at, .count = all->count});
}

static void about(struct letter *l, cells *to)
{
    pair(l, to, T("办件编号"), l->about->case_no);
    pair(l, to, T("申请事项"), l->about->matter);
}

static void addressee(struct letter *l)
{
    add(l, (struct document_block){
               .kind = DOCUMENT_PLAIN,
               .text = SAY(l, T("{name}："), text_of("name", l->about->applicant))});
}

/* 行政许可法 38; 行政复议法 20; 行政诉讼法 46 */
static fallible remedy(struct letter *l, const struct document_remedy *r)
{
    REQUIRE(r->reconsideration.len > 0 && r->court.len > 0, ERR_INPUT,
            "a refusal that doesn't say where one may go against it");
    paragraph(
        l, SAY(l,
               T("您不服本决定的，可以自知道或者应当知道本决定之日起 60 日内向{body}申请行政复议，"
                 "也可以自知道或者应当知道之日起 6 个月内直接向{court}提起行政诉讼。"),
               text_of("body", r->reconsideration), text_of("court", r->court)));
    return OK;
}

static void ask(struct letter *l)
{
    if (l->about->phone.len > 0)
        paragraph(l,
                  SAY(l, T("有不清楚的地方，请拨打 {phone}。"), text_of("phone", l->about->phone)));
}

/* Who signs, when, and how anybody checks it. 行政许可法 32, last paragraph */
static fallible finish(struct buf *out, struct letter *l, const char *kind)
{
    const struct document_case *c = l->about;

    if (c->verify.len > 0)
        add(l, (struct document_block){.kind = DOCUMENT_QR,
                                       .text = c->verify,
                                       .caption =
                                           SAY(l,
                                               T("扫一扫，看这份文书是不是真的、有没有被改过。\n"
                                                 "也可以打开网址核验：{address}"),
                                               text_of("address", c->verify))});
    add(l, (struct document_block){.kind = DOCUMENT_SEAL,
                                   .text = c->agency,
                                   .caption = format_day(&l->text, c->lang, c->day)});
    const struct document d = {.head = c->agency,
                               .title = str_of(in(l, kind)),
                               .number = c->number,
                               .made = c->made,
                               .lang = c->lang,
                               .blocks = l->blocks.at,
                               .count = l->blocks.count};
    return document_pdf(out, &d, NULL);
}

/* ---- 申请回执 -------------------------------------------------------------------------------- */

static void materials(struct letter *l, const struct document_receipt *r)
{
    static const int widths[] = {3, 18, 8, 4};
    cells all = {0};

    if (r->material_count == 0)
        return;
    const char *const head[] = {T("序号"), T("材料名称"), T("形式"), T("份数")};
    for (size_t i = 0; i < COUNT(head); i++)
        vec_push(l->text.arena, &all, str_of(in(l, head[i])));
    for (size_t i = 0; i < r->material_count; i++) {
        const struct document_material *m = &r->materials[i];
        vec_push(l->text.arena, &all, str_format(l->text.arena, "%zu", i + 1));
        vec_push(l->text.arena, &all, m->name);
        vec_push(l->text.arena, &all, m->form);
        vec_push(l->text.arena, &all, str_format(l->text.arena, "%d", m->copies));
    }
    heading(l, T("收到的材料"));
    add(l, (struct document_block){.kind = DOCUMENT_TABLE,
                                   .cells = all.at,
                                   .count = all.count,
                                   .columns = COUNT(widths),
                                   .widths = widths});
}

fallible document_receipt(struct buf *out, const struct document_receipt *r)
{
    struct letter l = letter_of(out, &r->about);
    cells all = {0};

    addressee(&l);
    note(&l, T("您的申请已经收到。下面是收到的内容，请保存好这份回执。"));
    about(&l, &all);
    pair(&l, &all, T("收到时间"), format_minute(&l.text, r->about.lang, r->received));
    pair(&l, &all, T("提交方式"), r->channel);
    pairs_end(&l, &all);
    materials(&l, r);
    paragraph(&l,
              SAY(&l,
                  T("我们最晚在 {day} 告诉您是否受理，或者一次说清还缺什么；"
                    "到期没有告诉您的，自收到申请材料之日起即为受理（《行政许可法》第三十二条）。"),
                  day_of(&l, "day", r->answer_by)));
    note(&l, T("这份回执只说明收到了申请，不表示已经受理或者许可。"));
    ask(&l);
    return finish(out, &l, T("申请回执"));
}

/* ---- 受理通知书 ------------------------------------------------------------------------------ */

fallible document_acceptance(struct buf *out, const struct document_acceptance *r)
{
    struct letter l = letter_of(out, &r->about);
    struct buf days = buf_in(out->arena);
    cells all = {0};

    addressee(&l);
    paragraph(&l, SAY(&l,
                      T("您提出的“{matter}”申请，属于本机关职权范围，材料齐全、符合法定形式。"
                        "根据《行政许可法》第三十二条第一款第五项，决定予以受理。"),
                      text_of("matter", r->about.matter)));
    about(&l, &all);
    pair(&l, &all, T("受理日期"), format_weekday(&l.text, r->about.lang, r->accepted));
    pair(&l, &all, T("办结期限"),
         SAY(&l, T("{n} 个工作日，最晚 {day}"), {"n", piece_i64(&days, r->working_days)},
             text_of("day", format_weekday(&l.text, r->about.lang, r->decide_by))));
    pair(&l, &all, T("期限依据"), r->statute);
    pair(&l, &all, T("不计入期限"), r->uncounted);
    pairs_end(&l, &all);
    note(&l, T("我们会在期限内作出书面决定并送达您。期限以工作日计算，不含法定节假日"
               "（《行政许可法》第八十二条）。"));
    ask(&l);
    return finish(out, &l, T("行政许可申请受理通知书"));
}

/* ---- 一次性告知书 ---------------------------------------------------------------------------- */

static void defects(struct letter *l, const struct document_correction *r)
{
    static const int widths[] = {3, 12, 15, 15};
    const char *const head[] = {T("序号"), T("材料"), T("问题"), T("怎么补")};
    cells all = {0};

    for (size_t i = 0; i < COUNT(head); i++)
        vec_push(l->text.arena, &all, str_of(in(l, head[i])));
    for (size_t i = 0; i < r->defect_count; i++) {
        const struct document_defect *d = &r->defects[i];
        vec_push(l->text.arena, &all, str_format(l->text.arena, "%zu", i + 1));
        vec_push(l->text.arena, &all, d->material);
        vec_push(l->text.arena, &all, d->fault);
        vec_push(l->text.arena, &all, d->fix);
    }
    add(l, (struct document_block){.kind = DOCUMENT_TABLE,
                                   .cells = all.at,
                                   .count = all.count,
                                   .columns = COUNT(widths),
                                   .widths = widths});
}

fallible document_correction(struct buf *out, const struct document_correction *r)
{
    struct letter l = letter_of(out, &r->about);
    struct buf count = buf_in(out->arena);
    cells all = {0};

    REQUIRE(r->defect_count > 0, ERR_INPUT, "a notice of correction without a defect");
    addressee(&l);
    paragraph(&l, SAY(&l,
                      T("您在 {day} 提交的申请材料不齐全或者不符合法定形式。根据《行政许可法》"
                        "第三十二条第一款第四项，现将需要补正的全部内容一次告知如下，共 {n} 项。"),
                      day_of(&l, "day", r->received), {"n", piece_u64(&count, r->defect_count)}));
    about(&l, &all);
    pairs_end(&l, &all);
    defects(&l, r);
    paragraph(&l, r->how);
    note(&l, T("按上面的要求交齐全部补正材料后，我们予以受理，不再提出新的补正要求；"
               "已经收到且没有问题的材料不用重交。"));
    ask(&l);
    return finish(out, &l, T("补正材料一次性告知书"));
}

/* ---- 不予受理通知书 -------------------------------------------------------------------------- */

fallible document_non_acceptance(struct buf *out, const struct document_non_acceptance *r)
{
    struct letter l = letter_of(out, &r->about);
    cells all = {0};

    REQUIRE(r->reason.len > 0 && r->statute.len > 0, ERR_INPUT, "a refusal without its reason");
    addressee(&l);
    paragraph(&l, SAY(&l, T("您在 {day} 提出的“{matter}”申请，经审查，决定不予受理。"),
                      day_of(&l, "day", r->received), text_of("matter", r->about.matter)));
    about(&l, &all);
    pair(&l, &all, T("理由"), r->reason);
    pair(&l, &all, T("依据"), r->statute);
    pairs_end(&l, &all);
    if (r->elsewhere.len > 0)
        paragraph(
            &l, SAY(&l, T("这件事由{body}办理，请向该机关申请。"), text_of("body", r->elsewhere)));
    TRY(remedy(&l, &r->remedy));
    ask(&l);
    return finish(out, &l, T("行政许可申请不予受理通知书"));
}

/* ---- 行政许可决定书 -------------------------------------------------------------------------- */

static str term(struct letter *l, const struct document_decision *r)
{
    if (r->valid_until.days == 0)
        return S("");
    return SAY(l, T("{from} 至 {until}"), day_of(l, "from", r->valid_from),
               day_of(l, "until", r->valid_until));
}

/* 行政许可法 38(1), 44 */
static void granted(struct letter *l, const struct document_decision *r)
{
    cells all = {0};

    paragraph(
        l, SAY(l,
               T("您提出的“{matter}”申请，本机关于 {day} 受理。经审查，您的申请符合法定条件、标准，"
                 "根据《行政许可法》第三十八条第一款，决定准予行政许可。"),
               text_of("matter", r->about.matter), day_of(l, "day", r->accepted)));
    about(l, &all);
    pair(l, &all, T("许可内容"), r->content);
    pair(l, &all, T("有效期"), term(l, r));
    pair(l, &all, T("理由"), r->reason);
    pair(l, &all, T("依据"), r->statute);
    pairs_end(l, &all);
    note(l, T("需要颁发许可证件的，我们自作出决定之日起 10 个工作日内向您颁发、送达"
              "（《行政许可法》第四十四条）。"));
}

/* 行政许可法 38(2): the reason, and where one may go against it */
static fallible refused(struct letter *l, const struct document_decision *r)
{
    cells all = {0};

    paragraph(l, SAY(l,
                     T("您提出的“{matter}”申请，本机关于 {day} 受理。经审查，决定不予行政许可。"
                       "理由和依据如下。"),
                     text_of("matter", r->about.matter), day_of(l, "day", r->accepted)));
    about(l, &all);
    pair(l, &all, T("理由"), r->reason);
    pair(l, &all, T("依据"), r->statute);
    pairs_end(l, &all);
    return remedy(l, &r->remedy);
}

fallible document_decision(struct buf *out, const struct document_decision *r)
{
    struct letter l = letter_of(out, &r->about);

    REQUIRE(r->granted || (r->reason.len > 0 && r->statute.len > 0), ERR_INPUT,
            "a refusal without its reason");
    addressee(&l);
    if (r->granted)
        granted(&l, r);
    else
        TRY(refused(&l, r));
    ask(&l);
    return finish(out, &l, r->granted ? T("准予行政许可决定书") : T("不予行政许可决定书"));
}

/* ---- 送达回证 -------------------------------------------------------------------------------- */

fallible document_delivery(struct buf *out, const struct document_delivery *r)
{
    struct letter l = letter_of(out, &r->about);
    cells all = {0};

    about(&l, &all);
    pair(&l, &all, T("送达文书"), r->paper);
    pair(&l, &all, T("受送达人"), r->about.applicant);
    pair(&l, &all, T("送达方式"), r->way);
    pair(&l, &all, T("送达地点"), r->place);
    pair(&l, &all, T("送达时间"), format_minute(&l.text, r->about.lang, r->at));
    pair(&l, &all, T("收件人签名"), r->receiver.len > 0 ? r->receiver : S("　\n　"));
    pairs_end(&l, &all);
    note(&l, T("代收的，请在签名旁写明与受送达人的关系和日期；拒绝签收的，由送达人记明理由"
               "和见证人。"));
    return finish(out, &l, T("送达回证"));
}
