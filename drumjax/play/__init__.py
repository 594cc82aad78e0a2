"""From latents to a waveform: controls, sampling, decoder and vocoder as they are played."""
