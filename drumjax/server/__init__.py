"""The server: OSC over UDP, and a page with a WebSocket, in front of one Synth. `drumjax serve`."""
