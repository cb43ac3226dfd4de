"""Answers in lesson 10."""

import numpy as np
import torch
import torch.nn.functional as F

from tests.checks.lesson_10 import _by_distance_on_the_sphere, _by_hand, _by_loops, _by_unit_vectors, _centre, _table


def _pick(scores, *, query=_centre, keys=_centre, choose=lambda table: table.argmax(1)):
    """A search that centres both sets, fills a table of scores, and chooses."""
    return lambda q, k: choose(scores(query(q), keys(k)))


def _plain(rows):
    return rows


def _rows_centred(rows):
    return rows - rows.mean(1, keepdim=True)


def _product(query, keys):
    return query @ keys.T


def _closeness(query, keys):
    return -torch.cdist(query, keys)


def _centred_in_place(query, keys):
    query -= query.mean(0)
    keys -= keys.mean(0)
    return _table(query, keys).argmax(1)


def _by_numpy(query, keys):
    q, k = query.numpy(), keys.numpy()
    q, k = q - q.mean(0), k - k.mean(0)
    return np.argmax(q @ (k / np.linalg.norm(k, axis=1, keepdims=True)).T, axis=1)


def _mean_of(loss):
    """A loss from the mean over the positions of a function of two maps."""
    return lambda columns, target: loss(columns, target).mean()


def _cos(columns, target):
    return F.cosine_similarity(columns, target, dim=1)


def _dot(columns, target):
    return (columns * target).sum(1)


RIGHT = {
    "10.by_hand": ["CADB", "cadb", "C A D B", "C-A-D-B", ("C", "A", "D", "B"), "1C 2A 3D 4B"],
    "10.nearest": [
        *(_by_loops, _by_distance_on_the_sphere, _by_numpy, _pick(_table)),
        _pick(_table, choose=lambda table: table.sort(dim=1, descending=True).indices[:, 0]),
        _pick(_table, choose=lambda table: table.topk(1).indices.squeeze(1)),
        _pick(_table, choose=lambda table: (1 - table).argmin(1)),
        lambda q, k: [int(_table(row[None], _centre(k)).argmax()) for row in _centre(q)],
    ],
    "10.matched_loss": [
        *(_by_hand, _by_unit_vectors),
        lambda c, t: 1 - _cos(c, t).mean(),
        lambda c, t: (1 - _cos(c.flatten(2), t.flatten(2))).sum() / c[0, 0].numel(),
        lambda c, t: F.cosine_embedding_loss(
            c[0].flatten(1).T, t[0].flatten(1).T, torch.ones(c[0, 0].numel()), reduction="mean"
        ),
    ],
}

WRONG = {
    "10.by_hand": {
        "formula": ["DAAD", "AAAA", "BAAB", "CCDB", "AADD", "DBCA", "CABD", "BDAC", "ABCD", "DCBA", "CADC"],
        "container": [3142, [3, 1, 4, 2], None, len, {}, "CAD", "CADBA", "", "1234", "EFGH", True],
    },
    "10.nearest": {
        "overwritten": [_centred_in_place],
        "formula": [
            _pick(_table, query=_plain, keys=_plain),
            _pick(_table, query=_plain),
            _pick(_table, keys=_plain),
            _pick(_product),
            _pick(_product, query=_plain, keys=_plain),
            _pick(_closeness),
            _pick(_closeness, query=_plain, keys=_plain),
            _pick(_table, choose=lambda table: table.argmin(1)),
            _pick(_table, choose=lambda table: table.argmax(0)),
            _pick(_table, choose=lambda table: table.argmax()),
            _pick(_table, choose=lambda table: table.max(1).values),
            _pick(_table, choose=lambda table: table.abs().argmax(1)),
            _pick(_table, choose=lambda table: table.argmax(1) + 1),
            _pick(_table, choose=lambda table: table.argmax(1, keepdim=True)),
            _pick(_table, choose=lambda table: table),
            _pick(_table, query=lambda rows: rows - rows.mean(), keys=lambda rows: rows - rows.mean()),
            _pick(
                _table,
                query=lambda rows: rows - rows.mean(1, keepdim=True),
                keys=lambda rows: rows - rows.mean(1, keepdim=True),
            ),
            lambda q, k: _table(q - q.mean(0), k - q.mean(0)).argmax(1),
            lambda q, k: _table(q - k.mean(0), k - k.mean(0)).argmax(1),
            lambda q, k: _table(_centre(k), _centre(q)).argmax(1),
            lambda q, k: k[_table(_centre(q), _centre(k)).argmax(1)],
            lambda q, k: torch.zeros(len(q)).long(),
            lambda q, k: torch.arange(len(q)),
        ],
        "torch's words": [
            lambda q, k: (q @ k).argmax(1),
            lambda q, k: F.cosine_similarity(q, k).argmax(1),
            lambda q, k: q.normalize().argmax(1),
            lambda q, k: F.normalise(q),
        ],
    },
    "10.matched_loss": {
        "formula": [
            _mean_of(_cos),
            _mean_of(lambda c, t: 1 + _cos(c, t)),
            _mean_of(lambda c, t: -_cos(c, t)),
            lambda c, t: (1 - _cos(c, t)).sum(),
            lambda c, t: 1 - _cos(c, t),
            lambda c, t: 1 - F.cosine_similarity(c.flatten(), t.flatten(), dim=0),
            _mean_of(lambda c, t: 1 - F.cosine_similarity(c, t, dim=0)),
            _mean_of(lambda c, t: 1 - F.cosine_similarity(c, t, dim=2)),
            _mean_of(lambda c, t: 1 - F.cosine_similarity(c, t, dim=3)),
            _mean_of(lambda c, t: 1 - _dot(c, t)),
            _mean_of(lambda c, t: 1 - _dot(c, t) / c.norm(dim=1)),
            _mean_of(lambda c, t: 1 - _dot(c, t) / t.norm(dim=1)),
            _mean_of(lambda c, t: 1 - _dot(c, t) / (c.norm() * t.norm())),
            _mean_of(lambda c, t: (1 - _cos(c, t)) ** 2),
            _mean_of(lambda c, t: 1 - _cos(c, t) ** 2),
            _mean_of(lambda c, t: 1 - _cos(c, t).abs()),
            lambda c, t: F.mse_loss(c, t),
            lambda c, t: F.mse_loss(F.normalize(c), F.normalize(t)),
            lambda c, t: (F.normalize(c) - F.normalize(t)).square().sum(1).mean(),
            lambda c, t: (F.normalize(c) - F.normalize(t)).norm(dim=1).mean(),
            lambda c, t: _by_hand(c - c.mean((2, 3), keepdim=True), t - t.mean((2, 3), keepdim=True)),
        ],
        "torch's words": [
            lambda c, t: 1 - F.cosine_similarity(c, t, axis=1),
            lambda c, t: (1 - c @ t).mean(),
            lambda c, t: (1 - _cos(c, t)).means(),
        ],
    },
}
