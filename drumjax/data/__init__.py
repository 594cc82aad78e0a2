"""Folders of sounds, or the built-in drums, to a labelled, split, memory-mapped store and its batches."""
