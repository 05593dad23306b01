#!/usr/bin/env python3
"""Another hand at docs/LEDGER-FORMAT.md: reads an instance's SQLite file and recomputes every entry, both
trees, tiles, heads with their signatures, and the first entries of epochs. `--write` makes the vectors anew."""
import base64
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests/ledger-vectors.json"
ENVELOPE = [("id", "P"), ("streams", "P"), ("at", "P"), ("recorded", "P"), ("origin", "P"), ("actor", "I"),
            ("post", "P"), ("body", "P"), ("behalf", "I"), ("channel", "P"), ("idempotency", "P"), ("cause", "P"),
            ("request", "I"), ("models", "P")]

try:
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError:
    print("skipped for want of python3-cryptography: ledger_format_check")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)


def sha256(data):
    return hashlib.sha256(data).digest()


def sm3(data):
    return hashlib.new("sm3", data).digest()


def canonical(value):
    """RFC 8785 for what stands in bodies: integers, text, true, false, null, lists, objects."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# ---- entries ----


def commit(salt, name, value):
    coded = name.encode()
    return sm3(salt + bytes([len(coded)]) + coded + canonical(value).encode())


def entry_of(kind, version, commitments):
    coded = kind.encode()
    return b"\1" + sm3(bytes([len(coded)]) + coded + version.to_bytes(2, "big") + b"".join(commitments))


def read(body, salts):
    """The event of a stored body, and its entry; asserts that the body is the one way to write it."""
    event = json.loads(body)
    assert canonical(event) == body and set(event) == {"fields", "kind", "version"}
    commitments, values = [], {}
    for name, kind, value, *closed in event["fields"]:
        if closed:
            assert value is None and len(closed) == (2 if kind in ("PS", "IS") else 1)
            commitments.append(bytes.fromhex(closed[0]))
        else:
            assert kind in ("P", "I") or value is None
            commitments.append(commit(salts[:16], name, value))
            salts = salts[16:]
            values[name] = value
    assert salts == b""
    assert [(f[0], f[1]) for f in event["fields"][:14]] == ENVELOPE
    return event, values, entry_of(event["kind"], event["version"], commitments)


# ---- trees (RFC 6962 2.1) ----


def mth(leaves, digest):
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return digest(b"\1" + mth(leaves[:k], digest) + mth(leaves[k:], digest))


def leaves_of(entries, digest):
    return [digest(b"\0" + e) for e in entries]


# ---- an instance ----


class Instance:
    def __init__(self, folder):
        with sqlite3.connect(folder / "yangguan.db") as db:
            self.events = db.execute("select no, epoch, id, kind, version, recorded, site, entry, body, salts"
                                     " from event order by no").fetchall()
            self.tiles = db.execute("select epoch, level, idx, hashes, sm3 from tile").fetchall()
            self.heads = db.execute("select epoch, size, at, sha256, sm3, note from head").fetchall()
            self.vault = db.execute("select event, field, person from vault").fetchall()
        with sqlite3.connect(folder / "keys/keys.db") as db:
            self.erased = {row[0] for row in db.execute("select person from erasure")}
        self.public = public_key((folder / "keys/ed25519.key").read_bytes())
        self.by_epoch = {}
        for row in self.events:
            self.by_epoch.setdefault(row[1], []).append(row[7])

    def entries_follow_from_bodies_and_salts(self):
        closed = {}
        for number, row in enumerate(self.events):
            no, _, ident, kind, version, recorded, site, entry, body, salts = row
            event, values, computed = read(body, salts)
            assert no == number and computed == entry and len(entry) == 33
            assert (event["kind"], event["version"]) == (kind, version)
            assert (values["id"], values["recorded"], values["origin"]["site"]) == (str(ident), recorded, site)
            assert values["origin"]["number"] == str(no)
            for name, _, _, *more in event["fields"]:
                if len(more) == 2:
                    closed[ident, name] = int(more[1])
        there = {(event, field): person for event, field, person in self.vault}
        assert there == {k: p for k, p in closed.items() if p not in self.erased}
        assert len(self.events) > 600

    def tiles_and_roots_follow_from_entries(self):
        count = 0
        for epoch, level, idx, hashes, root in self.tiles:
            span = 256 ** level
            part = self.by_epoch[epoch][idx * 256 * span:(idx + 1) * 256 * span]
            leaves = leaves_of(part, sha256)
            assert hashes == b"".join(mth(leaves[i * span:(i + 1) * span], sha256) for i in range(256))
            assert root == mth(leaves_of(part, sm3), sm3)
            count += 1
        assert count == sum(len(entries) // 256 for entries in self.by_epoch.values())

    def heads_are_signed_and_lead_to_the_roots(self):
        assert self.heads
        for epoch, size, at, root, root_sm3, note in self.heads:
            entries = self.by_epoch[epoch][:size]
            assert len(entries) == size
            assert mth(leaves_of(entries, sha256), sha256) == root
            assert mth(leaves_of(entries, sm3), sm3) == root_sm3
            text, signatures = note[:note.rindex("\n\n") + 1], note[note.rindex("\n\n") + 2:]
            origin, *lines = text.split("\n")
            assert lines == [str(size), base64.b64encode(root).decode(),
                             "sm3 " + base64.b64encode(root_sm3).decode(), ""]
            assert (epoch == 1) == (not origin.endswith(f"/{epoch}"))
            plain, timed, sm2 = 0, 0, 0
            for line in signatures.splitlines():
                dash, name, coded = line.split(" ")
                raw = base64.b64decode(coded, validate=True)
                assert dash == "—" and name == origin
                if raw[:4] == sha256(name.encode() + b"\n\1" + self.public)[:4]:
                    verify(self.public, raw[4:], text.encode())
                    plain += 1
                elif raw[:4] == sha256(name.encode() + b"\n\4" + self.public)[:4]:
                    seconds = int.from_bytes(raw[4:12], "big")
                    verify(self.public, raw[12:], f"cosignature/v1\ntime {seconds}\n{text}".encode())
                    assert seconds * 1000 == at
                    timed += 1
                else:
                    sm2 += 1  # tests/note_check.py checks these
            assert (plain, timed, sm2) == (1, 1, 1)

    def epochs_begin_with_what_they_keep(self):
        first = {}
        for row in self.events:
            first.setdefault(row[1], row)
        for epoch, row in first.items():
            _, values, _ = read(row[8], row[9])
            assert row[3] == "epoch_started" and values["epoch"] == epoch
            assert [old["epoch"] for old in values["older"]] == [e for e in sorted(first) if e < epoch]
            for old in values["older"]:
                kept = self.by_epoch[old["epoch"]]
                assert len(kept) == old["kept"]["size"] <= old["known"]
                assert old["kept"]["sha256"] == mth(leaves_of(kept, sha256), sha256).hex()
                assert old["kept"]["sm3"] == mth(leaves_of(kept, sm3), sm3).hex()
                assert old["start"] == str(first[old["epoch"]][0])
                assert old["head"].split("\n")[1] == str(old["known"])
        assert len(first) == 2

    def an_altered_body_or_note_is_noticed(self):
        row = self.events[300]
        assert read(row[8].replace("第", "弟"), row[9])[2] != row[7]
        note = self.heads[-1][5]
        line = [x for x in note.splitlines() if x.startswith("— ")][0]
        try:
            verify(self.public, base64.b64decode(line.split(" ")[2])[4:], note.encode())
        except Exception:
            return
        raise AssertionError("this reader accepts anything")


def public_key(secret):
    """The key file ends with the public half: kind, 32 bytes of seed, 32 bytes of it."""
    for at in range(len(secret) - 31):
        made = ed25519.Ed25519PrivateKey.from_private_bytes(secret[at:at + 32])
        public = made.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        if public in secret:
            return public
    raise AssertionError("no Ed25519 key in the file")


def verify(public, signature, message):
    ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


# ---- vectors ----


def salt(*of):
    return hashlib.sha256(repr(of).encode()).digest()[:16]


def vectors():
    rows = []

    def row(title, kind, version, more, **known):
        values = {"id": str((7 << 44) + len(rows) + 1), "streams": [["case", str(7 << 44), len(rows) + 1]],
                  "at": 1772438400000, "recorded": 1772438400123 + len(rows),
                  "origin": {"epoch": 1, "node": 7, "number": str(len(rows)), "site": "620621000000-combined"}, **known}
        fields = [(name, cls, values.get(name), None, True) for name, cls in ENVELOPE] + more
        made, commitments, body, salts = [], [], [], b""
        for name, cls, value, person, is_open in fields:
            s = salt(title, name)
            h = commit(s, name, value)
            commitments.append(h)
            stored_open = is_open and (cls in ("P", "I") or value is None)
            made.append({"name": name, "class": cls, "value": canonical(value), "salt": s.hex(), "commitment": h.hex(),
                         "open": is_open, **({"person": str(person)} if person else {})})
            if stored_open:
                body.append([name, cls, value])
                salts += s
            else:
                body.append([name, cls, None, h.hex()] + ([str(person or 0)] if cls in ("PS", "IS") else []))
        rows.append({"name": title, "kind": kind, "version": version, "fields": made,
                     "body": canonical({"fields": body, "kind": kind, "version": version}),
                     "salts": salts.hex(), "entry": entry_of(kind, version, commitments).hex()})

    row("an envelope alone", "x", 1, [])
    row("each class", "case_accepted", 1,
        [("title", "P", "关于公布的通知", None, True), ("remark", "I", "内部", None, True),
         ("writer", "PS", "张三丰", 101, True), ("address", "IS", "敦煌市", 102, True)], actor="12", channel="web")
    row("absent values", "case_accepted", 2,
        [("title", "P", None, None, True), ("remark", "I", None, None, True), ("writer", "PS", None, 0, True)])
    row("closed fields", "case_accepted", 65535,
        [("title", "P", "x", None, False), ("remark", "I", "y", None, False), ("writer", "PS", "z", 101, False)])
    row("text that JSON escapes", "k" * 255, 1,
        [("n" * 255, "P", "\"\\/\b\f\n\r\t\u0001\u2028𠮷", None, True)])
    row("numbers, truth, lists, objects", "shapes", 3,
        [("n", "P", 2 ** 53, None, True), ("m", "P", -(2 ** 53), None, True), ("t", "P", True, None, True),
         ("l", "P", [[], {}, [0]], None, True), ("o", "P", {"b": 1, "a": {"é": "ü", "z": None}}, None, True)],
        behalf={"mandate": "4", "person": "5"}, cause="clock|3|1|0", models="procedure 2", request="r1", post="9",
        body="10", idempotency="key|12|case_accept|abc")
    entries = [bytes.fromhex(r["entry"]) for r in rows]
    trees = [{"size": n, "sha256": mth(leaves_of(entries[:n], sha256), sha256).hex(),
              "sm3": mth(leaves_of(entries[:n], sm3), sm3).hex()} for n in range(len(rows) + 1)]
    return {"events": rows, "trees": trees}


def vectors_are_as_written():
    assert json.loads(VECTORS.read_text("utf-8")) == vectors(), "the frozen vectors differ from this reader"


def main():
    if "--write" in sys.argv[1:]:
        VECTORS.write_text(json.dumps(vectors(), ensure_ascii=True, indent=1) + "\n", "utf-8")
        return 0
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        binary = pathlib.Path(os.environ.get("YANGGUAN", ROOT / "build-asan/yangguan"))
        subprocess.run([binary.parent / "yangguan-tests", "checkers"], check=True, cwd=ROOT,
                       env={**os.environ, "YANGGUAN_INSTANCES": folder}, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        full = Instance(pathlib.Path(folder) / "full")
        for check in (vectors_are_as_written, full.entries_follow_from_bodies_and_salts,
                      full.tiles_and_roots_follow_from_entries, full.heads_are_signed_and_lead_to_the_roots,
                      full.epochs_begin_with_what_they_keep, full.an_altered_body_or_note_is_noticed):
            try:
                check()
                passed += 1
            except Exception as why:  # a failed check, whatever its shape
                failed += 1
                print(f"failed: {check.__name__}: {why!r}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())
