"""The three ways to convolve against PyTorch in float64, and how one of them is chosen."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torch.nn.functional as F

import nst_lessons as nst
from nst_lessons import convolve, winograd
from nst_lessons.convolve import FrozenConv, nnpack_available

SHAPES = [(1, 3, 64, 30, 33), (2, 5, 7, 16, 24), (1, 64, 32, 9, 130), (1, 128, 96, 4, 5)]  # batch, in, out, height, width


@pytest.fixture
def nothing_kept(monkeypatch, tmp_path):
    """No choice was made before; what is chosen is kept in a folder of the test's own."""
    convolve._choices.cache_clear()
    monkeypatch.setattr(convolve, "_kept_in", lambda: tmp_path / "cache" / "choices.json")
    monkeypatch.delenv("NST_CONV", raising=False)
    yield tmp_path / "cache" / "choices.json"
    convolve._choices.cache_clear()


def test_each_processor_has_choices_of_its_own(monkeypatch):
    """A school's computers may share a home folder."""
    here = convolve._kept_in()
    monkeypatch.setattr(convolve, "processor", lambda: "Another(R) CPU @ 2.0/2.5 GHz")
    there = convolve._kept_in()
    assert there != here and there.parent == here.parent and there.name.endswith("-Another-R-CPU-2.0-2.5-GHz.json")


def made(inputs, outputs, seed=0):
    random = torch.Generator().manual_seed(seed)
    kernel = torch.randn(outputs, inputs, 3, 3, generator=random) / (9 * inputs) ** 0.5
    return FrozenConv(kernel, torch.randn(outputs, generator=random)).to(memory_format=torch.channels_last)


WAYS = [
    ("direct", None),
    ("nnpack", convolve.STRIP),
    ("nnpack", 1),
    ("winograd", None),
]  # 1: the fewest rows at a time


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("way", "strip"), WAYS)
@pytest.mark.parametrize(("batch", "inputs", "outputs", "height", "width"), SHAPES)
def test_every_way_is_the_convolution_and_its_gradient(way, strip, batch, inputs, outputs, height, width, layout, monkeypatch):
    if way == "nnpack" and not nnpack_available():
        pytest.skip("this PyTorch has no NNPACK")
    monkeypatch.setenv("NST_CONV", way)
    monkeypatch.setattr(convolve, "STRIP", strip)
    conv = made(inputs, outputs)
    x = torch.randn(batch, inputs, height, width, generator=torch.Generator().manual_seed(1))
    exact = x.double().requires_grad_()
    expected = F.conv2d(exact, conv.weight.double(), conv.bias.double(), padding=1)
    gradient = torch.randn(expected.shape, generator=torch.Generator().manual_seed(2))
    expected.backward(gradient.double())
    for found, wanted in (
        (convolve.convolve(conv, x.contiguous(memory_format=layout)), expected.detach()),
        (convolve.convolve(conv, gradient.contiguous(memory_format=layout), back=True), exact.grad),
    ):
        assert found.shape == wanted.shape and (found - wanted).norm() / wanted.norm() < 1e-4
        assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("tiles", [8, 60])  # one row of tiles at a time; several, and one fewer in the first share
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cores_share_out_the_rows_of_tiles_and_torch_keeps_its_number_of_threads(threads, tiles, back, monkeypatch):
    monkeypatch.setattr(winograd, "TILES", tiles)
    winograd._cores.cache_clear()
    conv, x, before = made(8, 16) if back else made(16, 8), torch.rand(2, 16, 42, 23), torch.get_num_threads()
    together = threading.Barrier(threads, timeout=10)

    def number(_):
        together.wait()  # so that each thread of the pool answers
        return torch.get_num_threads()

    torch.set_num_threads(threads)
    try:
        found = convolve._winograd(conv, x, back)
        afterwards = torch.get_num_threads(), ThreadPoolExecutor(1).submit(torch.get_num_threads).result()
        numbers = list(winograd._cores(threads).map(number, range(threads)))
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(found, convolve._direct(conv, x, back), rtol=1e-4, atol=1e-5)
    assert afterwards == (threads, threads) and numbers == threads * [1]


class Pool:
    """Threads of which one takes a share of the rows and is lost with it. Then `error` is raised."""

    def __init__(self, error):
        self.error = error

    def map(self, work, left):
        self.left = left[0]
        next(self.left)
        raise self.error


def test_where_no_thread_can_start_one_computes_all_rows(monkeypatch):
    pool = Pool(RuntimeError("cannot schedule new futures after interpreter shutdown"))
    monkeypatch.setattr(winograd, "_cores", lambda threads: pool)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    conv, x = made(16, 8), torch.rand(1, 16, 90, 100)
    torch.testing.assert_close(convolve._winograd(conv, x, False), conv(x), rtol=1e-4, atol=1e-5)


def test_after_an_interrupt_no_core_takes_another_share(monkeypatch):
    class Interrupted(Pool):
        def map(self, work, left):
            yield
            super().map(work, left)

    pool = Interrupted(KeyboardInterrupt)
    monkeypatch.setattr(winograd, "_cores", lambda threads: pool)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    with pytest.raises(KeyboardInterrupt):
        convolve._winograd(made(16, 8), torch.rand(1, 16, 90, 100), False)
    assert list(pool.left) == []


