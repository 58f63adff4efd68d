"""The benchmark: what a core of the reference serves, and one of the load worker takes in, beside others."""
