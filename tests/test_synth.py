"""The inference path: shapes, agreement of its parts, the three knobs, the class, determinism, the end."""

import concurrent.futures
import dataclasses

import numpy as np
import pytest
import small

import drumjax
from drumjax import checkpoint, synth
from drumjax.config import CLASSES
from drumjax.play import judge, sampling
from drumjax.sound import texture
from drumjax.synth import Synth


@pytest.fixture(scope="module")
def shipped():
    return Synth.load()


def test_the_public_surface_is_there(shipped):
    audio = shipped.config.audio
    assert drumjax.Synth is Synth and drumjax.generate is synth.generate
    assert shipped.classes == CLASSES and (shipped.rate, shipped.samples) == (audio.rate, audio.samples)
    np.testing.assert_array_equal(synth.generate([0.1, -0.3, 0.5], "kick"), shipped.generate([0.1, -0.3, 0.5], "kick"))


def test_every_class_sounds_at_a_peak_of_one_ends_in_exact_silence_and_has_no_offset(shipped):
    waves = shipped.generate(np.zeros((len(CLASSES), 3)), CLASSES)
    assert waves.shape == (len(CLASSES), shipped.samples) and waves.dtype == np.float32
    for name, wave in zip(CLASSES, waves, strict=True):
        assert np.isfinite(wave).all(), name
        heard = np.flatnonzero(wave)
        assert np.abs(wave).max() == pytest.approx(1.0, abs=1e-6), name
        assert len(heard) > 0.02 * shipped.rate, name
        # It starts near zero. After the end there is nothing at all, and before it the fade has brought the level down.
        assert abs(wave[0]) < 0.1 and not wave[heard[-1] + 1 :].any(), name
        assert np.abs(wave[heard[-1] - 4 : heard[-1] + 1]).max() < 0.02, name
        assert abs(wave[: heard[-1] + 1].mean()) < 0.005, name
    assert sum((w[-200:] == 0).all() for w in waves) >= 8  # most drums are shorter than a second


def test_classes_and_knobs_change_the_sound(shipped):
    mels = np.log(shipped.mel(shipped.generate(np.zeros((len(CLASSES), 3)), CLASSES)) + 1e-3)
    for i in range(len(CLASSES)):
        for j in range(i):
            assert np.abs(mels[i] - mels[j]).mean() > 0.02, (CLASSES[i], CLASSES[j])
    ends = np.concatenate([np.eye(3), -np.eye(3)]) * 2
    for name in CLASSES:
        knobs = np.log(shipped.mel(shipped.generate(ends, name)) + 1e-3)
        for knob in range(3):
            assert np.abs(knobs[knob] - knobs[knob + 3]).mean() > 0.01, (name, knob)


def test_knobs_move_around_a_base(shipped):
    base = shipped.draw("tom", seed=3)[0]
    point = np.array([0.5, -1.0, 0.25], np.float32)
    np.testing.assert_array_equal(shipped.place(np.zeros(3), "tom", base), base)
    moved = shipped.place(point, "tom", base)
    centre = shipped.place(np.zeros(3), "tom")
    np.testing.assert_allclose(moved - base, shipped.place(point, "tom") - centre, atol=1e-5)
    np.testing.assert_allclose(shipped.generate(point, "tom", base), shipped.render(moved, "tom"), atol=1e-4)
    with pytest.raises(ValueError, match=f"expected {shipped.config.cwae.latent} numbers"):
        shipped.generate(point, "tom", np.zeros(3))


def test_a_variation_lies_between_the_sound_and_another_of_its_class(shipped):
    z, other = shipped.draw("snare", seed=3)[0], shipped.draw("snare", seed=4)[0]
    np.testing.assert_allclose(shipped.variation(z, "snare", 0.0, 4), z, atol=1e-6)
    np.testing.assert_allclose(shipped.variation(z, "snare", 1.0, 4), other, atol=1e-6)
    near = shipped.variation(z, "snare", 0.2, 4)
    assert 0 < np.linalg.norm(near - z) < 0.5 * np.linalg.norm(other - z)
    with pytest.raises(ValueError, match="between 0 and 1"):
        shipped.variation(z, "snare", 1.5)


@pytest.fixture(scope="module")
def fitted():
    """The shipped networks with a density and a texture that are known."""
    bundle = checkpoint.load_bundle(checkpoint.shipped())
    rng, latent = np.random.default_rng(0), bundle.config.cwae.latent
    labels = np.repeat(np.arange(len(CLASSES)), 80)
    z = (rng.standard_normal((len(labels), latent)) + labels[:, None] / 10).astype(np.float32)
    classes = np.eye(len(CLASSES), dtype=np.float32)[labels]
    cells = (len(z), *texture.cell_counts(bundle.config.audio))
    return Synth(
        dataclasses.replace(
            bundle,
            density=sampling.fit(z, labels, np.full(len(z), -1)),
            texture=texture.fit(z, classes, np.ones(cells, np.float32)),
        )
    )


