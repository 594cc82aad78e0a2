"""Sound files, spectrograms, and the way back from a spectrogram to a waveform."""
