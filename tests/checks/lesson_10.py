import torch
import torch.nn.functional as F

from tests.checks import Case


def _nearest_stub(query, keys):
    """Row numbers."""
    ...


def _loss_stub(columns, target):
    """A mean."""
    ...


def _centre(rows):
    return rows - rows.mean(0)


def _by_loops(query, keys):
    found = []
    for row in _centre(query):
        scores = [torch.dot(row, key) / key.norm() for key in _centre(keys)]
        found.append(max(range(len(keys)), key=lambda index: scores[index]))
    return torch.tensor(found)


def _by_distance_on_the_sphere(query, keys):
    q, k = F.normalize(_centre(query)), F.normalize(_centre(keys))
    return torch.cdist(q, k).argmin(1)


def _table(query, keys):
    return F.cosine_similarity(query[:, None], keys[None], dim=2)


def _by_hand(columns, target):
    product = torch.einsum("bchw,bchw->bhw", columns, target)
    lengths = (columns**2).sum(1).sqrt() * (target**2).sum(1).sqrt()
    return 1 - (product / lengths).mean()


def _by_unit_vectors(columns, target):
    return (F.normalize(columns) - F.normalize(target)).square().sum(1).mean() / 2


CASES = {
    "by_hand": Case(
        right=["CADB", "c a d b", ["C", "A", "D", "B"], "C, A, D, B"],
        wrong=[
            ("DAAD", "as they are"),
            ("AAAA", "nearest in the plane"),
            ("BAAB", "compare distances"),
            ("CCDB", "largest product"),
            ("AADD", "one mean of all eight"),
            ("DBCA", "the opposite way"),
            ("CABD", "2 of 4 are right"),
            ("CAD", "four letters"),
            (3142, "as one text"),
        ],
        stub=...,
        crashing=None,
    ),
    "nearest": Case(
        right=[_by_loops, _by_distance_on_the_sphere, lambda q, k: _table(_centre(q), _centre(k)).max(1).indices],
        wrong=[
            (lambda q, k: _table(q, k).argmax(1), "means are missing"),
            (lambda q, k: torch.cdist(_centre(q), _centre(k)).argmin(1), "compare directions"),
            (lambda q, k: (_centre(q) @ _centre(k).T).argmax(1), "largest product"),
            (lambda q, k: _table(_centre(q), _centre(k)).argmin(1), "LEAST similar"),
            (lambda q, k: _table(_centre(q), _centre(k)).argmax(0), "arguments are swapped"),
            (lambda q, k: _table(_centre(q), _centre(k)).max(1).values, "not `max`"),
            (lambda q, k: _table(q - q.mean(), k - k.mean()).argmax(1), "you subtract one number"),
        ],
        stub=_nearest_stub,
        crashing=lambda q, k: q @ k,
    ),
    "matched_loss": Case(
        right=[_by_hand, _by_unit_vectors],
        wrong=[
            (lambda c, t: F.cosine_similarity(c, t).mean(), "mean cosine"),
            (lambda c, t: (1 - F.cosine_similarity(c, t)).sum(), "take the mean"),
            (lambda c, t: (1 - F.cosine_similarity(c, t, dim=-1)).mean(), "over the width"),
            (lambda c, t: 1 - F.cosine_similarity(c.flatten(), t.flatten(), dim=0), "two whole maps"),
            (lambda c, t: F.mse_loss(c, t), "squared distance"),
            (lambda c, t: _by_hand(c, t).item(), "no gradient"),
            (lambda c, t: 1 - F.cosine_similarity(c, t), "mean over"),
        ],
        stub=_loss_stub,
        crashing=lambda c, t: c @ t.view(999),
    ),
}
