"""An oracle for `flow check`: random small models, judged by trying every token game.

It knows no nets and no reductions: a state is how many tokens lie on each flow and which
sub-processes are open, as the standard's execution semantics tell it. Two tokens on one flow end
a line of play; so does a state in which nothing can move.
"""
import copy
import itertools
import random

ACTIVITIES = ("task", "userTask", "subProcess")
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway")
MOST_STATES = 1000


class Model:
    """Nodes by id: kind, scope (a sub-process id or ''), host, interrupting; flows as tuples."""

    def __init__(self):
        self.kind, self.scope, self.host, self.soft = {}, {}, {}, set()
        self.flows = []  # [id, source, target, conditional]
        self.made = 0
        self.default = {}
        self.end = {}  # end event: '', 'terminate' or 'error'

    def node(self, kind, scope=""):
        name = f"n{len(self.kind)}"
        self.kind[name], self.scope[name] = kind, scope
        return name

    def flow(self, source, target, conditional=False):
        self.flows.append([f"f{self.made}", source, target, conditional])
        self.made += 1

    def outs(self, node):
        return [f for f in self.flows if f[1] == node]

    def ins(self, node):
        return [f for f in self.flows if f[2] == node]


# ---- making models --------------------------------------------------------------------------------

def block(m, rng, depth, scope, subs):
    """A well-structured part: returns its first and last node."""
    shape = rng.choice(["task", "task", "seq", "seq", "xor", "and", "or", "loop", "fork", "sub"])
    if depth == 0 or shape == "task" or (shape == "sub" and not subs):
        n = m.node("task", scope)
        return n, n
    if shape == "seq":
        a, b = block(m, rng, depth - 1, scope, subs), block(m, rng, depth - 1, scope, subs)
        m.flow(a[1], b[0])
        return a[0], b[1]
    if shape == "sub":
        s = m.node("subProcess", scope)
        fill(m, rng, depth - 1, s, False)
        if rng.random() < 0.4:
            border(m, rng, s, scope)
        return s, s
    if shape == "loop":
        first, last = m.node("exclusiveGateway", scope), m.node("exclusiveGateway", scope)
        a = block(m, rng, depth - 1, scope, subs)
        m.flow(first, a[0])
        m.flow(a[1], last)
        m.flow(last, first, True)
        return first, last
    kind = {"xor": GATEWAYS[0], "and": GATEWAYS[1], "or": GATEWAYS[2], "fork": "task"}[shape]
    split = m.node(kind, scope)
    join = m.node(GATEWAYS[1] if shape == "fork" else kind, scope)
    for _ in range(rng.choice([2, 2, 3])):
        if rng.random() < 0.15:
            m.flow(split, join, shape in ("xor", "or"))
            continue
        a = block(m, rng, depth - 1, scope, subs)
        m.flow(split, a[0], shape in ("xor", "or"))
        m.flow(a[1], join)
    return split, join


def border(m, rng, host, scope):
    b = m.node("boundaryEvent", scope)
    m.host[b] = host
    if rng.random() < 0.4:
        m.soft.add(b)
    e = m.node("endEvent", scope)
    m.end[e] = rng.choice(["", "", "terminate"])
    m.flow(b, e)


def fill(m, rng, depth, scope, subs):
    start, end = m.node("startEvent", scope), m.node("endEvent", scope)
    m.end[end] = rng.choice(["", "", "", "terminate", "error"]) if scope else ""
    a = block(m, rng, depth, scope, subs)
    m.flow(start, a[0])
    m.flow(a[1], end)


