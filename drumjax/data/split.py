"""The split into train, validation and test sides: kits stay whole, and every class comes close to the wanted shares.

The search is greedy, from the largest kit to the smallest, and then improves the split by moving single kits and
exchanging pairs until the cost stops falling. It depends only on the names and counts of the kits, so equal files in
any order give equal splits.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int, Shaped

ABSENT = 10.0  # cost of a class missing from a side for which it has enough kits; far above any share error
CONCENTRATION = 0.3  # cost factor of few kits on a held-out side: large kits go to train, many small ones are held out
EXCHANGES = 400  # number of kits up to which exchanges of pairs are tried


def kit_splits(
    counts: Mapping[str, Shaped[np.ndarray, " classes"]], shares: tuple[float, float, float]
) -> dict[str, int]:
    """The side of each kit: 0 train, 1 validation, 2 test.

    Args:
        counts: kit -> (classes,) number of its sounds of each class.
        shares: wanted shares of the sides in every class. A side of share 0 stays empty.

    Returns:
        kit -> side. A class with one kit is on train; with two, on train and validation; with more, on every side,
        unless it conflicts with classes that share its kits. Among such splits the shares decide, with equal weight
        per class.
    """
    names = sorted(counts, key=lambda name: (-int(np.sum(counts[name])), name))
    if not names:
        return {}
    table = np.array([counts[name] for name in names], float)
    search = _Search(table, shares)
    best, best_cost = None, np.inf
    for start in range(4 if len(names) <= EXCHANGES else 1):
        sides = search.improve(search.greedy(start))
        if (cost := search.cost(search.state(sides))) < best_cost - 1e-12:
            best, best_cost = sides, cost
    return {name: int(side) for name, side in zip(names, best, strict=True)}


class _Search:
    """The cost of a split, and moves that lower it. A state is (sums, squares), each (sides, classes)."""

    def __init__(self, table: Float[np.ndarray, "kits classes"], shares: tuple[float, float, float]):
        total = np.maximum(table.sum(axis=0), 1)
        self.fractions = table / total  # (kits, classes), shares of the class
        self.sides = [side for side in range(3) if shares[side] > 0]
        wanted = np.array(shares)[:, None] * (table.sum(axis=0) > 0)
        kits = (table > 0).sum(axis=0)
        # The sides that must have a class: as many as it has kits, train before validation before test.
        must = np.zeros((3, table.shape[1]), bool)
        for rank, side in enumerate(self.sides):
            must[side] = kits > rank
        self.wanted, self.must = wanted, must

    def cost(
        self, state: tuple[Float[np.ndarray, "*moves sides classes"], Float[np.ndarray, "*moves sides classes"]]
    ) -> Float[np.ndarray, "*moves"] | np.floating:
        """The costs (...) of states (..., sides, classes)."""
        sums, squares = state
        errors = np.square(sums - self.wanted).sum(axis=(-2, -1))
        absent = (self.must & (sums < 1e-9)).sum(axis=(-2, -1))
        return errors + ABSENT * absent + CONCENTRATION * squares[..., 1:, :].sum(axis=(-2, -1))

    def state(
        self, sides: Int[np.ndarray, " kits"]
    ) -> tuple[Float[np.ndarray, "sides classes"], Float[np.ndarray, "sides classes"]]:
        """The state of a split."""
        on = (sides[:, None] == np.arange(3)).astype(float)
        return on.T @ self.fractions, on.T @ self.fractions**2

    def greedy(self, start: int) -> Int[np.ndarray, " kits"]:
        """Puts each kit on the side that is cheapest so far; the first `start` kits are on train regardless of cost."""
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

    def improve(self, sides: Int[np.ndarray, " kits"]) -> Int[np.ndarray, " kits"]:
        """The split after the moves and exchanges that lower its cost, in at most 50 rounds."""
        sides = sides.copy()
        for _ in range(50):
            state = self.state(sides)  # recomputed in each round, against accumulated rounding errors
            before = self.cost(state)
            for kit in range(len(sides)):
                moves = [((kit, side),) for side in self.sides if side != sides[kit]]
                state = self._apply_best_move(sides, state, moves)
            if len(sides) <= EXCHANGES:
                for kit in range(len(sides)):
                    others = np.flatnonzero(sides != sides[kit])
                    state = self._apply_best_move(sides, state, [((kit, sides[b]), (b, sides[kit])) for b in others])
            if self.cost(state) > before - 1e-9:
                break
        return sides

    def _apply_best_move(
        self, sides: Int[np.ndarray, " kits"], state: tuple[np.ndarray, np.ndarray], moves: list[tuple]
    ) -> tuple:
        """The state after the best of `moves`, if that lowers the cost; changes `sides` in place.

        Each move is a few (kit, side) applied together.
        """
        if not moves:
            return state
        many = tuple(np.repeat(array[None], len(moves), axis=0) for array in state)
        indices = np.arange(len(moves))
        for step in zip(*moves, strict=True):
            kits, to = np.array(step).T
            for array, values in zip(many, (self.fractions[kits], self.fractions[kits] ** 2), strict=True):
                np.subtract.at(array, (indices, sides[kits]), values)
                np.add.at(array, (indices, to), values)
        costs = self.cost(many)
        best = int(np.argmin(costs))
        if costs[best] >= self.cost(state) - 1e-9:
            return state
        for kit, side in moves[best]:
            sides[kit] = side
        return many[0][best], many[1][best]
