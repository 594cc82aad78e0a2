"""A user's own sounds: read as they are, edited by moving their latents, taken again, morphed into one another.

The sound is kept as it was read; the model sees it as the data stage would make it (mono, at the model's rate, without
offset or leading silence, peak 1). Edits add to the original samples (`drumjax.play.anchor`), so that whatever the
model does not see (level, offset, noise before the start, the difference of the channels) comes out unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import ArrayLike

from drumjax import files
from drumjax.config import CLASSES, MOST_LAYERS, Config
from drumjax.data.labels import Class, to_class_mix
from drumjax.play import anchor, layers, noise
from drumjax.play.arguments import MOST_CHANNELS, DrumClass
from drumjax.play.guess import Guesser
from drumjax.sound import audio, trimming
from drumjax.sound.trimming import LEAST_SECONDS, MOST_SECONDS

TAKE = 0.1
"""Amount of variation (`Synth.variation`) between a sound and its takes, beside its exchanged noise."""


@runtime_checkable
class Player(Protocol):
    """What editing needs of a `Synth`, which describes these."""

    config: Config
    rate: int
    density: Mapping[str, np.ndarray]
    guessers: dict[int, Guesser]
    reaches: Float[np.ndarray, " classes"]

    def encode(self, wave: ArrayLike, drum_class: DrumClass) -> np.ndarray: ...
    def place(self, z_pca: ArrayLike, drum_class: DrumClass) -> np.ndarray: ...
    def draw(self, drum_class: Class, n: int, seed: int) -> np.ndarray: ...
    def decode(self, z: ArrayLike, drum_class: DrumClass) -> np.ndarray: ...
    def mel(self, wave: ArrayLike) -> np.ndarray: ...
    def render(self, z: ArrayLike, drum_class: DrumClass, texture: int | None = 0) -> np.ndarray: ...
    def variation(self, z: ArrayLike, drum_class: Class, amount: float, seed: int = 0) -> np.ndarray: ...
    def guess(self, waves: np.ndarray, rate: int) -> list[tuple[str, float]]: ...


class Heard(NamedTuple):
    """A sound as the data stage makes it."""

    mono: Float[np.ndarray, " fitted"]  # at the model's rate and length, peak 1
    length: int  # samples up to its end
    start: int  # its first sample in the user's wave


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound of the user's, as `Synth.listen` returns it.

    Attributes:
        wave: float32 as it was read, (samples,) or (samples, channels).
        rate: Hz of the wave.
        drum_class: a class, or the weights of a mix.
        certainty: of the class, 0 to 1; 1 if it was given or stands in the file's name.
        z: latents of the sound.
        error_db: mean log-mel error of what the model decodes from them, up to the sound's end: how well the model
            holds the sound. Edits do not add this error to the sound.
        start: first sample of the sound, after leading silence.
        offset: DC of each channel.
    """

    wave: Float[np.ndarray, "samples ..."]
    rate: int
    drum_class: Class
    certainty: float
    z: Float[np.ndarray, " latent"]
    error_db: float
    start: int
    offset: Float[np.ndarray, " channels"]

    @property
    def channels(self) -> Float[np.ndarray, "channels sounding"]:
        """The samples from the start on, without offset."""
        return by_channel(self.wave)[:, self.start :] - self.offset[:, None]

    def replaced(self, channels: Float[np.ndarray, "channels sounding"]) -> Float[np.ndarray, "samples ..."]:
        """The wave with other samples from the start on, which may last longer."""
        before = by_channel(self.wave)[:, : self.start]
        whole = np.concatenate([before, channels + self.offset[:, None]], axis=1).astype(np.float32)
        return whole[0] if self.wave.ndim == 1 else np.ascontiguousarray(whole.T)


def by_channel(wave: Float[np.ndarray, "samples ..."]) -> Float[np.ndarray, "channels samples"]:
    """The wave with its channels first; one channel of a mono wave."""
    return wave[None] if wave.ndim == 1 else wave.T


