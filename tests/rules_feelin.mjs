// Differential test: generated FEEL expressions in yangguan and in npm's feelin.
// node rules_feelin.mjs YANGGUAN COUNT SEED: prints each difference that no class of
// docs/RULES-DIFFERENCES.md explains, then the classes' counts.
import { spawnSync } from "node:child_process";
import { evaluate } from "feelin";

const [yangguan, count, seed] = [process.argv[2], +process.argv[3], +process.argv[4]];

// ---- generator: typed, with some deliberate nulls and mismatches ---------------------------------
let state = seed >>> 0;
const next = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return (t ^ (t >>> 14)) >>> 0;
};
const below = (n) => next() % n;
const one = (list) => list[below(list.length)];
const chance = (percent) => below(100) < percent;

const text = () => one(["", "a", "b", "abc", "受理", "办 理", "Hello", "x1y2", "a,b,c", "é"]);
const quoted = (s) => JSON.stringify(s);
const day = () => `20${10 + below(30)}-${String(1 + below(12)).padStart(2, "0")}-${String(1 + below(28)).padStart(2, "0")}`;
const clock = () => `${String(below(24)).padStart(2, "0")}:${String(below(60)).padStart(2, "0")}:${String(below(60)).padStart(2, "0")}`;

const make = {
  number(d) {
    if (d <= 0) return one([() => String(below(20)), () => String(below(2000) / 4), () => `-${1 + below(9)}`, () => `${below(5)}.5`])();
    return one([
      () => `${make.number(d - 1)} + ${make.number(d - 1)}`,
      () => `(${make.number(d - 1)} - ${make.number(d - 1)})`,
      () => `(${make.number(d - 1)}) * (${make.number(d - 1)})`,
      () => `(${make.number(d - 1)}) / (${make.number(d - 1)})`,
      () => `(${make.number(0)}) ** ${below(4)}`,
      () => `abs(${make.number(d - 1)})`,
      () => `floor(${make.number(d - 1)})`,
      () => `ceiling(${make.number(d - 1)})`,
      () => `modulo(${make.number(d - 1)}, ${make.number(0)})`,
      () => `decimal(${make.number(d - 1)}, ${below(3)})`,
      () => `round ${one(["up", "down", "half up", "half down"])}(${make.number(d - 1)}, ${below(3)})`,
      () => `string length(${make.string(d - 1)})`,
      () => `${one(["count", "sum", "min", "max", "mean", "product", "median"])}(${make.numbers(d - 1)})`,
      () => `if ${make.boolean(d - 1)} then ${make.number(d - 1)} else ${make.number(d - 1)}`,
      () => `(${make.numbers(d - 1)})[${one([1, 2, -1, 9])}]`,
      () => `${make.context(d - 1)}.${one(["p", "q"])}`,
      () => `@"${day()}".${one(["year", "month", "day", "weekday"])}`,
      () => `date("${day()}").${one(["year", "month", "day"])}`,
      () => `number("${below(100)}.5")`,
      () => `-(${make.number(d - 1)})`,
    ])();
  },
  string(d) {
    if (d <= 0) return quoted(text());
    return one([
      () => `${make.string(d - 1)} + ${make.string(d - 1)}`,
      () => `upper case(${make.string(d - 1)})`,
      () => `lower case(${make.string(d - 1)})`,
      () => `substring(${make.string(d - 1)}, ${one([1, 2, -1, -2])}${chance(50) ? `, ${1 + below(3)}` : ""})`,
      () => `substring before(${make.string(d - 1)}, ${quoted(text())})`,
      () => `substring after(${make.string(d - 1)}, ${quoted(text())})`,
      () => `replace(${make.string(d - 1)}, "[a-c]", "z")`,
      () => `string(${one([make.number, make.boolean, make.string, make.date])(d - 1)})`,
      () => `string join(${make.strings(d - 1)}, "-")`,
      () => `if ${make.boolean(d - 1)} then ${make.string(d - 1)} else ${make.string(d - 1)}`,
    ])();
  },
  boolean(d) {
    if (d <= 0) return one(["true", "false"]);
    return one([
      () => `${make.number(d - 1)} ${one(["<", "<=", ">", ">=", "=", "!="])} ${make.number(d - 1)}`,
      () => `(${make.boolean(d - 1)}) ${one(["and", "or"])} (${make.boolean(d - 1)})`,
      () => `(${make.boolean(d - 1)}) ${one(["and", "or"])} null`,
      () => `not(${make.boolean(d - 1)})`,
      () => `${make.number(d - 1)} between ${make.number(0)} and ${make.number(0)}`,
      () => `(${make.number(d - 1)}) in ${make.range(d - 1)}`,
      () => `(${make.number(d - 1)}) in (${make.number(0)}, > ${make.number(0)})`,
      () => `${make.string(d - 1)} = ${make.string(d - 1)}`,
      () => `contains(${make.string(d - 1)}, ${quoted(text())})`,
      () => `${one(["starts", "ends"])} with(${make.string(d - 1)}, ${quoted(text())})`,
      () => `matches(${make.string(d - 1)}, "^[a-z]+$")`,
      () => `${one(["some", "every"])} x in ${make.numbers(d - 1)} satisfies x ${one(["<", ">", "="])} ${make.number(0)}`,
      () => `list contains(${make.numbers(d - 1)}, ${make.number(0)})`,
      () => `${make.date(d - 1)} ${one(["<", "<=", ">", ">=", "="])} ${make.date(d - 1)}`,
      () => `${one(["all", "any"])}([${make.boolean(d - 1)}, ${make.boolean(0)}])`,
      () => `(${one([make.number, make.string, make.date])(d - 1)}) instance of ${one(["number", "string", "date", "boolean"])}`,
      () => `${make.numbers(d - 1)} = ${make.numbers(d - 1)}`,
      () => `${make.any(d - 1)} = null`,
      () => `${one(["before", "after", "meets", "met by", "overlaps", "during", "includes", "coincides"])}(${make.range(0)}, ${make.range(0)})`,
      () => `${one(["odd", "even"])}(${below(50)})`,
    ])();
  },
  numbers(d) {
    if (d <= 0) return `[${Array.from({ length: below(5) }, () => make.number(0)).join(", ")}]`;
    return one([
      () => `[${Array.from({ length: 1 + below(4) }, () => make.number(d - 1)).join(", ")}]`,
      () => `(${make.numbers(d - 1)})[item ${one(["<", ">", "="])} ${make.number(0)}]`,
      () => `for x in ${make.numbers(d - 1)} return x ${one(["+", "*", "-"])} ${below(9)}`,
      () => `for x in ${below(4)}..${below(6)} return x * 2`,
      () => `for x in ${make.numbers(0)}, y in ${make.numbers(0)} return x + y`,
      () => `append(${make.numbers(d - 1)}, ${make.number(0)})`,
      () => `concatenate(${make.numbers(d - 1)}, ${make.numbers(0)})`,
      () => `reverse(${make.numbers(d - 1)})`,
      () => `distinct values(${make.numbers(d - 1)})`,
      () => `union(${make.numbers(d - 1)}, ${make.numbers(0)})`,
      () => `flatten([${make.numbers(d - 1)}, [${make.numbers(0)}]])`,
      () => `sublist(${make.numbers(d - 1)}, ${one([1, 2, -1])})`,
      () => `insert before(${make.numbers(d - 1)}, 1, ${make.number(0)})`,
      () => `remove(${make.numbers(d - 1)}, 1)`,
      () => `index of(${make.numbers(d - 1)}, ${make.number(0)})`,
      () => `sort(${make.numbers(d - 1)}, function(x, y) x ${one(["<", ">"])} y)`,
      () => `{f: function(n) n + 1, r: [f(${make.number(0)}), f(2)]}.r`,
    ])();
  },
  strings: (d) => (chance(30) ? `split(${quoted(text())}, ",")` : `[${Array.from({ length: below(4) }, () => make.string(d - 1)).join(", ")}]`),
  context: (d) => `{p: ${make.number(d - 1)}, q: ${chance(50) ? "p + 1" : make.number(0)}}`,
  range: () => `${one(["[", "("])}${below(5)}..${below(12)}${one(["]", ")"])}`,
  date(d) {
    if (d <= 0 || chance(40)) return one([() => `date("${day()}")`, () => `@"${day()}"`, () => `date(20${10 + below(30)}, ${1 + below(12)}, ${1 + below(28)})`])();
    return `(${make.date(d - 1)} ${one(["+", "-"])} ${make.duration(0)})`;
  },
  duration(d) {
    if (d <= 0) return one([() => `duration("P${1 + below(40)}D")`, () => `duration("P${1 + below(20)}M")`, () => `@"P${below(3)}Y${1 + below(20)}M"`, () => `@"P${1 + below(3)}DT${below(30)}H"`])();
    return one([
      () => `${make.date(0)} - ${make.date(0)}`,
      () => `years and months duration(${make.date(0)}, ${make.date(0)})`,
      () => `(${make.duration(d - 1)}) * ${1 + below(4)}`,
      () => `(${make.duration(d - 1)}) / ${1 + below(4)}`,
      () => `${make.duration(d - 1)} + ${make.duration(0)}`,
    ])();
  },
  moment: (d) => one([
    () => `date and time("${day()}T${clock()}")`,
    () => `time("${clock()}")`,
    () => `time(${below(24)}, ${below(60)}, ${below(60)})`,
    () => `@"${day()}T${clock()}"${chance(50) ? " + @\"PT1H30M\"" : ""}`,
    () => `time("${clock()}") - time("${clock()}")`,
    () => `date and time(@"${day()}", @"${clock()}")`,
    () => `(date and time("${day()}T${clock()}") - date and time("${day()}T${clock()}"))`,
    () => `date and time("${day()}T${clock()}").${one(["hour", "minute", "second", "year", "weekday"])}`,
  ])(d),
  odd: (d) => one([ // null propagation and mismatches
    () => `null ${one(["+", "-", "*", "/", "<", "=", "!="])} ${make.number(d - 1)}`,
    () => `${make.string(d - 1)} ${one(["+", "-", "<", "="])} ${make.number(d - 1)}`,
    () => `${one(["abs", "floor", "upper case", "count", "sum", "string", "not"])}(null)`,
    () => `[1, null, 3][${one(["item = null", "item > 1", "1"])}]`,
    () => `{a: null}.a${one([".b", ""])}`,
    () => `if null then 1 else ${make.number(d - 1)}`,
    () => `[{k: 1, v: "a"}, {k: 2, v: "b"}]${one(["[k > 1].v", ".k", "[v = \"a\"]", "[1].k", "[k = 9]"])}`,
    () => `get value({a: ${make.number(0)}}, ${one(['"a"', '"b"'])})`,
    () => `context put({a: 1}, ${one(['"a"', '"b"'])}, ${make.number(0)})`,
    () => `get entries({a: ${make.number(0)}, b: ${make.string(0)}})`,
    () => `${one(["sum", "max", "min", "mean", "count"])}([${make.number(0)}, null])`,
    () => `(function(x, y) x + y)(${make.number(d - 1)}, ${make.number(0)})`,
    () => `substring(${one(["string", ""])}${""}${quoted("abc")}, 1)`.replace("string", ""),
    () => `round half up(n: ${make.number(0)}, scale: 1)`,
  ])(),
  any: (d) => one([make.number, make.number, make.string, make.boolean, make.boolean, make.numbers, make.date, make.duration, make.moment, make.odd, make.context])(d),
};

