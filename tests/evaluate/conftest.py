"""A store of built-in sounds, and ears that were fitted on it for a few steps."""

import pytest
from exact import make_store

from drumjax.evaluate import convolutional
from drumjax.evaluate.ears import Ears


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def short_training():
    """Trains the convolutional ear for 30 steps in place of hundreds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolutional, "STEPS", 30)
        yield


@pytest.fixture(scope="session")
def ears(store, short_training):
    return Ears.fit(store)
