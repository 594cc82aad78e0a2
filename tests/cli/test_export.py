"""drumjax export."""

import importlib.util

import pytest
import small

from drumjax import checkpoint
from drumjax.cli.export import export
from drumjax.clients.engine import binding, instrument


def test_a_bundle_is_exported_and_nothing_is_overwritten_unasked(tmp_path, capsys):
    bundle, path = tmp_path / "bundle", tmp_path / "drums.safetensors"
    checkpoint.save_bundle(small.instrument(), bundle)
    command = ["--instrument", str(path), "--bundle", str(bundle)]
    assert export(command) == 0 and capsys.readouterr().out.strip() == str(path)
    assert instrument.read(path).config.cwae.components == 13
    path.write_bytes(b"mine")
    assert export(command) == 2 and path.read_bytes() == b"mine"
    assert "overwrite it with --force" in capsys.readouterr().err
    assert export([*command, "--force"]) == 0 and path.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --instrument FILE, or --engine, --plugin, --page, --live or --onnx DIR"),
        (["--instrument", "a/b", "--bundle", "none"], "no bundle in none"),
    ],
)
def test_mistakes_are_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert export(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_the_device_for_live_is_written_beside_what_is_there(tmp_path, capsys):
    bundle, folder = tmp_path / "bundle", tmp_path / "live"
    checkpoint.save_bundle(small.instrument(), bundle)
    folder.mkdir()
    (folder / "drumjax-live.amxd").write_bytes(b"mine")
    assert export(["--live", str(folder), "--bundle", str(bundle)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "live_2")
    assert instrument.read(tmp_path / "live_2" / "drums.safetensors").config.cwae.components == 13
    assert (folder / "drumjax-live.amxd").read_bytes() == b"mine"


def test_what_is_missing_for_the_engine_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(binding.shutil, "which", lambda program: None)
    assert export(["--engine", str(tmp_path / "engine")]) == 2
    assert "no make on PATH" in capsys.readouterr().err
    assert not (tmp_path / "engine").exists()


def test_models_without_the_package_onnx_are_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert export(["--onnx", str(tmp_path / "onnx")]) == 2
    assert capsys.readouterr().err == "export: ONNX models need the package onnx: pip install 'drumjax[onnx]'\n"
    assert not list(tmp_path.iterdir())
