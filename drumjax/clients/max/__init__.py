"""The Max for Live client."""