def test_texture_is_a_seeded_fluctuation_of_the_mel(fitted):
    assert fitted.has_texture
    z = fitted.draw("snare", seed=1)[0]
    smooth, first, again, other = (fitted.render(z, "snare", texture=seed) for seed in (None, 0, 0, 1))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, fitted.render(z, "snare"))
    log_mels = np.log(fitted.mel(np.stack([smooth, first, other])) + 1e-3)
    assert np.abs(log_mels[0] - log_mels[1]).mean() > 0.02 and np.abs(log_mels[1] - log_mels[2]).mean() > 0.02
    # Another take of the same sound: the envelope is the same.
    energy = np.sqrt(fitted.mel(np.stack([smooth, first])).sum(axis=2))
    assert np.corrcoef(energy)[0, 1] > 0.95


def test_draws_come_from_the_codes_and_the_prior_is_still_there(fitted):
    for label, name in ((0, "kick"), (10, "tom")):
        assert abs(fitted.draw(name, 400, 1).mean() - label / 10) < 0.15
        assert abs(fitted.draw(name, 400, 1, prior=True).mean()) < 0.1
    np.testing.assert_array_equal(fitted.draw("kick", 3, 5), fitted.draw("kick", 3, 5))
    assert np.abs(fitted.draw("kick", 3, 5) - fitted.draw("kick", 3, 6)).min() > 0
    # The first of several new sounds is the one that a seed alone stands for.
    np.testing.assert_array_equal(fitted.draw("kick", 3, 5)[:1], fitted.draw("kick", 1, 5))
    np.testing.assert_array_equal(fitted.draw("kick", 3, 5, prior=True)[:1], fitted.draw("kick", 1, 5, prior=True))


def test_the_classifier_of_strict_sampling_knows_the_drums_that_the_bundle_draws(shipped):
    found = [shipped.decode(shipped.draw(name, 12, 5), name) for name in CLASSES]
    found = [judge.probabilities(shipped._judge, mels).argmax(axis=1) for mels in found]
    share = [np.mean(own == label) for label, own in enumerate(found)]
    assert np.mean(share) > 0.7 and min(share) > 0.3


def test_strict_draws_are_surer_of_their_class(fitted, monkeypatch):
    monkeypatch.setattr(judge, "STRICT", 0.9999)  # this classifier is sure of nearly all draws

    def sure(strict):
        z = fitted.draw("clap", 24, 0, strict=strict)
        assert z.shape == (24, fitted.config.cwae.latent)
        return judge.probabilities(fitted._judge, fitted.decode(z, ["clap"] * 24))[:, CLASSES.index("clap")]

    assert np.mean(sure(True) >= judge.STRICT) > np.mean(sure(False) >= judge.STRICT)
    with pytest.raises(ValueError, match="not a mix"):
        fitted.draw({"clap": 1, "snare": 1}, 2, strict=True)


def test_a_mix_of_classes_lies_between_them(fitted):
    z = np.zeros(fitted.config.cwae.latent, np.float32)
    mels = [fitted.decode(z, c) for c in ("kick", {"kick": 3, "snare": 1}, "kick:0.5,snare:0.5", "snare")]
    kick, mostly, half, snare = (np.log(mel + 1e-3) for mel in mels)
    away = [np.abs(mel - kick).mean() for mel in (mostly, half, snare)]
    assert 0 < away[0] < away[1] < away[2]
    np.testing.assert_array_equal(fitted.generate(np.zeros(3), "kick:2"), fitted.generate(np.zeros(3), "kick"))
    labels = {tuple(np.round(row, 6)) for row in fitted.draw("kick:1,tom:1", 20, 0)}
    assert len(labels) == 20
    for wrong in ({"kick": -1.0}, {"kick": 0.0}, "kick:x", "kick:1,kick:2", "kick:inf"):
        with pytest.raises(ValueError, match="mix"):
            fitted.decode(z, wrong)


