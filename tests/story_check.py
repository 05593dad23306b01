#!/usr/bin/env python3
"""The main story over HTTP, as a citizen, a clerk, the department's posts and an attacker.

Makes a demo, serves it, and walks: apply → accept → examine → decide → deliver → track → check the ledger;
and what must be refused on the way. `story_check.py URL ACCOUNTS.json` drives one that runs already.
"""
import base64
import hashlib
import hmac
import html
import http.cookiejar
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
YANGGUAN = os.environ.get("YANGGUAN", str(ROOT / "build-asan/yangguan"))
passed = failed = 0


def check(holds, what, more=""):
    global passed, failed
    passed += bool(holds)
    failed += not holds
    print("ok" if holds else "FAILED", what, "" if holds else more)


class Browser:
    """A browser without scripts: cookies, links, forms."""

    def __init__(self, base):
        self.base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.opener.addheaders = [("Accept-Language", "zh-CN")]

    def open(self, path, data=None):
        try:
            answer = self.opener.open(self.base + path, data, timeout=60)
        except urllib.error.HTTPError as e:
            answer = e
        self.status, self.url = answer.status, answer.geturl()
        self.text = answer.read().decode("utf-8", "replace")
        return self

    def post(self, path, fields):
        return self.open(path, urllib.parse.urlencode(fields, doseq=True).encode())

    def form(self, action):
        """The fields of the first form whose action begins so."""
        for tag, inner in re.findall(r"<form([^>]*)>(.*?)</form>", self.text, re.S):
            target = re.search(r'action="([^"]*)"', tag)
            if not target or not target[1].startswith(action):
                continue
            fields = {"": target[1]}
            for item in re.findall(r"<input[^>]*>", inner):
                got = dict(re.findall(r'(\w+)="([^"]*)"', item))
                if got.get("type") in ("radio", "checkbox") and "checked" not in item:
                    continue
                if "name" in got:
                    fields[got["name"]] = html.unescape(got.get("value", ""))
            for name in re.findall(r'<textarea[^>]*name="([^"]*)"', inner):
                fields[name] = ""
            fields["<"] = inner
            return fields
        return None

    def send(self, fields, **more):
        body = {k: v for k, v in {**fields, **more}.items() if k not in ("", "<")}
        return self.post(fields[""], body)


def totp(secret):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = mac[19] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


def sign_in(base, account):
    b = Browser(base)
    fields = b.open("/sign-in").form("/sign-in")
    code = totp(account["totp"]) if account.get("totp") else ""
    return b.send(fields, login=account["login"], password=account["password"], code=code)


def work(b, number, **answer):
    """Does the open task of a case that this post may do."""
    fields = b.open(f"/desk/cases/{number}").form(f"/desk/cases/{number}/work")
    if fields is None:
        return None
    return b.send(fields, **answer).status


def apply_for(b, matter):
    fields = b.open(f"/apply?matter={matter}").form("/apply")
    ready = [html.unescape(v) for v in re.findall(r'name="ready" value="([^"]*)"', fields["<"])]
    fields.update(address="民勤县三雷镇东大街 8 号", phone="13893500001", note="经营面积 86 平方米", ready=ready)
    return fields


def number_of(text):
    found = re.search(r"/cases/([0-9A-Z-]{6,})", text)
    return found[1] if found else None


