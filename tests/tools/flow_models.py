#!/usr/bin/env python3
"""Writes tests/flow/broken/*.bpmn, tests/flow/sound/*.bpmn and tests/flow/broken.json.

A model is a line of statements: `KIND ID [WORD…]` makes a node, `A>B` a flow named A_B, with `?`
a condition, with `!` the default. Words: an event definition (`timer`, `link:NAME`), `on:HOST`,
`soft` (not interrupting), ATTRIBUTE=VALUE, `limit:N`, `post:NAME`. `sub ID { … }` nests, `process
ID … ;` begins another process. The expected fault stands beside each broken model: its kind, its
element, the way there.
"""
import json
import pathlib
import re
from xml.sax.saxutils import quoteattr

HERE = pathlib.Path(__file__).resolve().parent.parent / "flow"
KINDS = {
    "start": "startEvent", "end": "endEvent", "catch": "intermediateCatchEvent",
    "throw": "intermediateThrowEvent", "border": "boundaryEvent", "task": "task",
    "user": "userTask", "call": "callActivity", "receive": "receiveTask", "xor": "exclusiveGateway",
    "and": "parallelGateway", "or": "inclusiveGateway", "event": "eventBasedGateway",
    "complex": "complexGateway", "sub": "subProcess", "transaction": "transaction",
    "adhoc": "adHocSubProcess",
}
EVENTS = ("timer", "message", "signal", "error", "escalation", "cancel", "compensate",
          "conditional", "terminate")


def words_xml(words):
    attributes, inside = "", ""
    for w in words:
        key, _, value = w.partition(":")
        if w in EVENTS:
            inside += f"<{w}EventDefinition/>"
        elif key == "link":
            inside += f'<linkEventDefinition name="{value}"/>'
        elif key == "on":
            attributes += f' attachedToRef="{value}"'
        elif key in ("limit", "post", "clock", "unit", "rounds"):
            attributes += f" yg:{key}={quoteattr(value)}"
        elif w == "soft":
            attributes += ' cancelActivity="false" isInterrupting="false"'
        elif w == "byevent":
            attributes += ' triggeredByEvent="true"'
        elif w == "inturn":
            inside += '<multiInstanceLoopCharacteristics isSequential="true"/>'
        elif "=" in w:
            name, _, value = w.partition("=")
            attributes += f" {name}={quoteattr(value)}"
        else:
            raise ValueError(w)
    return attributes, inside


def flow_xml(m, defaults, seen):
    source, target, mark, more = m[1], m[2], m[3], m[4]
    name = f"{source}_{target}"
    seen[name] = seen.get(name, 0) + 1
    if seen[name] > 1:
        name += str(seen[name])
    if mark == "!":
        defaults[source] = name
    attributes, _ = words_xml(more.split())
    condition = {"?": f"<conditionExpression>to = \"{target}\"</conditionExpression>",
                 "~": "<conditionExpression> </conditionExpression>"}.get(mark, "")
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}"{attributes}>{condition}</sequenceFlow>'


def scope_xml(text, seen):
    """The statements up to a closing brace; returns the XML and the rest of the text."""
    nodes, flows, defaults = [], [], {}
    while text:
        m = re.match(r"\s*([^;{}]*)([;{}]|$)", text)
        statement, stop, text = m[1].strip(), m[2], text[m.end():]
        flow = re.fullmatch(r"(\w+)>(\w+)([?!~]?)((?: \S+)*)", statement)
        if flow:
            flows.append(flow_xml(flow, defaults, seen))
        elif statement:
            kind, name, *words = statement.split()
            attributes, inside = words_xml(words)
            if stop == "{":
                more, text = scope_xml(text, seen)
                inside += more
            nodes.append((kind, name, attributes, inside))
        if stop in ("}", ""):
            break
    out = []
    for kind, name, attributes, inside in nodes:
        default = f' default="{defaults[name]}"' if name in defaults else ""
        title = "" if "name=" in attributes else f' name="{name.upper()}"'
        out.append(f'<{KINDS[kind]} id="{name}"{title}{attributes}{default}>{inside}</{KINDS[kind]}>')
    return "\n".join(out + flows), text