def disturb(m, rng):
    """One or two careless strokes of the pen."""
    for _ in range(rng.choice([1, 1, 2])):
        stroke = rng.choice(["kind", "kind", "target", "source", "add", "drop", "end", "default"])
        gates = [n for n, k in m.kind.items() if k in GATEWAYS]
        f = rng.choice(m.flows)
        scope = m.scope[f[1]]
        targets = [n for n, k in m.kind.items() if m.scope[n] == scope
                   and k not in ("startEvent", "boundaryEvent")]
        sources = [n for n, k in m.kind.items() if m.scope[n] == scope and k != "endEvent"]
        if stroke == "kind" and gates:
            m.kind[rng.choice(gates)] = rng.choice(GATEWAYS)
        elif stroke == "target":
            f[2] = rng.choice(targets)
        elif stroke == "source" and m.kind[f[1]] != "startEvent":
            f[1] = rng.choice(sources)
        elif stroke == "add":
            m.flow(rng.choice(sources), rng.choice(targets))
        elif stroke == "drop" and len(m.flows) > 3:
            m.flows.remove(f)
        elif stroke == "end":
            ends = [n for n, k in m.kind.items() if k == "endEvent"]
            m.end[rng.choice(ends)] = rng.choice(["", "terminate", "error"])
        elif stroke == "default":
            m.default[f[1]] = f[0]
            f[3] = False
    m.default = {n: d for n, d in m.default.items() if any(f[0] == d for f in m.outs(n))}


def tangle(m, rng):
    """No structure at all."""
    start, end = m.node("startEvent"), m.node("endEvent")
    m.end[end] = ""
    nodes = [m.node(rng.choice(["task", "task", *GATEWAYS])) for _ in range(rng.randint(2, 6))]
    m.flow(start, nodes[0])
    for n in nodes:
        for _ in range(rng.choice([1, 1, 2])):
            m.flow(n, rng.choice(nodes + [end, end]), rng.random() < 0.3)
    if rng.random() < 0.2:
        border(m, rng, rng.choice([n for n in nodes if m.kind[n] == "task"] or [m.node("task")]), "")


def make(seed):
    rng = random.Random(seed)
    m = Model()
    if rng.random() < 0.35:
        tangle(m, rng)
        return m
    fill(m, rng, 3, "", True)
    if rng.random() < 0.7:
        disturb(m, rng)
    return m


def xml(m, process):
    """The model as a <process>; ids get the process's name in front."""
    def ident(n):
        return f"{process}.{n}"

    def scope_xml(scope):
        for n, kind in m.kind.items():
            if m.scope[n] != scope:
                continue
            more = f' default="{ident(m.default[n])}"' if n in m.default else ""
            if n in m.host:
                more += f' attachedToRef="{ident(m.host[n])}"'
                more += ' cancelActivity="false"' if n in m.soft else ""
            yield f'<{kind} id="{ident(n)}"{more}>'
            if n in m.host:
                soft = n in m.soft or m.kind[m.host[n]] != "subProcess"
                yield "<timerEventDefinition/>" if soft else "<errorEventDefinition/>"
            if m.end.get(n):
                yield f"<{m.end[n]}EventDefinition/>"
            if kind == "subProcess":
                yield from scope_xml(n)
            yield f"</{kind}>"
        for f in m.flows:
            if m.scope[f[1]] == scope:
                yield f'<sequenceFlow id="{ident(f[0])}" sourceRef="{ident(f[1])}" targetRef="{ident(f[2])}">'
                yield "<conditionExpression>x</conditionExpression>" if f[3] else ""
                yield "</sequenceFlow>"

    return f'<process id="{process}">' + "".join(scope_xml("")) + "</process>"


# ---- playing the token game -------------------------------------------------------------------------

class TooLarge(Exception):
    pass


