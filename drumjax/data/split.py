"""The split into train, validation and test by kit: no kit is cut, and every class comes as close to the wanted
shares as its kits allow.

The search is greedy, from the largest kit to the smallest, then improves by moving single kits and exchanging
pairs until nothing helps. It depends on the kits' names and counts only, so the same files in any order give
the same split.
"""

from collections.abc import Mapping

import numpy as np

ABSENT = 10.0  # the cost of a class missing from a side it has the kits for: far above any error of a share
CONCENTRATION = 0.3  # of a held-out class in few kits: the large kits are to train on, many small ones to judge by
EXCHANGES = 400  # kits, up to which pairs are tried


def kit_splits(counts: Mapping[str, np.ndarray], shares: tuple[float, float, float]) -> dict[str, int]:
    """The side of each kit: 0 train, 1 validation, 2 test.

    Args:
        counts: kit -> [classes] number of its sounds of each class.
        shares: wanted shares of the sides, of every class. A side of share 0 stays empty.

    Returns:
        kit -> side. A class of one kit is on train; of two, on train and validation; of more, on every side, unless
        classes that share kits stand in each other's way. Among ways to do so the shares decide, all classes alike.
    """
    names = sorted(counts, key=lambda name: (-int(np.sum(counts[name])), name))
    if not names:
        return {}
    table = np.array([counts[name] for name in names], float)
    search = _Search(table, shares)
    best, best_cost = None, np.inf
    for start in range(4 if len(names) <= EXCHANGES else 1):
        sides = search.improved(search.greedy(start))
        if (cost := search.cost(search.state(sides))) < best_cost - 1e-12:
            best, best_cost = sides, cost
    return {name: int(side) for name, side in zip(names, best, strict=True)}


class _Search:
    """The cost of a split, and moves that lower it. A state is (sums, squares), each [sides, classes]."""

    def __init__(self, table: np.ndarray, shares: tuple[float, float, float]):
        total = np.maximum(table.sum(axis=0), 1)
        self.fractions = table / total  # [kits, classes], of the class
        self.sides = [side for side in range(3) if shares[side] > 0]
        wanted = np.array(shares)[:, None] * (table.sum(axis=0) > 0)
        kits = (table > 0).sum(axis=0)
        # The sides a class must be on: as many as it has kits, train before validation before test.
        must = np.zeros((3, table.shape[1]), bool)
        for rank, side in enumerate(self.sides):
            must[side] = kits > rank
        self.wanted, self.must = wanted, must

    def cost(self, state: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """[...] of a state [..., sides, classes]."""
        sums, squares = state
        errors = np.square(sums - self.wanted).sum(axis=(-2, -1))
        absent = (self.must & (sums < 1e-9)).sum(axis=(-2, -1))
        return errors + ABSENT * absent + CONCENTRATION * squares[..., 1:, :].sum(axis=(-2, -1))

    def state(self, sides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        on = (sides[:, None] == np.arange(3)).astype(float)
        return on.T @ self.fractions, on.T @ self.fractions**2

    def greedy(self, start: int) -> np.ndarray:
        """Each kit on the side that is cheapest so far; `start` first kits are on train whatever they cost."""
        sums, squares = np.zeros_like(self.wanted), np.zeros_like(self.wanted)
        sides = np.zeros(len(self.fractions), int)
        for kit, fraction in enumerate(self.fractions):
            if kit >= start:
                costs = []
                for side in self.sides:
                    sums[side] += fraction
                    squares[side] += fraction**2
                    costs.append(float(self.cost((sums, squares))))
                    sums[side] -= fraction
                    squares[side] -= fraction**2
                sides[kit] = self.sides[int(np.argmin(costs))]
            sums[sides[kit]] += fraction
            squares[sides[kit]] += fraction**2
        return sides

    def improved(self, sides: np.ndarray) -> np.ndarray:
        """The split after the moves and exchanges that lower its cost, at most a few rounds."""
        sides = sides.copy()
        for _ in range(50):
            state = self.state(sides)  # anew in each round, against the drift of sums of floats
            before = self.cost(state)
            for kit in range(len(sides)):
                moves = [((kit, side),) for side in self.sides if side != sides[kit]]
                state = self._moved(sides, state, moves)
            if len(sides) <= EXCHANGES:
                for kit in range(len(sides)):
                    others = np.flatnonzero(sides != sides[kit])
                    state = self._moved(sides, state, [((kit, sides[b]), (b, sides[kit])) for b in others])
            if self.cost(state) > before - 1e-9:
                break
        return sides

    def _moved(self, sides: np.ndarray, state: tuple[np.ndarray, np.ndarray], moves: list[tuple]) -> tuple:
        """The state after the best of `moves`, each a few (kit, side) made together, if any lowers the cost.

        Changes `sides` in place.
        """
        if not moves:
            return state
        many = tuple(np.repeat(array[None], len(moves), axis=0) for array in state)
        rows = np.arange(len(moves))
        for step in zip(*moves, strict=True):
            kits, to = np.array(step).T
            for array, values in zip(many, (self.fractions[kits], self.fractions[kits] ** 2), strict=True):
                np.subtract.at(array, (rows, sides[kits]), values)
                np.add.at(array, (rows, to), values)
        costs = self.cost(many)
        best = int(np.argmin(costs))
        if costs[best] >= self.cost(state) - 1e-9:
            return state
        for kit, side in moves[best]:
            sides[kit] = side
        return many[0][best], many[1][best]
