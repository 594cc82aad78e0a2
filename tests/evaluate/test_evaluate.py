"""The evaluation of a model that remembers every sound: its figures must be the input's own."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from drumjax.config import CLASSES, Audio
from drumjax.data import procedural
from drumjax.data.store import StoreWriter
from drumjax.evaluate import __main__ as evaluate
from drumjax.evaluate import measures, tables, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.sound import pictures

HEARD = ("kick", "snare", "closed_hat")


def make_store(folder, test_kits=0):
    """24 built-in sounds of three classes: kits 0 and 1 train, kit 2 validation, and so many kits test."""
    with StoreWriter(folder, AUDIO) as writer:
        for name in HEARD:
            for i in range(24):
                wave, length = procedural.sound(name, i * procedural.KIT, AUDIO)
                writer.add(wave, length, CLASSES.index(name), kit=f"kit {i % 4}", path=f"{name}/{i}")
        return writer.finish({"kit 0": 0, "kit 1": 0, "kit 2": 1, "kit 3": 2 if test_kits else 0})


class Memory:
    """A Synth that knows the sounds of a store by heart: z[0] is a sound's number, z[1:4] are its knobs."""

    classes, rate, samples = CLASSES, AUDIO.rate, AUDIO.samples
    config = SimpleNamespace(audio=AUDIO, cwae=SimpleNamespace(latent=8))

    has_texture = False

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
        """z[4:7] is what knobs add, to a kick."""
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
    return evaluate.evaluate(Memory(store), store, samples=6)


def test_perfect_memory_scores_as_the_input_itself(results):
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


def test_yardsticks_stand_in_the_same_table_in_the_right_order(results):
    sc = {name: rows["sc"]["macro"] for name, rows in results[0]["systems"].items()}
    linear = next(name for name in sc if name.startswith("PCA") and "+" not in name)
    assert sc["input"] == 0 < sc["NNLS + Griffin-Lim"] < 0.2 < sc[linear]
    assert sc["NNLS + Griffin-Lim"] < 0.2 < sc[linear + " + NNLS/Griffin-Lim"]


def test_linear_yardstick_is_the_projection_on_principal_components():
    mels = np.abs(np.random.default_rng(0).standard_normal((40, 5, 7))).astype(np.float32)
    linear = yardsticks.LinearYardstick.fit(mels[:30], components=6)
    logs = np.log(mels + 1e-4).reshape(40, -1)
    mean, std = logs[:30].mean(axis=0), np.maximum(logs[:30].std(axis=0), 0.3)
    x = (logs - mean) / std
    _, _, rows = np.linalg.svd(x[:30], full_matrices=False)
    projected = np.minimum(x @ rows[:6].T @ rows[:6] * std + mean, logs[:30].max())
    expected = np.maximum(np.exp(projected) - 1e-4, 0).reshape(mels.shape)
    np.testing.assert_allclose(linear.reconstruct(mels), expected, rtol=1e-3, atol=1e-4)


def test_the_split_is_validation_where_there_is_no_test_and_says_its_numbers(results):
    table, _ = results
    assert table["split"] == "validation"
    assert table["training_sounds"] == 54
    assert table["classes"]["kick"] == {"sounds": 6, "kits": 1, "few": True}
    assert table["classes"]["tom"]["sounds"] == 0
    assert set(table["systems"]["whole chain"]["sc"]["classes"]) == set(HEARD)


def test_new_sounds_that_are_training_sounds_are_called_copies(results):
    samples = results[0]["samples"]
    assert samples["samples"]["copies"]["macro"] > 0.6  # some of the remembered sounds are validation's
    assert samples["samples"]["recognised"]["macro"] > 0.6  # at a quarter of the level, too
    assert samples["real training"]["frechet"]["macro"] > 0
    assert samples["equal_numbers"] == dict.fromkeys(HEARD, 6)


def test_knobs_that_mean_nothing_explain_nothing(results):
    assert abs(results[0]["knobs"]["knobs"]["macro"]) < 0.15


def test_a_knob_is_known_by_what_it_does(results):
    """The first knob of the kick tilts its spectrum, and of nothing else anything."""
    table, _ = results
    first, second, _ = table["turned"]["kick"]
    assert first["knob"] == "brightness" and first["monotonic"] == 1 and first["db"] > 3
    assert second["db"] == 0 and second["monotonic"] == 0
    assert table["turned"]["snare"][0] == {"db": 0.0}


