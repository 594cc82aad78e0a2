"""The places of sounds on a map.

A map is laid out once, and its places are kept in the index: a sound that comes later is placed between the sounds
that it resembles, and moves none of them.
"""

import numpy as np
from jaxtyping import Float, Int

from drumjax.library.features import distances
from drumjax.library.index import Index, Sounds
from drumjax.progress import phase

LANDMARKS = 1500
"""Sounds that a map is laid out with, at most; the others are placed between them."""

FEWEST = 20
"""Sounds from which t-SNE has neighbourhoods to keep."""

NEIGHBOURS = 5
"""Sounds between which another one is placed."""

BLOCK = 512
"""Sounds that are placed at once."""


def of_index(
    index: Index, name: str, sounds: Sounds, chosen: Int[np.ndarray, " n"], fresh: bool
) -> Float[np.ndarray, "n 2"]:
    """The places of the chosen sounds on the map `name` of an index, which keeps those that are new."""
    kept = {} if fresh else index.places(name)
    known = np.array([int(row) in kept for row in sounds.ids[chosen]], bool)
    places = np.zeros((len(chosen), 2), np.float32)
    if known.any():
        places[known] = [kept[int(row)] for row in sounds.ids[chosen][known]]
    if known.all():
        return places
    anew = not known.any()
    if anew:
        drawn = np.sort(np.random.default_rng(0).permutation(len(chosen))[:LANDMARKS])
        with phase("laying out the map"):
            places[drawn] = lay_out(sounds.embeddings[chosen[drawn]])
        known[drawn] = True
    missing = np.flatnonzero(~known)
    vectors = sounds.embeddings[chosen]
    places[missing] = place(vectors[missing], vectors[known], places[known])
    written = np.arange(len(chosen)) if anew else missing
    index.put_places(name, sounds.ids[chosen[written]], places[written], anew)
    return places


def lay_out(vectors: Float[np.ndarray, "n dimensions"], seed: int = 0) -> Float[np.ndarray, "n 2"]:
    """Places within the unit square, by t-SNE (van der Maaten and Hinton 2008) from the principal components.

    Fewer than FEWEST sounds lie at their first two principal components.
    """
    if len(vectors) < FEWEST:
        centred = vectors - vectors.mean(axis=0)
        found = np.pad(centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T, ((0, 0), (0, 2)))[:, :2]
        return _in_unit_square(found)
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    perplexity = min(30.0, (len(vectors) - 1) / 3)
    with threadpool_limits(1):  # threads on cores that other programs use wait for each other most of the time
        found = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(vectors)
    return _in_unit_square(found)


def _in_unit_square(found: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    low, high = found.min(axis=0), found.max(axis=0)
    return (0.02 + 0.96 * (found - low) / np.maximum(high - low, 1e-9)).astype(np.float32)


def place(
    vectors: Float[np.ndarray, "n dimensions"],
    others: Float[np.ndarray, "m dimensions"],
    places: Float[np.ndarray, "m 2"],
) -> Float[np.ndarray, "n 2"]:
    """Places of sounds among others that have one."""
    found = []
    for start in range(0, len(vectors), BLOCK):
        distance = distances(vectors[start : start + BLOCK], others)
        near = np.argsort(distance, axis=1)[:, :NEIGHBOURS]
        weights = _weights(np.take_along_axis(distance, near, axis=1))
        found.append(np.einsum("nk,nkc->nc", weights, places[near]))
    return np.concatenate(found).astype(np.float32) if found else np.zeros((0, 2), np.float32)


def around(
    spot: Float[np.ndarray, "2"], places: Float[np.ndarray, "n 2"], count: int
) -> tuple[Int[np.ndarray, " near"], Float[np.ndarray, " near"]]:
    """The sounds around a spot, the nearest first, and weights of sum 1 that are 1 at a sound's own place."""
    distance = np.sqrt(np.square(places - spot).sum(axis=1))
    near = np.argsort(distance, kind="stable")[:count]
    return near, _weights(distance[None, near])[0]


def _weights(distance: Float[np.ndarray, "n near"]) -> Float[np.ndarray, "n near"]:
    """Weights that fall with the square of the distance (Shepard 1968)."""
    inverse = 1 / np.maximum(distance, 1e-6) ** 2
    return inverse / inverse.sum(axis=1, keepdims=True)
