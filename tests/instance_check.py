#!/usr/bin/env python3
"""The commands on an instance's folder, as an operator calls them: verify with its places and exit
statuses, rebuild, head, prove (checked here by RFC 9162's own words), backup, restore, erase."""
import base64
import hashlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("YANGGUAN", ROOT / "build-asan/yangguan"))
PLACES = int(os.environ.get("TAMPER_PLACES", "12"))


def run(*args, status=0):
    done = subprocess.run([BINARY, *map(str, args)], capture_output=True, timeout=120)
    assert done.returncode == status, (args, done.returncode, done.stdout[-500:], done.stderr[-800:])
    return done.stdout.decode()


def make(folder):
    subprocess.run([BINARY.parent / "yangguan-tests", "checkers"], check=True, cwd=ROOT,
                   env={**os.environ, "YANGGUAN_INSTANCES": str(folder)},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def h(data):
    return hashlib.sha256(data).digest()


def leaves_of(path, epoch=None):
    with sqlite3.connect(path) as db:
        rows = db.execute("select entry from event where epoch = coalesce(?, (select max(epoch) from event))"
                          " order by no", (epoch,)).fetchall()
    return [h(b"\0" + entry) for entry, in rows]


def mth(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return h(b"\1" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m, leaves):
    """RFC 9162 2.1.3.1; subproof is 2.1.4.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m < k:
        return path(m, leaves[:k]) + [mth(leaves[k:])]
    return path(m - k, leaves[k:]) + [mth(leaves[:k])]


def subproof(m, leaves, whole=True):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m <= k:
        return subproof(m, leaves[:k], whole) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


def a_sound_instance_is_told_so(top):
    text = run("verify", top / "plain", "--deep")
    said = json.loads(run("verify", top / "plain", "--json"))
    assert said["ok"] is True and said["events"] == 641 and said["bad"] == []
    assert text == f"ok: 641 events, head {said['head']}\n"
    assert run("rebuild", top / "plain") == "ok\n"


def what_is_no_instance_is_status_two(top):
    for command in ("verify", "rebuild", "head"):
        run(command, top / "nowhere", status=2)
        run(command, status=2)
        run(command, top / "plain", "--nonsense", status=2)
        assert "example:" in run(command, "--help")


def a_flipped_byte_is_named(top):
    draw = random.Random(7)
    tables = {"event": ("no", ["entry", "body", "salts", "id", "kind", "recorded", "site", "version"]),
              "tile": ("256 * idx", ["hashes", "sm3"]),
              "head": ("size - 1", ["note", "sha256", "sm3", "at"])}
    for turn in range(PLACES):
        copy = top / f"copy-{turn}"
        shutil.copytree(top / "plain", copy)
        table = draw.choice(["event", "event", "tile", "head"])
        place, columns = tables[table]
        column = draw.choice(columns)
        with sqlite3.connect(copy / "yangguan.db") as db:
            row, no, old = draw.choice(db.execute(f"select rowid, {place}, {column} from {table}").fetchall())
            if isinstance(old, int):
                new = old ^ draw.randrange(1, 256) << 8 * draw.randrange(3)
            else:
                data = bytearray(old.encode() if isinstance(old, str) else old)
                data[draw.randrange(len(data))] ^= draw.randrange(1, 128)
                new = bytes(data)
            cast = "cast(? as text)" if isinstance(old, str) else "?"
            db.execute(f"update {table} set {column} = {cast} where rowid = ?", (new, row))
        db.close()
        said = json.loads(run("verify", copy, "--json", status=1))
        assert said["ok"] is False and said["bad"], (table, column)
        assert all((b["no"], b["where"]) == (no, table) for b in said["bad"]), (table, column, no, said)
        assert run("verify", copy, status=1).startswith(f"{no} {table}: ")
        shutil.rmtree(copy)


def an_altered_projection_is_found_and_replaced(top):
    copy = top / "projection"
    shutil.copytree(top / "plain", copy)
    with sqlite3.connect(copy / "yangguan.db") as db:
        db.execute("update clock set due = due + 1 where id = (select min(id) from clock)")
    db.close()
    run("verify", copy)
    said = json.loads(run("verify", copy, "--json", "--deep", status=1))
    assert {b["where"] for b in said["bad"]} == {"projection"}
    assert "clock" in run("rebuild", copy, status=1)
    assert run("rebuild", copy, "--replace").endswith("replaced\n")
    run("verify", copy, "--deep")


def heads_and_proofs_hold(top):
    leaves = leaves_of(top / "plain/yangguan.db")
    note = run("head", top / "plain")
    origin, size, root = note.split("\n")[:3]
    assert int(size) == len(leaves) and base64.b64decode(root) == mth(leaves)
    assert sum(line.startswith("— ") for line in note.split("\n")) == 3
    for small, big in ((1, 641), (256, 641), (100, 512), (640, 641), (641, 641)):
        lines = run("prove", top / "plain", "--from", small, "--to", big).split()
        assert [base64.b64decode(x) for x in lines] == subproof(small, leaves[:big])
    run("prove", top / "plain", "--from", 5, "--to", 642, status=2)
    run("prove", top / "plain", "--from", 0, "--to", 5, status=2)
    with sqlite3.connect(top / "plain/yangguan.db") as db:
        ids = dict(db.execute("select no, id from event"))
    for no in (0, 1, 255, 256, 640):
        proof = run("prove", top / "plain", "--event", ids[no])
        head, checkpoint = proof.split("\n\n", 1)
        lines = head.split("\n")
        assert lines[0] == "c2sp.org/tlog-proof@v1" and lines[1] == f"index {no}"
        assert checkpoint == note
        assert [base64.b64decode(x) for x in lines[2:]] == path(no, leaves)
    run("prove", top / "plain", "--event", 12345, status=2)


def a_backup_comes_back_as_a_new_epoch(top):
    shutil.copytree(top / "plain", top / "old")
    run("backup", top / "old", top / "data.tar")
    run("backup", top / "old", top / "data.tar", status=2)
    run("backup-keys", top / "old", top / "keys.tar")
    names = subprocess.run(["tar", "tf", top / "data.tar"], capture_output=True, check=True).stdout.decode()
    assert "yangguan.db" in names and "key" not in names
    assert (top / "keys.tar").stat().st_mode & 0o077 == 0
    assert run("restore", top / "data.tar", top / "new", "--keys", top / "old/keys").startswith("ok: 642 events")
    run("restore", top / "data.tar", top / "new", "--keys", top / "old/keys", status=2)
    assert run("head", top / "new").split("\n")[0].endswith("/2")
    assert run("restore", top / "data.tar", top / "new2", "--keys", top / "keys.tar").startswith("ok: 642")
    run("verify", top / "new", "--deep")
    run("verify", top / "old")
    assert run("erase", top / "new", "--person", 5, "--reason", "试验").startswith("erased: 0 values in 0 events")
    assert run("verify", top / "new").startswith("ok: 643 events")
    run("erase", top / "new", "--person", 5, status=2)


def a_receipt_holds_by_pinned_keys_only(top):
    with sqlite3.connect(top / "plain/yangguan.db") as db:
        (ident,) = db.execute("select id from event where no = 300").fetchone()
    file, keys = top / "receipt.txt", top / "keys.txt"
    file.write_text(run("receipt", "make", top / "plain", "--event", ident), "utf-8")
    keys.write_text("# of the log\n" + run("receipt", "keys", top / "plain"), "utf-8")
    assert run("receipt", "verify", file, "--key", keys).startswith(f"valid: clock_started {ident} is entry 300 of ")
    empty = top / "none.txt"
    empty.write_text("", "utf-8")
    assert run("receipt", "verify", file, "--key", empty, status=1).startswith("unverified: unknown key yangguan.example/")
    text = file.read_text("utf-8")
    for old, new in (("number 300", "number 301"), ("clock_started", "clock_stopped"), ("index 300", "index 299")):
        file.write_text(text.replace(old, new, 1), "utf-8")
        assert run("receipt", "verify", file, "--key", keys, status=1).startswith("invalid: ")
    run("receipt", "verify", top / "nothing", "--key", keys, status=2)
    assert run("receipt", "make", top / "plain", "--event", ident, "--qr", "https://x.example/r").startswith(
        f"https://x.example/r#{ident}.")


def a_ledger_cut_short_is_noticed(top):
    copy = top / "short"
    shutil.copytree(top / "plain", copy)
    with sqlite3.connect(copy / "yangguan.db") as db:
        db.execute("delete from event where no >= 600")
        db.execute("delete from head where size > 600")
    db.close()
    said = json.loads(run("verify", copy, "--json", status=1))
    assert {(b["no"], b["where"]) for b in said["bad"]} == {(n, "event") for n in range(600, 641)}


def main():
    passed = failed = 0
    checks = [a_sound_instance_is_told_so, what_is_no_instance_is_status_two, a_flipped_byte_is_named,
              an_altered_projection_is_found_and_replaced, heads_and_proofs_hold,
              a_backup_comes_back_as_a_new_epoch, a_receipt_holds_by_pinned_keys_only,
              a_ledger_cut_short_is_noticed]
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        make(top)
        for check in checks:
            try:
                check(top)
                passed += 1
            except Exception as why:  # a failed check, whatever its shape
                failed += 1
                print(f"failed: {check.__name__}: {why!r}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())
