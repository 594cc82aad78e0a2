"""drumjax export: a bundle for programs other than drumjax, and what plays it: engine, plugin, page, device."""

import errno
import importlib.util
import shutil
from pathlib import Path

from drumjax.commands import Parser, command
from drumjax.files import shown

EXAMPLES = (
    ("drumjax export --instrument drums.safetensors", "the shipped instrument as one file"),
    ("drumjax export --instrument mine.safetensors --bundle runs/release", "... of your own training"),
    ("drumjax export --engine engine/", "a C library that plays such files, and its header"),
    ("drumjax export --plugin plugin/", "the instrument as VST3, CLAP, LV2 and standalone, without Python"),
    ("drumjax export --page page/", "the page for any web space: it plays in the browser, without a server"),
    ("drumjax export --live drumjax-live/", "the Max for Live device that needs no server"),
    ("drumjax export --onnx onnx/", "models for onnxruntime, which many languages have"),
)


@command("export")
def export(arguments: list[str]) -> None:
    """Writes an instrument file, the page, the device for Live or ONNX models, or builds the engine or the plugin."""
    parser = Parser("drumjax export", EXAMPLES, description="Exports the instrument for programs without Python.")
    parser.add_argument("--instrument", type=Path, metavar="FILE", help="write an instrument file")
    parser.add_argument("--engine", type=Path, metavar="DIR", help="build the engine with make and g++ into a folder")
    parser.add_argument("--plugin", type=Path, metavar="DIR", help="build the plugin with DPF into a folder")
    parser.add_argument("--page", type=Path, metavar="DIR", help="write the page that needs no server")
    parser.add_argument("--live", type=Path, metavar="DIR", help="write the Max for Live device that needs no server")
    parser.add_argument("--onnx", type=Path, metavar="DIR", help="write ONNX models into a folder (docs/onnx.md)")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="a trained bundle or its run (the shipped one)")
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")
    options = parser.parse_args(arguments)
    if not any((options.instrument, options.engine, options.plugin, options.page, options.live, options.onnx)):
        raise ValueError(
            "give --instrument FILE, or --engine, --plugin, --page, --live or --onnx DIR (see drumjax export --help)"
        )
    if options.onnx and importlib.util.find_spec("onnx") is None:
        raise ValueError("ONNX models need the package onnx: pip install 'drumjax[onnx]'")
    from drumjax import checkpoint
    from drumjax.clients.engine import binding, instrument, page
    from drumjax.clients.max import live
    from drumjax.clients.plugin import build

    header, made = binding.HEADER, []
    if options.engine:
        made = [options.engine / name for name in (binding.LIBRARY, header)]
    results = [options.plugin / name for name in build.RESULTS] if options.plugin else []
    for path in [*([options.instrument] if options.instrument else []), *made, *results]:
        if not options.force and (path.exists() or path.is_symlink()):
            raise FileExistsError(errno.EEXIST, "the file exists; overwrite it with --force", shown(path))
    if options.plugin and (lack := build.missing()):
        raise ValueError(lack)  # before anything is written
    bundle = options.bundle or checkpoint.shipped()
    if options.instrument:
        instrument.write(checkpoint.load_bundle(bundle), options.instrument)
        print(shown(options.instrument))
    if options.page:
        print(shown(page.write(bundle, options.page, options.force)))
    if options.live:
        print(shown(live.write(bundle, options.live, options.force)))
    if options.onnx:
        from drumjax.clients.onnx import sound

        print(shown(sound.write(checkpoint.load_bundle(bundle), options.onnx, options.force)))
    if options.engine:
        binding.build(options.engine)
        shutil.copy(binding.SOURCES / header, options.engine)
        print(*map(shown, made), sep="\n")
    if options.plugin:
        contents = instrument.contents(checkpoint.load_bundle(bundle))
        print(*map(shown, build.build(contents, options.plugin)), sep="\n")
