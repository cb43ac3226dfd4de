"""The exercises of 02_content."""

import math

import torch

from nst_lessons.checks.question import Question, Wrong, one_of, same_as


def _features(channels: int, height: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Features F and a target P, both (1, C, H, W), of different strength, none negative, as after a ReLU."""
    both = torch.rand(2, 1, channels, height, width, generator=torch.Generator().manual_seed(seed))
    return both[0], (2 + seed) * both[1]


def _loss(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    return (F - P).square().sum() / P.square().sum()


content_loss = Question(
    same_as(
        _loss,
        [_features(3, 4, 5, 0), _features(8, 6, 3, 1)],
        [
            (
                "that is the paper's equation (1) as it stands, with its 1/2. Now measure it in units of the target's own "
                "energy, the sum of P².",
                lambda F, P: (F - P).square().sum() / 2,
            ),
            ("divide by the target's own energy, the sum of P².", lambda F, P: (F - P).square().sum()),
            (
                "the 1/2 of the paper's equation (1) has no place here: there is nothing but one sum divided by the other.",
                lambda F, P: _loss(F, P) / 2,
            ),
            (
                "that is the mean of the squares: divide by the mean of P², or take both as sums.",
                lambda F, P: (F - P).square().mean(),
            ),
            ("a mean above and a sum below: take both as sums, or both as means.", lambda F, P: _loss(F, P) / F.numel()),
            (
                "you have divided by the energy of F: it changes while the picture changes; the target P stays.",
                lambda F, P: (F - P).square().sum() / F.square().sum(),
            ),
            (
                "square the differences: as they are, those above and those below cancel.",
                lambda F, P: (F - P).sum() / P.square().sum(),
            ),
            ("that is the square root of it: the lesson takes the squares as they are.", lambda F, P: _loss(F, P).sqrt()),
            ("absolute differences instead of squares.", lambda F, P: (F - P).abs().sum() / P.abs().sum()),
        ],
    ),
    hints=[
        "A sum of squared differences, in units of the target's own sum of squares.",
        "`(F - P).square().sum()` is the upper half. The lower half has P alone.",
    ],
    code="""
    def content_loss(F, P):
        return (F - P).square().sum() / P.square().sum()
    """,
    why="0 means the same features; near 1, a difference as strong as the features themselves. So layers can be compared.",
)


def _psnr(image: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    return -10 * (image - photo).square().mean().log10()


def _pictures(noise: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    photo = torch.rand(1, 3, 8, 6 + seed, generator=generator)
    return (photo + noise * torch.randn(photo.shape, generator=generator)).clamp(0, 1), photo


psnr = Question(
    same_as(
        _psnr,
        [_pictures(0.02, 0), _pictures(0.1, 1), _pictures(0.4, 2)],
        [
            (
                "that is the mean squared error. Now turn it into decibels: the logarithm of 1/MSE to the base 10, times 10.",
                lambda a, b: (a - b).square().mean(),
            ),
            ("the sign: a better picture must have MORE decibels. It is the logarithm of 1/MSE.", lambda a, b: -_psnr(a, b)),
            ("that is the natural logarithm: decibels are made with `log10`.", lambda a, b: _psnr(a, b) * math.log(10)),
            (
                "twice too much: 20 belongs to the root of the mean squared error, 10 to the mean itself.",
                lambda a, b: 2 * _psnr(a, b),
            ),
            ("half of what it should be: leave out the square root, or take 20 for 10.", lambda a, b: _psnr(a, b) / 2),
            ("the 10 in front of the logarithm is missing.", lambda a, b: _psnr(a, b) / 10),
            (
                "the largest value of a pixel is 1 here, not 255: nothing but 1/MSE stands in the logarithm.",
                lambda a, b: _psnr(a, b) + 20 * math.log10(255),
            ),
            (
                "you have taken the SUM of the squares: the mean is wanted, or a larger picture would count as a worse one.",
                lambda a, b: -10 * (a - b).square().sum().log10(),
            ),
            ("absolute differences instead of squares.", lambda a, b: -10 * (a - b).abs().mean().log10()),
        ],
    ),
    hints=[
        "First one number for the error: the mean of the squared differences over all pixels and colours (MSE).",
        "`mse = (image - photo).square().mean()`; then 10 times the logarithm, base 10, of 1 / mse.",
    ],
    code="""
    def psnr(image, photo):
        mse = (image - photo).square().mean()
        return 10 * torch.log10(1 / mse)
    """,
    why="Ten decibels more: a tenth of the squared error. As a rule of thumb, 40 looks the same, and at 20 you see the damage.",
)


def _map(F: torch.Tensor, P: torch.Tensor) -> torch.Tensor:
    return (F - P).square().sum(1)[0] / P.square().sum()


loss_map = Question(
    same_as(
        _map,
        [_features(3, 4, 5, 0), _features(8, 6, 3, 1)],
        [
            (
                "divide by the energy of the whole target, so that the map adds up to the content loss.",
                lambda F, P: (F - P).square().sum(1)[0],
            ),
            (
                "that is the mean over the channels: sum over them, or the map adds up to less than the content loss.",
                lambda F, P: _map(F, P) / F.shape[1],
            ),
            (
                "you divide at each place by the energy of that place: divide all by ONE number, that of the whole target.",
                lambda F, P: (F - P).square().sum(1)[0] / P.square().sum(1)[0],
            ),
            (
                "you have summed over the positions: one number a channel is left. Sum over the channels.",
                lambda F, P: (F - P).square().sum((0, 2, 3)) / P.square().sum(),
            ),
            ("nothing is left to draw: that is the content loss of the whole picture. Sum over the channels alone.", _loss),
            ("right but for its shape: (1, H, W) is a batch of one map, and (H, W) is wanted.", lambda F, P: _map(F, P)[None]),
            ("that is the square root of it: then it does not add up to the content loss.", lambda F, P: _map(F, P).sqrt()),
        ],
    ),
    hints=[
        "The content loss is a sum over channels AND positions. Leave out the sum over the positions.",
        "`.sum(1)` on (1, C, H, W) sums the channels away and leaves (1, H, W); `[0]` takes the first of the batch.",
    ],
    code="""
    def loss_map(F, P):
        return (F - P).square().sum(1)[0] / P.square().sum()
    """,
    why="Added up over all places it is the content loss again: the same sum, not yet finished.",
)


_OF_A_CHANGE = {
    "blur": "Blurred, the picture loses its fine grain, and all else stays where it was, colours too.",
    "noise": "Weak noise is small at each pixel, and a layer that sees a neighbourhood averages some of it away.",
    "shift": "Eight pixels are much where a layer sees three, but half a step of the grid of relu5_1.",
    "colours": "Exchanged colours leave every edge and every object at its place; only a layer that looks at colour minds.",
    "mirror": "Mirrored, each place shows something else, but the colours are those of the same cat.",
}


def _examine_most_moved(shallow: str, deep: str, measured: dict[str, dict[str, float]]) -> None:
    first, *_, last = measured.values()
    for guess, losses, where in ((shallow, first, "at the first layer"), (deep, last, "at the deep layer")):
        choice = guess.strip().lower() if isinstance(guess, str) else guess
        if choice not in losses:
            raise Wrong(f"{guess!r} is none of the choices: {', '.join(losses)}.")
        stronger = sum(value > losses[choice] for value in losses.values())
        if stronger:
            raise Wrong(
                f"{where}, changes that count for more than your {choice!r}: {stronger}. {_OF_A_CHANGE.get(choice, '')}"
            )


most_moved = Question(
    _examine_most_moved,
    hints=[
        "What can a layer see that looks at 3 x 3 pixels? And one that looks at most of the picture?",
        "The first layer knows colours and edges, a deep one knows which object is where. Which change spoils which knowledge?",
    ],
    code="""
    shallow_guess = "colours"
    deep_guess = "mirror"
    """,
    why="the tallest bars of the first and the last group. A layer that sees 3 x 3 pixels has colours and edges to go by; a "
    "deep one goes by what stands where.",
)


def _examine_first_below(guess: str, decibels: dict[str, float]) -> None:
    choice = guess.strip().lower() if isinstance(guess, str) else guess
    layers = list(decibels)
    if choice not in layers:
        raise Wrong(f"{guess!r} is none of the choices: {', '.join(layers)}.")
    long_enough = decibels[layers[0]] > 30  # a run that was cut short is compared with the lesson's own
    below = [name for name in layers if decibels[name] < 20] if long_enough else layers[3:]
    if not below:
        raise Wrong(
            "with your photo and your steps no layer falls under 20 dB. Try more detail in the photo, or a larger size."
        )
    if layers.index(choice) < layers.index(below[0]):
        raise Wrong(f"what comes back through {choice} is still a good copy, above 20 dB. Go deeper.")
    if layers.index(choice) > layers.index(below[0]):
        raise Wrong(f"{choice} is under 20 dB, but not the FIRST that is: read the numbers from the left.")


first_below = Question(
    _examine_first_below,
    hints=[
        "Each pooling halves height and width: after three of them, 64 pixels stand behind one place.",
        "Read the numbers above the pictures from the left until one is under 20.",
    ],
    code='my_guess = "relu4_1"',
    why="three poolings lie before relu4_1: one place stands for 64 pixels, and which of them was bright is "
    "hardly told any more.",
)

second_noise = Question(
    one_of(
        "details",
        {
            "the same": "look at the right picture: if the two were the same, it would be dark all over. What differs?",
            "objects": "look for eyes, ears and nose in both: what must stay for the features to be the same?",
        },
    ),
    hints=[
        "Fewer numbers than pixels, as counted above the question: can they pin every pixel down?",
        "Both end near the same features. What these tell, both pictures must have; what they do not, comes from the noise.",
    ],
    code='second_guess = "details"',
    why="Both have nearly the same features: objects and their places agree. The grain is what each noise left behind.",
)
