/* bench-document [FOLDER]: how long papers take, warm, and how large they are; with a folder, also
 * writes one of each there to be looked at. One figure a line. */
#include "document/document.h"

#include <stdio.h>

/* A text where the language wants a constant. */
#define Z(literal)                                                                                 \
    {                                                                                              \
        ("" literal), sizeof(literal) - 1                                                          \
    }

static struct document_case about(void)
{
    return (struct document_case){.agency = S("民勤县水务局"),
                                  .number = S("民水许〔2026〕417号"),
                                  .case_no = S("62062120261123000417"),
                                  .matter = S("取水许可"),
                                  .applicant = S("民勤县苏武镇某某农民专业合作社"),
                                  .day = date_ymd(2026, 11, 23),
                                  .made = {date_start(date_ymd(2026, 11, 23)).ms + 32700000},
                                  .verify = S("https://minqin.example.gov.cn/verify/1279034"),
                                  .phone = S("0935-0000000"),
                                  .lang = lang_of(S("zh-CN"))};
}

static const struct document_material materials[] = {
    {Z("取水许可申请书"), Z("原件"), 2},
    {Z("建设项目水资源论证表"), Z("原件"), 1},
    {Z("与第三者利害关系的说明，或者第三者的承诺书"), Z("原件"), 1},
    {Z("营业执照"), Z("电子证照"), 1},
};

static const struct document_defect defects[] = {
    {Z("建设项目水资源论证表"), Z("没有写明取水井的坐标；第 3 页缺少近三年的用水量。"),
     Z("在第 2 页填写井口经纬度，补上 2023、2024、2025 年的年用水量，重新盖章。")},
    {Z("与第三者利害关系的说明"), Z("相邻 500 米内有农户机井，没有他们的意见。"),
     Z("请受影响的农户在说明上签字，或者附上村民委员会的证明。")},
    {Z("营业执照"), Z("名称与申请书不一致。"), Z("以营业执照上的名称为准，更正申请书封面。")},
};

static const struct document_remedy remedy = {Z("民勤县人民政府"), Z("民勤县人民法院")};

static fallible receipt(struct buf *out)
{
    return document_receipt(out, &(struct document_receipt){.about = about(),
                                                            .received = about().made,
                                                            .channel = S("网上申报"),
                                                            .materials = materials,
                                                            .material_count = COUNT(materials),
                                                            .answer_by = date_ymd(2026, 11, 30)});
}

static fallible acceptance(struct buf *out)
{
    return document_acceptance(
        out, &(struct document_acceptance){.about = about(),
                                           .accepted = date_ymd(2026, 11, 23),
                                           .decide_by = date_ymd(2026, 12, 21),
                                           .working_days = 20,
                                           .statute = S("《中华人民共和国行政许可法》第四十二条"),
                                           .uncounted = S("水资源论证专家评审")});
}

static fallible correction(struct buf *out)
{
    return document_correction(
        out, &(struct document_correction){
                 .about = about(),
                 .received = date_ymd(2026, 11, 20),
                 .defects = defects,
                 .defect_count = COUNT(defects),
                 .how = S("请在办件页上传补正后的材料，或者交到县政务大厅综合窗口。")});
}

static fallible non_acceptance(struct buf *out)
{
    return document_non_acceptance(
        out, &(struct document_non_acceptance){
                 .about = about(),
                 .received = date_ymd(2026, 11, 20),
                 .reason = S("取水口在石羊河干流，不属于本机关职权范围。"),
                 .statute = S("《中华人民共和国行政许可法》第三十二条第一款第二项"),
                 .elsewhere = S("武威市水务局"),
                 .remedy = remedy});
}

static fallible granted(struct buf *out)
{
    return document_decision(
        out, &(struct document_decision){
                 .about = about(),
                 .accepted = date_ymd(2026, 11, 3),
                 .granted = true,
                 .content = S("在苏武镇某某村取用地下水，年取水量不超过 3.2 万立方米，用于滴灌。"
                              "取水口安装计量设施并接入县水资源监控平台。"),
                 .statute = S("《取水许可和水资源费征收管理条例》第十四条、第二十四条"),
                 .valid_from = date_ymd(2026, 11, 23),
                 .valid_until = date_ymd(2031, 11, 22)});
}

static fallible refused(struct buf *out)
{
    return document_decision(
        out, &(struct document_decision){
                 .about = about(),
                 .accepted = date_ymd(2026, 11, 3),
                 .reason = S("申请的取水口位于地下水禁采区内。"),
                 .statute = S("《取水许可和水资源费征收管理条例》第二十条第一款第一项"),
                 .remedy = remedy});
}

static fallible delivery(struct buf *out)
{
    return document_delivery(out, &(struct document_delivery){.about = about(),
                                                              .paper = S("准予行政许可决定书"),
                                                              .way = S("直接送达"),
                                                              .place = S("县政务大厅综合窗口"),
                                                              .at = about().made});
}

/* Fifty pages of running text. */
static fallible book(struct buf *out)
{
    struct buf text = buf_in(out->arena);
    struct document_block blocks[12];

    while (text.len < 6 * 1200)
        buf_z(&text, "行政机关应当对申请人提交的申请材料进行审查，期限以工作日计算。");
    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = (struct document_block){.text = buf_text(&text)};
    const struct document d = {.title = S("长文"),
                               .made = about().made,
                               .lang = about().lang,
                               .blocks = blocks,
                               .count = COUNT(blocks)};
    return document_pdf(out, &d, NULL);
}

static const struct {
    const char *name;
    fallible (*draw)(struct buf *out);
} papers[] = {{"receipt", receipt},       {"acceptance", acceptance},
              {"correction", correction}, {"non_acceptance", non_acceptance},
              {"granted", granted},       {"refused", refused},
              {"delivery", delivery},     {"book", book}};

static fallible save(const char *folder, const char *name, str bytes)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s.pdf", folder, name);
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL, ERR_IO, "can't write %s", path);
    bool whole = fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len;
    REQUIRE(fclose(f) == 0 && whole, ERR_IO, "can't write %s", path);
    return OK;
}

static fallible measure(size_t i, const char *folder)
{
    enum { ROUNDS = 50 };
    i64 best = INT64_MAX, all = 0;
    size_t bytes = 0;

    for (int n = 0; n < ROUNDS; n++) {
        scoped_arena a = arena_open();
        struct buf out = buf_in(a);
        i64 start = monotonic_us();
        TRY(papers[i].draw(&out));
        i64 took = monotonic_us() - start;
        best = took < best ? took : best;
        all += n > 0 ? took : 0;
        bytes = out.len;
        if (n == 0 && folder != NULL)
            TRY(save(folder, papers[i].name, buf_text(&out)));
    }
    (void)printf("document.%s ms_mean=%.2f ms_best=%.2f bytes=%zu\n", papers[i].name,
                 (double)all / (ROUNDS - 1) / 1000, (double)best / 1000, bytes);
    return OK;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < COUNT(papers); i++) {
        err e = measure(i, argc > 1 ? argv[1] : NULL);
        if (e != OK) {
            (void)fprintf(stderr, "%s: %s\n", err_name(e->code), e->message);
            return 1;
        }
    }
    return 0;
}
