#!/usr/bin/env python3
"""Hostile and ordinary HTTP over raw sockets against the demonstration server (web_demo)."""
import contextlib
import hashlib
import html.parser
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

BINARY = pathlib.Path(os.environ.get("YANGGUAN", "build-asan/yangguan")).parent / "yangguan-web-demo"
SHARED = pathlib.Path(os.environ.get("YANGGUAN_SHARED", "../shared"))
TESTS = []


class Skip(Exception):
    pass


def test(function):
    TESTS.append(function)
    return function


@contextlib.contextmanager
def server(*options):
    process = subprocess.Popen([BINARY, "0", *options], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, errors="surrogateescape")
    port = int(process.stdout.readline())
    log = []
    reader = threading.Thread(target=lambda: log.extend(process.stderr))
    reader.start()
    try:
        yield port, process, log
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        status = process.wait(20)
        reader.join()
        process.stdout.close()
        assert status == 0, (status, "".join(log)[-3000:])
        assert not re.search("[\udc80-\udcff]", "".join(log)), "the log has bytes that aren't UTF-8"
        assert not any("Sanitizer" in line or "runtime error" in line for line in log), "".join(log)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, name):
        return dict(self.headers).get(name.lower(), "")

    def all(self, name):
        return [v for k, v in self.headers if k == name]


def read_reply(stream, head=False):
    """One reply, or None where the server closed without any."""
    try:
        line = stream.readline()
    except ConnectionResetError:
        return None
    if not line:
        return None
    status, headers = int(line.split()[1]), []
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        headers.append((name.lower(), value.strip()))
    size = int(dict(headers).get("content-length", 0))
    if status in (100, 204, 304) or head:
        size = 0
    return Reply(status, headers, stream.read(size))


def connect(port, seconds=10):
    s = socket.create_connection(("127.0.0.1", port), timeout=seconds)
    return s, s.makefile("rb")


def raw(port, data, head=False, wait=True):
    """What a fresh connection answers to these bytes: the first reply and whether it then closed."""
    s, stream = connect(port)
    with s, stream:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            s.sendall(data)
        reply = read_reply(stream, head)
        if not wait:
            return reply, None
        s.settimeout(0.1)
        try:
            rest = stream.read(1)
        except (TimeoutError, OSError) as fault:
            rest = b"" if isinstance(fault, ConnectionResetError) else None
        return reply, rest == b""


