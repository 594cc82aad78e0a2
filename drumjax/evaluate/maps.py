"""Measures maps: how near neighbours stay, for sounds of kits that the map was not laid out with."""

import time
import zlib
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int, Shaped

from drumjax.library import features, layout

NEAREST = 10
"""Neighbours that count."""


def methods() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """{name: vectors (n, dimensions) -> places (n, 2)}."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import Isomap, SpectralEmbedding

    return {
        "principal components": lambda x: PCA(2, random_state=0).fit_transform(x),
        "Isomap": lambda x: Isomap(n_neighbors=15, n_components=2).fit_transform(x),
        "spectral": lambda x: SpectralEmbedding(2, n_neighbors=15, random_state=0).fit_transform(x),
        "t-SNE (the library's)": layout.lay_out,
    }


def measure(
    vectors: Float[np.ndarray, "sounds dimensions"], kits: Shaped[np.ndarray, " sounds"]
) -> dict[str, dict[str, float]]:
    """{method: trustworthiness, recall of nearest neighbours, CPU seconds to lay out}, of every fifth kit left out.

    Sounds that are left out are placed among the others as those are that are added to a library.
    """
    held = np.array([zlib.crc32(str(kit).encode()) % 5 == 0 for kit in kits], bool)
    table = {}
    for name, lay_out in methods().items():
        start = time.process_time()
        drawn = np.asarray(lay_out(vectors[~held]), np.float32)
        seconds = time.process_time() - start
        added = layout.place(vectors[held], vectors[~held], drawn)
        order = np.argsort(features.distances(vectors[held], vectors[~held]), axis=1)
        nearest = np.argsort(np.square(added[:, None] - drawn[None]).sum(axis=2), axis=1)[:, :NEAREST]
        table[name] = {
            "trustworthiness": trustworthiness(order, nearest),
            "recall": float(np.mean([np.isin(a, b).mean() for a, b in zip(order[:, :NEAREST], nearest, strict=True)])),
            "seconds": seconds,
        }
    return table


def trustworthiness(order: Int[np.ndarray, "n others"], nearest: Int[np.ndarray, "n near"]) -> float:
    """Trustworthiness (Venna and Kaski 2001): 1 where neighbours on a map are neighbours, 0 where the farthest are.

    Args:
        order: all other sounds, the nearest first, by the embedding.
        nearest: neighbours on the map.
    """
    count, near = order.shape[1], nearest.shape[1]
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, count + 1)[None], axis=1)
    excess = np.maximum(np.take_along_axis(ranks, nearest, axis=1) - near, 0)
    return float(1 - 2 * excess.sum() / (len(order) * near * (2 * count - 3 * near + 1)))
