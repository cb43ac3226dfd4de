"""The exercises of 03_style."""

import torch

from nst_lessons.checks.question import Question, Wrong, equal_to, one_of, same_as


def _features(channels: int, height: int, width: int, seed: int) -> tuple[torch.Tensor]:
    """Random features (C, H, W), none negative, as after a ReLU."""
    return (torch.rand(channels, height, width, generator=torch.Generator().manual_seed(seed)),)


def _gram(features: torch.Tensor) -> torch.Tensor:
    return torch.einsum("chw,dhw->cd", features, features) / features.numel()


def _flat(features: torch.Tensor) -> torch.Tensor:
    return features.flatten(1)


def _positions(features: torch.Tensor) -> torch.Tensor:
    return _flat(features).mT @ _flat(features) / features.numel()


def _reshaped(features: torch.Tensor) -> torch.Tensor:
    flat = features.permute(1, 2, 0).reshape(features.shape[0], -1)
    return flat @ flat.mT / features.numel()


def _rows(features: torch.Tensor) -> torch.Tensor:
    rows = features.reshape(-1, features.shape[0])  # (H*W, C), but each row is a piece of one channel
    return rows.mT @ rows / features.numel()


gram = Question(
    same_as(
        _gram,
        [_features(3, 4, 5, 0), _features(6, 2, 7, 1), _features(5, 5, 5, 2)],
        [
            ("your matrix is not divided: the lesson divides by C*H*W.", lambda f: _gram(f) * f.numel()),
            ("your matrix is divided by H*W only: the lesson divides by C*H*W.", lambda f: _gram(f) * f.shape[0]),
            ("your matrix is divided by C only: the lesson divides by C*H*W.", lambda f: _gram(f) * f[0].numel()),
            ("your matrix compares positions, not channels: it should be C x C. Which factor is transposed?", _positions),
            (
                "the rows of your matrix F are not channels: `reshape` after `permute` mixes them. Flatten the last two axes "
                "of (C, H, W) as they are.",
                _reshaped,
            ),
            (
                "`reshape` to rows of C numbers cuts each channel into pieces: make one row a channel, with `flatten(1)`.",
                _rows,
            ),
            (
                "you have subtracted the mean: that is the covariance. The Gram matrix keeps it.",
                lambda f: _gram(f - f.mean((1, 2), keepdim=True)),
            ),
        ],
    ),
    hints=[
        "Which two axes disappear? Make the features a matrix with one row a channel first.",
        "`F = features.flatten(1)` is (C, H*W). The Gram matrix is a product of F and F transposed, divided by a number.",
    ],
    code="""
    def gram(features):
        F = features.flatten(1)  # (C, H*W)
        return F @ F.T / features.numel()
    """,
    why="row i of F is channel i at all positions, so (F Fᵀ)_ij sums F_i F_j over the positions: where they were is gone.",
)

by_hand = Question(
    equal_to(
        [[0.75, 0.25], [0.25, 1.25]],
        [
            ("these are the sums: now divide them by C*H*W.", [[6, 2], [2, 10]]),
            ("divided by H*W only: the lesson divides by C*H*W, which is 8 here.", [[1.5, 0.5], [0.5, 2.5]]),
            ("you have added the values and then multiplied: multiply position by position first, then add.", [[2, 2], [2, 2]]),
            (
                "the diagonal is right; beside it stands the product of two different channels, which is not 0 here.",
                [[0.75, 0], [0, 1.25]],
            ),
        ],
    ),
    hints=[
        "G_12: multiply channel 1 and channel 2 at each of the four positions, and add the four products. Then divide.",
        "Channel 1 is 1 0 2 1, channel 2 is 0 3 1 0. The products for G_12 are 0, 0, 2, 0; C*H*W is 2*2*2.",
    ],
    code="my_G = [[6 / 8, 2 / 8], [2 / 8, 10 / 8]]",
    why="The diagonal says how strong a channel is; beside it stands how often two channels fire at the same place.",
)


def _loss(G: torch.Tensor, A: torch.Tensor) -> torch.Tensor:
    return (G - A).square().sum() / A.square().sum()


