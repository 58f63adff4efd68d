"""Checks: pure functions over a model; each difference becomes a finding with the id of the requirement it breaks."""
