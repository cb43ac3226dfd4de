import torch
from skimage import color

from nst_lessons.checks import lesson_05
from tests.checks import Case, puzzles


def _keep_stub(painted, photo):
    """The picture."""
    ...


def _mask_stub(height, width, share):
    """The mask."""
    ...


def _y(image):
    return torch.einsum("bchw,c->bhw", image, torch.tensor([0.299, 0.587, 0.114]))[:, None]


def _by_yiq(painted, photo):
    """Through scikit-image's YIQ."""
    both = [torch.from_numpy(color.rgb2yiq(image[0].permute(1, 2, 0).numpy())) for image in (painted, photo)]
    joined = torch.cat([both[0][..., :1], both[1][..., 1:]], dim=-1)
    return torch.from_numpy(color.yiq2rgb(joined.numpy())).permute(2, 0, 1)[None].float()


def _rows(height, width, share):
    mask = torch.zeros(height, width)
    for row in range(round(share * height)):
        mask[row] = 1
    return mask[None, None]


CASES = {
    "keep_colours": Case(
        right=[lambda a, b: b + (_y(a) - _y(b)), _by_yiq],
        wrong=[
            (lambda a, b: a - _y(a) + _y(b), "wrong way round"),
            (lambda a, b: b + _y(a), "still in it"),
            (lambda a, b: _y(a).repeat(1, 3, 1, 1), "in grey"),
            (lambda a, b: b - b.mean(1, keepdim=True) + a.mean(1, keepdim=True), "green as brighter"),
            (lambda a, b: a, "nothing has changed"),
            (lambda a, b: (b - _y(b))[0], "axis is missing"),
        ],
        stub=_keep_stub,
        crashing=lambda a, b: a @ torch.zeros(99, 1),
    ),
    "stroke_size": Case(
        right=[(0.5, {0.5: 0.03, 1: 0.02, 2: 0.01}), (2.0, {0.5: 0.01, 1: 0.02, 2: 0.03})],
        wrong=[
            ((2, {0.5: 0.03, 1: 0.02, 2: 0.01}), "at 2 is smaller"),
            ((1, {0.5: 0.03, 1: 0.02, 2: 0.01}), "in the middle"),
            ((7, {0.5: 0.03, 1: 0.02, 2: 0.01}), "none of the choices"),
        ],
        stub=...,
        crashing=None,
    ),
    "share": Case(
        right=[0.75, 3 / (1 + 3)],
        wrong=[
            (3, "as given"),
            (0.25, "of the first"),
            (0.5, "alike"),
            (1 / 3, "ratio of the two"),
            ("three", "the text 'three'"),
            (75, "per cent"),
        ],
        stub=...,
        crashing=None,
    ),
    "upper_mask": Case(
        right=[_rows, lambda h, w, s: (torch.arange(h) < round(s * h)).float()[None, None, :, None].repeat(1, 1, 1, w)],
        wrong=[
            (lambda h, w, s: _rows(h, w, s).flip(2), "lower part"),
            (lambda h, w, s: 1 - _rows(h, w, s), "swapped"),
            (lambda h, w, s: _rows(w, h, s).transpose(2, 3), "left part"),
            (lambda h, w, s: torch.ones(1, 1, h, w), "white everywhere"),
            (lambda h, w, s: _rows(h, w, s)[0, 0], "has the shape"),
        ],
        stub=_mask_stub,
        crashing=lambda h, w, s: torch.zeros(h)[w * h],
    ),
}
CASES |= puzzles.cases(lesson_05)