def test_parts_agree_with_the_whole(shipped):
    point = np.array([0.5, -1.0, 0.25], np.float32)
    wave = shipped.generate(point, "snare", texture=None)
    z = shipped.place(point, "snare")
    np.testing.assert_allclose(shipped.controls(z, "snare"), point, atol=1e-3)
    np.testing.assert_array_equal(shipped.render(z, "snare", texture=None), wave)
    mel = shipped.decode(z, "snare")
    vocoded = shipped.vocode(mel)
    np.testing.assert_allclose(vocoded / np.abs(vocoded).max(), wave, atol=1e-4)
    code = shipped.encode(wave, "snare")
    assert code.shape == z.shape and np.isfinite(code).all()


def test_the_mask_is_there_where_an_mcnn_plays():
    """And the waveform is multiplied by it, once binarised."""
    synth = Synth(small.bundle(small.config("paper")))
    z = synth.draw("snare", 3, seed=1)
    mask, waves = synth.mask(synth.decode(z, ["snare"] * 3)), synth.render(z, ["snare"] * 3)
    assert synth.has_mask and mask.shape == waves.shape and (mask >= 0).all() and (mask <= 1).all()
    clear = np.abs(mask - 0.5) > 1e-4
    assert 0.1 < np.mean(mask > 0.5) < 0.9
    np.testing.assert_array_equal(waves[clear] != 0, mask[clear] > 0.5)
    without = Synth(small.bundle(small.config("tiny", "vocoder.refine=1")))
    assert not without.has_mask
    with pytest.raises(ValueError, match="this bundle plays without an MCNN: it has no mask"):
        without.mask(np.zeros((13, 29)))


def test_a_take_of_hits_is_seeded_and_none_is_smooth():
    synth = Synth(small.bundle(small.config("tiny", "vocoder.refine=1")))
    z = synth.place(np.zeros((2, 3)), ["kick", "snare"])
    mels = [synth.decode(z, ["kick", "snare"], texture) for texture in (None, 0, 0, 1)]
    np.testing.assert_array_equal(mels[0], synth.decode(z, ["kick", "snare"]))
    np.testing.assert_array_equal(mels[1], mels[2])
    for one, other in ((0, 1), (1, 3)):
        assert np.abs(np.log(mels[one] + 1e-3) - np.log(mels[other] + 1e-3)).mean() > 0.01
    np.testing.assert_array_equal(synth.render(z, ["kick", "snare"]), synth.render(z, ["kick", "snare"], texture=0))
    with pytest.raises(ValueError, match="texture must be a whole number, 0 or more"):
        synth.decode(z, ["kick", "snare"], -1)


def test_batches_equal_single_sounds(shipped):
    points = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    names = ["kick", "tom", "open_hat", "clap", "tom"]
    together = shipped.generate(points, names)
    for point, name, wave in zip(points, names, together, strict=True):
        np.testing.assert_allclose(shipped.generate(point, name), wave, atol=2e-3)
    np.testing.assert_array_equal(together, shipped.generate(points, [CLASSES.index(n) for n in names]))


def test_several_threads_play_the_same_sounds(shipped):
    points = np.random.default_rng(0).standard_normal((12, 3))
    expected = [shipped.generate(point, name) for point, name in zip(points, CLASSES * 2, strict=False)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        waves = list(pool.map(shipped.generate, points, CLASSES * 2))
    for wave, same in zip(waves, expected, strict=True):
        np.testing.assert_array_equal(wave, same)


def test_samples_are_seeded(shipped):
    first = shipped.sample("conga", 3, seed=5)
    assert first.shape == (3, shipped.samples)
    np.testing.assert_array_equal(first, shipped.sample("conga", 3, seed=5))
    assert not np.array_equal(first, shipped.sample("conga", 3, seed=6))
    assert not np.array_equal(first[0], first[1])


def test_forgiving_names_and_clear_errors(shipped):
    audio = shipped.config.audio
    np.testing.assert_array_equal(
        shipped.generate([0, 0, 0], "Hihat-Closed"), shipped.generate([0, 0, 0], "closed_hat")
    )
    for call, message in (
        (lambda: shipped.generate([0, 0, 0], "cowbell"), "drum class must be one of kick, .*; got 'cowbell'"),
        (lambda: shipped.generate([0, 0, 0], 11), "index below 11"),
        (lambda: shipped.generate([0, np.nan, 0], "kick"), "finite"),
        (lambda: shipped.generate([0, np.inf, 0], "kick"), "finite"),
        (lambda: shipped.generate([0, 0], "kick"), "expected 3 numbers"),
        (lambda: shipped.generate(np.zeros((2, 3)), ["kick"]), "one for each of the 2"),
        (lambda: shipped.vocode(np.zeros((3, 4))), f"{audio.frames} frames of {audio.mels}"),
        (lambda: shipped.encode([np.nan], "kick"), "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
