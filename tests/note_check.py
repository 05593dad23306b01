#!/usr/bin/env python3
"""Another hand at the ledger's public formats, written from the specifications alone.

c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof; RFC 6962 2.1; GB/T 32918.2 for SM2.
Reads a log that the unit tests write (keys, heads, tiles, entries, proofs) and recomputes all of it.
`--write` writes tests/notes.json, the notes and proofs that the unit tests must accept or refuse.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTES = ROOT / "tests/notes.json"
SM2_TYPE = b"\xffyangguan.cn/sm2-with-sm3/v1"

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError:
    print("skipped for want of python3-cryptography: note_check")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

# ---- SM2 (GB/T 32918.5-2017 curve), affine and slow ----

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def point_add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def point_times(k, p):
    total = None
    while k:
        if k & 1:
            total = point_add(total, p)
        p = point_add(p, p)
        k >>= 1
    return total


def number(n):
    return n.to_bytes(32, "big")


def sm3(data):
    return hashlib.new("sm3", data).digest()


def sm2_e(public, message):
    ident = b"1234567812345678"
    z = sm3((len(ident) * 8).to_bytes(2, "big") + ident + number(A) + number(B) + number(G[0])
            + number(G[1]) + public[1:])
    return int.from_bytes(sm3(z + message), "big")


def der_pair(data):
    def integer(at):
        assert data[at] == 2
        size = data[at + 1]
        raw = data[at + 2:at + 2 + size]
        assert raw[0] < 0x80 and (raw[0] or size == 1 or raw[1] >= 0x80)
        return int.from_bytes(raw, "big"), at + 2 + size

    assert data[0] == 0x30 and data[1] == len(data) - 2 < 0x80
    r, at = integer(2)
    s, at = integer(at)
    assert at == len(data)
    return r, s


def der_of(r, s):
    def integer(n):
        raw = n.to_bytes(n.bit_length() // 8 + 1, "big")
        return bytes([2, len(raw)]) + raw

    body = integer(r) + integer(s)
    return bytes([0x30, len(body)]) + body


def sm2_verify(public, message, signature):
    r, s = der_pair(signature)
    q = (int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big"))
    assert public[0] == 4 and (q[1] ** 2 - q[0] ** 3 - A * q[0] - B) % P == 0
    t = (r + s) % N
    assert 0 < r < N and 0 < s < N and t
    x = point_add(point_times(s, G), point_times(t, q))[0]
    assert (sm2_e(public, message) + x) % N == r


class Sm2Key:
    def __init__(self, d):
        self.d = d
        self.public = b"\x04" + b"".join(map(number, point_times(d, G)))
        self.type = SM2_TYPE

    def sign(self, message):
        e = sm2_e(self.public, message)
        k = int.from_bytes(hashlib.sha256(number(self.d) + message).digest(), "big") % N
        r = (e + point_times(k, G)[0]) % N
        return der_of(r, pow(1 + self.d, -1, N) * (k - r * self.d) % N)


class EdKey:
    def __init__(self, seed):
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.type = b"\x01"

    def sign(self, message):
        return self.key.sign(message)


# ---- notes ----


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    data = base64.b64decode(text, validate=True)
    assert b64(data) == text
    return data


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def key_text(name, key):
    return f"{name}+{key_id(name, key.type, key.public).hex()}+{b64(key.type + key.public)}"


def key_parse(text):
    name, ident, coded = text.split("+", 2)
    coded = unb64(coded)
    kind = SM2_TYPE if coded.startswith(SM2_TYPE) else coded[:1]
    assert kind in (SM2_TYPE, b"\x01", b"\x04")
    public = coded[len(kind):]
    assert key_id(name, kind, public).hex() == ident
    return name, bytes.fromhex(ident), kind, public


def note_open(note, keys):
    """The text, after each known key's signature was checked; all of `keys` must have signed."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", note)
    at = note.rindex("\n\n")
    text, lines = note[:at + 1], note[at + 2:]
    assert lines.endswith("\n")
    signed = set()
    for line in lines[:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        assert match
        raw = unb64(match[2])
        for known in keys:
            name, ident, kind, public = known
            if (name, ident) != (match[1], raw[:4]):
                continue
            if kind == b"\x04":
                time, raw = int.from_bytes(raw[4:12], "big"), raw[8:]
                assert time == 1700000000 + int(text.split("\n")[1])
                stamped = f"cosignature/v1\ntime {time}\n{text}".encode()
                ed25519.Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], stamped)
            elif kind == b"\x01":
                ed25519.Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
            else:
                sm2_verify(public, text.encode(), raw[4:])
            signed.add(known)
    assert signed == set(keys)
    return text


