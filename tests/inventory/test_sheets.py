"""The CSV files of the inventory: written whole, and refused in a sentence if they are broken."""

import csv

import pytest

from nst_lessons.inventory.questions import ITEMS
from nst_lessons.inventory.sheets import LIMIT, Sheet, is_code, new_code, read_sheets, write_sheets

SHEETS = [
    Sheet("before", "bakidomu", tuple(list(item.choices)[1] for item in ITEMS["before"].values())),
    Sheet("after", "bakidomu", ("right",) * 9 + ("unsure",)),
]


@pytest.fixture
def file(tmp_path):
    write_sheets(tmp_path / "room.csv", SHEETS)
    return tmp_path / "room.csv"


def test_what_is_written_is_read_and_no_other_file_is_left(file):
    assert read_sheets([file]) == SHEETS and [path.name for path in file.parent.iterdir()] == ["room.csv"]
    assert [sheet.score for sheet in SHEETS] == [0, 9]
    with file.open(newline="") as text:
        assert [row["half"] for row in csv.DictReader(text)] == ["before", "after"]


def test_the_mark_that_spreadsheets_put_at_the_start_and_empty_lines_do_not_matter(file):
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\r\n", b"\n\n"))
    assert read_sheets([file]) == SHEETS


def test_codes_are_as_they_are_asked_for_and_seldom_equal():
    codes = {new_code() for _ in range(1000)}
    assert len(codes) > 990 and all(is_code(code) for code in codes)
    assert not [text for text in ("", "bakido", "bakidomua", "bakidomU", "abakidom", "bakidomu\n", "=bakidom") if is_code(text)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "empty"),
        (lambda data: b"\xff\xfe\x00" + data, "cannot be read as CSV"),
        (lambda data: data.replace(b"before,", b'"before,'), "cannot be read as CSV"),
        (lambda data: data.replace(b",", b";"), "its first line must be half,code,changes"),
        (lambda data: data.split(b"\n")[1], "its first line must be"),
        (lambda data: data.replace(b",unsure", b""), "line 3 has 11 values instead of 12"),
        (lambda data: data.replace(b"after", b"later"), "line 3: half is later"),
        (lambda data: data.replace(b"bakidomu", b"=cmd|x!A1"), "line 2: the code =cmd|x!A1 is not of the form"),
        (lambda data: data.replace(b"unsure", b"zero"), "line 3: frames is zero, but must be one of right, "),
        (lambda data: data.replace(b"after", b"before"), "bakidomu has two `before` rows: "),
        (lambda data: data * (LIMIT // len(data) + 1), "is larger than 1,000,000 bytes"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(change, message, file):
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(ValueError, match=r"^[^\n]*$") as refused:
        read_sheets([file])
    assert message in str(refused.value) and len(str(refused.value)) < 500


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(ValueError, match="is a folder"):
        read_sheets([tmp_path])
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read_sheets([tmp_path / "none.csv"])
