"""Parsons problems: an order is accepted exactly if the program that it makes computes the right result.

Each program is run with small numbers. The right result comes from numpy, or from formulas written out here.
"""

import importlib
import random
import re
from collections.abc import Callable
from itertools import combinations, permutations

import nbformat
import numpy as np
import pytest
import torch

from nst_lessons.checks import puzzles_from_05, puzzles_to_04
from nst_lessons.checks.hand_in import OTHER, kind
from nst_lessons.checks.parsons import Parsons
from tests.conftest import ROOT

PUZZLES = {
    name: one for module in (puzzles_to_04, puzzles_from_05) for name, one in vars(module).items() if isinstance(one, Parsons)
}
MOST = 3000  # programs with a line too many that are run for each problem, besides those nearest to the right ones
RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape)


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array)  # float64, and a copy


def plain(value: object) -> object:
    return value.detach().numpy().copy() if isinstance(value, torch.Tensor) else value


# For each problem: what its names mean, how its function is tried, and what must come out.


def of_extractor() -> tuple[dict, Callable, list]:
    image = numbers(3)
    steps = {"a": lambda x: x + 1, "b": lambda x: 3 * x, "c": lambda x: x**2, "d": lambda x: x - 5}
    right = [["a", "c"], image + 1, (3 * (image + 1)) ** 2]

    def tried(extract):
        found = extract(tensor(image), steps, {"c", "a"})
        return [sorted(found), found["a"], found["c"]]

    return {}, tried, right


def of_variation() -> tuple[dict, Callable, list]:
    image = numbers(1, 3, 5, 7)
    right = (np.diff(image, axis=2) ** 2).mean() + (np.diff(image, axis=3) ** 2).mean()
    return {}, lambda total_variation: [total_variation(tensor(image))], [right]


def _gram(F: np.ndarray) -> np.ndarray:
    return np.einsum("cn,dn->cd", F, F) / F.size


def of_style() -> tuple[dict, Callable, list]:
    features = {"one": numbers(2, 3, 5), "two": numbers(4, 3, 2), "unused": numbers(1, 1, 1)}
    targets = {"one": numbers(2, 2), "two": numbers(4, 4)}
    losses = [((_gram(features[k].reshape(len(A), -1)) - A) ** 2).sum() / (A**2).sum() for k, A in targets.items()]

    def tried(loss_of):
        return [loss_of({k: tensor(F) for k, F in features.items()}, {k: tensor(A) for k, A in targets.items()})]

    return {}, tried, [np.mean(losses)]


def _adam(u: np.ndarray, gradient_of: Callable, steps: int, lr: float) -> np.ndarray:
    """Kingma and Ba 2015, algorithm 1."""
    m = v = np.zeros_like(u)
    for t in range(1, steps + 1):
        g = gradient_of(u)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        u = u - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return u


def of_texture() -> tuple[dict, Callable, list]:
    start, goal = numbers(4), RANDOM.uniform(size=4)
    end = _adam(start, lambda u: 2 * ((1 + np.sin(u)) / 2 - goal) * np.cos(u) / 2, 4, 0.1)

    def tried(texture):
        image = texture(tensor(start).requires_grad_(), lambda x: (x - tensor(goal)).square().sum(), 4)
        return [image, image.requires_grad]

    return {}, tried, [(1 + np.sin(end)) / 2, False]


def of_closure() -> tuple[dict, Callable, list]:
    start, photo = numbers(5), numbers(5)
    canvas = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    scope = {"canvas": canvas, "photo": tensor(photo), "loss_of": lambda x: (x**3).sum()}
    scope["optimizer"] = torch.optim.LBFGS([canvas])

    def tried(closure):
        with torch.no_grad():
            canvas.copy_(tensor(start))
        canvas.grad = None
        closure()
        with torch.no_grad():
            canvas.add_(1)
        return [closure(), canvas.grad, canvas]

    return scope, tried, [((start + 1) ** 3).sum(), 3 * (start + 1) ** 2, start + 1]


