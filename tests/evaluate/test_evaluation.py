"""The evaluation of a model that reproduces every sound exactly: its results must equal those of the input."""

import json
import subprocess
import sys

import numpy as np
import pytest
from exact import PRESENT, ExactModel, make_store

from drumjax.evaluate import __main__ as main
from drumjax.evaluate import evaluation, knobs, sounds, tables
from drumjax.evaluate.ears import EARS
from drumjax.evaluate.model import Model
from drumjax.synth import Synth


@pytest.fixture(scope="module")
def results(store, short_training):
    return evaluation.evaluate(ExactModel(store), store, samples=6)


def test_synth_has_the_interface_of_a_model(synth, store):
    assert isinstance(synth, Model) and isinstance(ExactModel(store), Model)
    assert not isinstance(Synth, Model)  # the class itself lacks the attributes


def test_an_exact_model_has_the_results_of_the_input(results):
    table, _ = results
    truth = table["systems"]["input"]
    for system in ("vocoder from true mels", "CWAE", "whole chain"):
        rows = table["systems"][system]
        for name in (
            "sc",
            "log_mel_db",
            "lsd_db",
            "standardised_mse",
            "envelope_db",
            "comb_change_db",
            "attack_change_ms",
        ):
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
    judged = results[0]["judged"]
    for ear in EARS:
        assert judged["samples"]["ears"][ear]["recognised"]["macro"] > 0.6, ear  # although at a quarter of the level
        assert judged["real training"]["ears"][ear]["frechet"]["macro"] > 0


def test_the_ears_and_the_character_of_an_exact_chain_are_those_of_the_input(results):
    judged = results[0]["judged"]
    real = judged["real held-out"]
    for system in ("vocoder from true mels", "whole chain"):
        for ear in EARS:
            assert judged[system]["ears"][ear]["recognised"] == real["ears"][ear]["recognised"]
            assert judged[system]["ears"][ear]["frechet"]["macro"] == pytest.approx(0, abs=1e-4)
        for name, means in real["character"].items():
            assert judged[system]["character"][name]["macro"] == pytest.approx(means["macro"]), name
        assert max(max(of.values()) for of in judged[system]["distances"].values()) == 0
        assert judged[system]["weak"] == []


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


def test_kits_that_the_model_was_trained_on_are_not_held_out(store, tmp_path):
    """Kit 2 is validation, kit 3 of the other store test."""
    model = ExactModel(store)
    model.metadata = {"heard_kits": ["kit 2", "of another store"]}
    with pytest.raises(sounds.HeardKits, match=r"1 of the 1 kits of the validation split \(kit 2\)"):
        evaluation.evaluate(model, store)
    with_test = make_store(tmp_path, with_test=True)
    sounds.check_unheard(model, with_test, "test")
    assert sounds.heard_kits(model, with_test).tolist() == [False, False, True, False]
    for unheard in ([], None):
        model.metadata = {"heard_kits": unheard}
        sounds.check_unheard(model, store, "validation")


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
