"""Presets, JSON and overrides."""

import dataclasses
import json

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumjax import config, presets
from drumjax.cli import settings
from drumjax.sound import dsp


@pytest.mark.parametrize("name", presets.PRESETS)
def test_presets_survive_json(name, tmp_path):
    made = presets.preset(name)
    presets.save(made, tmp_path / "config.json")
    assert presets.load(tmp_path / "config.json") == made
    assert not list(tmp_path.glob("*.tmp"))
    assert hash(made) == hash(presets.preset(name))  # static under jit


def test_paper_is_as_printed():
    paper = presets.preset("paper")
    assert (paper.audio.rate, paper.audio.samples, paper.audio.frames, paper.audio.mels) == (22050, 22015, 86, 512)
    assert (paper.train.cwae.batch, paper.train.cwae.steps, paper.cwae.beta, paper.cwae.reduction) == (
        704,
        110_000,
        10.0,
        "sum",
    )
    assert (paper.train.mcnn.batch, paper.train.mcnn.steps, paper.mcnn.loss_weights) == (128, 50_000, (3.0, 10.0, 1.0))
    assert (paper.train.cwae.learning_rate, paper.train.cwae.factor, paper.train.cwae.patience) == (1e-3, 0.5, 10)
    assert (paper.train.mcnn.learning_rate, paper.train.mcnn.factor, paper.train.mcnn.patience) == (1e-4, 0.2, 50)
    assert (paper.data.shares, paper.data.per_class, paper.data.min_seconds) == ((0.8, 0.2, 0.0), 2400, 0.1)
    assert (paper.stages, paper.controls, paper.sampling, paper.texture) == (
        ("cwae", "mcnn"),
        "global",
        "prior",
        "none",
    )
    assert (paper.vocoder.refine, paper.vocoder.end, paper.encoding.refine) == (0, "mask", 0)
    assert (paper.cwae.monitor, paper.cwae.fit_per_class, paper.mcnn.length_buckets) == ("loss", 0, False)
    assert config.CLASSES.index("clap") == 1 and len(config.CLASSES) == 11


def test_overrides_take_every_kind_of_value():
    made = presets.override(
        presets.preset("home"),
        ["run.dir=runs/a b", "data.shares=0.7,0.2,0.1", "cwae.channels=[8,16]", "cwae.beta=3", "mcnn.log_loss=paper"],
    )
    assert made.run.dir == "runs/a b" and made.data.shares == (0.7, 0.2, 0.1)
    assert made.cwae.channels == (8, 16) and made.cwae.beta == 3.0 and made.mcnn.log_loss == "paper"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("cwae.betta=3", "no field 'cwae.betta'"),
        ("cvae.beta=3", "no group 'cvae'"),
        ("cwae.beta", "group.field=value"),
        ("cwae.beta=much", "cwae.beta takes a value of type float"),
        ("cwae.beta=NaN", "must be finite"),
        ("cwae=3", "no field 'cwae'"),
        ("data.shares=0.8,0.1", "takes 3 values"),
        ("data.shares=0.8,0.1,0.3", "sum to 1"),
        ("mcnn.log_loss=other", "one of paper, active"),
        ("audio.hop=128", "2 \\*\\* layers"),
        ("train.cwae.batch=100", "multiple of 11"),
        ("run.seed=true", "type int"),
        ("audio.mels=4000", "audio.mels must be at most 617"),
        ("cwae.latent=1000", "at most the narrowest of cwae.dense, 512; got 1000"),
        ("cwae.components=100000", "cwae.components must be at most 4400"),
        ("cwae.kernel=11,87", "at most \\(mels, frames\\)"),
        ("cwae.beta=-1", "cwae.beta must be 0 or more"),
        ("mcnn.width=999", "mcnn.width must be at most"),
        ("mcnn.loss_weights=0,0,0", "one above 0"),
        ("mcnn.loss_weights=3,-10,1", "0 or more"),
        ("data.min_seconds=5", "below data.max_seconds"),
        ("train.mcnn.learning_rate=10", "at most 1"),
        ("vocoder.refine=3", "plays without the MCNN and its mask: it needs vocoder.end=mel; got 'mask'"),
        ("vocoder.end=cut", "one of mask, mel; got 'cut'"),
        ("stages=cwae", "the MCNN plays where vocoder.refine is 0, and stages must hold mcnn; got cwae"),
        ("texture=loud", "texture must be one of none, noise, hits; got 'loud'"),
    ],
)
def test_wrong_overrides_say_what_would_be_right(assignment, message):
    with pytest.raises(ValueError, match=message):
        presets.override(presets.preset("home"), [assignment])


