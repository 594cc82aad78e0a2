"""The Pure Data client."""