def signature_line(name, key, text):
    return f"— {name} {b64(key_id(name, key.type, key.public) + key.sign(text.encode()))}\n"


def checkpoint_parse(text):
    origin, size, root, *more = text.split("\n")
    assert more.pop() == "" and all(more) and origin and re.fullmatch("0|[1-9][0-9]*", size)
    root = unb64(root)
    assert len(root) == 32
    return origin, int(size), root, more


# ---- trees (RFC 6962 2.1, by its recursion) ----


def sha256(data):
    return hashlib.sha256(data).digest()


def split(n):
    return 1 << (n - 1).bit_length() - 1


def mth(leaves, digest=sha256):
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return digest(b"\x01" + mth(leaves[:k], digest) + mth(leaves[k:], digest))


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [mth(leaves[k:])]
    return path(m - k, leaves[k:]) + [mth(leaves[:k])]


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


# ---- the log that the unit tests wrote ----


def tile_index_path(n):
    parts = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        parts.insert(0, f"x{n % 1000:03}")
    return "/".join(parts)


def tiles_of(size):
    """Each tile of a tree: its path and where its hashes lie: (path, level, first, width)."""
    level = 0
    while size >> 8 * level:
        hashes = size >> 8 * level
        for index in range((hashes + 255) // 256):
            width = min(256, hashes - 256 * index)
            suffix = f".p/{width}" if width < 256 else ""
            yield f"{tile_index_path(index)}{suffix}", level, 256 * index, width
        level += 1


def bundle_parse(data):
    entries = []
    while data:
        size = int.from_bytes(data[:2], "big")
        assert len(data) >= 2 + size
        entries.append(data[2:2 + size])
        data = data[2 + size:]
    return entries


class Log:
    def __init__(self, folder):
        self.folder = folder
        self.keys = [key_parse(line) for line in self.text("keys").splitlines()]
        self.sizes = sorted(int(p.name.split(".")[1]) for p in folder.glob("checkpoint.*"))
        self.entries = []
        for name, level, _, width in tiles_of(self.sizes[-1]):
            if level == 0:
                bundle = bundle_parse((folder / "tile/entries" / name).read_bytes())
                assert len(bundle) == width
                self.entries += bundle
        self.leaves = [sha256(b"\x00" + e) for e in self.entries]

    def text(self, name):
        return (self.folder / name).read_bytes().decode()

    def heads(self):
        assert len(self.entries) == self.sizes[-1] == 600 and len(self.sizes) == 11
        for size in self.sizes:
            text = note_open(self.text(f"checkpoint.{size}"), self.keys)
            origin, stated, root, more = checkpoint_parse(text)
            assert origin == self.keys[0][0] and stated == size
            assert root == mth(self.leaves[:size])
            sm3_leaves = [sm3(b"\x00" + e) for e in self.entries[:size]]
            assert more == ["sm3 " + b64(mth(sm3_leaves, sm3))]

    def tiles(self):
        expected = set()
        for size in self.sizes:
            for name, level, first, width in tiles_of(size):
                span = 256 ** level
                want = [mth(self.leaves[i * span:(i + 1) * span])
                        for i in range(first, first + width)]
                assert (self.folder / f"tile/{level}/{name}").read_bytes() == b"".join(want)
                expected.add(f"tile/{level}/{name}")
                if level == 0:
                    expected.add(f"tile/entries/{name}")
                    bundle = bundle_parse((self.folder / f"tile/entries/{name}").read_bytes())
                    assert bundle == self.entries[first:first + width]
        found = {str(p.relative_to(self.folder)) for p in (self.folder / "tile").rglob("*")
                 if p.is_file()}
        assert found == expected

    def proofs(self):
        files = list(self.folder.glob("proof.*"))
        assert len(files) > 40
        for file in files:
            size, index = map(int, file.name.split(".")[1:])
            head, note = self.text(file.name).split("\n\n", 1)
            lines = head.split("\n")
            assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
            if lines[0].startswith("extra "):
                assert unb64(lines.pop(0)[6:]).decode() == "附注" and index % 2
            assert lines.pop(0) == f"index {index}"
            assert [unb64(line) for line in lines] == path(index, self.leaves[:size])
            assert checkpoint_parse(note_open(note, self.keys))[1] == size

    def growths(self):
        files = list(self.folder.glob("growth.*"))
        assert len(files) == 55
        for file in files:
            size1, size2 = map(int, file.name.split(".")[1:])
            got = [unb64(line) for line in self.text(file.name).splitlines()]
            assert got == subproof(size1, self.leaves[:size2], True)


# ---- notes for the unit tests to judge ----


def rows():
    name, other = "log.example/阳关", "witness.example/w1"
    ed, sm, stranger = EdKey(bytes(range(32))), Sm2Key(2 ** 200 + 7), EdKey(bytes(32))
    entries = [f"entry {i}" for i in range(13)]
    leaves = [sha256(b"\x00" + e.encode()) for e in entries]
    keys = {"ed25519": key_text(name, ed), "sm2": key_text(name, sm)}
    made = []

    def row(title, holds, text, entry=None):
        extra = {} if entry is None else {"entry": entry}
        made.append({"name": title, "holds": holds, **keys, "text": text, **extra})

    def head(size, origin=name, extensions=""):
        return f"{origin}\n{size}\n{b64(mth(leaves[:size]))}\n{extensions}"

    def note(text, *signers):
        return text + "\n" + "".join(signature_line(n, k, text) for n, k in signers)

    full = note(head(13), (name, ed), (name, sm))
    lines = full.split("\n")
    row("both kinds signed", True, full)
    row("Ed25519 alone", True, note(head(13), (name, ed)))
    row("SM2 alone", True, note(head(13), (name, sm)))
    row("a stranger beside a known key", True, note(head(13), (other, stranger), (name, ed)))
    row("the same signature twice", True, note(head(13), (name, ed), (name, ed)))
    row("an empty tree", True, note(head(0), (name, ed)))
    row("extension lines", True, note(head(13, extensions="one\ntwo 2\n"), (name, ed)))
    row("another origin than the key's name", True, note(head(13, "else where"), (name, ed)))
    row("a stranger only", False, note(head(13), (other, stranger)))
    row("a stranger under the known name", False, note(head(13), (name, stranger)))
    row("a known key under another name", False, note(head(13), (other, ed)))
    row("a signature of another text", False,
        head(13) + "\n" + signature_line(name, ed, head(12)))
    row("SM2 good, Ed25519 of another text", False,
        head(13) + "\n" + signature_line(name, sm, head(13)) + signature_line(name, ed, head(12)))
    row("Ed25519 good, SM2 of another text", False,
        head(13) + "\n" + signature_line(name, ed, head(13)) + signature_line(name, sm, head(12)))
    row("the size altered", False, full.replace("\n13\n", "\n14\n"))
    row("no signature", False, head(13) + "\n")
    row("no empty line", False, head(13) + signature_line(name, ed, head(13)))
    row("no newline at the end", False, full[:-1])
    row("an empty line at the end", False, full + "\n")
    row("carriage returns", False, full.replace("\n", "\r\n"))
    row("a tab in the text", False, note(head(13, extensions="a\tb\n"), (name, ed)))
    row("a hyphen for the dash", False, full.replace("— ", "- "))
    row("two spaces in a line", False, full.replace("— ", "—  "))
    row("a padding bit set", False, full.replace(lines[4], lines[4][:-2] + "B="))
    row("a missing root", False, note(f"{name}\n13\n", (name, ed)))
    row("a root too short", False, note(f"{name}\n13\nAAAA\n", (name, ed)))
    row("a zero before the size", False, note(head(13).replace("\n13", "\n013"), (name, ed)))
    row("a plus before the size", False, note(head(13).replace("\n13", "\n+13"), (name, ed)))
    row("an empty origin", False, note(head(13, ""), (name, ed)))
    row("an empty extension line", False, note(head(13, extensions="a\n\nb\n"), (name, ed)))

    def proof(index, size=13, signed=full, extra=None, hashes=None):
        inside = path(index, leaves[:size]) if hashes is None else hashes
        return ("c2sp.org/tlog-proof@v1\n" + (f"extra {extra}\n" if extra is not None else "")
                + f"index {index}\n" + "".join(b64(h) + "\n" for h in inside) + "\n" + signed)

    for index in (0, 7, 12):
        row(f"proof of entry {index}", True, proof(index), entries[index])
    one = note(head(1), (name, sm))
    row("proof in a tree of one", True, proof(0, 1, one), entries[0])
    row("extra data", True, proof(7, extra=b64(b"more")), entries[7])
    row("empty extra data", True, proof(7, extra=""), entries[7])
    row("another entry", False, proof(7), entries[8])
    row("another index", False, proof(7).replace("index 7", "index 6"), entries[7])
    row("an index beyond the tree", False, proof(12).replace("index 12", "index 13"), entries[12])
    row("an index with a zero before", False, proof(7).replace("index 7", "index 07"), entries[7])
    row("a hash too few", False, proof(7, hashes=path(7, leaves)[:-1]), entries[7])
    row("a hash too many", False, proof(7, hashes=path(7, leaves) + [leaves[0]]), entries[7])
    row("hashes in another order", False, proof(7, hashes=path(7, leaves)[::-1]), entries[7])
    row("a proof in an older tree", False, proof(7, 12), entries[7])
    row("extra after the index", False,
        proof(7).replace("index 7\n", "index 7\nextra AAAA\n"), entries[7])
    row("another version", False, proof(7).replace("@v1", "@v2"), entries[7])
    row("no checkpoint", False, proof(7, signed=""), entries[7])
    row("an unsigned checkpoint", False, proof(7, signed=head(13)), entries[7])
    return made


def notes_are_as_written():
    assert json.loads(NOTES.read_text("utf-8")) == rows(), "run tests/note_check.py --write"


def write_log(folder):
    binary = pathlib.Path(os.environ.get("YANGGUAN", ROOT / "build-asan/yangguan"))
    subprocess.run([binary.parent / "yangguan-tests", "ledger"], check=True, cwd=ROOT,
                   env={**os.environ, "YANGGUAN_LOG_FOLDER": str(folder)},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Log(folder)


def an_altered_note_is_refused(log):
    note = log.text("checkpoint.600")
    for key in log.keys:
        note_open(note, [key])
        try:
            note_open(note.replace("\n600\n", "\n601\n"), [key])
        except (AssertionError, InvalidSignature):
            continue
        raise AssertionError("this checker accepts anything")


def main():
    if "--write" in sys.argv[1:]:
        NOTES.write_text(json.dumps(rows(), ensure_ascii=False, indent=1) + "\n", "utf-8")
        return 0
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        log = write_log(pathlib.Path(folder))
        for check in (log.heads, log.tiles, log.proofs, log.growths,
                      lambda: an_altered_note_is_refused(log), notes_are_as_written):
            try:
                check()
                passed += 1
            except Exception as why:  # a failed check, whatever its shape
                failed += 1
                print(f"failed: {getattr(check, '__name__', check)}: {why!r}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())
