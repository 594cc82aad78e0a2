"""A bundle holds where each of its training sounds is from."""

import numpy as np

from drumjax.config import CLASSES, Config, Data
from drumjax.data import corpus
from drumjax.data.batches import BUILT_IN
from drumjax.originality import judge
from drumjax.sound import audio
from drumjax.train import assembly


def test_origins_lead_from_codes_to_sources(tmp_path):
    rng = np.random.default_rng(0)
    rows = ["path,class,kit,source,licence,terms"]
    for kit, source in (("kit b", "beta"), ("kit a", "alpha"), ("kit c", "")):
        for name in ("kick", "snare"):
            path = f"{kit} {name}.wav"
            noise = rng.standard_normal(4000) * np.exp(-np.arange(4000) / 700)
            audio.write(tmp_path / path, 0.2 * noise.astype(np.float32), 22_050)
            rows.append(f"{path},{name},{kit},{source},{'CC0' if source else ''},{'permissive' if source else ''}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    folders = (str(tmp_path),)
    config = Config(data=Data(store=str(tmp_path / "store"), folders=folders, shares=(1.0, 0.0, 0.0)))
    store = corpus.build(config, progress=False)
    assert len(store) == 6
    sounds = np.concatenate([np.flatnonzero(store.labels == label) for label in (0, 2)] + [[BUILT_IN]]).astype(int)
    labels = np.append(np.repeat([0, 2], 3), 1)
    kits = sorted(store.kit_names)
    metadata = {"sources": store.sources, "heard_kits": kits, "origins": assembly.origins(store, sounds)}
    found = judge.origins(metadata, labels)
    for origin, sound in zip(found, sounds, strict=True):
        if sound != BUILT_IN:
            kit = store.paths[sound][:5]
            assert (origin.kit, origin.source) == (kit, {"kit a": "alpha", "kit b": "beta", "kit c": ""}[kit])
            assert origin.drum_class == CLASSES[store.labels[sound]] and origin.licence == (
                "CC0" if origin.source else ""
            )
    assert (found[-1].kit, found[-1].source) == ("", "")
