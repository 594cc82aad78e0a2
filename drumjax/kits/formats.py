"""A kit as the files of a sampler: SFZ, Decent Sampler, Hydrogen, or WAVs alone.

Nothing here makes sounds or writes to disk: WAVs come in as bytes, and the files of a folder go out as bytes.
"""

import gzip
import io
import math
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

SAMPLES = "samples"
"""The folder of the WAVs beside an .sfz or a .dspreset."""

MOST_TAKES = 16
"""Sounds of one instrument: Hydrogen has no more layers."""

SILENT_DB = -100.0
"""Volume of an instrument whose level is 0."""

_HYDROGEN = "http://www.hydrogen-music.org/drumkit"


@dataclass(frozen=True)
class Instrument:
    """What one key plays.

    Attributes:
        name: as shown.
        key: MIDI note number.
        takes: names of its WAVs, 1 to `MOST_TAKES`, played in turn.
        mute_group: from 1; instruments of one group end each other's sounds. None: nothing ends them.
        level: factor of the amplitude, 0 or more.
        pan: from left, -1, to right, 1.
        semitones: how much higher its sounds are played.
    """

    name: str
    key: int
    takes: tuple[str, ...]
    mute_group: int | None = None
    level: float = 1.0
    pan: float = 0.0
    semitones: float = 0.0

    @property
    def volume_db(self) -> float:
        """The level in dB, at least `SILENT_DB`."""
        return max(SILENT_DB, 20 * math.log10(self.level)) if self.level else SILENT_DB


@dataclass(frozen=True)
class Kit:
    """A kit.

    Attributes:
        name: of its files and in samplers.
        origin: what made it, one line.
        licence: what may be done with it, one line.
        instruments: with different keys.
    """

    name: str
    origin: str
    licence: str
    instruments: tuple[Instrument, ...]


