/*
 * messages -- what the calendar says to people; each text once, the key of its translation.
 */
#pragma once

#define TEXT_DAY "%d月%d日"
#define TEXT_DAY_OF_YEAR "%d年%d月%d日"
#define TEXT_DAY_OF_MONTH "%d日"
#define TEXT_TO "%.*s至%.*s"

#define TEXT_FROM_NEXT "从第二天算起。"
#define TEXT_ACCEPTED "%.*s受理，%.*s是第 1 天。"
#define TEXT_RECEIVED "%.*s收到申请，%.*s是第 1 天。"
#define TEXT_STARTED "%.*s起算，%.*s是第 1 天。"
#define TEXT_STARTED_ONLY "%.*s这天不算。"
#define TEXT_DEEMED_HEAD "按收到材料那天算受理。"
#define TEXT_DEEMED "%.*s收到材料，五个工作日内没有告知补正，依法从那天起就是受理。"
#define TEXT_RESTART_HEAD "收到补正后重新算。"
#define TEXT_RESTART "%.*s收到补正的申请，从第二天重新数。"

#define TEXT_OFF_AND_MAKEUP_HEAD "节假日不算，调休上班要算。"
#define TEXT_OFF_HEAD "周末和节假日不算。"
#define TEXT_MAKEUP_HEAD "周末不算，调休上班要算。"
#define TEXT_WEEKEND_HEAD "周末不算。"
#define TEXT_WEEKEND "星期六、星期日不是工作日。"
#define TEXT_HOLIDAY "%.*s%.*s放假"
#define TEXT_MAKEUP "%.*s星期%s调休上班，算第 %d 天"
#define TEXT_NATURAL_HEAD "每一天都算。"
#define TEXT_NATURAL "这个期限按日历上的天数算，周末和节假日也算在内。"
#define TEXT_MONTH_HEAD "按月算。"
#define TEXT_MONTH "算到 %lld 个月后的同一天；那个月没有这一天，就算到月底。"

#define TEXT_PAUSE_HEAD "%.*s停表 %lld 个工作日。"
#define TEXT_PAUSE_DAYS_HEAD "%.*s停表 %lld 天。"
#define TEXT_PAUSES "依法"
#define TEXT_PAUSE_SPAN "%.*s%.*s"
#define TEXT_PAUSE_OPEN "%.*s%.*s起"
#define TEXT_EXTENDED_HEAD "延长了 %lld %s。"
#define TEXT_EXTENDED "%.*s经%.*s批准，依据%.*s。"
#define TEXT_EXTENDED_TOO "另经%.*s批准延长 %lld %s。"

#define TEXT_FULL_HEAD "数满 %lld 天"
#define TEXT_FULL_MONTH_HEAD "满 %lld 个月"
#define TEXT_FULL "是%.*s，当天办结都算按时。"
#define TEXT_FULL_MOVED "是%.*s，那天放假，顺延到%.*s。"
#define TEXT_SAME_DAY_HEAD "当天办结。"
#define TEXT_SAME_DAY "最晚%.*s。"
#define TEXT_PROVISIONAL "%d年的放假安排还没有公布，这个日期是暂定的，公布后可能会变。"
#define TEXT_HELD_HEAD "现在停着表。"
#define TEXT_HELD "恢复以后接着数，到时再算出最晚日期。"

#define TEXT_UNIT_WORKING "个工作日"
#define TEXT_UNIT_NATURAL "天"
#define TEXT_UNIT_MONTH "个月"

#define TEXT_COMMA "，"
#define TEXT_STOP "。"
#define TEXT_AND_MORE "等"