def test_unknown_preset_names_the_known_ones():
    with pytest.raises(ValueError, match="one of paper, home, release, tiny; got 'big'"):
        presets.preset("big")


def test_home_is_the_paper_with_less_training():
    """The networks, the format of a sound and the playing are the paper's."""
    paper, home = presets.paper(), presets.home()
    for group in ("audio", "encoding", "vocoder"):
        assert getattr(home, group) == getattr(paper, group), group
    assert (home.controls, home.sampling, home.texture) == (paper.controls, paper.sampling, paper.texture)
    changes = {"monitor", "fit_per_class", "log_loss", "length_buckets"}
    for group in ("cwae", "mcnn"):
        ours, theirs = (dataclasses.asdict(getattr(made, group)) for made in (home, paper))
        assert {name for name in ours if ours[name] != theirs[name]} <= changes, group
    assert home.plays_mcnn and home.train.cwae.steps < paper.train.cwae.steps / 10


@pytest.mark.parametrize("name", ["release", "tiny"])
def test_the_other_presets_play_without_an_mcnn(name):
    made = presets.preset(name)
    assert made.stages == ("cwae",) and not made.plays_mcnn and made.vocoder.end == "mel"
    assert (made.controls, made.sampling, made.texture) == ("class", "density", "hits")
    # An MCNN may be trained and played all the same, if its layers reach from a frame to a sample.
    mcnn = ["stages=cwae,mcnn", "vocoder.refine=0", "vocoder.end=mask"]
    assert presets.override(made, mcnn).plays_mcnn
    with pytest.raises(ValueError, match="must equal audio.hop; got 4 and .*: set mcnn.channels"):
        presets.override(made, [*mcnn, "mcnn.channels=8,2"])


def test_release_is_at_the_rate_of_a_cd():
    release = presets.release()
    assert (release.audio.rate, release.audio.frames, release.audio.mels) == (44100, 86, 512)


@pytest.mark.parametrize("rate", [2000, 11025, 22050, 44100])
@pytest.mark.parametrize("fft", [512, 1000, 4096])
def test_the_most_mels_leave_no_filter_empty(rate, fft):
    audio = config.Audio(rate=rate, window=256, hop=64, fft=fft)
    most = dataclasses.replace(audio, mels=audio.most_mels)
    assert dsp.mel_bank(most).any(axis=0).all()
    more = dataclasses.replace(audio, mels=audio.most_mels * 5 // 4)
    assert not dsp.mel_bank(more).any(axis=0).all()


def test_release_is_the_default():
    assert settings.PRESET == "release"


FIELDS = [
    f"{group}.{name}"
    for group, names in presets.to_dict(presets.tiny()).items()
    if isinstance(names, dict)
    for name in names
]
VALUES = st.one_of(
    st.text(),
    st.integers().map(str),
    st.floats().map(str),
    st.lists(st.integers(-3, 99)).map(str),
    st.just("[]"),
    st.just("{}"),
)


@hypothesis.settings(deadline=None)  # a busy machine pauses
@given(
    st.one_of(
        st.text(), st.builds("{}={}".format, st.sampled_from([*FIELDS, "train.cwae.batch", "train.mcnn.clip"]), VALUES)
    )
)
def test_any_override_gives_a_config_that_can_be_kept_or_a_value_error(text):
    try:
        made = presets.override(presets.preset("tiny"), [text])
    except ValueError as error:
        assert str(error)
    else:
        assert presets.from_dict(json.loads(json.dumps(presets.to_dict(made)))) == made
