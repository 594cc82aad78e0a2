"""`drumjax kit` as a user runs it: a folder for a sampler, its sounds, nothing overwritten, one line for a mistake."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
import small
import soundfile

from drumjax import checkpoint
from drumjax.cli.generate import generate
from drumjax.cli.kit import kit
from drumjax.data.labels import class_of_file
from drumjax.kits.pads import PADS
from drumjax.kits.recipe import from_comment
from drumjax.sound import audio
from drumjax.synth import Synth

ONE = "--round-robins", 1
WAVS = "--format", "wav", *ONE


@pytest.fixture(scope="module")
def tiny():
    """A synth with random weights that has takes."""
    return Synth(small.bundle(small.config("release")))


@pytest.fixture
def run(tiny, tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder with random weights, and returns the folder that it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Synth, "load", lambda path=None, knobs=None: tiny)

    def made(*arguments):
        code = kit(list(map(str, arguments)))
        output = capsys.readouterr()
        assert code == 0, output.err
        return Path(output.out.removesuffix("\n"))

    return made


def test_every_wav_is_what_the_synth_renders_and_is_made_again_from_its_comment(run, tiny):
    folder = run("--seed", 7, "--out", "mine/new", "--round-robins", 2)
    assert folder == Path("mine/new") and {path.name for path in folder.iterdir()} == {
        "README.txt",
        "new.sfz",
        "samples",
    }
    paths = sorted((folder / "samples").iterdir())
    assert [path.name for path in paths] == [f"{pad.key}_{pad.name}_rr{take}.wav" for pad in PADS for take in (1, 2)]
    assert len({path.read_bytes() for path in paths}) == len(paths)
    for path in paths:
        recipe, _, _ = from_comment(audio.comment(path))
        assert recipe.drum_class == class_of_file(path.name)
        z = tiny.draw(recipe.drum_class, 1, recipe.seed)
        played = np.trim_zeros(tiny.render(z, recipe.drum_class, int(path.stem[-1]) - 1)[0], "b")
        wave, rate = soundfile.read(path, dtype="float32")
        assert rate == tiny.rate
        np.testing.assert_allclose(wave, played, atol=1 / 32768)
    for path in paths[::11]:
        assert generate(["--again", str(path), "--out", "again.wav", "--force"]) == 0
        assert Path("again.wav").read_bytes() == path.read_bytes()
    sfz = (folder / "new.sfz").read_text()
    assert [line.split("sample=")[1] for line in sfz.splitlines() if "sample=" in line] == [
        f"samples/{path.name}" for path in paths
    ]


def test_a_seed_is_a_kit_in_every_format(run):
    folders = [run("--seed", 3, "--format", form, "--out", form, *ONE) for form in ("decent", "wav")]
    kits = [{path.name: path.read_bytes() for path in folder.rglob("*.wav")} for folder in folders]
    with tarfile.open(run("--seed", 3, "--format", "hydrogen", "--out", "h", *ONE) / "h.h2drumkit") as archive:
        members = {Path(one.name).name: archive.extractfile(one).read() for one in archive.getmembers()}
    kits.append({name: content for name, content in members.items() if name.endswith(".wav")})
    assert len(kits[0]) == 16 and all(one == kits[0] for one in kits)
    others = {path.name: path.read_bytes() for path in run("--seed", 4, *WAVS).iterdir()}
    assert not set(others.values()) & set(kits[0].values())


def test_a_taken_name_gets_a_number_and_an_empty_folder_is_free(run):
    Path("mine").mkdir()
    assert run("--out", "mine", *WAVS) == Path("mine")
    before = Path("mine/36_kick.wav").read_bytes()
    assert run("--out", "mine", *WAVS, "--seed", 1) == Path("mine_2")
    assert Path("mine/36_kick.wav").read_bytes() == before
    assert {path.name for path in Path().iterdir()} == {"mine", "mine_2"}


def test_force_writes_over_equal_names_and_leaves_the_rest(run):
    run("--out", "mine", *WAVS)
    before = Path("mine/36_kick.wav").read_bytes()
    Path("mine/song.txt").write_text("kept")
    assert run("--out", "mine", *WAVS, "--seed", 1, "--force") == Path("mine")
    assert Path("mine/36_kick.wav").read_bytes() != before and Path("mine/song.txt").read_text() == "kept"
    assert [path.name for path in Path().iterdir()] == ["mine"]


def test_one_take_rate_and_bits(run):
    folder = run(*WAVS, "--rate", 22050, "--bits", 24)
    assert folder == Path("kit_seed0") and len(list(folder.glob("*.wav"))) == 16
    info = soundfile.info(folder / "36_kick.wav")
    assert (info.samplerate, info.subtype) == (22050, "PCM_24")


def test_without_takes_there_is_one_of_each(run, monkeypatch, capsys):
    plain = Synth(small.bundle(small.config("release", "texture=none")))
    monkeypatch.setattr(Synth, "load", lambda path=None, knobs=None: plain)
    assert len(list(run("--format", "wav").glob("*.wav"))) == 16
    assert kit(["--round-robins", "2"]) == 2
    assert capsys.readouterr().err == (
        "kit: --round-robins must be 1 with this bundle, whose takes are all the same; got 2\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "kontakt"], "choose from"),
        (["--round-robins", "17"], "--round-robins must be 1 to 16; got 17"),
        (["--round-robins", "0"], "expected a whole number, 1 or more; got '0'"),
        (["--out", ".."], "--out must name the kit's folder; got '..'"),
        (["--seed", "-1"], "expected a whole number, 0 or more"),
        (["--out", "file/kit"], "cannot write file/kit: Not a directory"),
        (["--out", "file", "--force"], "cannot write file: File exists"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(run, capsys, arguments, message):
    Path("file").write_text("not a folder")
    assert kit([*arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1 and error.startswith("kit: ")
    assert [path.name for path in Path().iterdir()] == ["file"] and Path("file").read_text() == "not a folder"


def test_a_kit_of_another_bundle_claims_no_licence(run, tiny, tmp_path):
    assert "The sounds are yours" in (run(*WAVS) / "README.txt").read_text()
    checkpoint.save_bundle(small.bundle(tiny.config), tmp_path / "bundle")
    assert "yours" not in (run(*WAVS, "--bundle", tmp_path / "bundle") / "README.txt").read_text()
