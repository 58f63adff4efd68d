"""Look-alikes resemble the site's origin, and are not it."""

from __future__ import annotations

import pytest

from harness.wire.look_alike_origins import LOOK_ALIKES, LookAlike

SITES = ["http://127.0.0.1:8080", "https://shop.example", "http://localhost:80", "http://10.2.3.4"]


@pytest.mark.parametrize("own", SITES)
@pytest.mark.parametrize("look_alike", LOOK_ALIKES.values(), ids=lambda each: each.name)
def test_no_look_alike_is_the_origin_itself(look_alike: LookAlike, own: str) -> None:
    made = look_alike.of(own)
    assert made != (own,)
    assert all(each.isascii() and " " not in each for each in made)


@pytest.mark.parametrize(
    ("name", "own", "made"),
    [
        ("own host as prefix", "http://127.0.0.1:8080", ("http://127.0.0.1.evil.example:8080",)),
        ("own host as suffix", "http://127.0.0.1:8080", ("http://evil127.0.0.1:8080",)),
        ("other port", "http://127.0.0.1:8080", ("http://127.0.0.1:8079",)),
        ("other port", "https://shop.example", ("https://shop.example:8443",)),
        ("other port", "http://shop.example", ("http://shop.example:8080",)),
        ("other scheme", "https://shop.example", ("http://shop.example",)),
        ("homograph", "http://127.0.0.1:8080", ("http://l27.o.0.1:8080",)),
        ("homograph", "https://shop.example", ("https://xn--sh-gmci.xn--ml-6kctd8d6a",)),
        ("foreign, then own", "http://h:1", ("http://evil.example", "http://h:1")),
    ],
)
def test_a_look_alike_is_made_from_the_origin(name: str, own: str, made: tuple[str, ...]) -> None:
    assert LOOK_ALIKES[name].of(own) == made