def ask(port, method, path, headers=(), body=None):
    lines = [f"{method} {path} HTTP/1.1", "Host: demo"] + [f"{k}: {v}" for k, v in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    reply, _ = raw(port, "\r\n".join(lines + ["", ""]).encode() + (body or b""), method == "HEAD", False)
    assert reply is not None, (method, path, "no reply")
    return reply


def get(port, path, **headers):
    return ask(port, "GET", path, [(k.replace("_", "-"), v) for k, v in headers.items()])


FORM = ("Content-Type", "application/x-www-form-urlencoded")


def fresh_form(port):
    """A visitor's cookie and the forgery token that belongs to it."""
    page = get(port, "/form")
    cookie = page["set-cookie"].partition(";")[0]
    return cookie, re.search(rb'name="_csrf" value="([0-9a-f]+)"', page.body)[1].decode()


# ---- ordinary ---------------------------------------------------------------------------------


@test
def pages_carry_every_security_header(port):
    for path, status in (("/hello/a", 200), ("/nowhere", 404), ("/", 200), ("/fail/12", None)):
        r = get(port, path)
        assert status in (None, r.status), (path, r.status)
        policy = r["content-security-policy"]
        for part in ("default-src 'none'", "style-src 'self'", "form-action 'self'",
                     "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy, (path, part)
        assert "script-src" not in policy and "unsafe" not in policy
        assert r["x-content-type-options"] == "nosniff"
        assert r["cross-origin-opener-policy"] == "same-origin"
        assert r["referrer-policy"]


@test
def a_page_with_scripts_names_a_new_nonce_each_time(port):
    seen = set()
    for _ in range(3):
        r = get(port, "/script")
        nonce = re.search(rb'nonce="([^"]+)"', r.body)[1].decode()
        assert f"script-src 'nonce-{nonce}'" in r["content-security-policy"]
        seen.add(nonce)
    assert len(seen) == 3


@test
def an_unchanged_page_is_answered_304_and_a_changed_one_is_not(port):
    first = get(port, "/")
    assert first.status == 200 and first["etag"]
    again = get(port, "/", If_None_Match=first["etag"])
    assert again.status == 304 and again.body == b"" and again["etag"] == first["etag"]
    assert get(port, "/", If_None_Match='W/"x", W/' + first["etag"]).status == 304
    assert get(port, "/", If_None_Match='"other"').status == 200
    assert get(port, "/").body == first.body
    assert get(port, "/bump").status == 200
    assert get(port, "/", If_None_Match='"other"').body == first.body  # made anew, the same text
    english = get(port, "/", Accept_Language="en")
    assert b'lang="en"' in english.body and english["etag"] != first["etag"]
    large = get(port, "/", Cookie="size=large")
    assert b'data-size="large"' in large.body
    assert b"data-size" not in get(port, "/", Cookie="size=<script>").body
    assert b"data-size" not in get(port, "/").body


@test
def assets_are_immutable_compressed_and_revalidate(port):
    path = re.search(rb'href="(/assets/[^"]+\.css)"', get(port, "/").body)[1].decode()
    plain = get(port, path)
    assert plain.status == 200 and "immutable" in plain["cache-control"]
    original = pathlib.Path(__file__).parent.parent / "src/web/assets/yangguan.css"
    assert plain.body == original.read_bytes()
    small = get(port, path, Accept_Encoding="br, gzip")
    import gzip
    assert small["content-encoding"] == "gzip" and gzip.decompress(small.body) == plain.body
    assert get(port, path, Accept_Encoding="gzip;q=0")["content-encoding"] == ""
    assert get(port, path, If_None_Match=plain["etag"]).status == 304
    assert get(port, path.replace(".css", ".js")).status == 404
    assert get(port, "/assets/../web_demo.c").status in (400, 404)


@test
def head_has_the_headers_of_get_and_no_body(port):
    for path in ("/", "/hello/a", "/nowhere"):
        full, bare = get(port, path), ask(port, "HEAD", path)
        assert bare.status == full.status
        assert bare["content-type"] == full["content-type"]
        assert int(bare["content-length"]) == len(full.body), path


@test
def refusals_are_pages_or_problems_and_never_tell_the_operators_words(port):
    for code in range(40):
        page = get(port, f"/fail/{code}")
        problem = get(port, f"/fail/{code}", Accept="application/json")
        assert page.status == problem.status and page.status >= 400
        assert b"secret operator" not in page.body + problem.body
        said = json.loads(problem.body)
        assert said["status"] == problem.status and said["title"] and said["request"]
        assert problem["content-type"] == "application/problem+json"
        assert page["x-request-id"].encode() in page.body
        assert page.body.count(b"<h1>") == 1
    assert get(port, "/fail/x").status == 400


@test
def a_wrong_method_is_405_with_the_right_ones_named(port):
    r = ask(port, "DELETE", "/form")
    assert r.status == 405 and r["allow"] == "GET, HEAD, POST"
    assert ask(port, "POST", "/hello/a", [FORM], b"").status == 405
    assert ask(port, "BREW", "/").status == 405
    assert ask(port, "TRACE", "/").status == 405


@test
def the_most_particular_route_wins_and_zones_hide_routes(port):
    assert get(port, "/hello/world").body == b"the secret"
    assert b"<h1>worlds</h1>" in get(port, "/hello/worlds").body
    assert get(port, "/hello/").status == 404
    assert get(port, "/internal").status == 404


@test
def the_same_view_answers_json(port):
    r = get(port, "/hello/a?text=b", Accept="application/json")
    assert r["content-type"] == "application/json" and json.loads(r.body) == {"title": "a", "text": "b"}
    assert json.loads(get(port, "/api/hello/%E4%B8%96").body)["title"] == "世"
    assert b"<html" in get(port, "/hello/a", Accept="text/html,application/json").body


@test
def preferences_are_plain_links_that_set_a_cookie(port):
    r = get(port, "/hello/a?x=1&contrast=more&y=2")
    assert r.status == 303 and r["location"] == "/hello/a?x=1&y=2"
    assert r["set-cookie"].startswith("contrast=more;") and "HttpOnly" in r["set-cookie"]
    assert get(port, "/hello/a?size=").all("set-cookie")[0].startswith("size=; ")
    assert get(port, "/hello/a?size=huge").status == 200
    assert get(port, "//evil.example/?size=large")["location"][:2] != "//"


@test
def english_is_spoken_to_who_asks_for_it(port):
    page = get(port, "/nowhere", Accept_Language="fr, en;q=0.8, zh;q=0.5").body.decode()
    assert 'lang="en"' in page and "Page not found" in page
    main = page.partition("<body")[2].replace(">中文</a>", "")
    assert not re.search(r"[\u4e00-\u9fff]", main), re.findall(r"[^<>]*[\u4e00-\u9fff]+[^<>]*", main)
    assert 'lang="zh-CN"' in get(port, "/nowhere", Accept_Language="en;q=0.1, zh").body.decode()
    assert 'lang="en"' in get(port, "/nowhere", Cookie="lang=en").body.decode()


# ---- forms ------------------------------------------------------------------------------------


@test
def a_form_needs_the_token_of_its_own_browser(port):
    cookie, token = fresh_form(port)
    other_cookie, other_token = fresh_form(port)
    body = f"name=x&_csrf={token}".encode()
    ok = ask(port, "POST", "/form", [FORM, ("Cookie", cookie)], body)
    assert ok.status == 303 and ok["location"] == "/hello/saved"
    rows = [
        ("no token", [FORM, ("Cookie", cookie)], b"name=x"),
        ("no cookie", [FORM], body),
        ("another's cookie", [FORM, ("Cookie", other_cookie)], body),
        ("another's token", [FORM, ("Cookie", cookie)], f"name=x&_csrf={other_token}".encode()),
        ("cut", [FORM, ("Cookie", cookie)], body[:-2]),
        ("a bit off", [FORM, ("Cookie", cookie)], body[:-1] + (b"0" if body[-1:] != b"0" else b"1")),
        ("from elsewhere", [FORM, ("Cookie", cookie), ("Sec-Fetch-Site", "cross-site")], body),
        ("from a sister", [FORM, ("Cookie", cookie), ("Sec-Fetch-Site", "same-site")], body),
        ("other origin", [FORM, ("Cookie", cookie), ("Origin", "http://evil.example")], body),
        ("null origin", [FORM, ("Cookie", cookie), ("Origin", "null")], body),
        ("an empty visitor", [FORM, ("Cookie", "visitor=")], body),
    ]
    for name, headers, sent in rows:
        assert ask(port, "POST", "/form", headers, sent).status == 403, name
    fine = [FORM, ("Cookie", cookie), ("Sec-Fetch-Site", "same-origin"), ("Origin", "http://demo")]
    assert ask(port, "POST", "/form", fine, body).status == 303
    assert fresh_form(port)[1] != token


@test
def all_faults_of_a_form_are_said_at_once_and_what_was_typed_is_kept(port):
    cookie, token = fresh_form(port)
    rows = [
        ("name=&count=x", 2), ("name=a&count=100", 1), ("name=a&count=０", 1), ("name=a&day=2026-02-30", 1),
        ("name=a&fee=1.234", 1), ("name=a&fee=.", 1), ("name=a&kind=green", 1), ("name=" + "长" * 21, 1),
        ("name=a&fee=99999999999", 1), ("name=a%01b", 1), ("name=a&note=%00", None),
    ]
    for fields, count in rows:
        body = urllib.parse.quote(fields, safe="=&%") + "&_csrf=" + token
        r = ask(port, "POST", "/form", [FORM, ("Cookie", cookie)], body.encode())
        assert r.status == 400, (fields, r.status)
        if count is not None:
            assert r.body.count(b'class="err"') == count, (fields, r.body.decode())
    kept = ask(port, "POST", "/form", [FORM, ("Cookie", cookie)], f"name=%22%3Cx%3E&count=q&_csrf={token}".encode())
    assert b'value="&quot;&lt;x&gt;"' in kept.body
    for good in ("count=１２", "fee=4,612.80", "fee=12", "day=2026-11-23", "kind=red", "agreed=on"):
        body = urllib.parse.quote("name=a&" + good, safe="=&%") + "&_csrf=" + token
        assert ask(port, "POST", "/form", [FORM, ("Cookie", cookie)], body.encode()).status == 303, good


@test
def json_bodies_fill_the_same_form(port):
    cookie, token = fresh_form(port)
    headers = [("Content-Type", "application/json"), ("Cookie", cookie), ("X-CSRF-Token", token)]
    r = ask(port, "POST", "/api/form", headers, json.dumps({"name": "阳", "count": 3, "fee": "1.5"}).encode())
    assert r.status == 200 and json.loads(r.body) == {"name": "阳", "count": 3, "fee": "1.50"}
    bad = ask(port, "POST", "/api/form", headers, b'{"count": 0}')
    assert bad.status == 400 and {e["field"] for e in json.loads(bad.body)["errors"]} == {"name", "count"}
    for body in (b"", b"[]", b"{", b'{"a":1,"a":2}', b'{"a":"\\u0000"}', b'{"a":"\xff"}', b"[" * 5000):
        assert ask(port, "POST", "/api/form", headers, body).status in (400, 403), body
    assert ask(port, "POST", "/api/form", headers[:2], b'{"name": "a"}').status == 403


@test
def the_same_key_with_other_content_is_422(port):
    cookie, token = fresh_form(port)
    headers = [FORM, ("Cookie", cookie), ("Idempotency-Key", "k1")]
    for name, status in (("a", 303), ("a", 303), ("b", 422)):
        assert ask(port, "POST", "/form", headers, f"name={name}&_csrf={token}".encode()).status == status


@test
def text_at_the_door_is_utf8_without_nul(port):
    for path in ("/hello/%FF", "/hello/%C0%80", "/hello/%ED%A0%80", "/hello/%00", "/hello/a?text=%FF",
                 "/hello/a?%00=1", "/hello/a?text=%", "/hello/a?text=%4", "/hello/%zz", "/hello/%E4%B8"):
        assert get(port, path).status == 400, path
    for body in (b"a=%00", b"a=%FF", b"a=\xff", b"a=\0", b"%ED%A0%80=1", b"a=%G0"):
        assert ask(port, "POST", "/echo", [FORM], body).status == 400, body
    assert ask(port, "POST", "/echo", [FORM], b"a=%E4%B8%96+x&a=&b&a=%26").body.decode() == "3\n世 x\n\n&"
    assert ask(port, "POST", "/echo?a=query", [FORM], b"a=form").body.decode() == "2\nform\nquery"


@test
def limits_on_fields_hold(port):
    assert ask(port, "POST", "/echo", [FORM], b"&".join(b"a=%d" % i for i in range(500))).status == 200
    assert ask(port, "POST", "/echo", [FORM], b"&".join(b"a=%d" % i for i in range(501))).status == 400
    assert ask(port, "POST", "/echo", [FORM], b"a" * 129 + b"=1").status == 400
    assert ask(port, "POST", "/echo", [FORM], b"a=" + b"x" * 65534).status == 200
    assert ask(port, "POST", "/echo", [FORM], b"a=" + b"x" * 65535).status == 413
    assert ask(port, "POST", "/echo", [FORM], b"a=" + b"x" * 3000000).status == 413
    assert ask(port, "POST", "/echo", [("Content-Type", "text/xml")], b"<a/>").status == 415
    assert get(port, "/hello/" + "a" * 7000).status == 200
    assert get(port, "/hello/" + "a" * 9000).status == 400
    assert get(port, "/" + "a/" * 40).status == 404


@test
def sessions_begin_with_a_new_token_and_end(port):
    assert get(port, "/secret").status == 401
    cookie, token = fresh_form(port)
    r = ask(port, "POST", "/sign-in", [FORM, ("Cookie", cookie)], f"_csrf={token}".encode())
    assert r.status == 303
    mine = [c for c in r.all("set-cookie") if c.startswith("yangguan=")][0]
    assert "HttpOnly" in mine and "SameSite=Lax" in mine and "Path=/" in mine
    mine = mine.partition(";")[0]
    assert get(port, "/secret", Cookie=mine).body == b"the secret"
    assert get(port, "/forbidden", Cookie=mine).status == 403
    assert get(port, "/secret", Cookie=mine[:-1]).status == 401
    assert get(port, "/secret", Cookie="yangguan=" + "a" * 64).status == 401
    desk = get(port, "/desk", Cookie=mine).body.decode()
    assert "&lt;post&gt;" in desk and ">1,284,907<" in desk and "2026年11月23日 星期一" in desk
    assert "Wang" in desk and 'href="#i-list"' in desk and get(port, "/desk").status == 401
    # the visitor's token doesn't serve the session
    both = mine + "; " + cookie
    assert ask(port, "POST", "/sign-out", [FORM, ("Cookie", both)], f"_csrf={token}".encode()).status == 403
    page = get(port, "/form", Cookie=mine)
    own = re.search(rb'name="_csrf" value="([0-9a-f]+)"', page.body)[1].decode()
    assert b"Wang" in page.body and b"Wang" not in get(port, "/").body
    assert ask(port, "POST", "/sign-out", [FORM, ("Cookie", mine)], f"_csrf={own}".encode()).status == 303
    assert get(port, "/secret", Cookie=mine).status == 401


# ---- escaping ---------------------------------------------------------------------------------


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self.at, self.attributes = [], {}, None, {}

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.at = dict(attrs).get("id")
        self.attributes[self.at] = dict(attrs)

    def handle_endtag(self, _tag):
        self.at = None

    def handle_data(self, data):
        if self.at:
            self.texts[self.at] = self.texts.get(self.at, "") + data


@test
def naughty_strings_show_exactly_and_break_out_of_nothing(port):
    source = SHARED / "data/naughty-own.json"
    if not source.exists():
        raise Skip("data/naughty-own.json")
    texts = json.loads(source.read_text("utf-8"))
    texts += ["javascript:alert(1)", "JaVaScRiPt:x", " javascript:x", "java\tscript:x", "data:text/html,x",
              "//evil.example", "/\\evil.example", "https://ok.example/?a=\"'<>&", "vbscript:x", "\x01javascript:x"]
    texts += ["\nfirst", "\r\nfirst", "a\rb", "\n\n", "</textarea><script>", "<!--", "]]>", "&amp;", "&#13;", "&lt"]
    for text in texts:
        r = ask(port, "POST", "/escape", [FORM], b"text=" + urllib.parse.quote(text, safe="").encode())
        if "\0" in text:
            assert r.status == 400
            continue
        assert r.status == 200, repr(text)
        reader = Reader()
        reader.feed(r.body.decode("utf-8"))
        assert reader.tags == ["p", "p", "a", "a", "textarea"], (text, reader.tags)
        assert reader.texts.get("text", "") == text, repr(text)
        assert reader.texts["area"][:1] == "\n" and reader.texts["area"][1:] == text, repr(text)  # HTML drops that one
        attr = reader.attributes["attr"]
        assert set(attr) == {"id", "data-a", "title"} and attr["data-a"] == attr["title"] == text, repr(text)
        whole, part = reader.attributes["whole"]["href"], reader.attributes["part"]["href"]
        assert whole == "#" or whole == text, repr(text)
        assert whole == "#" or re.match(r"(https?://|mailto:|tel:|[#?]|/([^/\\]|$))", whole), repr(text)
        encoded = urllib.parse.quote(text, safe="")
        assert part == f"/x/{encoded}?q={encoded}", repr(text)


# ---- hostile bytes ----------------------------------------------------------------------------


def refused(port, data, *statuses):
    """Refused with 4xx or 5xx, or just closed; never served, and the server lives on."""
    reply, closed = raw(port, data)
    assert reply is None or reply.status >= 400, (data[:80], reply.status)
    if statuses:
        assert reply is not None and reply.status in statuses, (data[:80], reply and reply.status)
    assert get(port, "/bump").status == 200
    return closed


@test
def malformed_request_lines_are_refused(port):
    for line in (b"GET\r\n", b"GET /\r\n", b"GET / HTTP/9.9\r\n", b"GET / HTTP/2.0\r\n", b"GET / http/1.1\r\n",
                 b"GET / HTTP/1.1x\r\n", b"GET  HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01\r\n",
                 b"GET http://demo/ HTTP/1.1\r\n", b"GET * HTTP/1.1\r\n", b"GET hello HTTP/1.1\r\n",
                 b"GET /bump#x HTTP/1.1\r\n", b"GET /bump\x01 HTTP/1.1\r\n", b"GET /bump\0x HTTP/1.1\r\n",
                 b"GET /bump?a\0x HTTP/1.1\r\n", b"GET /bu mp HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n",
                 b"get /bump HTTP/1.1\r\n", b"CONNECT demo:80 HTTP/1.1\r\n"):
        refused(port, line + b"Host: demo\r\n\r\n")


@test
def odd_headers_are_refused(port):
    for lines in (b"Host: a\r\nHost: b", b"Host: demo\r\nX Y: 1", b"Host: demo\r\nX\x01: 1", b"Host: demo\r\nX: a\x01b",
                  b"Host: demo\r\nX: a\x7fb", b"Host: demo\r\nX : 1"):
        refused(port, b"GET /hello/a HTTP/1.1\r\n" + lines + b"\r\n\r\n")
    refused(port, b"GET /hello/a HTTP/1.1\r\n\r\n", 400)  # no Host
    many = b"".join(b"X-%d: 1\r\n" % i for i in range(10000))
    refused(port, b"GET /hello/a HTTP/1.1\r\nHost: demo\r\n" + many + b"\r\n")
    some = b"".join(b"X-%d: 1\r\n" % i for i in range(101))
    refused(port, b"GET /hello/a HTTP/1.1\r\nHost: demo\r\n" + some + b"\r\n", 400)
    refused(port, b"GET /hello/a HTTP/1.1\r\nHost: demo\r\nX: " + b"a" * 100000 + b"\r\n\r\n")
    refused(port, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: demo\r\n\r\n")


@test
def path_traversal_in_any_encoding_finds_nothing(port):
    for path in ("/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/hello/..",
                 "/hello/%2e%2e", "/hello/.%2e/x", "/assets/..%2f..%2fmeson.build", "/assets/%2e%2e/x",
                 "/....//etc/passwd", "/%252e%252e/etc/passwd", "/..%c0%af../etc/passwd", "/..\\..\\etc\\passwd",
                 "/hello/.", "/assets//etc/passwd", "/assets/../assets/yangguan.css"):
        r = get(port, path)
        assert r.status in (400, 404), (path, r.status)
        assert b"root:" not in r.body


@test
def two_readers_never_see_two_different_requests(port):
    second = b"GET /hello/smuggled HTTP/1.1\r\nHost: demo\r\n\r\n"
    form = b"Host: demo\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    chunked = b"0\r\n\r\n" + second
    rows = [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked,
        b"Content-Length: 0\r\nContent-Length: 55\r\n\r\n" + second,
        b"Content-Length: 55\r\nContent-Length: 0\r\n\r\n" + second,
        b"Content-Length: +0\r\n\r\n" + second,
        b"Content-Length: 0x5\r\n\r\n" + second,
        b"Content-Length: -1\r\n\r\n" + second,
        b"Content-Length: 5, 5\r\n\r\na=bcd" + second,
        b"Content-Length: 99999999999999999999999\r\n\r\n" + second,
        b"Transfer-Encoding: chunked, identity\r\n\r\n" + chunked,
        b"Transfer-Encoding: identity\r\n\r\n" + second,
        b"Transfer-Encoding: xchunked\r\n\r\n" + chunked,
        b"Transfer-Encoding : chunked\r\n\r\n" + chunked,
        b"Transfer-Encoding:\x0bchunked\r\n\r\n" + chunked,
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunked,
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n" + second,
        b"Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n" + second,
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n0\r\n\r\n" + second,
        b"Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n" + second,
    ]
    for row in rows:
        s, stream = connect(port, 3)
        with s, stream:
            s.sendall(b"POST /echo HTTP/1.1\r\n" + form + row)
            first = read_reply(stream)
            assert first is None or first.status >= 400, (row[:60], first.status)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                assert b"smuggled" not in stream.read(), row[:60]
        assert get(port, "/bump").status == 200
    # a body where none belongs
    s, stream = connect(port, 3)
    with s, stream:
        s.sendall(b"GET /hello/a HTTP/1.1\r\nHost: demo\r\nContent-Length: %d\r\n\r\n" % len(second) + second)
        assert read_reply(stream).status == 400
        assert b"smuggled" not in stream.read()


@test
def honest_chunks_and_pipelines_are_served(port):
    head = b"POST /echo HTTP/1.1\r\nHost: demo\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply, closed = raw(port, head + b"4\r\na=12\r\n3;x=y\r\n3&a\r\n2\r\n=4\r\n0\r\nTrailer: 1\r\n\r\n")
    assert reply.status == 200 and reply.body == b"2\n123\n4" and not closed
    s, stream = connect(port)
    with s, stream:
        s.sendall(b"".join(b"GET /hello/n%d HTTP/1.1\r\nHost: demo\r\n\r\n" % i for i in range(50)))
        for i in range(50):
            assert b"<h1>n%d</h1>" % i in read_reply(stream).body
    body = b"a=1"
    s, stream = connect(port)
    with s, stream:
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: demo\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
                  b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
        assert read_reply(stream).status == 100
        s.sendall(body)
        assert read_reply(stream).status == 200


@test
def who_asks_before_sending_too_much_is_told_at_once(port):
    s, stream = connect(port)
    with s, stream:
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: demo\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n"
                  b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
        assert read_reply(stream).status == 413


@test
def random_bytes_never_end_the_server(port):
    seed = b"yangguan"
    for i in range(300):
        seed = hashlib.sha256(seed).digest()
        noise = seed * 8
        if i % 3:
            noise = b"POST /upload HTTP/1.1\r\nHost: demo\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 400\r\n\r\n--b\r\n" + noise
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as s:
            s.sendall(noise)
    for _ in range(30):  # those that broke off are noticed and make room again
        with contextlib.suppress(AssertionError):
            assert get(port, "/bump").status == 200
            return
        time.sleep(0.1)
    raise AssertionError("no room after 3 s")


# ---- uploads ----------------------------------------------------------------------------------


def tally(data):
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFFFFFFFFFF
    return f"{len(data)} {total:016x}"


def multipart(parts, boundary=b"bnd"):
    out = b""
    for name, file, value in parts:
        out += b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name + b'"'
        if file is not None:
            out += b'; filename="' + file + b'"\r\nContent-Type: application/octet-stream'
        out += b"\r\n\r\n" + value + b"\r\n"
    return out + b"--" + boundary + b"--\r\n"


MULTIPART = ("Content-Type", "multipart/form-data; boundary=bnd")


@test
def files_reach_the_sink_byte_for_byte(port):
    tricky = b"\r\n--bn" * 1000 + b"\r\n--bnd" [:5] + bytes(range(256)) * 300
    for data in (b"", b"x", b"\r\n", b"--bnd", tricky, os.urandom(200000), b"\r\n--bnx" * 30000):
        body = multipart([(b"a", None, "说明".encode()), (b"f", b"a.bin", data), (b"after", None, b"ok")])
        r = ask(port, "POST", "/upload", [MULTIPART], body)
        assert r.status == 200 and r.body.decode() == tally(data) + "\nok", (len(data), r.status, r.body[:200])
        if data:
            r = ask(port, "PUT", "/upload", [("Content-Type", "application/octet-stream")], data)
            assert r.body.decode() == tally(data) + "\n"
    two = multipart([(b"f", b"1", b"one"), (b"f", b"2", b"two" * 50000), (b"after", None, b"")])
    assert ask(port, "POST", "/upload", [MULTIPART], two).body.decode() == tally(b"one") + "\n" + tally(b"two" * 50000) + "\n"


@test
def multipart_fields_are_read_like_any_form(port):
    body = multipart([(b"a", None, b"1"), (b"b", None, b"x"), (b"a", None, "二".encode())])
    assert ask(port, "POST", "/echo", [MULTIPART], body).body.decode() == "2\n1\n二"
    assert ask(port, "POST", "/echo", [MULTIPART], multipart([(b"a", None, b"\xff")])).status == 400
    assert ask(port, "POST", "/echo", [MULTIPART], multipart([(b"a", None, b"a\0b")])).status == 400
    assert ask(port, "POST", "/echo", [MULTIPART], multipart([(b"f", b"x.txt", b"1")])).status == 415
    assert ask(port, "POST", "/upload", [MULTIPART], multipart([(b"a", None, b"x" * 70000)])).status == 413
    assert ask(port, "POST", "/upload", [MULTIPART], multipart([(b"f", b"n" * 256, b"1")])).status == 400
    for broken in (b"", b"--bnd", b"--bnd\r\n\r\n", body[:-8], body.replace(b"bnd", b"xyz")):
        assert ask(port, "POST", "/echo", [MULTIPART], broken).status in (200, 400), broken[:40]
    assert ask(port, "POST", "/echo", [("Content-Type", "multipart/form-data")], body).status == 400


@test
def no_file_is_kept_before_the_forgery_check(port):
    before = int(get(port, "/abandoned").body)
    cookie, token = fresh_form(port)
    bad = multipart([(b"f", b"x", b"1"), (b"_csrf", None, token.encode())])
    good = multipart([(b"_csrf", None, token.encode()), (b"f", b"x", b"1")])
    assert ask(port, "POST", "/guarded-upload", [MULTIPART, ("Cookie", cookie)], bad).status == 403
    assert ask(port, "POST", "/guarded-upload", [MULTIPART, ("Cookie", cookie)], good).status == 200
    assert int(get(port, "/abandoned").body) == before


@test
def an_upload_that_breaks_off_is_abandoned_once(port):
    before = int(get(port, "/abandoned").body)
    s, stream = connect(port)
    with s, stream:
        s.sendall(b"PUT /upload HTTP/1.1\r\nHost: demo\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n")
        s.sendall(b"x" * 300000)
        time.sleep(0.3)
    for _ in range(50):
        if int(get(port, "/abandoned").body) == before + 1:
            return
        time.sleep(0.1)
    raise AssertionError("not abandoned")


def resident(process):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1])


# ---- servers of their own ---------------------------------------------------------------------


@test
def two_hundred_megabytes_stream_in_constant_memory():
    with server("--fast") as (port, process, _):
        block, count = os.urandom(1 << 20), 200
        ask(port, "PUT", "/upload", [("Content-Type", "application/octet-stream")], block)
        before = resident(process)
        for head, tail, method in ((b"", b"", b"PUT"), (b'--bnd\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n', b"\r\n--bnd--\r\n", b"POST")):
            size = len(head) + len(block) * count + len(tail)
            kind = b"multipart/form-data; boundary=bnd" if head else b"application/octet-stream"
            s, stream = connect(port, 60)
            with s, stream:
                s.sendall(method + b" /upload HTTP/1.1\r\nHost: demo\r\nContent-Type: " + kind + b"\r\nContent-Length: %d\r\n\r\n" % size + head)
                for _ in range(count):
                    s.sendall(block)
                s.sendall(tail)
                r = read_reply(stream)
            assert r.status == 200 and r.body.startswith(b"%d " % (len(block) * count)), r.body
        grown = resident(process) - before
        print(f"  200 MB upload: {before} KB before, {grown} KB more at the peak")
        assert grown < 8192, grown


@test
def a_full_queue_answers_503_with_retry_after_and_recovers():
    with server("--fast", "--workers", "1", "--queue", "2") as (port, _, _):
        replies, lock = [], threading.Lock()

        def one():
            r = get(port, "/slow?ms=400")
            with lock:
                replies.append(r)

        threads = [threading.Thread(target=one) for _ in range(12)]
        for t in threads:
            t.start()
        time.sleep(0.15)
        assert get(port, "/assets/none.css").status in (404, 503)
        for t in threads:
            t.join()
        refused_ones = [r for r in replies if r.status == 503]
        assert {r.status for r in replies} == {200, 503} and 8 <= len(refused_ones) <= 10, [r.status for r in replies]
        assert all(r["retry-after"].isdigit() and b"<h1>" in r.body for r in refused_ones)
        assert get(port, "/slow?ms=1").status == 200


@test
def slow_clients_are_cut_and_hold_up_nobody():
    with server("--fast", "--quick") as (port, _, _):
        start = time.time()
        lazy = [connect(port, 12)[0] for _ in range(30)]
        for s in lazy[:10]:
            s.sendall(b"GET /hello/a HTT")
        for s in lazy[10:20]:
            s.sendall(b"POST /echo HTTP/1.1\r\nHost: demo\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\na=")
        open_ones = set(lazy)
        while open_ones and time.time() < start + 8:
            for s in list(open_ones):
                try:
                    s.sendall(b"a")
                except OSError:
                    open_ones.discard(s)
            assert get(port, "/hello/b").status == 200
            time.sleep(0.2)
        assert not open_ones, f"{len(open_ones)} connections still open after 8 s of trickling"
        assert time.time() - start < 8
        for s in lazy:
            s.close()


@test
def who_reads_slowly_doesnt_hold_a_worker():
    with server("--fast", "--workers", "1") as (port, _, _):
        socks = []
        for _ in range(8):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.connect(("127.0.0.1", port))
            s.sendall(b"GET /file HTTP/1.1\r\nHost: demo\r\n\r\n")
            socks.append(s)
        assert get(port, "/slow?ms=1").status == 200
        r = get(port, "/file")
        assert r.body == b"0123456789" * 100000 and "sandbox" in r["content-security-policy"]
        for s in socks:
            s.close()


@test
def one_address_gets_so_many_connections_and_requests():
    with server("--per-client", "5") as (port, _, _):
        held = [connect(port, 5) for _ in range(5)]
        for h, f in held:  # answered, so that the server has counted it
            h.sendall(b"GET / HTTP/1.1\r\nHost: demo\r\n\r\n")
            assert read_reply(f).status == 200
        s, stream = connect(port, 2)
        with s, stream:
            with contextlib.suppress(OSError):
                s.sendall(b"GET / HTTP/1.1\r\nHost: demo\r\n\r\n")
            assert read_reply(stream) is None
        for h, f in held:
            f.close()
            h.close()
    with server() as (port, _, _):
        s, stream = connect(port)
        with s, stream:
            statuses = []
            for _ in range(420):
                s.sendall(b"GET /hello/a HTTP/1.1\r\nHost: demo\r\n\r\n")
                r = read_reply(stream)
                statuses.append(r.status)
                if r.status == 429:
                    break
            assert statuses[-1] == 429 and statuses.count(200) >= 300, len(statuses)
            assert r["retry-after"].isdigit()
            s.sendall(b"GET / HTTP/1.1\r\nHost: demo\r\n\r\n")
            assert read_reply(stream).status in (200, 429)


@test
def a_stop_answers_what_it_began_and_takes_nobody_new():
    with server("--fast") as (port, process, _):
        slow, stream = connect(port)
        slow.sendall(b"GET /slow?ms=1200 HTTP/1.1\r\nHost: demo\r\n\r\n")
        idle, _ = connect(port)
        half, _ = connect(port)
        half.sendall(b"GET /hel")
        time.sleep(0.3)
        start = time.time()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        try:
            connect(port, 1)[0].close()
            raise AssertionError("still takes connections")
        except (ConnectionRefusedError, ConnectionResetError, TimeoutError):
            pass
        r = read_reply(stream)
        assert r.status == 200 and r.body == b"slept" and r["connection"] == "close"
        assert process.wait(10) == 0
        assert time.time() - start < 4
        for s in (slow, idle, half):
            s.close()


@test
def an_upload_that_the_sink_refuses_is_still_answered(port):
    body = multipart([(b"f", b"x", b"1" * 3000000)])
    r = ask(port, "POST", "/guarded-upload", [MULTIPART], body[:900000])
    assert r.status == 403
    r = ask(port, "POST", "/guarded-upload", [MULTIPART], body)
    assert r.status == 413


@test
def behind_a_proxy_cookies_are_secure():
    with server("--fast", "--proxy") as (port, _, _):
        r = get(port, "/form")
        assert "; Secure" in r["set-cookie"] and r["strict-transport-security"]


@test
def the_api_describes_itself():
    doc = json.loads(subprocess.run([BINARY, "--openapi"], capture_output=True, check=True).stdout)
    assert doc["openapi"] == "3.1.0" and set(doc["paths"]) == {"/api/hello/{name}", "/api/form"}
    form = doc["paths"]["/api/form"]["post"]
    ref = form["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")
    schema = doc["components"]["schemas"][ref[-1]]
    assert schema["required"] == ["name"] and schema["properties"]["name"]["maxLength"] == 20
    assert schema["properties"]["kind"]["enum"] == ["red", "blue"]
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 1, "maximum": 99, "description": "数量"}
    hello = doc["paths"]["/api/hello/{name}"]["get"]["parameters"]
    assert [(p["name"], p["in"], p["required"]) for p in hello] == [("name", "path", True)]
    ids = [o["operationId"] for p in doc["paths"].values() for o in p.values()]
    assert len(ids) == len(set(ids))


def main():
    chosen = sys.argv[1:]
    passed = failed = skipped = 0
    with server("--fast") as (port, _, _):
        for function in TESTS:
            if chosen and function.__name__ not in chosen:
                continue
            started = time.time()
            try:
                function(*([port] if function.__code__.co_argcount else []))
                passed += 1
            except Skip as want:
                print(f"{function.__name__} skipped for want of {want}")
                skipped += 1
            except Exception as fault:  # a test's failure must not end the others
                import traceback
                print(f"FAILED {function.__name__}")
                traceback.print_exc(limit=-2, file=sys.stdout)
                failed += 1
            if time.time() - started > 2:
                print(f"  {function.__name__}: {time.time() - started:.1f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