def story(base, accounts):
    people = {(a.get("body", ""), a.get("post", "")): a for a in accounts}
    body = "民勤县市场监督管理局"
    citizen = next(a for a in accounts if re.fullmatch(r"\d{17}[\dX]", a["login"]))
    other = [a for a in accounts if re.fullmatch(r"\d{17}[\dX]", a["login"])][1]

    home = Browser(base).open("/")
    check(home.status == 200 and "网上申报" in home.text, "the home page has its entrance")
    found = Browser(base).open("/matters?q=" + urllib.parse.quote("食品经营许可"))
    matter = re.search(r'href="/matters/(\d+)"', found.text)
    check(matter, "a citizen finds the matter")
    guide = Browser(base).open(f"/matters/{matter[1]}")
    check("10 个工作日" in guide.text and "<svg" in guide.text, "the guide tells the promise and shows the procedure")

    b = sign_in(base, citizen)
    check(b.status == 200, "a citizen signs in")
    fields = apply_for(b, matter[1])
    receipt = b.send(fields).text
    number = number_of(receipt) or number_of(b.url)
    check(b.status == 200 and number, "an application is answered by a receipt", receipt[:500])
    again = b.send(fields)
    check(number_of(again.text) == number or number_of(again.url) == number, "a double click gives the same receipt")
    changed = b.send(fields, note="别的内容")
    check(changed.status == 422, "the same key with other content is refused", str(changed.status))
    forged = Browser(base).post("/apply", {"matter": matter[1], "_csrf": "0" * 64})
    check(forged.status in (401, 403), "a forged application is refused", str(forged.status))
    check(b.open("/desk").status == 403, "a citizen may not see the desk", str(b.status))

    stranger = sign_in(base, other)
    page = stranger.open(f"/cases/{number}")
    check(citizen["name"] not in page.text and "三雷镇" not in page.text, "a stranger sees no personal data")

    clerk = sign_in(base, people[(body, "受理岗")])
    check(clerk.open("/desk").status == 200 and number in clerk.text, "the case is on the clerk's desk", str(clerk.status))
    examiner, head = sign_in(base, people[(body, "审查岗")]), sign_in(base, people[(body, "决定岗")])
    foreign = sign_in(base, people[("民勤县水务局", "审查岗")])
    check(citizen["name"] in clerk.open(f"/desk/cases/{number}").text, "the clerk whose turn it is sees the applicant")
    idle = examiner.open(f"/desk/cases/{number}")
    check(idle.status == 200 and citizen["name"] not in idle.text and "三雷镇" not in idle.text,
          "a post without a task in the case sees no personal data", str(idle.status))
    check(work(examiner, number, reason="抢先") in (None, 403, 409), "the examiner can't act before acceptance")
    check(work(clerk, number, acceptance="accepted", reason="材料齐全") == 200, "the clerk finds the application complete")
    check(work(foreign, number, reason="外单位") in (None, 403, 404), "another body's examiner may not act")
    check(work(examiner, number, reason="现场核查两人，符合条件", special="", ground="") == 200, "the examiner examines")
    check(work(head, number, decision="granted", reason="") in (400, 409), "a decision needs its reason")
    check(work(head, number, decision="granted", reason="符合法定条件") == 200, "the head decides")
    check(work(clerk, number, reason="当面送达") == 200, "the licence is delivered")

    done = b.open(f"/cases/{number}")
    check("准予" in done.text or "办结" in done.text, "the applicant sees the result", done.text[:300])
    public = Browser(base).open(f"/cases/{number}")
    check(public.status == 200 and citizen["name"] not in public.text, "the public page shows posts, not people")
    time.sleep(1.5)
    note = Browser(base).open("/log/checkpoint").text.split("\n")
    check(int(note[1]) > 800 and len(base64.b64decode(note[2])) == 32, "a signed head covers it")
    event = re.search(r"/verify/(\d+)", receipt)
    if event:
        page = Browser(base).open(f"/verify/{event[1]}")
        check(page.status == 200 and "没有被改过" in page.text, "anyone checks that nothing was changed", str(page.status))
    else:
        check(False, "a page leads to the proof")


def main():
    if len(sys.argv) == 3:
        story(sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())["accounts"])
    else:
        with tempfile.TemporaryDirectory() as folder:
            demo = folder + "/demo"
            subprocess.run([YANGGUAN, "demo", demo, "--data", str(ROOT / "data")], check=True)
            log = open(folder + "/log", "w+")
            server = subprocess.Popen([YANGGUAN, "serve", demo, "--listen", "127.0.0.1:0"], stderr=log)
            try:
                for _ in range(200):
                    found = re.search(r"http://[\d.]+:\d+", pathlib.Path(log.name).read_text())
                    if found:
                        break
                    time.sleep(0.1)
                story(found[0], json.loads(pathlib.Path(demo + "/accounts.json").read_text())["accounts"])
            finally:
                server.terminate()
                status = server.wait(60)
            check(status == 0, "the server ends in order", str(status))
            clean = subprocess.run([YANGGUAN, "verify", demo, "--deep"], capture_output=True, text=True)
            check(clean.returncode == 0, "the ledger verifies", clean.stdout + clean.stderr)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())