def model_xml(text):
    processes = re.split(r"\bprocess\b", text)
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
           'xmlns:yg="https://yangguan.gov/bpmn/1" targetNamespace="https://example.org/test">']
    for i, part in enumerate(processes):
        attributes, name = "", "p"
        if i > 0:
            head, _, part = part.partition(";")
            name, *words = head.split()
            attributes, _ = words_xml(words)
        if not part.strip():
            continue
        seen = {}
        body, _ = scope_xml(part, seen)
        out.append(f'<process id="{name}"{attributes}>\n{body}\n</process>')
    return "\n".join(out) + "\n</definitions>\n"


# name: (model, kind, element, path, and what else: verdict, status, other kinds told)
BROKEN = {
    # ---- deadlock
    "choice-into-parallel-join": ("start s; xor g; task a; and j; end e; s>g; g>a?; g>j!; a>j; j>e",
                                  "deadlock", "j", "s g a j"),
    "parallel-join-before-its-loop": ("start s; and j; task a; xor x; end e; s>j; j>a; a>x; x>j?; x>e!",
                                      "deadlock", "j", "s j"),
    "inclusive-into-parallel-join": ("start s; or g; task a; task b; and j; end e; s>g; g>a?; g>b?; a>j; b>j; j>e",
                                     "deadlock", "j", "s g a j"),
    "joins-wait-for-each-other": ("start s; and f; and j; task a; and k; task b; end e; s>f; f>j; f>k; j>a; a>k; k>b; b>j; b>e",
                                  "deadlock", "j", "s f j"),
    "event-choice-into-parallel-join": ("start s; event g; catch m message; catch t timer; and j; end e; s>g; g>m; g>t; m>j; t>j; j>e",
                                        "deadlock", "j", "s g m j"),
    "deadlock-in-sub-process": ("start s; task a; sub S { start i; xor g; and j; end o; i>g; g>j?; g>o!; g>j? }; end e; s>a; a>S; S>e",
                                "deadlock", "j", "s a S i g j"),
    "deadlock-in-nested-sub-process": ("start s; sub S { start i; sub T { start k; xor g; task a; task b; and j; end n; k>g; g>a?; g>b!; a>j; b>j; j>n }; end o; i>T; T>o }; end e; s>S; S>e",
                                       "deadlock", "j", "s S i T k g a j"),
    "conditional-flows-into-parallel-join": ("start s; task t; and j; task a; task b; end e; s>t; t>a?; t>b?; a>j; b>j; j>e",
                                             "deadlock", "j", "s t a j"),
    "default-flow-into-parallel-join": ("start s; task t; task a; task b; and j; end e; s>t; t>a?; t>b!; a>j; b>j; j>e",
                                        "deadlock", "j", "s t a j"),
    "border-event-into-parallel-join": ("start s; task a; border b on:a timer; task c; and j; end e; s>a; a>j; b>c; c>j; j>e",
                                        "deadlock", "j", "s a b c j"),
    "two-starts-into-parallel-join": ("start s message; start t timer; and j; end e; s>j; t>j; j>e",
                                      "deadlock", "j", "s j"),
    "inclusive-joins-in-a-circle": ("start s; and f; or o; or q; task a; task b; end e; s>f; f>o; f>q; o>a; a>q; q>b; b>o; b>e",
                                    "deadlock", "o", "s f o"),
    "parallel-join-fed-from-nowhere": ("start s; task x; and j; end e; s>j; x>j; j>e",
                                       "deadlock", "j", "s j", {"also": ["dead-element"]}),
    "callee-deadlocks": ("call c calledElement=q; start s; end e; s>c; c>e; process q; start i; xor g; task a; and j; end o; i>g; g>a?; g>j!; a>j; j>o",
                         "deadlock", "j", "s c i g a j"),
    # ---- unsynchronised
    "parallel-into-merge": ("start s; and f; task a; task b; xor m; task c; end e; s>f; f>a; f>b; a>m; b>m; m>c; c>e",
                            "unsynchronised", "m", "s f a m b m"),
    "parallel-into-a-task": ("start s; and f; task a; task b; task c; end e; s>f; f>a; f>b; a>c; b>c; c>e",
                             "unsynchronised", "c", "s f a c b c"),
    "task-forks-into-merge": ("start s; task t; task a; xor m; end e; s>t; t>a; t>m; a>m; m>e",
                              "unsynchronised", "m", "s t m a m"),
    "inclusive-into-merge": ("start s; or g; task a; task b; xor m; end e; s>g; g>a?; g>b?; a>m; b>m; m>e",
                             "unsynchronised", "m", "s g a m b m"),
    "fork-inside-a-loop": ("start s; xor m; and f; task a; task b; end e; s>m; m>f; f>a; f>b; a>m; b>e",
                           "unsynchronised", "m", "s m f a m"),
    "soft-border-event-into-merge": ("start s; task a; border b on:a timer soft; xor m; task c; end e; s>a; a>m; b>m; m>c; c>e",
                                     "unsynchronised", "m", "s a m b m"),
    "unsynchronised-in-sub-process": ("start s; sub S { start i; and f; task a; task b; xor m; end o; i>f; f>a; f>b; a>m; b>m; m>o }; end e; s>S; S>e",
                                      "unsynchronised", "m", "s S i f a m b m"),
    "start-forks-into-a-task": ("start s; task a; task b; task c; end e; s>a; s>b; a>c; b>c; c>e",
                                "unsynchronised", "c", "s a c b c"),
    "sub-process-entered-twice": ("start s; and f; task a; sub S { task i }; end e; s>f; f>a; f>S; a>S; S>e",
                                  "unsynchronised", "S", "s f S a S"),
    "implicit-starts-into-a-task": ("task a; task b; task c; a>c; b>c",
                                    "unsynchronised", "c", "a c b c"),
    "conditional-beside-plain-flow": ("start s; task t; task a; xor m; end e; s>t; t>a?; t>m; a>m; m>e",
                                      "unsynchronised", "m", "s t m a m"),
    "inclusive-with-default-into-merge": ("start s; or g; task a; task b; task c; xor m; end e; s>g; g>a?; g>b?; g>c!; a>m; b>m; c>m; m>e",
                                          "unsynchronised", "m", "s g a m b m"),
    # ---- dead-element
    "task-without-a-way-in": ("start s; task a; task x; end e; s>a; a>e; x>e",
                              "dead-element", "x", "x"),
    "island": ("start s; task a; end e; task x; task y; s>a; a>e; x>y; y>x",
               "dead-element", "x", "x"),
    "way-out-of-what-always-fails": ("start s; sub S { start i; task a; end o error; i>a; a>o }; border b on:S error; task x; end e; end f; s>S; S>x; x>e; b>f",
                                     "dead-element", "x", "s S x"),
    "end-without-a-way-in": ("start s; task a; end e; end x; s>a; a>e",
                             "dead-element", "x", "x"),
    "link-nobody-throws": ("start s; task a; end e; catch c link:L; task x; end f; s>a; a>e; c>x; x>f",
                           "dead-element", "c", "c"),
    "way-after-a-callee-that-always-fails": ("start s; call c calledElement=q; border b on:c error; task x; end e; end f; s>c; c>x; x>e; b>f; process q; start i; end o error; i>o",
                                             "dead-element", "x", "s c x"),
    "dead-in-sub-process": ("start s; sub S { start i; end o; task x; i>o }; end e; s>S; S>e",
                            "dead-element", "x", "s S x"),
    # ---- endless
    "loop-without-a-way-out": ("start s; xor g; task a; task b; end e; s>g; g>a?; g>e!; a>b; b>a",
                               "endless", "a", "s g a b a"),
    "endless-beside-a-good-branch": ("start s; and f; task a; task b; task c; end e; s>f; f>a; f>c; a>b; b>a; c>e",
                                     "endless", "a", "s f a b a"),
    "calls-itself-always": ("start s; task a; call c calledElement=p; end e; s>a; a>c; c>e",
                            "endless", "c", "s a c"),
    "endless-in-sub-process": ("start s; sub S { start i; xor g; task a; task b; end o; i>g; g>a?; g>o!; a>b; b>a }; end e; s>S; S>e",
                               "endless", "a", "s S i g a b a"),
    # ---- no-start, no-end
    "end-but-no-start": ("task a; end e; a>e", "no-start", "p", "p"),
    "event-sub-process-without-a-start": ("start s; end e; s>e; sub H byevent { task a }",
                                          "no-start", "H", "H"),
    "sub-process-without-a-start": ("start s; sub S { task a; end o; a>o }; end e; s>S; S>e",
                                    "no-start", "S", "s S"),
    "circle": ("task a; task b; a>b; b>a", "no-start", "p", "p", {"also": ["no-end"]}),
    "start-but-no-end": ("start s; task a; s>a", "no-end", "p", "p"),
    "start-into-a-circle": ("start s; task a; task b; s>a; a>b; b>a", "no-end", "p", "p", {"also": ["endless"]}),
    "start-into-a-circle-that-never-ends": ("start s; task a; task b; s>a; a>b; b>a", "endless", "a", "s a b a", {"also": ["no-end"]}),
    "loop-beside-an-end-nobody-reaches": ("start s; task a; task b; end e; s>a; a>b; b>a", "endless", "a", "s a b a", {"also": ["dead-element"]}),
    "sub-process-without-an-end": ("start s; sub S { start i; task a; i>a }; end e; s>S; S>e",
                                   "no-end", "S", "s S"),
    # ---- condition-missing
    "choice-without-a-condition": ("process p isExecutable=true; start s; xor g; user a post:x; end e; s>g; g>a?; g>e; a>e",
                                   "condition-missing", "g_e", "s g g_e"),
    "inclusive-without-a-condition": ("process p isExecutable=true; start s; sub S { start i; or g; task a; or j; end o; i>g; g>a; g>j!; a>j; j>o }; end e; s>S; S>e",
                                      "condition-missing", "g_a", "s S i g g_a"),
    "empty-condition": ("process p isExecutable=true; start s; xor g; user a post:x; end e; s>g; g>a~; g>e!; a>e",
                        "condition-missing", "g_a", "s g g_a"),
    "descriptive-choice-without-a-condition": ("start s; xor g; user a post:x; end e; s>g; g>a?; g>e; a>e",
                                               "condition-missing", "g_e", "s g g_e", {"verdict": "sound", "status": 0}),
    # ---- reference-missing
    "flow-to-nowhere": ("start s; end e; s>e; s>nowhere", "reference-missing", "s_nowhere", "s_nowhere", {"verdict": "malformed"}),
    "border-event-on-nothing": ("start s; task a; border b on:nowhere timer; end e; s>a; a>e; b>e",
                                "reference-missing", "b", "b", {"verdict": "malformed"}),
    "default-of-another-gateway": ("start s; xor g default=a_e; task a; end e; s>g; g>a?; g>e?; a>e",
                                   "reference-missing", "g", "g", {"verdict": "malformed"}),
    "link-to-nowhere": ("start s; throw t link:L; end e; task a; s>t; a>e",
                        "reference-missing", "t", "t", {"verdict": "malformed"}),
    "callee-not-in-the-file": ("start s; call c calledElement=elsewhere; end e; s>c; c>e",
                               "reference-missing", "c", "s c", {"verdict": "sound", "status": 0}),
    # ---- post-missing
    "user-task-without-a-post": ("start s; user a; end e; s>a; a>e", "post-missing", "a", "s a",
                                 {"verdict": "sound", "status": 0}),
    # ---- over-limit
    "sum-over-the-limit": ("process p limit:10; start s; user a post:x limit:6; user b post:x limit:5; end e; s>a; a>b; b>e",
                           "over-limit", "b", "s a b"),
    "longest-branch-over-the-limit": ("process p limit:10; start s; and f; user a post:x limit:3; user b post:x limit:8; and j; user c post:x limit:3; end e; s>f; f>a; f>b; a>j; b>j; j>c; c>e",
                                      "over-limit", "c", "s f b j c"),
    "loop-without-a-bound": ("process p limit:10; start s; user a post:x limit:3; xor g; end e; s>a; a>g; g>a?; g>e!",
                             "over-limit", "a", "s a"),
    "bounded-loop-over-the-limit": ("process p limit:10; start s; user a post:x limit:3; xor g; end e; s>a; a>g; g>a? rounds:3; g>e!",
                                    "over-limit", "a", "s a g a g a g a"),
    "units-that-cannot-be-added": ("process p limit:10; start s; user a post:x limit:3 unit:month; end e; s>a; a>e",
                                   "over-limit", "a", "s a"),
    "step-without-a-limit": ("process p limit:10; start s; user a post:x; end e; s>a; a>e",
                             "over-limit", "a", "s a"),
    "each-in-turn-without-a-bound": ("process p limit:10; start s; user a post:x limit:1 inturn; end e; s>a; a>e",
                                     "over-limit", "a", "s a"),
    # ---- malformed
    "flow-into-a-sub-process": ("start s; sub S { task a }; end e; s>S; S>e; s>a",
                                "malformed", "s_a", "s_a", {"verdict": "malformed"}),
    "flow-to-another-process": ("start s; end e; s>e; s>i; process q; start i; end o; i>o",
                                "malformed", "s_i", "s_i", {"verdict": "malformed"}),
    "id-twice": ("start s; task a; task a; end e; s>a; a>e", "malformed", "a", "a", {"verdict": "malformed"}),
    "start-with-a-way-in": ("start s; task a; end e; s>a; a>e; a>s", "malformed", "s", "s", {"verdict": "malformed"}),
    "end-with-a-way-out": ("start s; task a; end e; s>a; a>e; e>a", "malformed", "e", "e", {"verdict": "malformed"}),
    "border-event-on-a-gateway": ("start s; xor g; border b on:g timer; end e; s>g; g>e; b>e", "malformed", "b", "b", {"verdict": "malformed"}),
    "limit-that-is-no-number": ("start s; user a post:x limit:soon; end e; s>a; a>e", "malformed", "a", "a", {"verdict": "malformed"}),
}

