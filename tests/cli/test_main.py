"""The command `drumjax`: its subcommands, its help, and the environment it runs in."""

import gc
import os
import subprocess
import sys

import pytest

import drumjax
from drumjax import commands
from drumjax.__main__ import COMMANDS, main

KICK = ["generate", "--class", "kick", "--z", "0", "0", "0"]


def drumjax_command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "drumjax", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, **environment},
    )


def test_version_and_help_name_every_command(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"drumjax {drumjax.__version__}\n"
    for arguments in ([], ["--help"], ["help"]):
        assert main(arguments) == 0
        text = capsys.readouterr().out
        assert all(f"\n  {name} " in text for name in COMMANDS) and "examples:" in text


def test_an_unknown_command_is_one_line_and_code_2(capsys):
    assert main(["generat"]) == 2
    assert capsys.readouterr().err.startswith(f"drumjax: expected one of {', '.join(COMMANDS)};")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help(name, monkeypatch, capsys):
    monkeypatch.setattr("drumjax.process.tune_for_training", lambda: None)
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0 and capsys.readouterr().out.startswith("usage: ")


def test_a_mistake_in_generate_is_found_before_jax_is_imported():
    code = (
        "import sys; from drumjax.__main__ import main\n"
        "main(['generate', '--class', 'cowbell', '--seed', '1']); print('jaxlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.stdout == "False\n" and "cowbell" in done.stderr


def test_collection_of_garbage_is_back_after_generate(capsys):
    assert main(["generate", "--class", "cowbell", "--seed", "1"]) == 2
    assert gc.isenabled() and "cowbell" in capsys.readouterr().err


def test_commands_are_named_as_they_can_be_typed(tmp_path, monkeypatch):
    program = tmp_path / "drumjax"
    program.write_text("")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commands.invocation("drumjax generate --seed 3") == "drumjax generate --seed 3"
    assert commands.Parser("drumjax generate").prog == "drumjax generate"
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    assert commands.invocation("drumjax generate") == f"{sys.executable} -m drumjax generate"
    monkeypatch.chdir(os.path.dirname(os.path.dirname(sys.executable)))
    assert commands.invocation("drumjax generate").startswith(os.path.join("bin", "python"))


def test_64_bits_are_taken_back_with_a_line(tmp_path):
    plain, wide = tmp_path / "plain.wav", tmp_path / "wide.wav"
    assert drumjax_command(*KICK, "--out", plain).returncode == 0
    done = drumjax_command(*KICK, "--out", wide, JAX_ENABLE_X64="1")
    assert done.returncode == 0 and done.stderr.count("\n") == 1, done.stderr
    assert "ignoring JAX_ENABLE_X64=1" in done.stderr and "unset it" in done.stderr
    assert plain.read_bytes() == wide.read_bytes()


@pytest.mark.parametrize("platform", ["cuda", "tea"])
@pytest.mark.parametrize("arguments", [KICK, ["serve", "--http-port", "0", "--osc-port", "0", "--reply-port", "0"]])
def test_a_platform_that_is_not_there_is_one_line(platform, arguments, tmp_path):
    if platform == "cuda" and os.path.exists("/dev/nvidia0"):
        pytest.skip("there is a GPU")
    out = ["--out", str(tmp_path / "kick.wav")] if arguments is KICK else []
    done = drumjax_command(*arguments, *out, JAX_PLATFORMS=platform)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    line = done.stderr.splitlines()[-1]
    assert f"jax finds no device for JAX_PLATFORMS={platform}: unset it, or set JAX_PLATFORMS=cpu" in line


def test_other_faults_keep_their_traceback():
    @commands.command("test")
    def fault(arguments):
        raise RuntimeError("a fault") if arguments else AssertionError

    with pytest.raises(RuntimeError, match="a fault"):
        fault(["x"])
    with pytest.raises(AssertionError):
        fault([])
