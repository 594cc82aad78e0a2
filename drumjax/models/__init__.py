"""The networks of the paper and their losses."""
