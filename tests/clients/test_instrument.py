"""The instrument file and its coding."""

import dataclasses
import json

import numpy as np
import pytest
import small
from safetensors import safe_open
from safetensors.numpy import save_file

from drumjax import checkpoint, presets
from drumjax.clients.engine import coding, instrument


@pytest.mark.parametrize("length", [1, 255, 256, 5000])
@pytest.mark.parametrize("odds", [[1.0], [0.5, 0.5], [0.9999, 0.0001], 0.8 ** np.arange(200), np.ones(256)])
def test_coded_bytes_come_back(odds, length):
    odds = np.asarray(odds) / np.sum(odds)
    data = np.random.default_rng(length).choice(len(odds), length, p=odds).astype(np.uint8)
    words, frequencies = coding.encode(data)
    np.testing.assert_array_equal(coding.decode(words, frequencies, length), data)


def test_coding_comes_near_the_entropy():
    odds = 0.8 ** np.arange(60) / np.sum(0.8 ** np.arange(60))
    data = np.random.default_rng(0).choice(60, 200_000, p=odds).astype(np.uint8)
    bits = 16 * (len(coding.encode(data)[0]) - 2 * coding.LANES) / len(data)
    assert bits == pytest.approx(-np.sum(odds * np.log2(odds)), rel=0.01)


def test_damaged_code_is_an_error():
    rng = np.random.default_rng(0)
    words, frequencies = coding.encode(rng.integers(0, 9, 4000).astype(np.uint8))
    for at in rng.integers(0, len(words), 20):
        damaged = words.copy()
        damaged[at] ^= 1 << rng.integers(16)
        with pytest.raises(ValueError, match="damaged"):
            coding.decode(damaged, frequencies, 4000)
    for wrong in (words[:-1], np.append(words, words[:1]), words[:100]):
        with pytest.raises(ValueError, match="damaged"):
            coding.decode(wrong, frequencies, 4000)


def test_long_data_have_several_tables():
    rng = np.random.default_rng(0)
    data = np.concatenate([rng.integers(0, 3, 3000), rng.integers(200, 203, 3000)]).astype(np.uint8)
    words, frequencies = coding.encode(data, 2)
    assert len(frequencies) == 512 and len(words) < 0.9 * len(coding.encode(data)[0])
    np.testing.assert_array_equal(coding.decode(words, frequencies, 6000), data)
    np.testing.assert_array_equal(coding.decode(*coding.encode(data[:300], 9), 300), data[:300])  # of two turns


def test_the_file_holds_what_plays_and_loses_nothing_but_the_encoders_precision(tmp_path):
    bundle, path = small.instrument(), tmp_path / "instrument"
    instrument.write(bundle, path)
    back = instrument.read(path)
    before, after = checkpoint.to_arrays(bundle), checkpoint.to_arrays(back)
    assert set(after) == set(before)
    for name, array in after.items():
        if instrument._ROUNDED.fullmatch(name):
            step = np.abs(before[name].astype(np.float32)).max(axis=1, keepdims=True) / 127
            assert (np.abs(array.astype(np.float32) - before[name]) < 0.8 * step).all()  # and of bfloat16
            continue
        assert array.dtype == before[name].dtype
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    assert back.metadata == {name: bundle.metadata[name] for name in ("knobs", "sources")}
    for group in ("audio", "cwae", "vocoder"):
        own, kept = getattr(bundle.config, group), getattr(back.config, group)
        for name in instrument.SETTINGS[f"{group}."]:
            assert getattr(own, name) == getattr(kept, name)


@pytest.mark.slow
def test_the_shipped_instrument_is_small_and_plays_the_same_numbers(tmp_path):
    bundle, path = checkpoint.load_bundle(checkpoint.shipped()), tmp_path / "instrument"
    instrument.write(bundle, path)
    assert path.stat().st_size <= 14_000_000
    before, after = checkpoint.to_arrays(bundle), checkpoint.to_arrays(instrument.read(path))
    rounded = instrument._ROUNDED.fullmatch
    assert all(np.array_equal(before[name], array) for name, array in after.items() if not rounded(name))


def change(path, metadata=None, arrays=None):
    """Writes the file again with other metadata and arrays; None removes one."""
    with safe_open(path, framework="numpy") as file:
        own = {**file.metadata(), **(metadata or {})}
        stored = {name: file.get_tensor(name) for name in file.keys()} | (arrays or {})  # noqa: SIM118
    kept = {name: value for name, value in own.items() if value is not None}
    save_file({name: value for name, value in stored.items() if value is not None}, path, kept)


CHANGES = {
    "newer": {"metadata": {"format": "drumjax instrument 3"}},
    "unknown setting": {"metadata": {"vocoder.louder": "1"}},
    "no setting": {"metadata": {"audio.hop": None}},
    "odd window": {"metadata": {"audio.window": "48"}},
    "the paper's end": {"metadata": {"vocoder.end": '"mask"'}},
    "unknown array": {"arrays": {"cwae/batch_stats/bend": np.zeros(3, np.float32)}},
    "no array": {"arrays": {"statistics/mean": None}},
    "another shape": {"arrays": {"statistics/mean": np.zeros((3, 29), np.float32)}},
    "another type": {"arrays": {"statistics/mean": np.zeros((13, 29), np.float64)}},
    "not coded": {"arrays": {"texture/packed/frequencies": np.zeros(256, np.uint16)}},
}
"""Files that no reader takes: damaged, or of another version."""

ONLY_ENGINE = ("another shape", "another type")
"""Files that Python reads: a Synth does not look at the shapes."""


@pytest.mark.parametrize("name", [name for name in CHANGES if name not in ONLY_ENGINE])
def test_a_file_of_another_version_is_refused(tmp_path, name):
    path = tmp_path / "instrument"
    instrument.write(small.instrument(), path)
    change(path, **CHANGES[name])
    with pytest.raises(ValueError, match="damaged or not for this drumjax") as raised:
        instrument.read(path)
    assert str(path) in str(raised.value)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError, match="drumjax export"):
        instrument.read(path)
    for contents in (b"", b"text", json.dumps({"a": 1}).encode()):
        path.write_bytes(contents)
        with pytest.raises(ValueError, match="damaged or not"):
            instrument.read(path)
    instrument.write(small.instrument(), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="damaged or not"):
        instrument.read(path)


@pytest.mark.parametrize("preset", ["paper", "home", "tiny"])
def test_bundles_that_the_engine_cannot_play_are_refused(tmp_path, preset):
    bundle = dataclasses.replace(small.instrument(), config=presets.preset(preset))
    with pytest.raises(ValueError, match=f"principal components.*preset {preset}"):
        instrument.write(bundle, tmp_path / "instrument")
    assert not list(tmp_path.iterdir())
