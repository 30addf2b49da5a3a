"""Side-by-side benchmarks: the same work in lamina, NumPy and whichever peers are importable."""
