"""A release: the same bytes from two builds, the files of the commit and nothing else, and one version everywhere."""

import re

import pytest

from tests import release

UNREACHABLE = ("Could not find a version", "Temporary failure in name resolution", "NewConnectionError", "Max retries")


def build(source, out, **options):
    pytest.importorskip("build")
    try:
        return release.built(source, out, **options)
    except RuntimeError as error:
        if any(words in str(error) for words in UNREACHABLE):
            pytest.skip("no package index can be reached, and so none that has hatchling")
        raise


@pytest.mark.slow
def test_two_builds_are_equal_and_hold_the_files_of_the_commit(tmp_path):
    wheel, sdist = build(release.exported(tmp_path / "a"), tmp_path / "first")
    other = release.exported(tmp_path / "elsewhere")
    for name in ("out/demo.png", "tests/__pycache__/a.pyc", "dist/old.whl", "data/own/me.jpg", "notebooks/painting.png"):
        (other / name).parent.mkdir(exist_ok=True)
        (other / name).write_text("left over")
    again = build(other, tmp_path / "second", umask=0o077)
    assert [path.read_bytes() for path in again] == [wheel.read_bytes(), sdist.read_bytes()]
    files = release.committed()
    assert not release.wrong_contents(sdist, files) and not release.wrong_contents(wheel, files)
    assert release.wrong_contents(wheel, [file for file in files if file != "data/styles/wave.jpg"]) == [
        "nst_lessons/data/styles/wave.jpg does not belong there"
    ]
    assert release.wrong_contents(sdist, [*files, "data/models/new.safetensors"]) == [
        "nst_lessons-0.1.0/data/models/new.safetensors is missing"
    ]


def test_the_version_is_the_same_in_pyproject_the_citation_the_changelog_and_the_readme(monkeypatch):
    version = release.the_version()
    assert set(re.findall(r"nst_lessons-([\d.]+)-py3", (release.ROOT / "README.md").read_text(encoding="utf-8"))) == {version}
    monkeypatch.setattr(release, "changelog_heading", lambda: "9.9.9 - unreleased")
    with pytest.raises(ValueError, match=rf"has version {version}.*top entry '9.9.9 - unreleased': write {version}"):
        release.the_version()
