"""Reading, fitting and writing of sound files, against the standard library's WAV module and plain arithmetic."""

import errno
import io
import os
import wave as standard

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drumjax.config import Audio
from drumjax.sound import audio

SHAPE = Audio()


def tone(seconds: float, rate: int = 22050, hz: float = 440.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


@pytest.mark.parametrize("bits", [16, 24])
def test_the_standard_library_reads_written_files(tmp_path, bits):
    wave = 0.5 * tone(0.1)
    audio.write(tmp_path / "a.wav", wave, 22050, bits)
    with standard.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth()) == (22050, 1, bits)
        raw = np.frombuffer(file.readframes(file.getnframes()), np.uint8).reshape(-1, bits // 8)
    padded = np.concatenate([np.zeros((len(raw), 4 - bits // 8), np.uint8), raw], axis=1)
    np.testing.assert_allclose(padded.copy().view("<i4")[:, 0] / 2**31, wave, atol=2.0 ** (1 - bits))


def test_written_bytes_depend_on_the_wave_alone(tmp_path):
    for name in ("a.wav", "b.wav"):
        audio.write(tmp_path / name, 2 * tone(0.05), 44100)  # beyond full scale: clipped, not wrapped
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    assert audio.read(tmp_path / "a.wav")[0].min() == -1


def test_a_full_disk_raises_and_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a.wav").write_bytes(b"before")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"cannot write .*a\.wav: No space left"):
        audio.write(tmp_path / "a.wav", tone(0.1), 22050)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == b"before"


def test_write_rejects_other_bits_and_nan(tmp_path):
    with pytest.raises(ValueError, match="bits must be 16 or 24; got 8"):
        audio.write(tmp_path / "a.wav", tone(0.1), 22050, 8)
    with pytest.raises(ValueError, match="NaN"):
        audio.write(tmp_path / "a.wav", np.array([0, np.nan]), 22050)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "form", ["WAV PCM_U8", "WAV FLOAT", "AIFF PCM_24", "FLAC PCM_16", "OGG VORBIS", "OGG OPUS", "MP3 MPEG_LAYER_III"]
)
def test_formats_are_detected_by_content_not_by_extension(tmp_path, form):
    kind, subtype = form.split()
    rate = 48000 if subtype == "OPUS" else 44100
    stereo = np.stack([tone(0.5, rate), -0.5 * tone(0.5, rate)], axis=1)
    for name in ("right", "wrong.wav", "wrong.raw", "wrong.txt"):
        with open(tmp_path / name, "wb") as file:
            soundfile.write(file, 0.5 * stereo, rate, format=kind, subtype=subtype)
        wave, found = audio.read(tmp_path / name)
        assert found == rate and wave.shape[1] == 2 and wave.dtype == np.float32
        assert abs(np.abs(wave[2000:-2000, 0]).max() - 0.5) < 0.02
    assert len(audio.read(tmp_path / "right", seconds=0.1)[0]) == rate // 10


def unreadable(folder, kind):
    path = folder / "a.wav"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "text":
        path.write_text("no sound at all, " * 50)
    elif kind == "empty":
        path.touch()
    elif kind == "cut flac":
        soundfile.write(folder / "whole.flac", np.random.default_rng(0).uniform(-1, 1, 30000), 44100)
        path.write_bytes((folder / "whole.flac").read_bytes()[:20000])
    elif kind == "nan":
        soundfile.write(path, np.array([0.1, np.nan, 0.2]), 44100, subtype="FLOAT")
    return path


@pytest.mark.parametrize("kind", ["folder", "pipe", "text", "empty", "missing", "cut flac", "nan"])
def test_unreadable_files_raise_a_value_error_of_one_line(tmp_path, kind):
    with pytest.raises(ValueError, match=r"a\.wav") as caught:
        audio.read(unreadable(tmp_path, kind))
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 3000), junk=st.binary(min_size=1, max_size=40), keep=st.integers(0, 4000))
def test_damaged_files_are_read_or_rejected(tmp_path, position, junk, keep):
    soundfile.write(tmp_path / "a.wav", tone(0.1), 22050)
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes((whole[:position] + junk + whole[position + len(junk) :])[:keep])
    try:
        wave, rate = audio.read(tmp_path / "a.wav")
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(wave).all() and rate > 0


def test_mono_is_the_mean_unless_the_channels_cancel():
    left, right = tone(0.1), tone(0.1, hz=660)
    np.testing.assert_allclose(audio.mono(np.stack([left, right], 1)), (left + right) / 2, atol=1e-6)
    np.testing.assert_allclose(audio.mono(np.stack([0.5 * left, -left], 1)), -left)


def test_resampling_keeps_pitch_and_length():
    resampled = audio.resample(tone(1.0, 48000, 1000.0), 48000, 22050)
    assert len(resampled) == 22050 and resampled.dtype == np.float32
    np.testing.assert_allclose(resampled[2000:-2000], tone(1.0, 22050, 1000.0)[2000:-2000], atol=2e-3)


def test_trim_finds_onset_and_end_at_60_db():
    wave = np.zeros(10000, np.float32)
    wave[3000:3200] = 1
    wave[3200:3300] = 1.2e-3  # above -60 dB of the peak: the tail
    wave[3300:3400] = 0.8e-3  # below
    assert len(audio.trim(wave, 22050)) == 300
    assert len(audio.trim(0.01 * wave + 0.3, 22050)) == 300  # a DC offset is not part of the sound
    assert len(audio.trim(np.full(5000, 0.3, np.float32), 22050)) == 0


def test_trim_cuts_room_noise_before_the_onset():
    noise = 3e-3 * np.random.default_rng(0).uniform(-1, 1, 22050).astype(np.float32)
    noise[11025:] += tone(0.5) * np.exp(-np.arange(11025) / 2000).astype(np.float32)
    assert abs(len(audio.trim(noise, 22050)) - 11025) < 0.004 * 22050


def test_fit_pads_normalises_and_fades_long_sounds():
    fitted, length = audio.fit(0.2 * tone(0.5), SHAPE)
    assert fitted.shape == (SHAPE.samples,) and abs(length - 11025) < 60
    assert np.abs(fitted).max() == 1 and not fitted[length:].any()

    whole, length = audio.fit(np.append(0.2 * np.ones(22049, np.float32), 0.1), SHAPE)  # 35 samples too long
    assert length == SHAPE.samples and whole[-1] == 0 and whole[-200] == 1
    assert np.abs(np.diff(whole)).max() < 0.02  # no click


def decaying(seconds: float) -> np.ndarray:
    """A tone that reaches -60 dB after this time."""
    return tone(1.5 * seconds) * np.exp(-6.9 * np.arange(round(1.5 * seconds * 22050)) / (seconds * 22050))


def test_fit_cuts_a_long_sound_with_a_fade_where_little_is_lost():
    wave = decaying(1.4).astype(np.float32)
    fitted, length = audio.fit(wave, SHAPE, max_seconds=4.0)
    assert length == SHAPE.samples == len(fitted) and fitted[-1] == 0
    fade = round(0.1 * SHAPE.rate)
    start = np.argmax(np.abs(wave) > 1e-3)
    expected = wave[start : start + length] / np.abs(wave).max()
    np.testing.assert_allclose(fitted[:-fade], expected[:-fade], atol=1e-4)
    np.testing.assert_allclose(fitted[-fade:], expected[-fade:] * np.linspace(1, 0, fade), atol=1e-4)


def test_fit_refuses_a_sound_that_would_lose_more_than_is_allowed():
    with pytest.raises(audio.Unfit, match=r"too long: 1\.2.. s of sound, 2.% of its energy after 1 s"):
        audio.fit(tone(1.2), SHAPE, max_seconds=4.0)
    # Of a sound at hand, all is taken that can be.
    fitted, length = audio.fit(tone(1.2), SHAPE, max_seconds=4.0, most_lost=1.0)
    assert length == SHAPE.samples and np.abs(fitted[-500:]).max() < 0.3
    with pytest.raises(audio.Unfit, match="too long: 4.... s of sound, at most 4 s"):
        audio.fit(decaying(4.2).astype(np.float32), SHAPE, max_seconds=4.0, most_lost=1.0)


def test_a_high_pass_takes_24_db_an_octave_and_keeps_the_peak():
    seconds, rate = 2.0, 22050
    wave = 0.1 * sum(tone(seconds, rate, hz) for hz in (25.0, 50.0, 100.0, 2000.0))
    filtered = audio.high_pass(wave.astype(np.float32), rate, 100.0)
    assert filtered.dtype == np.float32 and np.abs(filtered).max() == pytest.approx(np.abs(wave).max(), rel=1e-5)

    def db(of):
        """Levels of the partials, relative to that of 2 kHz, without the beginning in which the filter settles."""
        spectrum = np.abs(np.fft.rfft(of[rate:] * np.hanning(rate)))
        return 20 * np.log10(spectrum[[25, 50, 100]] / spectrum[2000])

    np.testing.assert_allclose(db(filtered) - db(wave), [-48.2, -24.1, -3.0], atol=0.5)
    assert not audio.high_pass(np.zeros(500, np.float32), rate, 100.0).any()
    offset = audio.high_pass(np.full(5000, 0.4, np.float32) + 1e-3 * tone(5000 / rate, rate, 2000.0), rate, 100.0)
    assert np.abs(offset[:100]).max() < 3 * np.abs(offset[-100:]).max()  # no click where the offset begins


@pytest.mark.parametrize(
    ("wave", "reason"),
    [
        (np.zeros(5000, np.float32), "silent"),
        (np.zeros(0, np.float32), "silent"),
        (1e-5 * tone(0.5), "silent"),
        (tone(0.005), "too short"),
        (tone(1.02), "too long"),
    ],
)
def test_fit_gives_the_reason_of_an_unfit_sound(wave, reason):
    with pytest.raises(audio.Unfit, match=reason) as caught:
        audio.fit(wave, SHAPE)
    assert caught.value.reason == reason and isinstance(caught.value, ValueError)


def test_a_flac_has_the_samples_and_the_comment_of_its_wav(tmp_path):
    wave = np.random.default_rng(0).uniform(-1, 1, (1000, 2)).astype(np.float32)
    wav = audio.bytes_with_comment(wave, 48_000, 24, '{"drumjax": "1"}')
    (tmp_path / "hit.flac").write_bytes(audio.flac_bytes(wav))
    info = soundfile.info(tmp_path / "hit.flac")
    assert (info.format, info.subtype, info.samplerate) == ("FLAC", "PCM_24", 48_000)
    assert audio.comment(tmp_path / "hit.flac") == '{"drumjax": "1"}'
    np.testing.assert_array_equal(
        audio.read(tmp_path / "hit.flac")[0], soundfile.read(io.BytesIO(wav), dtype="float32")[0]
    )
    plain, _ = soundfile.read(io.BytesIO(audio.flac_bytes(audio.wav_bytes(wave, 48_000, 24))))  # without a comment
    np.testing.assert_allclose(plain, wave, atol=2**-23)
    with pytest.raises(ValueError, match="cannot make a FLAC file"):
        audio.flac_bytes(b"RIFF no sound")