def test_latents_are_of_all_held_out_sounds_beside_normal_ones(results):
    rows = results[0]["latents"]
    assert rows["classes"]["snare"]["sounds"] == 6
    assert rows["mmd"]["macro"] > rows["mmd_normal"]["macro"]  # z[0] counts sounds
    means, normal, ratio, trained = (
        rows[name]["classes"]["kick"]
        for name in ("abs_mean", "abs_mean_normal", "abs_mean_ratio", "abs_mean_ratio_training")
    )
    assert normal == pytest.approx(np.sqrt(2 / np.pi / 6))
    assert ratio == pytest.approx(means / normal) and trained > 0
    assert np.isnan(rows["std"]["without_few"])  # all have few
    text = tables.markdown(results[0])
    assert "| macro without * |  |  |" in text and "mean of 100 draws" in text


def test_table_is_valid_json_and_markdown_with_marks(results):
    table = dict(results[0], figures=["samples.png"], seconds=1)
    assert "NaN" not in json.dumps(tables.plain(table))
    text = tables.markdown(table)
    assert "| kick * | 6 / 1 |" in text
    assert "| tom" not in text
    for lines in text.split("\n\n"):
        rows = [line for line in lines.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1  # every row as wide as its heading


def test_figures_are_drawn(results, store, tmp_path):
    names = evaluate.draw_figures(Memory(store), results[1], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_mel_pairs_share_their_colours_and_put_frequencies_where_they_belong():
    mels = np.abs(np.random.default_rng(0).standard_normal((3, 86, 512))) + 0.1
    figure = pictures.mel_pairs(mels, mels * 0.1, ["kick", "open_hat", "tom"])
    axes = [a for a in figure.axes if a.get_images()]
    titles = [a.get_title() for a in axes[:4]]
    assert titles == ["kick · input", "kick · output", "open hat · input", "open hat · output"]
    first, second = (a.get_images()[0] for a in axes[:2])
    assert first.get_clim() == second.get_clim()
    np.testing.assert_allclose(first.get_array() - second.get_array(), 20, atol=1e-6)
    assert axes[0].get_images()[0].get_extent()[1] == pytest.approx(86 * 256 / 22050 * 1000)
    edges = [label.get_text() for label in axes[0].get_yticklabels()]
    place = dict(zip(edges, axes[0].get_yticks(), strict=True))["1,000"]
    # The slaney scale is linear to 1 kHz: 15 of its 15 + 27 ln(11.025) / ln(6.4) mels, of 513 steps.
    assert place == pytest.approx(15 / (15 + 27 * np.log(11.025) / np.log(6.4)) * 513 - 0.5, abs=0.6)


def test_mels_of_another_rate_are_carried_over():
    settings = Audio(rate=11025, samples=11007, window=512, hop=128, fft=1024, mels=128)
    time = np.arange(AUDIO.samples) / AUDIO.rate
    wave = sum(np.sin(2 * np.pi * hz * time) for hz in (220, 900, 3100)) * np.exp(-time / 0.2) / 3
    low = yardsticks.at_rate(wave[None].astype(np.float32), AUDIO.rate, settings.rate, settings.samples)
    from drumjax.sound import dsp

    carried = yardsticks.as_measured(np.asarray(dsp.mel_spectrogram(low, settings)), settings)
    true = yardsticks.mels_of(wave[None].astype(np.float32))
    # A quarter of the bands cannot tell all; the level and the places are right.
    assert measures.spectral_convergence(true, carried)[0] < 0.5
    assert np.linalg.norm(carried) / np.linalg.norm(true) == pytest.approx(1, abs=0.2)
    assert yardsticks.as_measured(carried, Audio(hop=128, window=1024)) is None


def test_a_slip_is_answered_by_one_line_and_exit_code_2(store, tmp_path, capsys):
    for arguments, message in (
        (["--store", str(tmp_path / "none")], "no finished store"),
        (["--store", str(store.folder), "--split", "test"], "test split holds no sounds"),
        (["--store", str(store.folder), "--bundle", str(tmp_path / "none")], "no bundle"),
    ):
        assert evaluate.main([*arguments, "--out", str(tmp_path / "out")]) == 2
        output = capsys.readouterr()
        assert message in output.err
        assert output.err.count("\n") == 1 and output.out == ""
    assert not (tmp_path / "out").exists()


def test_the_command_itself_answers_a_missing_store(tmp_path):
    command = [sys.executable, "-m", "drumjax.evaluate", "--bundle", str(tmp_path), "--store", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("evaluate: no finished store in") and done.stderr.count("\n") == 1


def test_the_test_split_goes_first_and_a_limit_holds(tmp_path):
    with_test = make_store(tmp_path / "with_test", test_kits=1)
    assert evaluate._chosen(with_test, None, None)[0] == "test"
    split, chosen = evaluate._chosen(with_test, "validation", 2)
    assert split == "validation"
    assert np.bincount(with_test.labels[chosen]).tolist() == [2, 0, 2, 0, 2]
