"""The trials' server: a start that fails, and a clean end."""

import os
import signal
import subprocess
import sys
import time

import pytest

from drumjax.server.trial import harness


def test_a_server_that_does_not_start_raises_its_error(tmp_path):
    with pytest.raises(ValueError, match="did not start: .*no bundle"), harness.start_server("--bundle", str(tmp_path)):
        pass


def test_a_server_and_its_files_are_gone_afterwards():
    with harness.start_server() as server:
        assert server.process.poll() is None and server.mib() > 50
        with harness.Client(server) as client:
            client.await_pong(7)
            assert client.request("/drum/generate", 0.0, 0.0, 0.0, "kick", 1)[0] == "/drum/file"
        assert server.wavs() and server.log() == ""
    assert server.process.poll() is not None and not server.temporary.exists()


def test_a_trial_that_is_ended_takes_its_server_and_its_files_along(tmp_path):
    command = [sys.executable, "-m", "drumjax.server.trial", "soak"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as trial:
        while not list(tmp_path.glob("harness-*/log")):
            assert trial.poll() is None
            time.sleep(0.05)
        trial.send_signal(signal.SIGTERM)
        assert trial.communicate()[1].endswith("trial: stopped\n")
    assert trial.returncode == 130 and not list(tmp_path.iterdir())
