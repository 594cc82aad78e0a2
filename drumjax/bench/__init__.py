"""Speed, side by side with the peers: python -m drumjax.bench"""