def of_sizes() -> tuple[dict, Callable, list]:
    photo, painting = numbers(8), numbers(8)

    def resize(image, size):
        return image[:: len(image) // size] if size < len(image) else image.repeat_interleave(size // len(image))

    def minimise(canvas, loss_of):
        return canvas - 0.1 * torch.func.grad(loss_of)(canvas)

    def loss_between(content, style):
        def loss_of(canvas):
            if canvas.shape != content.shape:
                raise ValueError("sizes")
            return (canvas - content).square().sum() + (canvas - style).square().sum()

        return loss_of

    canvas = photo[::4]
    for size, before in ((2, 2), (4, 2), (8, 4)):
        canvas = np.repeat(canvas, size // before)
        canvas = canvas - 0.2 * ((canvas - photo[:: 8 // size]) + (canvas - painting[:: 8 // size]))
    scope = {"resize": resize, "minimise": minimise, "loss_between": loss_between}
    return scope, lambda run: [run(tensor(photo), tensor(painting), (2, 4, 8))], [canvas]


def of_mixed() -> tuple[dict, Callable, list]:
    styles, weights = [numbers(3, 5), numbers(3, 4), numbers(3, 7)], [1, 3, 4]
    right = np.average([_gram(F) for F in styles], axis=0, weights=weights)
    return {}, lambda mixed: [mixed([tensor(F) for F in styles], weights)], [right]


def of_prepare() -> tuple[dict, Callable, list]:
    pixels = RANDOM.integers(0, 256, size=(4, 5, 3), dtype=np.uint8)
    mean, std = np.array([0.5, 0.4, 0.3]), np.array([0.2, 0.3, 0.5])
    right = np.stack([(pixels[..., c] / 255 - mean[c]) / std[c] for c in range(3)])[None]
    return {}, lambda f: [f(pixels.copy(), tensor(mean).view(3, 1, 1), tensor(std).view(3, 1, 1))], [right]


def of_whiten() -> tuple[dict, Callable, list]:
    x = numbers(3, 3) @ numbers(3, 50) + 2
    centred = x - x.mean(1)[:, None]
    U, _, V = np.linalg.svd(centred, full_matrices=False)  # the whitened points nearest to the centred ones
    return {}, lambda whitened: [whitened(tensor(x))], [np.sqrt(50) * U @ V]


def of_levels() -> tuple[dict, Callable, list]:
    photo, painting = numbers(4), numbers(4)

    def encode(image, level):
        return torch.tanh(image * level)

    def transform(content, style):
        return content + style * style.mean()

    def decode(features, level):
        return features * level + 1

    image = photo
    for level in (4, 3, 2, 1):
        style = np.tanh(painting * level)
        image = (np.tanh(image * level) + style * style.mean()) * level + 1
    return {}, lambda f: [f(tensor(photo), tensor(painting), encode, transform, decode)], [image]


def of_training() -> tuple[dict, Callable, list]:
    batches, start = [numbers(3), numbers(3), numbers(3)], 0.3
    weight = start
    for photos in batches:  # loss: the sum of (w p - 2 p)^2, so its slope is the sum of 2 (w - 2) p^2
        weight = weight - 0.05 * (2 * (weight - 2) * photos**2).sum()

    def tried(train):
        painter = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
        with torch.no_grad():
            painter.weight.fill_(start)
        optimizer = torch.optim.SGD(painter.parameters(), lr=0.05)
        given = train(painter, optimizer, [tensor(photos)[:, None] for photos in batches])
        return [given is painter, painter.weight]

    scope = {"loss_of": lambda pictures, photos: (pictures - 2 * photos).square().sum()}
    return scope, tried, [True, np.array([[weight]])]


def of_warp() -> tuple[dict, Callable, list]:
    image, flow = numbers(3, 5, 7), RANDOM.integers(-3, 4, size=(2, 5, 7))
    right = np.empty_like(image)
    for y in range(5):
        for x in range(7):
            right[:, y, x] = image[:, min(max(y + flow[1, y, x], 0), 4), min(max(x + flow[0, y, x], 0), 6)]
    return {}, lambda warped: [warped(tensor(image), tensor(flow[0]), tensor(flow[1]))], [right]


RUNS = {name: globals()[f"of_{name.removesuffix('_order')}"]() for name in PUZZLES}


@pytest.fixture(params=PUZZLES, ids=lambda name: name)
def name(request) -> str:
    return request.param


def computes_the_right_result(name: str, program: str) -> bool:
    scope, tried, right = RUNS[name]
    scope = {"torch": torch, **scope}
    try:
        exec(program, scope)
        found = [plain(one) for one in tried(scope[re.match(r"def (\w+)", program)[1]])]
        return all(alike(*pair) for pair in zip(found, right, strict=True))
    except Exception:
        return False


def alike(found: object, right: object) -> bool:
    if isinstance(right, list | bool):
        return found == right
    return np.shape(found) == np.shape(right) and np.allclose(found, right, rtol=1e-5, atol=1e-6)  # some are float32


def some(answers: list) -> list:
    return answers if len(answers) <= MOST else random.Random(0).sample(answers, MOST)


def test_an_order_is_accepted_exactly_if_its_program_computes_the_right_result(name):
    one, accepted, rejected = PUZZLES[name], [], []
    for order in permutations(one.order):
        (accepted if one.verdict(order).state == "right" else rejected).append(order)
    assert one.order in map(list, accepted)
    assert all(computes_the_right_result(name, one.program(order)) for order in accepted)
    wrongly = [order for order in rejected if computes_the_right_result(name, one.program(order))]
    assert not wrongly, one.program(wrongly[0])


def test_every_rejected_order_gets_a_reason_that_names_two_lines_as_they_stand(name):
    one = PUZZLES[name]
    verdicts = {order: one.verdict(order) for order in permutations(one.order)}
    for order, message in ((order, verdict.message) for order, verdict in verdicts.items() if verdict.state != "right"):
        upper, lower = map(int, re.match(r"line (\d+), `.*`, stands above line (\d+), `", message).groups())
        assert order.index(upper) < order.index(lower), message
        assert message.split(": ")[-1].rstrip(".") in {rule.because for rule in one.rules}


def test_no_program_with_a_line_too_many_computes_the_right_result(name):
    """Programs with one or both of the lines that do not belong: all that are nearly right, and a sample of the others."""
    one = PUZZLES[name]
    extra = [number for number in one.numbered if number not in one.order]
    assert len(extra) == 2
    others = [lines for lines in combinations(one.numbered, len(one.order)) if set(lines) & set(extra)]
    answers = some([order for lines in others for order in permutations(lines)])
    right = [order for order in permutations(one.order) if one.verdict(order).state == "right"]
    for answer in answers + [order for lines in others for order in _nearly(right, lines)]:
        assert not computes_the_right_result(name, one.program(answer)), one.program(answer)
        assert one.verdict(answer).state == "wrong"


def _nearly(right: list[tuple], lines: tuple) -> list:
    """The right orders, with some lines exchanged for those that do not belong."""
    new, old = set(lines) - set(right[0]), set(right[0]) - set(lines)
    changes = [dict(zip(gone, new, strict=True)) for gone in permutations(old)]
    return [[change.get(number, number) for number in order] for change in changes for order in right]


@pytest.mark.parametrize(
    "answer",
    [
        lambda order: tuple(order),
        lambda order: np.array(order),
        lambda order: torch.tensor(order),
        lambda order: list(map(np.int64, order)),
        lambda order: list(map(float, order)),
        lambda order: list(map(str, order)),
        lambda order: [f"line {number}" for number in order],
        lambda order: str(order),
        lambda order: " ".join(map(str, order)),
        lambda order: ", ".join(map(str, order[:-1])) + f" und {order[-1]}",
        lambda order: "-".join(map(str, order)),
        lambda order: (number for number in order),
    ],
)
def test_a_right_order_is_right_however_it_is_written(name, answer):
    one = PUZZLES[name]
    assert one.verdict(answer(one.order)).state == "right"


@pytest.mark.parametrize("answer", [..., None, "", " ", [], (), {}, [3, ...], [[1, ...]]], ids=repr)
def test_an_empty_answer_is_not_tried_yet(answer):
    assert PUZZLES["closure_order"].verdict(answer).state == "untried"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({1, 2, 3}, "it has no order"),
        ({1: 2}, "it has no order"),
        ("the loop first", "give a list of line numbers"),
        (len, "give a list of line numbers"),
        ([1, len], "give a list of line numbers"),
        ([1.5, 2], "there is no line 1.5"),
        ([0, 1, 2], "there is no line 0"),
        (-1, "there is no line -1"),
        ("4213", "there is no line 4213"),
        ([float("nan")], "there is no line nan"),
        (range(1, 7), "does not belong"),
        (3, "a line is missing"),
        ([[3, 3]], "use each line once"),
    ],
    ids=repr,
)
def test_what_is_no_order_gets_a_sentence(answer, words):
    verdict = PUZZLES["closure_order"].verdict(answer)
    assert verdict.state == "wrong" and words in verdict.message


def test_every_message_is_known_to_the_page_about_the_room(name):
    one, draw = PUZZLES[name], random.Random(0)
    for _ in range(50):
        answer = draw.sample(sorted(one.numbered), draw.randint(1, len(one.numbered)))
        verdict = one.verdict(answer)
        assert verdict.state == "right" or kind(verdict) != OTHER, verdict


def test_lines_hints_and_solution(name, capsys):
    one = PUZZLES[name]
    one.show()
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].strip() == one.head and len(shown) == len(one.lines) + 4
    assert [line[4:] for line in shown[1:-1]] == list(one.numbered.values())
    assert list(one.numbered.values()) != [code for code, _ in one.lines.values()]
    codes = [code.strip() for code in one.numbered.values()]
    assert not [code for code in codes for hint in one.hints[:2] if code in hint]
    one.solution()
    told = capsys.readouterr().out
    assert told.startswith(one.program(one.order)) and one.why in told and str(one.order) in told
    assert all(reason in told for reason in one.too_many.values())


def test_the_notebooks_have_each_problem_once_with_the_lines_as_they_are_shown_now(name, capsys):
    PUZZLES[name].show()
    shown, found = capsys.readouterr().out, []
    for path in sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        for lines, answer, check in zip(cells, cells[1:], cells[2:], strict=False):
            if lines.source == f"q.{name}.show()":
                found.append(path.stem[:2])
                assert "".join(output.text for output in lines.outputs) == shown
                assert answer.source.startswith(f"# solution\nmy_{name} = {PUZZLES[name].order}")
                assert check.source == f"q.{name}.check(my_{name})"
                lesson = importlib.import_module(f"nst_lessons.checks.lesson_{path.stem[:2]}")
                assert getattr(lesson, name) is PUZZLES[name]
    assert len(found) == 1