class Game:
    """A state: (frozenset of flows with a token, frozenset of open sub-processes)."""

    def __init__(self, m):
        m = self.m = copy.deepcopy(m)
        self.drawn = set(m.kind)
        for n in self.drawn:  # what nothing follows ends there
            if m.kind[n] != "endEvent" and not m.outs(n):
                m.flow(n, m.node("endEvent", m.scope[n]))
        self.out = {n: m.outs(n) for n in m.kind}
        self.inn = {n: m.ins(n) for n in m.kind}
        self.borders = {n: [b for b in m.host if m.host[b] == n] for n in m.kind}
        self.fired, self.doubled = set(), set()
        self.reach = {}
        self.entered = {n for n in m.kind if m.kind[n] == "subProcess"}

    def inside(self, scope, node):
        """Does the node lie in the scope, at any depth?"""
        at = self.m.scope[node]
        while at and at != scope:
            at = self.m.scope[at]
        return at == scope

    def choices(self, n):
        """The sets of flows that the node may put tokens on."""
        out = self.out[n]
        kind = self.m.kind[n]
        default = [f for f in out if f[0] == self.m.default.get(n)]
        rest = [f for f in out if f not in default]
        if kind == "exclusiveGateway":
            return [[f] for f in out] or [[]]
        if kind == "parallelGateway":
            return [out]
        if kind != "inclusiveGateway":
            conditional = [f for f in rest if f[3]]
            plain = [f for f in rest if not f[3]]
            if not conditional or len(out) == 1:
                return [out]
            some = [list(c) for k in range(len(conditional) + 1)
                    for c in itertools.combinations(conditional, k)]
            return [plain + (c or default) for c in some if plain or c or default]
        if len(out) <= 1:
            return [out]
        some = [list(c) for k in range(1, len(rest) + 1) for c in itertools.combinations(rest, k)]
        return some + ([default] if default else [])

    def leads(self, f, node):
        """The flows and activities from which one comes to flow f without passing the node."""
        key = (f[0], node)
        if key not in self.reach:
            seen, todo = {f[0]}, [f]
            while todo:
                source = todo.pop()[1]
                if source == node:
                    continue
                for s in [source] + ([self.m.host[source]] if source in self.m.host else []):
                    if s == node:
                        continue
                    seen.add(s)
                    for g in self.inn[s]:
                        if g[0] not in seen:
                            seen.add(g[0])
                            todo.append(g)
            self.reach[key] = seen
        return self.reach[key]

    def inclusive_ready(self, n, tokens, opened):
        full = [f for f in self.inn[n] if f[0] in tokens]
        empty = [f for f in self.inn[n] if f[0] not in tokens]
        if not full:
            return False
        waits = set().union(set(), *(self.leads(f, n) for f in empty))
        excused = set().union(*(self.leads(f, n) for f in full))
        return not ((tokens | opened) & (waits - excused))

    def put(self, tokens, flows, by):
        tokens = set(tokens)
        for f in flows:
            if f[0] in tokens:
                self.doubled.add(by)
                return None
            tokens.add(f[0])
        return frozenset(tokens)

    def beside(self, n):
        """What border events that don't interrupt may add: each happens once or not at all."""
        soft = [b for b in self.borders[n] if b in self.m.soft]
        for k in range(len(soft) + 1):
            for extra in itertools.combinations(soft, k):
                self.fired.update(extra)
                for more in itertools.product(*(self.choices(b) for b in extra)):
                    yield [f for c in more for f in c]

    def leave(self, n, tokens, opened):
        """All ways to go on once the node has done its work."""
        self.fired.add(n)
        for choice in self.choices(n):
            for extra in self.beside(n) if n not in self.entered else [[]]:
                yield self.put(tokens, choice + extra, n), opened

    def interrupt(self, n, tokens, opened):
        for b in self.borders[n]:
            if b not in self.m.soft:
                self.fired.update((b, n))
                for choice in self.choices(b):
                    yield self.put(tokens, choice, b), opened

    def clear(self, scope, tokens, opened):
        gone = {f[0] for f in self.m.flows if self.inside(scope, f[1])} if scope else tokens
        kept = {s for s in opened if s != scope and not self.inside(scope, s)} if scope else set()
        return frozenset(tokens - gone), frozenset(kept)

    def end(self, n, tokens, opened):
        self.fired.add(n)
        scope = self.m.scope[n]
        kind = self.m.end.get(n, "")
        if kind == "":
            yield tokens, opened
        elif kind == "terminate":
            left, kept = self.clear(scope, tokens, opened)
            yield left, (kept | {scope} if scope else kept)
        else:
            while scope:
                left, kept = self.clear(scope, tokens, opened)
                if any(b not in self.m.soft for b in self.borders[scope]):
                    yield from self.interrupt(scope, left, kept)
                    return
                tokens, opened, scope = left, kept, self.m.scope[scope]
            yield frozenset(), frozenset()

    def begin(self, n, tokens, opened):
        if self.m.kind[n] == "endEvent":
            yield from self.end(n, tokens, opened)
        elif self.m.kind[n] == "subProcess":
            if n in opened:
                self.doubled.add(n)
                yield None, opened
                return
            self.fired.add(n)
            starts = [s for s, k in self.m.kind.items()
                      if k == "startEvent" and self.m.scope[s] == n]
            for s in starts:
                self.fired.add(s)
                for choice in self.choices(s):
                    for extra in self.beside(n):
                        yield self.put(tokens, choice + extra, s), opened | {n}
        else:
            yield from self.leave(n, tokens, opened)
            yield from self.interrupt(n, tokens, opened)

    def moves_of(self, n, tokens, opened):
        kind = self.m.kind[n]
        full = [f for f in self.inn[n] if f[0] in tokens]
        if kind == "parallelGateway":
            if full and len(full) == len(self.inn[n]):
                yield from self.leave(n, tokens - {f[0] for f in full}, opened)
        elif kind == "inclusiveGateway":
            if self.inclusive_ready(n, tokens, opened):
                yield from self.leave(n, tokens - {f[0] for f in full}, opened)
        else:
            for f in full:
                yield from self.begin(n, tokens - {f[0]}, opened)
        if n in opened:
            if not any(self.inside(n, f[1]) for f in self.m.flows if f[0] in tokens) and \
                    not any(o != n and self.inside(n, o) for o in opened):
                yield from self.leave(n, tokens, opened - {n})

    def moves(self, tokens, opened):
        """All moves but the interrupting of an open sub-process; and where one is stuck inside."""
        by_node = {n: list(self.moves_of(n, tokens, opened)) for n in self.m.kind}
        for s in opened:
            held = {f[2] for f in self.m.flows if f[0] in tokens and self.inside(s, f[1])}
            if held and not any(by_node[n] for n in by_node if self.inside(s, n) or n == s):
                self.stuck |= held
        return [move for moves in by_node.values() for move in moves]

    def beginnings(self):
        for s, kind in self.m.kind.items():
            if kind == "startEvent" and self.m.scope[s] == "":
                self.fired.add(s)
                for choice in self.choices(s):
                    tokens = self.put(frozenset(), choice, s)
                    if tokens is not None:
                        yield tokens, frozenset()

    def judge(self):
        """The kinds of fault, the joins that get stuck, the nodes that are never reached."""
        todo = list(self.beginnings())
        seen = {state: i for i, state in enumerate(todo)}
        edges, stopped, kinds = [], [], set()
        self.stuck = set()
        while todo:
            state = todo.pop()
            moves = self.moves(*state)
            escapes = [(s, e) for s in state[1]
                       for e in self.interrupt(s, *self.clear(s, *state))]
            for saved, nxt in [(None, move) for move in moves] + escapes:
                if nxt[0] is None:
                    stopped.append(seen[state])
                    continue
                if nxt not in seen:
                    if len(seen) > MOST_STATES:
                        raise TooLarge
                    seen[nxt] = len(seen)
                    todo.append(nxt)
                edges.append((seen[state], seen[nxt], saved))
            if not moves:
                stopped.append(seen[state])
                self.stuck |= {f[2] for f in self.m.flows if f[0] in state[0]}
        if self.stuck:
            kinds.add("deadlock")
        if self.doubled:
            kinds.add("unsynchronised")
        # Inside a sub-process its own interruption saves nobody from a loop: it may never happen.
        for s in {None} | {s for state in seen for s in state[1]}:
            out = [i for state, i in seen.items() if s not in state[1]] if s else []
            if self.caught_forever(len(seen), [e for e in edges if not s or e[2] != s],
                                   stopped + out):
                kinds.add("endless")
        dead = self.drawn - self.fired
        if dead:
            kinds.add("dead-element")
        return kinds, self.stuck, dead

    @staticmethod
    def caught_forever(count, edges, stopped):
        back = [[] for _ in range(count)]
        for a, b, _ in edges:
            back[b].append(a)
        good, todo = set(stopped), list(stopped)
        while todo:
            for a in back[todo.pop()]:
                if a not in good:
                    good.add(a)
                    todo.append(a)
        return len(good) < count
