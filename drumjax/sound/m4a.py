"""M4A (AAC or ALAC in MPEG-4) files, which libsndfile cannot read: through PyAV, an optional dependency."""

import io
import math

import numpy as np
from jaxtyping import Float

INSTALL = "pip install 'drumjax[m4a]'"


def is_m4a(content: bytes) -> bool:
    """Whether a file with these first bytes is of the MPEG-4 family."""
    return content[4:8] == b"ftyp"


def decode(content: bytes, seconds: float, name: str) -> tuple[Float[np.ndarray, "samples channels"], int]:
    """The wave and the rate in Hz of an M4A file, up to `seconds` from its start.

    Raises:
        ValueError: the file is damaged or has no sound, or PyAV is not installed; the message is one line.
    """
    try:
        import av
    except ImportError as error:
        raise ValueError(f"cannot decode {name}: M4A needs PyAV ({INSTALL}), or convert the file to WAV") from error
    try:
        with av.open(io.BytesIO(content)) as file:
            codec = file.streams.audio[0].codec_context if file.streams.audio else None
            if codec is None:
                raise ValueError(f"cannot decode {name}: it holds no sound of a known kind")
            rate = codec.sample_rate
            wave = _read(av, file, rate, seconds)
    except av.FFmpegError as error:
        raise ValueError(f"cannot decode {name}: {error.strerror or error}") from error
    return wave, rate


def _read(av, file, rate: int, seconds: float) -> Float[np.ndarray, "samples channels"]:
    converter = av.AudioResampler(format="fltp")
    blocks, count = [], 0
    for frame in file.decode(audio=0):
        blocks += [block.to_ndarray().T for block in converter.resample(frame)]
        count += frame.samples
        if count >= seconds * rate:
            break
    blocks += [block.to_ndarray().T for block in converter.resample(None)]
    wave = np.concatenate(blocks) if blocks else np.zeros((0, 1), np.float32)
    return wave if math.isinf(seconds) else wave[: int(seconds * rate)]
