"""Training: objectives, stages, the loop they share, and the bundle that comes out."""
