"""labels.csv and manifest.csv as people and Excel write them."""

from pathlib import Path

import pytest
from test_corpus import build, outcomes, put

from drumjax.data import tables

TEXT = "path{0}class\nBeats/Schüttel 1.wav{0}shaker\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_excel_writes_is_read(tmp_path, separator, encoding, end):
    file = tmp_path / "labels.csv"
    file.write_bytes(TEXT.format(separator).replace("\n", end).encode(encoding))
    label = tables.Label("Beats/Schüttel 1.wav", "shaker", 2)
    assert tables.read_labels(file) == [label]
    file.write_bytes(f"sep={separator}{end}".encode() + TEXT.format(separator).replace("\n", end).encode("utf-8"))
    assert tables.read_labels(file) == [tables.Label(label.path, "shaker", 3)]


def test_columns_may_be_capitalised_quoted_and_more(tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text('No;"Path ";Class\n1;"a; b.wav";Kick\n2;;Snare\n3;c.wav;\n')
    assert tables.read_labels(file) == [tables.Label("a; b.wav", "Kick", 2), tables.Label("c.wav", "", 4)]


PATHS = ["k/00_k.wav", "k/01_k.wav", "k/sub/02.wav", "Hats/open/1.wav", "Hats/2.wav", "kick [1].wav"]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("k", PATHS[:3]),
        ("k/", PATHS[:3]),
        (".\\k\\sub", PATHS[2:3]),
        ("k/0?_k.wav", PATHS[:2]),
        ("k/*.wav", PATHS[:3]),
        ("*_k.wav", PATHS[:2]),
        ("*/open", PATHS[3:4]),
        ("K/00_K.WAV", PATHS[:1]),
        ("hats", PATHS[3:5]),
        ("/data/pack/k/01_k.wav", PATHS[1:2]),
        ("kick [1].wav", PATHS[5:]),
        (".", PATHS),
    ],
)
def test_a_row_means_a_file_a_folder_or_a_pattern(tmp_path, row, wanted):
    file = tmp_path / "labels.csv"
    file.write_text(f'path,class\n"{row}",clap\n')
    rows = tables.read_labels(file, Path("/data/pack"))
    assert tables.match(rows, PATHS, file) == dict.fromkeys(wanted, "clap")


def test_the_most_specific_row_counts(tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text("path,class\nk/00_k.wav,kick\nk/sub,tom\nk/*_k.wav,snare\nk,clap\nHats/2.wav,\nHats,bongo\n")
    found = tables.match(tables.read_labels(file), PATHS, file)
    assert found == dict(zip(PATHS, ["kick", "snare", "tom", "bongo", "bongo"], strict=False))


@pytest.mark.parametrize(
    ("row", "nearest"),
    [("k/00_kk.wav", "k/00_k.wav"), ("Hat", "Hats"), ("Kicks/*.aif", None), ("/elsewhere/z.flac", None)],
)
def test_a_row_that_matches_nothing_is_an_error(tmp_path, row, nearest):
    file = tmp_path / "labels.csv"
    file.write_text(f"path,class\nk,kick\n{row},kick\n")
    with pytest.raises(ValueError, match="labels.csv, row 3: .* matches no file") as caught:
        tables.match(tables.read_labels(file), PATHS, file)
    assert "\n" not in str(caught.value)
    assert nearest is None or str(caught.value).endswith(f"matches no file; the nearest is {nearest!r}")


def test_rows_decide_in_a_build_and_mistakes_end_it(tmp_path):
    folder = tmp_path / "in"
    put(folder, k__00=1, k__01=2, x__clap=3, x__2=4)
    (folder / "labels.csv").write_bytes("path;class\r\nk;Kick\r\nx/2.*;none\r\n".encode("utf-16"))
    _, rows = build(tmp_path / "store", folder)
    assert outcomes(rows) == {"k/00.wav": "kick", "k/01.wav": "kick", "x/clap.wav": "clap", "x/2.wav": "no class"}
    (folder / "labels.csv").write_text("path,class\nkk/00.wav,kick\n")
    with pytest.raises(ValueError, match=r"row 2: 'kk/00.wav' matches no file; the nearest is 'k/00.wav'"):
        build(tmp_path / "store", folder)
    (folder / "labels.csv").write_bytes(b"path,class\nk,\x81\n")
    with pytest.raises(ValueError, match="cannot read .*labels.csv"):
        build(tmp_path / "store", folder)
