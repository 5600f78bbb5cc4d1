"""Data that the package carries with it: no download, no network."""
