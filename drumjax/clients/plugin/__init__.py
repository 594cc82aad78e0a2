"""The instrument as a plugin: VST3, CLAP, LV2, and a standalone for JACK."""
