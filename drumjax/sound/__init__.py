"""Sound files, spectrograms, and the inversion of spectrograms to waves."""
