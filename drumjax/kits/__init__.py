"""Drum kits: the sounds of a seed on the General MIDI drum map, as folders that samplers open."""
