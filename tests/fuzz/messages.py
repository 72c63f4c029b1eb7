"""Requests as nobody's library writes them: bodies, their boundaries, their headers."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.fuzz.mutants import KINDS, files, mutants

BOUNDARY = "----kiln7MA4YWxkTrZu0gW"
NAMES = ("photo", "file", "style", "height_mm", "formats", "ingredients", "seed", "ttl_hours")
ODD_NAMES = ("", "photo[]", "photo\0", "phöto", "__proto__", "a" * 5000, '"', "\\", "photo\r\nX: y")
TYPES = (
    "multipart/form-data; boundary={b}",
    'multipart/form-data; boundary="{b}"',
    "multipart/form-data; charset=utf-16; boundary={b}",
    "multipart/form-data; boundary*=utf-8''{b}",
    "multipart/form-data; boundary={b}; boundary=other",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="',
    "multipart/form-data; boundary={b}{b}{b}{b}{b}{b}",
    "multipart/mixed; boundary={b}",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/json",
    "application/json; charset=ebcdic",
    "image/jpeg",
    "text/plain; charset=\N{SNOWMAN}".encode().decode("latin-1"),
    ";;;",
    "",
)
ENCODINGS = ("base64", "quoted-printable", "gzip", "8bit", "x-unknown")
PATHS = ("/v1/figurines", "/v1/recipes", "/test-vlm", "/predict/batch", "/api/upload")
JSONS = (
    b"{",
    b"[" * 50_000,
    b'{"ingredients":' * 2000,
    b"null",
    b"[1]",
    b'"x"',
    b"NaN",
    b"\xff\xfe{",
)
JSONS += (b'{"count": 1e999}', b'{"count": ' + b"9" * 10_000 + b"}", b'{"hint": "\\ud800"}')


@dataclass(frozen=True)
class Message:
    """A request line, the headers that matter, a body."""

    path: str
    query: bytes
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Short: the whole body is where ``watched`` has put it."""
        about = f"{self.path}?{self.query[:200]!r} {self.content_type!r} {self.headers}"
        return f"<{about} {len(self.body)} bytes: {self.body[:300]!r}>"


def messages() -> st.SearchStrategy[Message]:
    headers = st.lists(_headers(), max_size=2).map(tuple)
    kinds = st.sampled_from(TYPES).map(lambda text: text.replace("{b}", BOUNDARY))
    right = st.just(TYPES[0].replace("{b}", BOUNDARY))
    return st.one_of(
        st.builds(Message, _paths(), _queries(), right, _forms()),
        st.builds(Message, _paths(), _queries(), right, _forms(), headers),
        st.builds(Message, _paths(), _queries(), right, _damaged(_forms()), headers),
        st.builds(Message, _paths(), _queries(), kinds, _forms(), headers),
        st.builds(Message, _paths(), _queries(), kinds, _bodies(), headers),
    )


def _paths() -> st.SearchStrategy[str]:
    return st.sampled_from(PATHS)


def _queries() -> st.SearchStrategy[bytes]:
    pairs = st.lists(st.sampled_from(NAMES + ODD_NAMES[:4]), max_size=2)
    values = st.sampled_from(["", "1", "cel", "%ff", "%00", "%", "a%0d%0ab", "&&", "=", "x" * 3000])
    one = st.builds(lambda names, value: "&".join(f"{n}={value}" for n in names), pairs, values)
    odd = one.map(lambda text: text.replace("\0", "%00").replace("ö", "%f6").encode())
    return st.integers(0, 4).flatmap(lambda number: odd if number == 4 else st.just(b""))


