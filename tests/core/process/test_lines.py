from hypothesis import given
from hypothesis import strategies as st

from core.process.lines import MAX_LINE, Line, LineSplitter


def split(*chunks: bytes) -> list[Line]:
    splitter = LineSplitter()
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    return [*lines, *splitter.close()]


def test_line_ends() -> None:
    assert split(b"a\nb\r\nc\rd") == [Line("a"), Line("b"), Line("c", transient=True), Line("d")]


def test_crlf_cut_between_its_bytes_is_one_end() -> None:
    splitter = LineSplitter()
    first = splitter.feed(b"bar\r")
    second = splitter.feed(b"\nnext\n")
    assert [line.text for line in (*first, *second)] == ["bar", "next"]


def test_ansi_codes_and_blank_lines_go() -> None:
    assert split(b"\x1b[31mred\x1b[0m\x1b]0;title\x07\n\n   \n") == [Line("red")]


def test_broken_utf8_is_replaced() -> None:
    assert split(b"\xff\xfeok\n") == [Line("\ufffd\ufffdok")]


def test_pending_bar_can_be_flushed() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"\r 16%|x| 28/180") == []
    assert splitter.flush() == [Line(" 16%|x| 28/180", transient=True)]
    assert splitter.close() == []


def test_endless_line_is_bounded() -> None:
    (line,) = split(b"x" * (MAX_LINE + 10))
    assert len(line.text) == MAX_LINE


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip), st.data())
def test_any_chunking_gives_the_same_lines(text: str, data: st.DataObject) -> None:
    raw = f"{text}\n山姆\n{text}".encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    chunks = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert [line.text for line in split(*chunks)] == [line.text for line in split(raw)]