// ---- running both --------------------------------------------------------------------------------
const kind = (v) => {
  if (v === null || v === undefined) return "null";
  const name = v.constructor?.name;
  if (Array.isArray(v)) return "list";
  if (name === "FeelDuration") return "duration";
  if (name === "FeelDate") return "date";
  if (name === "FeelTime") return "time";
  if (name === "FeelDateTime") return "date and time";
  if (name === "FeelRange") return "range";
  if (typeof v === "object") return "context";
  return typeof v;
};
const theirs = (e) => {
  try {
    const { value } = evaluate(e, {});
    return { type: kind(value), value: value === undefined ? null : JSON.parse(JSON.stringify(value) ?? "null") };
  } catch (error) {
    return { error: String(error.message).split("\n")[0] };
  }
};
const close = (a, b) => a === b || Math.abs(a - b) <= 1e-11 * Math.max(1, Math.abs(a), Math.abs(b));
const same = (a, b) => {
  if (typeof a === "number" && typeof b === "number") return close(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => same(x, b[i]));
  if (a && b && typeof a === "object" && typeof b === "object") {
    const p = Object.keys(a), q = Object.keys(b);
    return p.length === q.length && p.every((k) => k in b && same(a[k], b[k]));
  }
  return (a ?? null) === (b ?? null);
};
const agree = (us, them) => {
  if (us.error || them.error) return !!us.error && !!them.error;
  const type = us.type.endsWith("duration") ? "duration" : us.type;
  return type === them.type && same(us.value, them.value);
};