SOUND = {
    "fork-with-two-ends": "start s; task t; task a; task b; end e; end f; s>t; t>a; t>b; a>e; b>f",
    "fork-into-one-end": "start s; and f; task a; task b; end e; s>f; f>a; f>b; a>e; b>e",
    "first-one-terminates": "start s; and f; task a; task b; end e terminate; end g; s>f; f>a; f>b; a>e; b>g",
    "inclusive-block-with-default": "start s; or g; task a; task b; task c; or j; end e; s>g; g>a?; g>b?; g>c!; a>j; b>j; c>j; j>e",
    "inclusive-join-after-parallel": "start s; and f; task a; xor x; task b; task c; or j; end e; s>f; f>a; f>x; x>b?; x>c!; a>j; b>j; c>j; j>e",
    "inclusive-join-as-merge": "start s; xor g; task a; task b; or j; end e; s>g; g>a?; g>b!; a>j; b>j; j>e",
    "inclusive-join-in-a-loop": "start s; or j; task a; xor g; end e; s>j; j>a; a>g; g>j?; g>e!",
    "crossed-branches": "start s; and f; task a; task b; and g; task c; task d; and j; and k; end e; s>f; f>a; f>b; a>g; g>c; g>j; b>j; j>d; c>k; d>k; k>e",
    "overlapping-choices": "start s; xor g; xor h; task a; task b; task c; end e; s>g; g>a?; g>h!; h>b?; h>c!; a>b; b>e; c>e",
    "two-loops-that-overlap": "start s; xor m; xor n; task a; task b; xor x; xor y; end e; s>m; m>a; a>n; n>b; b>x; x>m?; x>y!; y>n?; y>e!",
    "jump-out-of-a-loop": "start s; xor m; task a; xor x; task b; xor y; end e; end f; s>m; m>a; a>x; x>f?; x>b!; b>y; y>m?; y>e!",
    "event-choice": "start s; event g; catch m message; catch t timer; receive r; end e; s>g; g>m; g>t; g>r; m>e; t>e; r>e",
    "soft-border-with-its-own-end": "start s; task a; border b on:a timer soft; task w; end e; end f; s>a; a>e; b>w; w>f",
    "soft-border-joined-inclusively": "start s; task a; border b on:a timer soft; task w; or j; end e; s>a; a>j; b>w; w>j; j>e",
    "border-on-sub-process": "start s; sub S { start i; and f; task a; task c; and j; end o; i>f; f>a; f>c; a>j; c>j; j>o }; border b on:S error; xor m; end e; s>S; S>m; b>m; m>e",
    "error-end-and-its-border": "start s; sub S { start i; xor g; end o; end x error; i>g; g>o?; g>x! }; border b on:S error; task h; end e; end f; s>S; S>e; b>h; h>f",
    "error-without-a-catcher": "start s; sub S { start i; xor g; end o; end x error; i>g; g>o?; g>x! }; end e; s>S; S>e",
    "event-sub-processes": "start s; task a; end e; s>a; a>e; sub H byevent { start i message; task h; end o; i>h; h>o }; sub T byevent { start k timer soft; task w; end n; k>w; w>n }",
    "transaction-with-cancel": "start s; transaction T { start i; task a; xor g; end o; end x cancel; i>a; a>g; g>o?; g>x! }; border c on:T cancel; border d on:T error; end e; end f; end h; s>T; T>e; c>f; d>h",
    "compensation-handler": "start s; task a; border b on:a compensate; task undo isForCompensation=true; throw t compensate; end e; s>a; a>t; t>e",
    "links": "start s; task a; throw t link:L; catch c link:L; task b; end e; s>a; a>t; c>b; b>e",
    "two-throws-one-catch": "start s; xor g; throw t link:L; throw u link:L; catch c link:L; end e; s>g; g>t?; g>u!; c>e",
    "no-events-at-all": "task a; task b; task c; a>b; a>c",
    "ad-hoc": "start s; adhoc A { task x; task y; task z; x>z; y>z }; end e; s>A; A>e",
    "alternative-starts": "start s message; start t timer; xor m; task a; end e; s>m; t>m; m>a; a>e",
    "instantiating-gateway": "event g instantiate=true; catch m message; catch n signal; end e; g>m; g>n; m>e; n>e",
    "instantiating-receive": "receive r instantiate=true; task a; end e; r>a; a>e",
    "conditional-beside-plain-to-own-ends": "start s; task t; task a; task b; end e; end f; s>t; t>a; t>b?; a>e; b>f",
    "exclusive-by-default-flow": "start s; task t; task a; task b; xor m; end e; s>t; t>a?; t>b!; a>m; b>m; m>e",
    "recursion-with-a-way-out": "start s; xor g; call c calledElement=p; end e; s>g; g>c?; g>e!; c>e",
    "callee-in-the-file": "start s; call c calledElement=q; end e; s>c; c>e; process q; start i; task a; end o; i>a; a>o",
    "complex-gateway-two-of-three": "start s; and f; task a; task b; task c; complex j; end e; s>f; f>a; f>b; f>c; a>j; b>j; c>j; j>e",
    "many-parallel-branches-in-a-tangle": "start s; and f; " + "".join(f"task a{i}; task b{i}; " for i in range(40)) + "and j; end e; s>f; " + "".join(f"f>a{i}; a{i}>b{i}; b{i}>j; " for i in range(40)) + "j>e",
    "inclusive-wide": "start s; or g; " + "".join(f"task a{i}; " for i in range(11)) + "or j; end e; s>g; " + "".join(f"g>a{i}?; a{i}>j; " for i in range(11)) + "j>e",
    "parallel-loop-bodies": "start s; and f; xor m; task a; xor x; xor n; task b; xor y; and j; end e; s>f; f>m; m>a; a>x; x>m?; x>j!; f>n; n>b; b>y; y>n?; y>j!; j>e",
}


def main():
    table = {}
    for folder, models in (("broken", BROKEN), ("sound", SOUND)):
        (HERE / folder).mkdir(exist_ok=True)
        for old in (HERE / folder).glob("*.bpmn"):
            old.unlink()
        for name, entry in models.items():
            text = entry if isinstance(entry, str) else entry[0]
            (HERE / folder / f"{name}.bpmn").write_text(model_xml(text), "utf-8")
            if folder == "broken":
                more = entry[4] if len(entry) > 4 else {}
                table[f"{name}.bpmn"] = {"kind": entry[1], "element": entry[2],
                                         "path": entry[3].split(), "verdict": "unsound", **more}
    text = json.dumps(table, ensure_ascii=False, indent=1)
    (HERE / "broken.json").write_text(text + "\n", "utf-8")


main()