def folder(kit: Kit, form: str, wavs: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a kit's folder, {path in it: content}; equal arguments give equal bytes.

    Args:
        kit: to be written.
        form: one of `FORMATS`.
        wavs: {name: content} of all takes.

    Raises:
        ValueError: the format is unknown.
    """
    if form not in FORMATS:
        raise ValueError(f"the format of a kit must be one of {', '.join(FORMATS)}; got {form!r}")
    readme = {"README.txt": _readme(kit).encode()}
    if form == "wav":
        return readme | dict(wavs)
    if form == "hydrogen":
        return readme | {f"{kit.name}.h2drumkit": _packed(kit, {**readme, **wavs, "drumkit.xml": hydrogen(kit)})}
    name, content = (f"{kit.name}.sfz", sfz(kit)) if form == "sfz" else (f"{kit.name}.dspreset", decent_sampler(kit))
    return readme | {name: content} | {f"{SAMPLES}/{wav}": content for wav, content in wavs.items()}


FORMATS = ("sfz", "decent", "hydrogen", "wav")


def sfz(kit: Kit) -> bytes:
    """An SFZ file.

    Sounds play to their end whenever the key is released. Softer strokes are quieter, in proportion to the velocity as
    in the other formats, and duller: the low-pass is at 20 kHz at the highest velocity and two octaves lower at the
    lowest.
    """
    lines = [
        f"// {kit.name}. {kit.origin}",
        f"// {kit.licence}",
        "",
        "<global> loop_mode=one_shot fil_type=lpf_2p cutoff=5000 fil_veltrack=2400 amp_velcurve_64=0.504",
    ]
    for instrument in kit.instruments:
        opcodes = [f"key={instrument.key}"]
        if instrument.mute_group is not None:
            opcodes.append(f"group={instrument.mute_group} off_by={instrument.mute_group}")
        if len(instrument.takes) > 1:
            opcodes.append(f"seq_length={len(instrument.takes)}")
        whole = round(instrument.semitones)
        cents = round(100 * (instrument.semitones - whole))
        values = {"volume": round(instrument.volume_db, 2), "pan": round(100 * instrument.pan, 1)}
        values |= {"transpose": whole, "tune": cents}
        opcodes += [f"{name}={value:g}" for name, value in values.items() if value]
        lines += ["", f"// {instrument.name}", f"<group> {' '.join(opcodes)}"]
        for number, take in enumerate(instrument.takes, 1):
            position = f"seq_position={number} " if len(instrument.takes) > 1 else ""
            lines.append(f"<region> {position}sample={SAMPLES}/{take}")
    return ("\n".join(lines) + "\n").encode()


def decent_sampler(kit: Kit) -> bytes:
    """A .dspreset file.

    Decent Sampler has no one-shots: a straight release of a minute lets every sound of a second play to its end.
    """
    root = ElementTree.Element("DecentSampler", minVersion="1.6.0")
    envelope = {"attack": "0", "decay": "0", "sustain": "1", "release": "60", "releaseCurve": "0"}
    groups = ElementTree.SubElement(root, "groups", envelope)
    for instrument in kit.instruments:
        group = ElementTree.SubElement(groups, "group", name=instrument.name, ampVelTrack="1")
        if len(instrument.takes) > 1:
            group.attrib |= {"seqMode": "round_robin", "seqLength": str(len(instrument.takes))}
        if instrument.mute_group is not None:
            tag = f"mute{instrument.mute_group}"
            group.attrib |= {"tags": tag, "silencedByTags": tag, "silencingMode": "fast"}
        key = str(instrument.key)
        values = {"pan": round(100 * instrument.pan, 1), "tuning": round(instrument.semitones, 2)}
        played = {name: f"{value:g}" for name, value in values.items() if value}
        if instrument.level != 1:
            played["volume"] = f"{instrument.volume_db:.2f}dB"
        for number, take in enumerate(instrument.takes, 1):
            where = {"path": f"{SAMPLES}/{take}", "rootNote": key, "loNote": key, "hiNote": key}
            ElementTree.SubElement(group, "sample", where | played | {"seqPosition": str(number)})
    return _xml(root)


def hydrogen(kit: Kit) -> bytes:
    """The drumkit.xml of a Hydrogen kit, in the form that Hydrogen 1.0 to 1.2 write."""
    root = ElementTree.Element("drumkit_info", xmlns=_HYDROGEN)
    _add(root, name=kit.name, author="drumjax", info=kit.origin, license=kit.licence, image="", imageLicense="")
    component = ElementTree.SubElement(ElementTree.SubElement(root, "componentList"), "drumkitComponent")
    _add(component, id=0, name="Main", volume=1)
    instruments = ElementTree.SubElement(root, "instrumentList")
    for number, instrument in enumerate(kit.instruments):
        element = ElementTree.SubElement(instruments, "instrument")
        _add(element, id=number, name=instrument.name, volume=round(instrument.level, 4))
        _add(element, isMuted="false", isSoloed="false", pan=round(instrument.pan, 4))
        _add(element, pitchOffset=0, randomPitchFactor=0, gain=1, applyVelocity="true")
        _add(element, filterActive="false", filterCutoff=1, filterResonance=0)
        _add(element, Attack=0, Decay=0, Sustain=1, Release=1000)
        _add(element, muteGroup=-1 if instrument.mute_group is None else instrument.mute_group)
        _add(element, midiOutChannel=-1, midiOutNote=instrument.key, isStopNote="false")
        _add(element, sampleSelectionAlgo="ROUND_ROBIN" if len(instrument.takes) > 1 else "VELOCITY")
        _add(element, isHihat=-1, lower_cc=0, higher_cc=127, FX1Level=0, FX2Level=0, FX3Level=0, FX4Level=0)
        layers = ElementTree.SubElement(element, "instrumentComponent")
        _add(layers, component_id=0, gain=1)
        for take in instrument.takes:
            layer = ElementTree.SubElement(layers, "layer")
            _add(layer, filename=take, min=0, max=1, gain=1, pitch=round(instrument.semitones, 2))
    return _xml(root)


def _packed(kit: Kit, contents: Mapping[str, bytes]) -> bytes:
    """A .h2drumkit: a compressed tar of one folder, without times and owners.

    The folder's name is ASCII: Hydrogen unpacks others only in a UTF-8 locale.
    """
    name_in_tar = re.sub(r"[^ -~]", "_", kit.name)
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in contents.items():
            entry = tarfile.TarInfo(f"{name_in_tar}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _readme(kit: Kit) -> str:
    lines = [kit.name, "", kit.origin, kit.licence, "", "MIDI key, instrument, sounds:"]
    lines += [f"{one.key:3}  {one.name:12}  {', '.join(one.takes)}" for one in kit.instruments]
    return "\n".join(lines) + "\n"


def _add(parent: ElementTree.Element, **children: str | int | float) -> None:
    for name, value in children.items():
        ElementTree.SubElement(parent, name).text = value if isinstance(value, str) else f"{value:g}"


def _xml(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