// ---- classes of docs/RULES-DIFFERENCES.md: each says what both must have given -------------------
// A range, or a pair of bounds, whose first end is above its second.
const reversed = (e) => [...e.matchAll(/[[(](\d+)\.\.(\d+)[\])]/g)].some((m) => +m[1] > +m[2]) ||
  [...e.matchAll(/between (-?[\d.]+) and (-?[\d.]+)/g)].some((m) => +m[1] > +m[2]);
const rounded = (us, them) => typeof us.value === "number" && typeof them.value === "number" && Math.abs(us.value - them.value) < 1e-8;
const classes = [
  { name: "months-between-dates", holds: (e, us) => /years and months duration\(/.test(e) },
  { name: "date-plus-time", holds: (e) => /T\d+H/.test(e) && /date\(|@"\d/.test(e) },
  { name: "duration-by-number", holds: (e, us, them) => /duration\(|@"-?P|" - @?|\) - /.test(e) && /\) [*/] \d/.test(e) },
  { name: "range-backwards", holds: (e) => reversed(e) },
  { name: "iteration-backwards", holds: (e) => [...e.matchAll(/in (\d+)\.\.(\d+) return/g)].some((m) => +m[1] >= +m[2]) },
  { name: "range-functions", holds: (e, us, them) => /(coincides|during)\(/.test(e) && them.type !== us.type },
  { name: "median", holds: (e) => /median\(/.test(e) },
  { name: "modulo-digits", holds: (e) => /modulo\(/.test(e) && / \/ |\d\.\d/.test(e) },
  { name: "digits-of-text", holds: (e, us, them) => /string\(/.test(e) && ((/^-?[\d.]+$/.test(us.value) && close(+us.value, +them.value)) || /length\(string\(/.test(e)) },
  { name: "position-out-of-range", holds: (e) => /sublist\(|remove\(|insert before\(|substring\(/.test(e) },
  { name: "lists-compared", holds: (e, us, them) => / = /.test(e) && /\[|= for |split/.test(e) && (them.type === "null" || /\] = \[/.test(e)) },
  { name: "if-before-equals", holds: (e) => /else .* (=|!=|<|<=|>|>=|\+) /.test(e) && /if .*if |\(if /.test(e) },
  { name: "order-of-other-kinds", holds: (e, us, them) => / (<|<=|>|>=) /.test(e) && ((us.type === "null" && them.type === "boolean") || / = null/.test(e)) },
  { name: "number-against-list", holds: (e, us, them) => /return .* = /.test(e) && them.type === "list" && them.value.every((x) => x === false) },
  { name: "filter-for-null", holds: (e) => e === "[1, null, 3][item = null]" },
];

// A class stands only while its plainest case differs as told.
const probes = [
  ["months-between-dates", 'years and months duration(date("2013-05-21"), date("2036-07-06"))', "P23Y1M", "P23Y1M15D"],
  ["date-plus-time", 'date("2018-11-04") + @"P3DT18H"', "2018-11-07", "2018-11-07T18:00:00Z"],
  ["duration-by-number", '(duration("P14M")) * 4', "P4Y8M", null],
  ["range-backwards", "0 between 4 and -1", false, true],
  ["iteration-backwards", "for x in 0..0 return x", [0], null],
  ["range-functions", "coincides([0..7], (2..9))", false, null],
  ["median", "median([5, 175, 16])", 16, 175],
  ["modulo-digits", "modulo(283 / 3.5, 2)", 0.8571428571428571, 0.857142857],
  ["digits-of-text", "string(1.5 / 3.5)", "0.4285714285714285714285714285714286", "0.42857142857142855"],
  ["position-out-of-range", 'substring("z", -2)', null, "z"],
  ["position-out-of-range", "remove([], 1)", null, []],
  ["lists-compared", "[1, 2] = [1]", false, null],
  ["if-before-equals", 'if if true then "a" else "b" = "a" then 1 else 2', 2, 1],
  ["order-of-other-kinds", '"é" < 3', null, false],
  ["number-against-list", "for x in [1] return x = [2]", [null], [false]],
  ["filter-for-null", "[1, null, 3][item = null]", [null], []],
];

const expressions = [...probes.map((p) => p[1]), ...Array.from({ length: count }, () => make.any(below(4)))];
const run = spawnSync(yangguan, ["feel", "--batch"], { input: expressions.map((e) => JSON.stringify(e)).join("\n") + "\n", maxBuffer: 1 << 30 });
if (run.status !== 0) {
  console.log(String(run.stderr));
  process.exit(2);
}
const ours = String(run.stdout).split("\n").filter(Boolean).map((line) => JSON.parse(line));
let equal = 0, unexplained = 0;
const counts = {};
probes.forEach(([name, e, mine, other], i) => {
  if (same(ours[i].value, mine) && same(theirs(e).value, other)) return;
  unexplained++;
  console.log(`CLASS ${name} doesn't stand: ${e}\n  ours   ${JSON.stringify(ours[i])}\n  feelin ${JSON.stringify(theirs(e))}`);
});
expressions.slice(probes.length).forEach((e, i) => {
  const us = ours[i + probes.length], them = theirs(e);
  if (agree(us, them)) return equal++;
  const found = classes.find((c) => c.holds(e, us, them));
  if (found) return (counts[found.name] = (counts[found.name] ?? 0) + 1);
  unexplained++;
  console.log(`DIFFERENT ${e}\n  ours   ${JSON.stringify(us)}\n  feelin ${JSON.stringify(them)}`);
});
for (const [name, n] of Object.entries(counts).sort()) console.log(`class ${name}: ${n}`);
console.log(`${count} expressions, ${equal} equal, ${count - equal - unexplained} in known classes, ${unexplained} unexplained`);
process.exit(unexplained ? 1 : 0);
