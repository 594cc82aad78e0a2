"""A classifier of drum sounds by gradient boosting on the descriptors of `drumjax.evaluate.tells`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.evaluate.classifier import sample_weights

ROUNDS, LEAVES, LEAST, RATE = 80, 8, 5, 0.1  # trees of a class; leaves of a tree; sounds of a leaf; learning rate
EXTREME = 3.0  # standard deviations that the embedding is limited to


@dataclass(frozen=True)
class Boosting:
    """A fitted classifier.

    Attributes:
        model: scikit-learn HistGradientBoostingClassifier.
        scores: scikit-learn QuantileTransformer: descriptors to normal scores of the training sounds.
    """

    model: Any
    scores: Any

    @classmethod
    def fit(
        cls,
        x: Float[np.ndarray, "sounds descriptors"],
        labels: Int[np.ndarray, " sounds"],
        kits: Int[np.ndarray, " sounds"],
        seed: int = 0,
    ) -> "Boosting":
        """Fits the classifier with the sample weights of `classifier.sample_weights`; x may have NaN."""
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.preprocessing import QuantileTransformer
        from threadpoolctl import threadpool_limits

        model = HistGradientBoostingClassifier(
            max_iter=ROUNDS, max_leaf_nodes=LEAVES, min_samples_leaf=LEAST, learning_rate=RATE, random_state=seed,
            early_stopping=False,
        )  # fmt: skip
        with threadpool_limits(1):  # so few sounds take longer on two threads
            model.fit(x, labels, sample_weight=sample_weights(labels, kits))
        scores = QuantileTransformer(
            n_quantiles=min(200, len(x)), output_distribution="normal", subsample=None, random_state=seed
        )
        return cls(model, scores.fit(x))

    def probabilities(self, x: Float[np.ndarray, "sounds descriptors"]) -> Float[np.ndarray, "sounds classes"]:
        """Class probabilities; 0 for classes without a training sound."""
        total = np.zeros((len(x), len(CLASSES)))
        total[:, self.model.classes_] = self.model.predict_proba(x)
        return total

    def embed(self, x: Float[np.ndarray, "sounds descriptors"]) -> Float[np.ndarray, "sounds descriptors"]:
        """Normal scores of the descriptors, at most 3 from 0; 0 where a descriptor is NaN."""
        return np.nan_to_num(np.clip(self.scores.transform(x), -EXTREME, EXTREME))