def read(sound: str | Path | ArrayLike, rate: int | None) -> tuple[Float[np.ndarray, "samples ..."], int]:
    """(wave, rate) of a sound file, mono files as (samples,), or of a given wave after checks.

    Raises:
        ValueError: the file cannot be read, or the wave is none. The message is one line.
    """
    if isinstance(sound, (str, PurePath)):
        wave, rate = audio.read(sound, seconds=MOST_SECONDS + 1)
        if len(wave) > MOST_SECONDS * rate:
            raise ValueError(f"{files.shown(sound)} is too long: more than {MOST_SECONDS:g} s")
        return (wave[:, 0] if wave.shape[1] == 1 else wave), rate
    try:
        wave = np.asarray(sound, np.float32)
    except (TypeError, ValueError):
        raise ValueError(f"expected a sound file or its samples; got {type(sound).__name__}") from None
    if isinstance(rate, bool) or not isinstance(rate, (int, np.integer)):
        raise ValueError(f"samples need their rate in Hz, a whole number; got {rate!r}")
    if not audio.RATES[0] <= rate <= audio.RATES[1]:
        raise ValueError(f"the rate must be {audio.RATES[0]} to {audio.RATES[1]} Hz; got {rate}")
    if wave.ndim == 2 and wave.shape[0] <= MOST_CHANNELS < wave.shape[1]:
        raise ValueError(f"expected (samples, channels); got {wave.shape}: pass wave.T")
    if wave.ndim not in (1, 2) or (wave.ndim == 2 and not 1 <= wave.shape[1] <= MOST_CHANNELS):
        raise ValueError(f"expected samples, or samples and up to {MOST_CHANNELS} channels; got shape {wave.shape}")
    if not np.isfinite(wave).all():
        raise ValueError("a wave must be finite; got NaN or infinity")
    return wave, int(rate)


def fitted(wave: Float[np.ndarray, "samples ..."], rate: int, config: Config) -> Heard:
    """The sound as the data stage makes it. A sound longer than the model's is cut with a fade.

    Raises:
        Unfit: a ValueError; it is empty, silent, shorter than 10 ms or longer than 30 s.
    """
    mixed = audio.mono(wave)
    mixed = mixed - trimming.offset(mixed, rate)  # before a resampler's ringing hides it
    start = trimming.start(mixed, rate)
    if start is None:
        raise trimming.Unfit("silent", "no sample is above -70 dB of full scale")
    heard, length = audio.fit_mix(mixed, rate, config.audio, MOST_SECONDS, LEAST_SECONDS)
    return Heard(heard, length, start)


