"""The instrument's server: OSC over UDP, a page and a WebSocket in front of one Synth. `python -m drumjax.server`."""