def test_a_network_that_moves_takes_its_flipped_kernels_along():
    conv, gradient = made(5, 7), torch.randn(1, 7, 8, 8)
    before = convolve.convolve(conv, gradient, back=True)
    conv.double()
    after = convolve.convolve(conv, gradient.double(), back=True)
    assert after.dtype == torch.float64 and (after - before).norm() / before.norm() < 1e-4


def test_the_quickest_is_chosen_once_and_kept_for_the_next_process(nothing_kept, monkeypatch):
    calls = dict.fromkeys(convolve._WAYS, 0)

    def counted(name, way):
        def call(*arguments):
            calls[name] += 1
            return way(*arguments)

        return call

    monkeypatch.setattr(convolve, "_WAYS", {name: counted(name, convolve._direct) for name in convolve._WAYS})
    seconds = iter([0.2, 0.3, 0.1])
    monkeypatch.setattr(convolve, "_timed", lambda function, cold: (function(), next(seconds)))
    conv, x = made(4, 4), torch.rand(1, 4, 8, 8)
    convolve.convolve(conv, x)
    assert calls == {"direct": 1, "nnpack": 1, "winograd": 2}  # each tried, and the last one used
    convolve._choices.cache_clear()  # another process
    convolve.convolve(conv, x)
    assert calls["winograd"] == 3 and list(json.loads(nothing_kept.read_text()).values()) == ["winograd"]


@pytest.mark.parametrize("fault", [RuntimeError("nnpack refuses"), "wrong", "NaN"])
def test_one_that_raises_or_is_wrong_is_never_chosen(fault, nothing_kept, monkeypatch):
    def broken(conv, x, back):
        if isinstance(fault, Exception):
            raise fault
        return convolve._direct(conv, x, back) * (1.002 if fault == "wrong" else float("nan"))

    monkeypatch.setitem(convolve._WAYS, "winograd", broken)
    monkeypatch.setattr(convolve, "nnpack_available", lambda: False)
    seconds = iter([0.2, 0.1])  # it would be the quickest
    monkeypatch.setattr(convolve, "_timed", lambda function, cold: (function(), next(seconds)))
    conv, x = made(4, 4), torch.rand(1, 4, 8, 8)
    torch.testing.assert_close(convolve.convolve(conv, x), convolve._direct(conv, x, False))
    assert set(convolve._choices().values()) == {"direct"}


def test_maps_of_about_one_size_share_a_choice_and_of_large_ones_only_a_piece_is_timed(nothing_kept, monkeypatch):
    sizes = []
    monkeypatch.setattr(convolve, "PIECE", (4 * 20, 4 * 30))
    monkeypatch.setattr(convolve, "_quickest", lambda conv, x, back: sizes.append(tuple(x.shape[2:])) or "direct")
    conv = made(4, 4)
    for height, width in [(9, 12), (12, 9), (10, 12), (100, 300), (300, 100)]:
        convolve.convolve(conv, torch.rand(1, 4, height, width))
    assert sizes == [(9, 12), (20, 30)] and len(convolve._choices()) == 2


def test_layers_of_a_pictures_colours_are_computed_directly_and_not_timed(nothing_kept):
    for inputs, outputs in [(3, 64), (64, 3)]:
        conv, x = made(inputs, outputs), torch.rand(1, inputs, 16, 16)
        torch.testing.assert_close(convolve.convolve(conv, x), conv(x))
    assert not convolve._choices()


def test_without_nnpack_the_others_are_compared_and_who_forces_it_is_told(nothing_kept, monkeypatch):
    monkeypatch.setattr(convolve, "nnpack_available", lambda: False)
    conv, x = made(4, 4), torch.rand(1, 4, 8, 8)
    convolve.convolve(conv, x)
    assert set(convolve._choices().values()) <= {"direct", "winograd"}
    monkeypatch.setenv("NST_CONV", "nnpack")
    with pytest.raises(RuntimeError, match="no NNPACK, or NNPACK refuses this processor: leave NST_CONV unset"):
        convolve.convolve(conv, x)


def test_choices_that_cannot_be_read_or_written_are_made_anew(nothing_kept, monkeypatch):
    nothing_kept.parent.mkdir()
    nothing_kept.write_text('["not what was kept"]')
    assert convolve._choices() == {}
    nothing_kept.unlink()
    nothing_kept.parent.rmdir()
    nothing_kept.parent.write_text("a file where the folder should be")
    convolve.convolve(made(4, 4), torch.rand(1, 4, 8, 8))
    assert len(convolve._choices()) == 1


def test_a_name_that_is_none_of_the_three_is_refused_with_the_list(monkeypatch):
    monkeypatch.setenv("NST_CONV", "fft")
    with pytest.raises(ValueError, match="NST_CONV is 'fft': choose direct, nnpack, winograd"):
        nst.VGG(device="cpu")
