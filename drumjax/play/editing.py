"""Methods of `Synth` for a user's own sounds: listen, edit, take again, soften, morph."""

from pathlib import Path, PurePath

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from drumjax.config import CLASSES
from drumjax.data.labels import Class, class_of_file, to_class_mix
from drumjax.files import shown
from drumjax.play import controls, own
from drumjax.play.arguments import DrumClass, add_batch_axis, class_mixes, whole_number
from drumjax.play.guess import Guesser
from drumjax.play.own import Player, Sound
from drumjax.sound.trimming import Unfit


class Editing:
    """What a `Synth` does with a user's own sounds. Waves keep their rate, their length and their channels."""

    def listen(
        self: Player, sound: str | Path | ArrayLike, rate: int | None = None, drum_class: Class | None = None
    ) -> Sound:
        """A sound of the user's, with the class and the latents that it has for this bundle.

        Args:
            sound: a sound file, or samples: (samples,) or (samples, channels).
            rate: Hz of samples; a file has its own.
            drum_class: None: the one in the file's name, else a guess by the sound, for which a forest is fitted in
                seconds when the first sound is guessed.

        Raises:
            ValueError: the file cannot be read, or the sound is silent, not finite, shorter than 10 ms or longer than
                30 s, or its class cannot be guessed with this bundle.
        """
        wave, rate = own.read(sound, rate)
        try:
            heard = own.fitted(wave, rate, self.config)
        except Unfit as error:
            if not isinstance(sound, (str, PurePath)):
                raise
            raise ValueError(f"{shown(sound)} is {error}") from None
        certainty = 1.0
        if drum_class is None and isinstance(sound, (str, PurePath)):
            drum_class = class_of_file(sound)
        if drum_class is None:
            drum_class, certainty = self.guess(heard.mono[None], self.rate)[0]
        to_class_mix(drum_class)  # raises for an unknown class
        return own.listened(self, wave, rate, heard, drum_class, certainty)

    def guess(self: Player, waves: Float[np.ndarray, "sounds samples"], rate: int) -> list[tuple[str, float]]:
        """(class, certainty from 0 to 1) of each sound, by a forest on what the codes of training sounds decode to.

        Args:
            waves: with peaks at 1, from their onset.
            rate: Hz.

        Raises:
            ValueError: the bundle has no such codes.
        """
        if not self.density:
            raise ValueError("this bundle has no codes of training sounds to guess a class by: name the drum class")
        if rate not in self.guessers:
            self.guessers[rate] = Guesser(self.density, self.config.audio, self.decode, self.mel, rate)
        return self.guessers[rate](waves)

    def variation(
        self: Player, z: ArrayLike, drum_class: Class, amount: float, seed: int = 0
    ) -> Float[np.ndarray, " latent"]:
        """The latents of a sound near `z`: `amount` 0 is the sound itself, 1 another sound of its class.

        Between them the spread of the class stays: the distance of z from its centre is scaled by sqrt(1 - amount^2).
        """
        if not 0 <= amount <= 1:
            raise ValueError(f"the amount of variation must be between 0 and 1; got {amount:g}")
        centre, drawn = self.place(np.zeros(controls.COUNT), drum_class), self.draw(drum_class, 1, seed)[0]
        kept = np.float32(np.sqrt(1 - amount**2))
        return centre + kept * (np.asarray(z, np.float32) - centre) + np.float32(amount) * (drawn - centre)

    def edit(
        self: Player, sound: Sound, z: ArrayLike, drum_class: DrumClass | None = None, texture: int | None = 0
    ) -> Float[np.ndarray, "samples ..."]:
        """The sound moved to latents `z`; at its own, its own samples, bit for bit.

        Near them its magnitudes change as the decoded ones do, and its fine structure stays. Far from them (beyond
        `anchor.kept_share`) the model speaks alone, with the take `texture`.

        Args:
            sound: result of `listen`.
            z: of `place`, `variation`, `draw` or `encode`.
            drum_class: at `z`; None: that of the sound.
            texture: seed of the model's own fine structure.
        """
        latents, _ = add_batch_axis(z, self.config.cwae.latent)
        if len(latents) != 1:
            raise ValueError(f"a sound is moved to one position at a time; got {len(latents)}")
        mix = class_mixes(sound.drum_class if drum_class is None else drum_class, 1)[0]
        return own.edited(self, sound, latents[0], dict(zip(CLASSES, mix.tolist(), strict=True)), texture)

    def takes(
        self: Player, sound: Sound, n: int = 1, seed: int = 0, z: ArrayLike | None = None
    ) -> list[Float[np.ndarray, "samples ..."]]:
        """`n` other takes of the same hit, moved to latents `z` (None: where it is).

        Each is varied by `own.TAKE`, the noise in it exchanged.
        """
        seeds = range(whole_number(seed, "seed"), seed + whole_number(n, "n", 1))
        base = sound.z if z is None else add_batch_axis(z, self.config.cwae.latent)[0][0]
        return [own.taken(self, sound, self.variation(base, sound.drum_class, own.TAKE, i), i) for i in seeds]

    def layers(self: Player, sound: Sound, n: int = 4) -> list[Float[np.ndarray, "samples ..."]]:
        """`n` velocity layers of the sound, from soft to loud; the last is the sound itself, bit for bit.

        Softer ones are quieter in equal steps of dB, `layers.SOFTEST_DB` at the softest, and duller, as softer strokes
        of the class are in the training corpus.
        """
        return own.layered(sound, whole_number(n, "n", 1))

    def morph(self: Player, first: Sound, second: Sound, t: float) -> Float[np.ndarray, "samples ..."]:
        """The sound between two, of any classes: the first at t = 0, the second at t = 1, at the rate of the first.

        Raises:
            ValueError: t is not between 0 and 1.
        """
        return own.morphed(self, first, second, t)