def listened(
    player: Player,
    wave: Float[np.ndarray, "samples ..."],
    rate: int,
    heard: Heard,
    drum_class: Class,
    certainty: float,
) -> Sound:
    """The sound with its latents; `heard` is the result of `fitted`."""
    z = player.encode(heard.mono, drum_class)
    frames = max(1, -(-heard.length // player.config.audio.hop))
    offset = player.config.cwae.log_offset
    logs = [np.log(mel[:frames] + offset) for mel in (player.mel(heard.mono), player.decode(z, drum_class))]
    error_db = float(20 / np.log(10) * np.mean(np.abs(logs[0] - logs[1])))
    dc = np.array([trimming.offset(one, rate) for one in by_channel(wave)], np.float32)
    return Sound(wave, rate, drum_class, certainty, z, error_db, heard.start, dc)


def edited(
    player: Player, sound: Sound, z: Float[np.ndarray, " latent"], drum_class: Class, texture: int | None
) -> Float[np.ndarray, "samples ..."]:
    """The sound moved to other latents; at its own latents and class its own samples, bit for bit."""
    if np.array_equal(z, sound.z) and np.array_equal(to_class_mix(drum_class), to_class_mix(sound.drum_class)):
        return sound.wave.copy()
    return sound.replaced(_moved(player, sound, z, drum_class, texture))


def _moved(
    player: Player, sound: Sound, z: Float[np.ndarray, " latent"], drum_class: Class, texture: int | None
) -> Float[np.ndarray, "channels sounding"]:
    wave, grid = sound.channels, anchor.Grid.of(sound.rate, player.config.audio)
    kept = anchor.kept_share(float(np.linalg.norm(z - sound.z)) / float(to_class_mix(drum_class) @ player.reaches))
    model = None if kept == 1 else _model_wave(player, wave, sound.rate, z, drum_class, texture)
    if model is not None and model.shape[1] > wave.shape[1]:
        wave = np.pad(wave, ((0, 0), (0, model.shape[1] - wave.shape[1])))
    scaled = _scaled(player, sound, wave, grid, z, drum_class)
    if model is None:
        magnitude, start = np.abs(scaled), scaled
    else:
        model = np.pad(model, ((0, 0), (0, wave.shape[1] - model.shape[1])))
        magnitude, start = anchor.between(scaled, anchor.stft(model, grid), 1 - kept)
    made = anchor.refined(magnitude, start, grid, wave.shape[1])
    return anchor.changed(wave, made, grid, kept)


def _scaled(
    player: Player,
    sound: Sound,
    wave: Float[np.ndarray, "channels samples"],
    grid: anchor.Grid,
    z: Float[np.ndarray, " latent"],
    drum_class: Class,
) -> Complex[np.ndarray, "channels frames bins"]:
    """The STFT of a sound, times what the decoder makes of the step from the sound's latents to `z`."""
    before, after = player.decode(np.stack([sound.z, z]), [sound.drum_class, drum_class])
    spectrum = anchor.stft(wave, grid)
    shape, offset = player.config.audio, player.config.cwae.log_offset
    return spectrum * np.exp(anchor.gains(before, after, shape, offset, grid, spectrum.shape[1]))


def _model_wave(
    player: Player,
    wave: Float[np.ndarray, "channels samples"],
    rate: int,
    z: Float[np.ndarray, " latent"],
    drum_class: Class,
    texture: int | None,
) -> Float[np.ndarray, "channels made"]:
    """The model's own sound at the sound's rate and level, in as many channels."""
    made = audio.resample(np.trim_zeros(player.render(z, drum_class, texture), "b"), player.rate, rate)
    return made * np.abs(wave).max(axis=1, keepdims=True)


def taken(player: Player, sound: Sound, z: Float[np.ndarray, " latent"], seed: int) -> Float[np.ndarray, "samples ..."]:
    """Another take of the sound: moved to latents `z` beside its own, its noise exchanged for that of a seed."""
    moved = _moved(player, sound, z, sound.drum_class, None)[:, : sound.channels.shape[1]]
    ceiling = max(1.0, float(np.abs(sound.channels).max()))
    return sound.replaced(anchor.scaled(noise.exchange(moved, sound.rate, seed), ceiling))


def layered(sound: Sound, n: int) -> list[Float[np.ndarray, "samples ..."]]:
    """`n` strokes of the sound from soft to loud; the last is the sound itself.

    Raises:
        ValueError: n is above `MOST_LAYERS`.
    """
    if n > MOST_LAYERS:
        raise ValueError(f"a sound has at most {MOST_LAYERS} layers; got {n}")
    channels, corners = sound.channels, to_class_mix(sound.drum_class) @ layers.fitted()
    softer = [layers.softened(channels, sound.rate, corners, (n - number) / (n - 1)) for number in range(1, n)]
    return [*map(sound.replaced, softer), sound.wave.copy()]


def morphed(player: Player, first: Sound, second: Sound, t: float) -> Float[np.ndarray, "samples ..."]:
    """The sound between two, at the rate of the first: the first itself at t = 0, the second at t = 1.

    Raises:
        ValueError: t is not between 0 and 1.
    """
    if not 0 <= t <= 1:
        raise ValueError(f"t must be between 0, the first sound, and 1, the second; got {t:g}")
    if t == 0:
        return first.wave.copy()
    if t == 1:
        return audio.resample(second.wave, second.rate, first.rate).copy()
    waves = [first.channels, audio.resample(second.channels.T, second.rate, first.rate).T]
    count, samples = (max(wave.shape[axis] for wave in waves) for axis in (0, 1))
    waves = [np.pad(_widened(wave, count), ((0, 0), (0, samples - wave.shape[1]))) for wave in waves]
    mix = (1 - t) * to_class_mix(first.drum_class) + t * to_class_mix(second.drum_class)
    drum_class, z = dict(zip(CLASSES, mix.tolist(), strict=True)), (1 - t) * first.z + t * second.z
    grid = anchor.Grid.of(first.rate, player.config.audio)
    scaled = [_scaled(player, *one, grid, z, drum_class) for one in zip((first, second), waves, strict=True)]
    made = anchor.refined(*anchor.between(*scaled, t), grid, samples)
    first_level, second_level = (np.sqrt(np.sum(wave**2)) for wave in waves)
    for _ in range(2):  # what the limiter takes is given back once
        gain = first_level ** (1 - t) * second_level**t / max(np.sqrt(np.sum(made**2)), 1e-9)
        made = anchor.limited(made * np.float32(gain), 1.0)
    wave = made.T.astype(np.float32)
    return wave[:, 0] if count == 1 and first.wave.ndim == 1 else np.ascontiguousarray(wave)


def _widened(wave: Float[np.ndarray, "channels samples"], count: int) -> Float[np.ndarray, "count samples"]:
    return wave if len(wave) == count else np.repeat(wave.mean(axis=0, keepdims=True), count, axis=0)