def _headers() -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from(
        [
            ("Idempotency-Key", ""),
            ("Idempotency-Key", "k" * 300),
            ("Idempotency-Key", "\x80\xff"),
            ("Prefer", "wait=99999999999999999999"),
            ("Prefer", "wait=-1, respond-async, ;;="),
            ("Content-Encoding", "gzip"),
            ("Expect", "200-maybe"),
            ("traceparent", "00-" + "0" * 32),
            ("X-Request-ID", "a b\tc"),
            ("Accept", "image/*;q=9"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Range", "bytes=--"),
            ("Cookie", "=;=;;"),
            ("Authorization", "Bearer \xff"),
        ]
    )


def _forms() -> st.SearchStrategy[bytes]:
    parts = st.lists(_parts(), max_size=5)
    many = st.builds(
        lambda part, times: [part] * times, _parts(), st.sampled_from([900, 1100, 3000])
    )
    good = st.lists(_good_parts(), min_size=1, max_size=3)
    some = st.integers(0, 39).flatmap(
        lambda number: many if number == 39 else parts if number > 19 else good
    )
    return st.builds(_form, some, st.sampled_from(["--", "--", "", "-", "--\r\n--"]))


def _good_parts() -> st.SearchStrategy[bytes]:
    # one odd thing in an otherwise good form goes further in
    fields = ["style", "cel"], ["formats", "glb"], ["count", "1"], ["ingredients", "leek\r\nrice"]
    texts = [_part(name, "", "", value.encode()) for name, value in fields]
    photos = st.builds(_part, st.just("photo"), _filenames(), st.just(""), _photos())
    return st.one_of(photos, st.sampled_from(texts))


def _form(parts: list[bytes], end: str) -> bytes:
    line = f"--{BOUNDARY}".encode()
    return (
        b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + end.encode() + b"\r\n"
    )


def _parts() -> st.SearchStrategy[bytes]:
    names = st.sampled_from(NAMES) | st.sampled_from(ODD_NAMES)
    nested = st.just(f"--{BOUNDARY}x\r\n".encode() * 50)
    contents = st.one_of(_photos(), st.binary(max_size=40), nested, st.sampled_from(JSONS[:1]))
    return st.builds(_part, names, _filenames(), _extra(), contents)


def _filenames() -> st.SearchStrategy[str]:
    return st.sampled_from(
        [
            "",
            '; filename="me.jpg"',
            "; filename=me.jpg",
            '; filename=""',
            "; filename*=utf-8''%e2%98%83.jpg",
            "; filename*=bogus'%ff",
            "; filename*0=a; filename*1*=b",
            '; filename="../../etc/passwd"',
            '; filename="' + "x" * 4000 + '"',
            '; filename="a\\"b',
            "; filename*=utf-16''%ff%fe",
        ]
    )


def _extra() -> st.SearchStrategy[str]:
    coding = "\r\nContent-Transfer-Encoding: "
    encodings = st.sampled_from(ENCODINGS).map(lambda one: coding + one)
    types = st.sampled_from(
        ["image/jpeg", "text/plain; charset=utf-7", "", "multipart/mixed", "\x7f"]
    )
    lengths = st.sampled_from(["-1", "99999999999999999999", "1e9", "x"])
    return st.one_of(
        st.just(""),
        encodings,
        types.map(lambda one: f"\r\nContent-Type: {one}"),
        lengths.map(lambda one: f"\r\nContent-Length: {one}"),
        st.just("\r\nX: " + "y" * 20_000),
        st.just("\r\n folded: header\r\nnocolon"),
        st.just("\r\nA: b" * 200),
    )


def _part(name: str, filename: str, extra: str, content: bytes) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"{filename}{extra}\r\n\r\n'
    return head.encode() + content


def _photos() -> st.SearchStrategy[bytes]:
    whole = st.sampled_from(KINDS).flatmap(lambda kind: st.sampled_from(files()[kind]))
    return whole | st.sampled_from(KINDS).flatmap(mutants)


def _bodies() -> st.SearchStrategy[bytes]:
    pairs = st.sampled_from([b"style=cel&style=", b"&" * 5000, b"a=b" * 400_000, b"%", b"photo=x"])
    return st.one_of(st.binary(max_size=60), _photos(), st.sampled_from(JSONS), pairs)


def _damaged(forms: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    part, blob = st.integers(0, 999), st.binary(min_size=1, max_size=6)
    other = st.sampled_from(
        [b"\r\n", b"\n", b"\r", b"\0", b"--", b"\r\n--", BOUNDARY.encode(), b""]
    )
    return st.one_of(
        st.builds(lambda data, at: data[: at * len(data) // 1000], forms, part),
        st.builds(_with, forms, part, blob | other),
        st.builds(lambda data, new: data.replace(b"\r\n", new), forms, other),
        st.builds(lambda data: data.replace(b"form-data", b"attachment"), forms),
        st.builds(lambda data: data[2:], forms),
    )


def _with(data: bytes, at: int, blob: bytes) -> bytes:
    place = at * len(data) // 1000
    return data[:place] + blob + data[place + len(blob) :]
