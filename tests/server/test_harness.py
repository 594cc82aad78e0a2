"""A server of its own stops with its reason, or is there until it is let go."""

import pytest

from drumjax.server.trial import harness


def test_a_server_that_does_not_start_says_why(tmp_path):
    with pytest.raises(ValueError, match="did not start: .*no bundle"), harness.start_server("--bundle", str(tmp_path)):
        pass


def test_a_server_is_gone_afterwards_with_its_files():
    with harness.start_server() as server:
        assert server.process.poll() is None and server.mib() > 50
        with harness.Client(server) as client:
            client.await_pong(7)
            assert client.request("/drum/generate", 0.0, 0.0, 0.0, "kick", 1)[0] == "/drum/file"
        assert server.wavs() and server.log() == ""
    assert server.process.poll() is not None and not server.temporary.exists()
