"""Every term of the objectives is held by a test: `mutations.py` removes them one at a time."""

import mutations
import pytest


@pytest.mark.slow
@pytest.mark.parametrize("name", mutations.MUTATIONS)
def test_a_removed_term_fails_a_test(name):
    failed = mutations.failing_tests(name)
    print(f"{name}: {', '.join(failed)}")
    assert failed