def _matrices(size: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    left, right = torch.rand(2, size, size, generator=torch.Generator().manual_seed(seed))
    return left + left.T, 2 * (right + right.T)


style_loss = Question(
    same_as(
        _loss,
        [_matrices(3, 0), _matrices(8, 1)],
        [
            (
                "divide by the target's own energy, the sum of A², so that layers can be compared.",
                lambda G, A: _loss(G, A) * A.square().sum(),
            ),
            (
                "that is the mean of the squares: divide by the target's own energy, the mean of A².",
                lambda G, A: (G - A).square().mean(),
            ),
            (
                "square the differences: as they are, those above and those below cancel.",
                lambda G, A: (G - A).sum() / A.square().sum(),
            ),
            (
                "you have divided by the energy of G: it changes during a run; the target A stays.",
                lambda G, A: _loss(G, A) * A.square().sum() / G.square().sum(),
            ),
            ("that is the square root of it: the lesson takes the squares as they are.", lambda G, A: _loss(G, A).sqrt()),
            ("absolute differences instead of squares.", lambda G, A: (G - A).abs().sum() / A.abs().sum()),
        ],
    ),
    hints=[
        "A sum of squared differences, in units of the target's own sum of squares.",
        "`(G - A).square().sum()` is the upper half. The lower half has A alone.",
    ],
    code="""
    def style_loss(G, A):
        return (G - A).square().sum() / A.square().sum()
    """,
    why="0 means the same statistics. Dividing by the energy of A makes the layers comparable, whatever their activations are.",
)

shuffle = Question(
    one_of(
        "same",
        {
            "different": "look at the sum again: it runs over all positions k, and a sum does not mind the order of its terms. "
            "What did the cell print as the style loss?",
            "zero": "shuffling moves the values, and none is lost: each product F_ik F_jk is still there, at another k.",
            "transposed": "channels i and j keep their places; only the positions k are exchanged.",
        },
    ),
    hints=[
        "G_ij is a sum over positions k. What happens to a sum when its terms come in another order?",
        "All channels are shuffled alike, so F_ik and F_jk still meet. Nothing else enters G.",
    ],
    code='my_guess = "same"',
    why="The sum over positions forgets their order. That is why a texture may put its strokes anywhere.",
)


def _who(G: torch.Tensor, painters: dict[str, torch.Tensor]) -> str:
    return min(painters, key=lambda name: _loss(G, painters[name]).item())


def _gallery(seed: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """A matrix near the second of three, which are of very different strength."""
    generator = torch.Generator().manual_seed(seed)
    painters = {
        name: k * torch.rand(4, 4, generator=generator) for name, k in (("weak", 0.2), ("middling", 1.0), ("strong", 3.0))
    }
    return painters["middling"] * 0.75, painters


def _examine_who(function) -> None:
    cases = [_gallery(seed) for seed in range(4)]
    cases += [(k * painters[name], painters) for name, k in (("strong", 1.2), ("weak", 0.9)) for _, painters in cases]
    answers = [function(G.clone(), dict(painters)) for G, painters in cases]
    if any(answer is None for answer in answers):
        raise Wrong("your function gives nothing back: does it end with `return`?")
    if any(isinstance(answer, torch.Tensor | float | int) for answer in answers):
        raise Wrong("that is a number: give back the NAME of the painter, the key of the dictionary.")
    if answers == [_who(*case) for case in cases]:
        return
    if answers == [max(ps, key=lambda name: _loss(G, ps[name]).item()) for G, ps in cases]:
        raise Wrong("that is the painter who is farthest away: the smallest loss is wanted.")
    if len(set(answers)) == 1:
        raise Wrong(f"your function says {answers[0]!r} whatever it is given: compare G with each painter's matrix.")
    raise Wrong("not always the nearest: take the style loss of G against each painter's matrix, and the name of the smallest.")


who_painted = Question(
    _examine_who,
    hints=[
        "Compute the style loss against each painter, and keep the name with the smallest.",
        "`min(painters, key=...)` goes through the names; the key is a function of a name that gives the loss.",
    ],
    code="""
    def who_painted(G, painters):
        return min(painters, key=lambda name: ((G - painters[name]).square().sum() / painters[name].square().sum()).item())
    """,
    why="Two pieces by one hand have similar Gram matrices, though they show different things: the matrix is a fingerprint.",
)
