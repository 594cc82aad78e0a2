"""The evaluation of a model that reproduces every sound exactly: its results must equal those of the input."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.store import StoreWriter
from drumjax.evaluate import __main__ as main
from drumjax.evaluate import evaluation, knobs, measures, sounds, tables, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.model import Model
from drumjax.synth import Synth

PRESENT = ("kick", "snare", "closed_hat")


def make_store(folder, with_test=False):
    """24 built-in sounds of each of three classes; kit 2 is validation, kit 3 test where wanted, the others train."""
    with StoreWriter(folder, AUDIO) as writer:
        for name in PRESENT:
            for i in range(24):
                wave, length = procedural.sound(name, i * procedural.KIT_SIZE, AUDIO)
                writer.add(wave, length, CLASSES.index(name), kit=f"kit {i % 4}", path=f"{name}/{i}")
        return writer.finish({"kit 0": 0, "kit 1": 0, "kit 2": 1, "kit 3": 2 if with_test else 0})


class ExactModel:
    """A model that stores all sounds: z[0] is the index of a sound, z[1:4] its knobs, z[4:7] are added by `place`."""

    classes, rate, samples = CLASSES, AUDIO.rate, AUDIO.samples
    config = SimpleNamespace(audio=AUDIO, cwae=SimpleNamespace(latent=8))
    has_texture = False
    has_judge = True
    has_mask = True

    def __init__(self, store):
        self.knob_names = {"kick": ["brightness", "decay", "pitch"]}
        self.waves = store.wave(np.arange(len(store)))
        self.mels = yardsticks.mels_of(self.waves)
        self.labels = store.labels

    def _numbers(self, mels):
        flat = self.mels.reshape(len(self.mels), -1)
        return np.array([np.argmin(((flat - mel.reshape(1, -1)) ** 2).sum(axis=1)) for mel in mels])

    def mel(self, wave):
        return yardsticks.mels_of(np.asarray(wave))

    def encode(self, wave, drum_class):
        assert len(drum_class) == len(wave)
        z = np.zeros((len(wave), 8), np.float32)
        z[:, 0] = self._numbers(self.mel(wave))
        z[:, 1:4] = np.random.default_rng(0).standard_normal((len(self.mels), 3))[z[:, 0].astype(int)]
        return z

    def decode(self, z, drum_class):
        mels = self.mels[np.clip(np.abs(z[:, 0]).round().astype(int), 0, len(self.mels) - 1)]
        tilted = np.linspace(0, 1, mels.shape[2]) * z[:, 4, None] if drum_class[0] == "kick" else 0 * z[:, :1]
        return mels * np.exp(tilted).astype(np.float32)[:, None]

    def render(self, z, drum_class, texture=0):
        return self.waves[np.clip(np.abs(z[:, 0]).round().astype(int), 0, len(self.mels) - 1)]

    def vocode(self, mel):
        return self.waves[self._numbers(mel)]

    def mask(self, mel):
        ends = measures.sound_length(self.waves[self._numbers(mel)])
        return np.where(np.arange(self.samples) < ends[:, None], 0.9, 0.1)

    def controls(self, z, drum_class):
        return z[:, 1:4]

    def draw(self, drum_class, n=1, seed=0):
        return np.zeros((n, 8), np.float32)

    def place(self, z_pca, drum_class, base=None):
        base = np.zeros((len(z_pca), 8), np.float32) if base is None else base
        return np.column_stack([base[:, :4], z_pca, base[:, 7:]])

    def sample(self, drum_class, n=1, seed=0, prior=False, strict=False):
        own = np.flatnonzero(self.labels == CLASSES.index(drum_class))
        return self.waves[np.resize(own, n)] * 0.25


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def results(store):
    return evaluation.evaluate(ExactModel(store), store, samples=6)


def test_synth_has_the_interface_of_a_model(synth, store):
    assert isinstance(synth, Model) and isinstance(ExactModel(store), Model)
    assert not isinstance(Synth, Model)  # the class itself lacks the attributes


def test_an_exact_model_has_the_results_of_the_input(results):
    table, _ = results
    truth = table["systems"]["input"]
    for system in ("vocoder from true mels", "CWAE", "whole chain"):
        rows = table["systems"][system]
        for name in ("sc", "log_mel_db", "standardised_mse", "envelope_db", "comb_change_db", "attack_change_ms"):
            if name in rows and np.isfinite(truth[name]["macro"]):
                assert rows[name]["macro"] == pytest.approx(0, abs=1e-6), (system, name)
        assert rows["recognised"] == truth["recognised"]
    assert table["systems"]["whole chain"]["mask_error"]["macro"] == 0
    assert table["systems"]["whole chain"]["pre_echo_db"] == truth["pre_echo_db"]


def test_yardsticks_are_in_the_table_and_their_errors_have_the_right_order(results):
    sc = {name: rows["sc"]["macro"] for name, rows in results[0]["systems"].items()}
    linear = next(name for name in sc if name.startswith("PCA") and "+" not in name)
    assert sc["input"] == 0 < sc["NNLS + Griffin-Lim"] < 0.2 < sc[linear]
    assert sc["NNLS + Griffin-Lim"] < 0.2 < sc[linear + " + NNLS/Griffin-Lim"]


def test_the_split_is_validation_without_test_sounds_and_the_table_has_its_counts(results):
    table, _ = results
    assert table["split"] == "validation"
    assert table["training_sounds"] == 54
    assert table["classes"]["kick"] == {"sounds": 6, "kits": 1, "few": True}
    assert table["classes"]["tom"]["sounds"] == 0
    assert set(table["systems"]["whole chain"]["sc"]["classes"]) == set(PRESENT)


def test_new_sounds_that_are_training_sounds_count_as_copies(results):
    samples = results[0]["samples"]
    assert samples["samples"]["copies"]["macro"] > 0.6  # the others are validation sounds
    assert samples["samples"]["recognised"]["macro"] > 0.6  # although at a quarter of the level
    assert samples["real training"]["frechet"]["macro"] > 0
    assert samples["equal_numbers"] == dict.fromkeys(PRESENT, 6)


def test_random_knobs_explain_no_variance(results):
    assert abs(results[0]["knobs"]["knobs"]["macro"]) < 0.15


def test_knob_effects_are_those_of_the_model(results):
    """The first knob of the kick tilts its spectrum; no other knob has an effect."""
    table, _ = results
    first, second, _ = table["turned"]["kick"]
    assert first["knob"] == "brightness" and first["monotonic"] == 1 and first["db"] > 3
    assert second["db"] == 0 and second["monotonic"] == 0
    assert table["turned"]["snare"][0] == {"db": 0.0}


def test_latent_statistics_cover_all_held_out_sounds_and_normal_draws(results):
    latents = results[0]["latents"]
    assert latents["classes"]["snare"]["sounds"] == 6
    assert latents["mmd"]["macro"] > latents["mmd_normal"]["macro"]  # z[0] is an index
    means, normal, ratio, trained = (
        latents[name]["classes"]["kick"]
        for name in ("abs_mean", "abs_mean_normal", "abs_mean_ratio", "abs_mean_ratio_training")
    )
    assert normal == pytest.approx(np.sqrt(2 / np.pi / 6))
    assert ratio == pytest.approx(means / normal) and trained > 0
    assert np.isnan(latents["std"]["without_few"])  # every class is marked
    text = tables.markdown(results[0])
    assert "| macro without * |  |  |" in text and "mean of 100 draws" in text


def test_results_are_valid_json_and_markdown(results):
    table = dict(results[0], figures=["samples.png"], seconds=1)
    assert "NaN" not in json.dumps(tables.plain(table))
    text = tables.markdown(table)
    assert "| kick * | 6 / 1 |" in text
    assert "| tom" not in text
    blocks = [[line for line in block.splitlines() if line.startswith("|")] for block in text.split("\n\n")]
    assert sum(len(block) > 2 for block in blocks) > 10
    for block in blocks:
        assert len({line.count("|") for line in block}) <= 1  # every line of a table has as many cells as its heading


def test_figures_are_drawn(results, store, tmp_path, monkeypatch):
    monkeypatch.setattr(knobs, "CLASSES", PRESENT)  # 27 pictures of knobs instead of 99
    names = evaluation.draw_figures(ExactModel(store), results[1], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_user_errors_print_one_line_and_exit_with_2(store, tmp_path, capsys):
    for arguments, message in (
        (["--store", str(tmp_path / "none")], "no finished store"),
        (["--store", str(store.folder), "--split", "test"], "test split holds no sounds"),
        (["--store", str(store.folder), "--bundle", str(tmp_path / "none")], "no bundle"),
    ):
        assert main.main([*arguments, "--out", str(tmp_path / "out")]) == 2
        output = capsys.readouterr()
        assert message in output.err
        assert output.err.count("\n") == 1 and output.out == ""
    assert not (tmp_path / "out").exists()


def test_the_command_reports_a_missing_store(tmp_path):
    arguments = ["--bundle", str(tmp_path), "--store", str(tmp_path / "none")]
    done = subprocess.run(
        [sys.executable, "-m", "drumjax.evaluate", *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert done.stderr.startswith("evaluate: no finished store in") and done.stderr.count("\n") == 1


def test_the_test_split_is_the_default_and_a_limit_holds_for_each_class(tmp_path):
    with_test = make_store(tmp_path / "with_test", with_test=True)
    assert sounds.choose_sounds(with_test, None, None)[0] == "test"
    split, chosen = sounds.choose_sounds(with_test, "validation", 2)
    assert split == "validation"
    assert np.bincount(with_test.labels[chosen]).tolist() == [2, 0, 2, 0, 2]
