"""A linear model on sparse vectors: ridge regression, solved by conjugate gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ROUNDS = 30
"""Rounds of the solver, at most: it ends before them on all data that was tried."""
_PRECISION = 1e-3
"""How much of the error at the start may be left."""


class Vector(NamedTuple):
    """A sparse vector: the numbers of its features, each once, and their values."""

    features: NDArray[np.int32]
    values: NDArray[np.float32]


class Matrix:
    """Sparse vectors, one a row. columns: the numbers of the features that any of them has.

    size: more than any number of a feature.
    """

    def __init__(self, vectors: Sequence[Vector], size: int) -> None:
        self.count = len(vectors)
        lengths = [len(vector.features) for vector in vectors]
        features = np.concatenate([np.empty(0, np.int32), *(one.features for one in vectors)])
        place = np.zeros(size, np.int32)
        place[features] = 1
        self.columns = np.flatnonzero(place)
        place[self.columns] = np.arange(len(self.columns))
        self._column = place[features]
        self._row = np.repeat(np.arange(self.count), lengths)
        self._values = np.concatenate(
            [np.empty(0, np.float64), *(one.values for one in vectors)]
        ).astype(np.float64)

    def scale(self, by: Floats) -> None:
        """Multiply the values of each feature. by: of all features, by their numbers."""
        self._values *= by[self.columns][self._column]

    def dot(self, weights: Floats) -> Floats:
        """What each row adds up to. weights: of each column."""
        values = self._values * weights[self._column]
        return np.bincount(self._row, values, self.count).astype(np.float64, copy=False)

    def likeness(self) -> Floats:
        """How like each two rows are, from 0 to 1: the cosine. Of a few hundred rows at most."""
        dense = np.zeros((self.count, len(self.columns)), np.float32)
        dense[self._row, self._column] = self._values
        dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9)
        return (dense @ dense.T).astype(np.float64)

    def transposed_dot(self, values: Floats) -> Floats:
        """What each column adds up to. values: of each row."""
        products = self._values * values[self._row]
        found = np.bincount(self._column, products, len(self.columns))
        return found.astype(np.float64, copy=False)


def fit(matrix: Matrix, targets: Floats, importance: Floats, penalty: float) -> Floats:
    """The weights of the columns by which the rows come closest to their targets.

    importance: how much the error of each row counts. penalty: how much large weights do.
    """
    weights = np.zeros(len(matrix.columns))
    residual = matrix.transposed_dot(importance * targets)
    direction = residual.copy()
    error = start = float(residual @ residual)
    for _ in range(_ROUNDS):
        if error <= _PRECISION**2 * start:
            break
        image = matrix.transposed_dot(importance * matrix.dot(direction)) + penalty * direction
        step = error / float(direction @ image)
        weights += step * direction
        residual -= step * image
        before, error = error, float(residual @ residual)
        direction = residual + (error / before) * direction
    return weights
