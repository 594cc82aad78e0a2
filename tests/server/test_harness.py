"""A server of its own stops with its reason, or is there until it is let go."""

import pytest

from drumjax.server.trial import harness


def test_a_server_that_does_not_start_says_why(tmp_path):
    with pytest.raises(ValueError, match="did not start: .*no bundle"), harness.running("--bundle", str(tmp_path)):
        pass


def test_a_server_is_gone_afterwards_with_its_files():
    with harness.running() as server:
        assert server.process.poll() is None and server.mib() > 50
        with harness.Client(server) as client:
            client.await_pong(7)
            assert client.ask("/drum/generate", 0.0, 0.0, 0.0, "kick", 1)[0] == "/drum/file"
        assert server.wavs() and server.said() == ""
    assert server.process.poll() is not None and not server.temporary.exists()
